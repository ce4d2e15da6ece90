//! A file as the system shows it, and what of it the disk would hold if the power went now.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::random::Random;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// One file.
#[derive(Debug)]
pub(super) struct Inode {
    /// As whoever reads it now would see it.
    pub(super) data: Vec<u8>,
    /// Bytes from the start that are durable, but for those that were lost.
    durable: usize,
    /// What the system failed to write, told once, and has forgotten since.
    lost: Vec<Range<usize>>,
    /// A loss that nobody who asked this file has been told of.
    failed: bool,
    /// The name that is durable, then those that it has got since; `None` for none.
    names: Vec<Option<PathBuf>>,
}

impl Inode {
    pub(super) fn new(path: &Path) -> Self {
        Self { data: Vec::new(), durable: 0, lost: Vec::new(), failed: false, names: vec![None, Some(path.to_owned())] }
    }

    pub(super) fn name(&self) -> Option<&Path> {
        self.names.last()?.as_deref()
    }

    pub(super) fn rename(&mut self, to: Option<&Path>) {
        self.names.push(to.map(Path::to_owned));
    }

    /// The last name is durable from now on.
    pub(super) fn keep_name(&mut self) {
        self.names.drain(..self.names.len() - 1);
    }

    pub(super) fn in_folder(&self, folder: &Path) -> bool {
        self.names.iter().flatten().any(|name| name.parent() == Some(folder))
    }

    /// The system tries to write back what is not durable, and some of it fails.
    pub(super) fn lose(&mut self, random: &mut Random) -> bool {
        let (from, to) = (self.durable, self.data.len());
        if from == to {
            return false;
        }
        let at = random.within(from as u64..to as u64) as usize;
        self.lost.push(at..random.within(at as u64 + 1..to as u64 + 1) as usize);
        self.failed = true;
        true
    }

    /// All but what was lost is durable; whether a loss is told now, which it is once.
    pub(super) fn keep_bytes(&mut self) -> bool {
        self.durable = self.data.len();
        !std::mem::take(&mut self.failed)
    }

    /// Ends it there, for good.
    pub(super) fn cut(&mut self, length: usize) {
        self.data.truncate(length);
        self.durable = self.data.len();
    }

    /// As [`Inode::keep_bytes`], through a sync of the filesystem: the file itself still has its loss to tell.
    pub(super) fn keep_bytes_untold(&mut self) {
        self.durable = self.data.len();
    }

    /// Under which names the disk may have it, the likeliest last.
    pub(super) fn name_after_cut(&self, random: &mut Random, stands: impl Fn(&Path) -> bool) -> Option<&Path> {
        let picked = random.within(0..self.names.len() as u64) as usize;
        let kept = self.names[..=picked].iter().rev().find(|name| name.as_deref().is_none_or(&stands));
        kept.and_then(Option::as_deref)
    }

    /// What the disk holds of it: all that is durable, and of the rest any sectors in any order.
    pub(super) fn bytes_after_cut(&self, random: &mut Random) -> Vec<u8> {
        let (durable, written) = (self.durable, self.data.len());
        let length = match random.within(0..3) {
            0 => durable,
            1 => written,
            _ => random.within(durable as u64..written as u64 + 1) as usize,
        };
        let mut bytes = self.data[..length].to_vec();
        let reached = [0, 500, 900, 1000][random.within(0..4) as usize];
        let mut at = durable;
        while at < length {
            let end = length.min((at / SECTOR + 1) * SECTOR);
            if !random.chance(reached) {
                // Zeros, or what another file left there.
                let stale = random.chance(125);
                bytes[at..end].iter_mut().for_each(|byte| *byte = if stale { random.next() as u8 } else { 0 });
            }
            at = end;
        }
        for lost in &self.lost {
            let end = lost.end.min(length);
            bytes[lost.start.min(end)..end].fill(0);
        }
        bytes
    }
}
