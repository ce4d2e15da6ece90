//! The Merkle tree of RFC 6962: complete subtrees as they grow, proofs as ranges of leaves, and their verification.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use aws_lc_rs::digest::{Context, SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A SHA-256 of the tree. Shown as base64, as C2SP's formats do.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

/// A text that is not a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a hash: expected 32 bytes in base64")]
pub struct BadHash;

impl Hash {
    /// The hash of a tree without leaves.
    #[must_use]
    pub fn empty() -> Self {
        Self::finished(digest(&SHA256, &[]))
    }

    /// From 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// From a SHA-256 that was computed elsewhere.
    pub(crate) fn from_digest(digest: &aws_lc_rs::digest::Digest) -> Self {
        Self::finished(*digest)
    }

    pub(super) fn finished(digest: aws_lc_rs::digest::Digest) -> Self {
        let mut out = [0; 32];
        out.copy_from_slice(digest.as_ref());
        Self(out)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = BadHash;

    fn from_str(text: &str) -> Result<Self, BadHash> {
        STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(BadHash)
    }
}

/// The hash of a leaf (RFC 6962 section 2.1).
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[0]);
    context.update(entry);
    Hash::finished(context.finish())
}

/// The hash of an inner node.
#[must_use]
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[1]);
    context.update(&left.0);
    context.update(&right.0);
    Hash::finished(context.finish())
}

/// A complete subtree: the leaves from `number << level` on, `1 << level` of them. Once there, it never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Node {
    pub level: u32,
    pub number: u64,
}

/// The complete subtrees that cover `range`, left to right. `range` is one that a tree of any size splits into.
pub(crate) fn subtrees(range: Range<u64>) -> Vec<Node> {
    let (mut at, mut nodes) = (range.start, Vec::new());
    while at < range.end {
        let level = (range.end - at).ilog2().min(at.trailing_zeros());
        nodes.push(Node { level, number: at >> level });
        at += 1 << level;
    }
    nodes
}

/// The hash over `range`, from the hashes of its complete subtrees; `None` where one is missing.
pub(crate) fn fold(range: Range<u64>, hash: impl Fn(Node) -> Option<Hash>) -> Option<Hash> {
    let mut right: Option<Hash> = None;
    for node in subtrees(range).into_iter().rev() {
        let left = hash(node)?;
        right = Some(right.map_or(left, |right| node_hash(left, right)));
    }
    Some(right.unwrap_or_else(Hash::empty))
}

/// The complete subtrees of a tree that grows leaf by leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frontier {
    size: u64,
    /// One for each bit of `size`, highest first.
    peaks: Vec<Hash>,
}

impl Frontier {
    pub(crate) const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// The frontier of `size` leaves from the hashes of `subtrees(0..size)`; `None` where one is missing.
    pub(crate) fn of(size: u64, hash: impl Fn(Node) -> Option<Hash>) -> Option<Self> {
        let peaks = subtrees(0..size).into_iter().map(hash).collect::<Option<_>>()?;
        Some(Self { size, peaks })
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf; returns the inner nodes that it completes, lowest first.
    pub(crate) fn push(&mut self, leaf: Hash) -> Vec<(Node, Hash)> {
        let (mut hash, mut done) = (leaf, Vec::new());
        for level in 1..=self.size.trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(left, hash);
            done.push((Node { level, number: self.size >> level }, hash));
        }
        self.peaks.push(hash);
        self.size += 1;
        done
    }

    pub(crate) fn root(&self) -> Hash {
        self.peaks.iter().rev().copied().reduce(|right, left| node_hash(left, right)).unwrap_or_else(Hash::empty)
    }
}

/// Leaves of the left half: the largest power of two below `size`, which is at least 2.
const fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The ranges whose hashes prove that leaf `index` is in a tree of `size` leaves, nearest first (PATH of RFC 6962).
pub(crate) fn inclusion_ranges(index: u64, size: u64) -> Vec<Range<u64>> {
    let (mut low, mut high, mut ranges) = (0, size, Vec::new());
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            ranges.push(middle..high);
            high = middle;
        } else {
            ranges.push(low..middle);
            low = middle;
        }
    }
    ranges.reverse();
    ranges
}

/// The ranges whose hashes prove that a tree of `from` leaves grew into one of `to` (PROOF of RFC 6962).
pub(crate) fn consistency_ranges(from: u64, to: u64) -> Vec<Range<u64>> {
    if from == 0 || from >= to {
        return Vec::new();
    }
    let (mut low, mut high, mut whole, mut ranges) = (0, to, true, Vec::new());
    while from < high {
        let middle = low + split(high - low);
        if from <= middle {
            ranges.push(middle..high);
            high = middle;
        } else {
            ranges.push(low..middle);
            low = middle;
            whole = false;
        }
    }
    if !whole {
        ranges.push(low..high);
    }
    ranges.reverse();
    ranges
}

/// That a log of `from` leaves grew into one of `to` and nothing before was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistency {
    /// Leaves of the smaller tree.
    pub from: u64,
    /// Leaves of the larger tree.
    pub to: u64,
    /// The proof of RFC 6962 section 2.1.2.
    pub hashes: Vec<Hash>,
}

impl Consistency {
    /// One base64 hash a line.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.hashes.iter().map(|hash| format!("{hash}\n")).collect()
    }
}

/// Whether `proof` shows that a leaf is number `index` of the tree with `root` (RFC 9162 section 2.1.3.2).
#[must_use]
pub fn verify_inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for &sibling in proof {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == root
}

/// Whether `proof` shows that the tree with root `old` is the beginning of the one with root `new` (RFC 9162 section 2.1.4.2).
#[must_use]
pub fn verify_consistency(proof: &Consistency, old: Hash, new: Hash) -> bool {
    let Consistency { from, to, hashes } = proof;
    if from > to {
        return false;
    }
    if from == to {
        return hashes.is_empty() && old == new;
    }
    if *from == 0 {
        return hashes.is_empty() && old == Hash::empty();
    }
    // A tree that is complete is its own first node, which the proof leaves out.
    let complete = from.is_power_of_two().then_some(old);
    let mut path = complete.into_iter().chain(hashes.iter().copied());
    let Some(first) = path.next() else { return false };
    let (mut node, mut last) = (from - 1, to - 1);
    let odd = node.trailing_ones();
    // `from` is below 2^63 wherever it is complete, so no shift takes all 64 bits.
    node = node.checked_shr(odd).unwrap_or(0);
    last = last.checked_shr(odd).unwrap_or(0);
    let (mut low, mut high) = (first, first);
    for next in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            low = node_hash(next, low);
            high = node_hash(next, high);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            high = node_hash(high, next);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && low == old && high == new
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
