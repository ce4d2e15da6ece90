//! What is known of a file by reading it once: its hash, those of its chunks, its CRC-32.

use std::io::{self, Read};

use aws_lc_rs::digest::{Context, SHA256};

use super::CHUNK;
use crate::accounts::hex;

/// The tables of CRC-32 (IEEE 802.3, reflected), eight bytes a step.
const TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut i = 0;
    while i < 256 {
        let mut crc = i as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
            bit += 1;
        }
        tables[0][i] = crc;
        i += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut i = 0;
        while i < 256 {
            let before = tables[table - 1][i];
            tables[table][i] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            i += 1;
        }
        table += 1;
    }
    tables
}

/// The check sum of a zip's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crc32(u32);

impl Default for Crc32 {
    fn default() -> Self {
        Self(!0)
    }
}

impl Crc32 {
    /// Takes bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        let (steps, rest) = bytes.as_chunks::<8>();
        let mut crc = self.0;
        for step in steps {
            let word = u64::from_le_bytes(*step) ^ u64::from(crc);
            crc = 0;
            for (at, byte) in word.to_le_bytes().into_iter().enumerate() {
                crc ^= TABLES[7 - at][usize::from(byte)];
            }
        }
        for byte in rest {
            crc = (crc >> 8) ^ TABLES[0][usize::from(crc as u8 ^ byte)];
        }
        self.0 = crc;
    }

    /// The sum.
    #[must_use]
    pub fn value(self) -> u32 {
        !self.0
    }

    /// The sum of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> u32 {
        let mut crc = Self::default();
        crc.update(bytes);
        crc.value()
    }
}

/// SHA-256 of all that a reader gives, in hexadecimal digits. Blocks.
///
/// # Errors
/// The reader's.
pub fn sha256_of(reader: &mut impl Read) -> io::Result<String> {
    let (mut context, mut piece) = (Context::new(&SHA256), vec![0; 256 * 1024]);
    loop {
        match reader.read(&mut piece) {
            Ok(0) => return Ok(hex(context.finish().as_ref())),
            Ok(n) => context.update(piece.get(..n).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads a file piece by piece.
pub struct FileDigest {
    whole: Context,
    chunk: Context,
    crc: Crc32,
    bytes: u64,
    chunks: Vec<String>,
}

impl std::fmt::Debug for FileDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileDigest({} bytes)", self.bytes)
    }
}

/// What a file is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHash {
    /// Its length.
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// CRC-32.
    pub crc32: u32,
    /// SHA-256 of each [`CHUNK`], likewise.
    pub chunks: Vec<String>,
}

impl Default for FileDigest {
    fn default() -> Self {
        let new = || Context::new(&SHA256);
        Self { whole: new(), chunk: new(), crc: Crc32::default(), bytes: 0, chunks: Vec::new() }
    }
}

impl FileDigest {
    /// Takes bytes in.
    pub fn update(&mut self, mut bytes: &[u8]) {
        self.whole.update(bytes);
        self.crc.update(bytes);
        while !bytes.is_empty() {
            let room = usize::try_from(CHUNK - self.bytes % CHUNK).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.chunk.update(now);
            self.bytes += now.len() as u64;
            if self.bytes.is_multiple_of(CHUNK) {
                self.end_chunk();
            }
            bytes = later;
        }
    }

    fn end_chunk(&mut self) {
        let done = std::mem::replace(&mut self.chunk, Context::new(&SHA256));
        self.chunks.push(hex(done.finish().as_ref()));
    }

    /// What the file is known by.
    #[must_use]
    pub fn finish(mut self) -> FileHash {
        if !self.bytes.is_multiple_of(CHUNK) {
            self.end_chunk();
        }
        let sha256 = hex(self.whole.finish().as_ref());
        FileHash { bytes: self.bytes, sha256, crc32: self.crc.value(), chunks: self.chunks }
    }

    /// The same of a file in memory.
    #[must_use]
    pub fn of(bytes: &[u8]) -> FileHash {
        let mut digest = Self::default();
        digest.update(bytes);
        digest.finish()
    }
}
