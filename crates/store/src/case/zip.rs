//! The zip of a case (PKWARE APPNOTE 6.3): entries stored one after the other, nothing between, zip64 where a number needs it.

use std::ops::Range;

/// A number that a 32-bit field says to look for elsewhere.
const WIDE: u32 = u32::MAX;

/// Names are UTF-8 (bit 11).
const FLAGS: u16 = 1 << 11;

/// The first day that a zip knows: no entry has a time.
const DAY: u16 = 0x21;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Of its content.
    pub crc32: u32,
}

/// Where everything of a zip lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    entries: Vec<Entry>,
    /// Where each entry's header starts, and at last where the directory does.
    starts: Vec<u64>,
}

impl Layout {
    /// The one zip of these entries.
    #[must_use]
    pub fn new(entries: Vec<Entry>) -> Self {
        let mut starts = Vec::with_capacity(entries.len() + 1);
        let mut at = 0_u64;
        for entry in &entries {
            starts.push(at);
            at = at.saturating_add(header(entry).len() as u64).saturating_add(entry.bytes);
        }
        starts.push(at);
        Self { entries, starts }
    }

    /// Its entries.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Where an entry's header starts.
    #[must_use]
    pub fn header_at(&self, entry: usize) -> u64 {
        self.starts.get(entry).copied().unwrap_or(u64::MAX)
    }

    /// The header of an entry.
    #[must_use]
    pub fn header(&self, entry: usize) -> Vec<u8> {
        self.entries.get(entry).map(header).unwrap_or_default()
    }

    /// Where an entry's content lies.
    #[must_use]
    pub fn content(&self, entry: usize) -> Range<u64> {
        let end = self.header_at(entry + 1);
        let bytes = self.entries.get(entry).map_or(0, |entry| entry.bytes);
        end.saturating_sub(bytes)..end
    }

    /// Where the directory starts.
    #[must_use]
    pub fn directory_at(&self) -> u64 {
        self.header_at(self.entries.len())
    }

    /// Length of the directory, without the end that follows it.
    #[must_use]
    pub fn directory_len(&self) -> u64 {
        self.entries.iter().zip(&self.starts).map(|(entry, at)| record(entry, *at).len() as u64).sum()
    }

    /// The directory and the end.
    #[must_use]
    pub fn tail(&self) -> Vec<u8> {
        let mut out: Vec<u8> = self.entries.iter().zip(&self.starts).flat_map(|(entry, at)| record(entry, *at)).collect();
        let (count, length, at) = (self.entries.len() as u64, out.len() as u64, self.directory_at());
        let wide = count >= u64::from(u16::MAX) || length >= u64::from(WIDE) || at >= u64::from(WIDE);
        if wide {
            let end = at.saturating_add(length);
            out.extend(0x0606_4b50_u32.to_le_bytes());
            out.extend(44_u64.to_le_bytes());
            out.extend(45_u16.to_le_bytes());
            out.extend(45_u16.to_le_bytes());
            out.extend([0; 8]);
            [count, count, length, at].into_iter().for_each(|number| out.extend(number.to_le_bytes()));
            out.extend(0x0706_4b50_u32.to_le_bytes());
            out.extend(0_u32.to_le_bytes());
            out.extend(end.to_le_bytes());
            out.extend(1_u32.to_le_bytes());
        }
        out.extend(0x0605_4b50_u32.to_le_bytes());
        out.extend([0; 4]);
        let (short, count) = (|number: u64| u32::try_from(number).unwrap_or(WIDE), u16::try_from(count).unwrap_or(u16::MAX));
        out.extend(count.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend(short(length).to_le_bytes());
        out.extend(short(at).to_le_bytes());
        out.extend([0; 2]);
        out
    }

    /// Bytes of the whole.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a zip is never empty: it has an end")]
    pub fn len(&self) -> u64 {
        self.directory_at().saturating_add(self.tail().len() as u64)
    }
}

fn is_wide(number: u64) -> bool {
    number >= u64::from(WIDE)
}

/// What header and directory say alike: version, flags, method, time, check sum, sizes.
fn common(out: &mut Vec<u8>, entry: &Entry, version: u16) {
    [version, FLAGS, 0, 0, DAY].into_iter().for_each(|word| out.extend(word.to_le_bytes()));
    let size = if is_wide(entry.bytes) { WIDE } else { entry.bytes as u32 };
    [entry.crc32, size, size].into_iter().for_each(|word| out.extend(word.to_le_bytes()));
    out.extend((entry.name.len() as u16).to_le_bytes());
}

/// The extra field of zip64.
fn extra(numbers: &[u64]) -> Vec<u8> {
    if numbers.is_empty() {
        return Vec::new();
    }
    let mut out = 1_u16.to_le_bytes().to_vec();
    out.extend((8 * numbers.len() as u16).to_le_bytes());
    numbers.iter().for_each(|number| out.extend(number.to_le_bytes()));
    out
}

fn header(entry: &Entry) -> Vec<u8> {
    let wide = is_wide(entry.bytes);
    let numbers = if wide { vec![entry.bytes; 2] } else { Vec::new() };
    let extra = extra(&numbers);
    let mut out = 0x0403_4b50_u32.to_le_bytes().to_vec();
    common(&mut out, entry, if wide { 45 } else { 20 });
    out.extend((extra.len() as u16).to_le_bytes());
    out.extend(entry.name.as_bytes());
    out.extend(extra);
    out
}

fn record(entry: &Entry, at: u64) -> Vec<u8> {
    let mut numbers = if is_wide(entry.bytes) { vec![entry.bytes; 2] } else { Vec::new() };
    if is_wide(at) {
        numbers.push(at);
    }
    let extra = extra(&numbers);
    let version: u16 = if numbers.is_empty() { 20 } else { 45 };
    let mut out = 0x0201_4b50_u32.to_le_bytes().to_vec();
    out.extend(version.to_le_bytes());
    common(&mut out, entry, version);
    out.extend((extra.len() as u16).to_le_bytes());
    out.extend([0; 10]);
    out.extend((if is_wide(at) { WIDE } else { at as u32 }).to_le_bytes());
    out.extend(entry.name.as_bytes());
    out.extend(extra);
    out
}
