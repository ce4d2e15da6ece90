//! How a box is written: size, kind, body; and the boxes that every `moov` shares.

use crate::au::{Format, Track};

use super::{Mp4Error, track_id};

/// Transformation that changes nothing (ISO/IEC 14496-12, 6.2.2).
const UNITY_MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// Ticks a second of `mvhd`, `tkhd` and edit lists.
pub(crate) const MOVIE_TIMESCALE: u32 = 90_000;

/// Packed ISO 639-2 code `und`.
const UNDETERMINED: u16 = 0x55c4;

/// Appends a box of `kind` whose body `body` appends. Callers keep bodies under 4 GiB.
pub fn boxed(out: &mut Vec<u8>, kind: [u8; 4], body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&kind);
    body(out);
    let size = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    out[start..start + 4].copy_from_slice(&size.to_be_bytes());
}

/// Appends a full box: a box whose body starts with version and flags.
pub(crate) fn full(out: &mut Vec<u8>, kind: [u8; 4], version: u8, flags: u32, body: impl FnOnce(&mut Vec<u8>)) {
    boxed(out, kind, |out| {
        put_u32(out, u32::from(version) << 24 | flags & 0x00ff_ffff);
        body(out);
    });
}

/// Appends big-endian.
pub(crate) fn put_u16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Appends big-endian.
pub(crate) fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Appends each, big-endian.
pub(crate) fn put_words(out: &mut Vec<u8>, words: &[u32]) {
    words.iter().for_each(|&word| put_u32(out, word));
}

/// Appends big-endian.
pub(crate) fn put_u64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// `ftyp` with its brands, the major one first.
pub(crate) fn ftyp(out: &mut Vec<u8>, brands: &[[u8; 4]]) {
    boxed(out, *b"ftyp", |out| {
        out.extend_from_slice(brands.first().unwrap_or(b"isom"));
        put_u32(out, 0x200);
        brands.iter().for_each(|brand| out.extend_from_slice(brand));
    });
}

/// `mvhd`; `duration` in [`MOVIE_TIMESCALE`], 0 where fragments follow.
pub(crate) fn mvhd(out: &mut Vec<u8>, duration: u64) {
    full(out, *b"mvhd", 1, 0, |out| {
        put_u64(out, 0);
        put_u64(out, 0);
        put_u32(out, MOVIE_TIMESCALE);
        put_u64(out, duration);
        put_u32(out, 0x1_0000); // rate 1.0
        put_u16(out, 0x100); // volume 1.0
        out.extend_from_slice(&[0; 10]);
        put_words(out, &UNITY_MATRIX);
        out.extend_from_slice(&[0; 24]);
        put_u32(out, u32::MAX); // next track id: any free one
    });
}

/// A `trak`'s shape that does not depend on its samples.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TrackHead {
    pub(crate) track: Track,
    pub(crate) timescale: u32,
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// In [`MOVIE_TIMESCALE`].
    pub(crate) movie_duration: u64,
    /// In the track's own timescale.
    pub(crate) media_duration: u64,
}

impl TrackHead {
    /// The head of one of a format's tracks, with durations of 0.
    pub(crate) fn new(format: &Format, track: Track) -> Self {
        let (width, height) = if track == Track::Video { (format.video.width, format.video.height) } else { (0, 0) };
        Self { track, timescale: format.timescale(track), width, height, movie_duration: 0, media_duration: 0 }
    }
}

/// `trak` with an edit list and a sample table that the caller appends.
pub(crate) fn trak(out: &mut Vec<u8>, head: TrackHead, edits: impl FnOnce(&mut Vec<u8>), stbl: impl FnOnce(&mut Vec<u8>)) {
    let audio = head.track == Track::Audio;
    boxed(out, *b"trak", |out| {
        // Flags: enabled, in the movie, in the preview.
        full(out, *b"tkhd", 1, 7, |out| {
            put_u64(out, 0);
            put_u64(out, 0);
            put_u32(out, track_id(head.track));
            put_u32(out, 0);
            put_u64(out, head.movie_duration);
            out.extend_from_slice(&[0; 12]); // reserved, layer, alternate group
            put_u16(out, if audio { 0x100 } else { 0 });
            put_u16(out, 0);
            put_words(out, &UNITY_MATRIX);
            put_u32(out, u32::from(head.width) << 16);
            put_u32(out, u32::from(head.height) << 16);
        });
        edits(out);
        boxed(out, *b"mdia", |out| {
            full(out, *b"mdhd", 1, 0, |out| {
                put_u64(out, 0);
                put_u64(out, 0);
                put_u32(out, head.timescale);
                put_u64(out, head.media_duration);
                put_u16(out, UNDETERMINED);
                put_u16(out, 0);
            });
            full(out, *b"hdlr", 0, 0, |out| {
                put_u32(out, 0);
                out.extend_from_slice(if audio { b"soun" } else { b"vide" });
                out.extend_from_slice(&[0; 12]);
                out.extend_from_slice(if audio { b"sound\0" } else { b"video\0" });
            });
            boxed(out, *b"minf", |out| {
                if audio {
                    full(out, *b"smhd", 0, 0, |out| put_u32(out, 0));
                } else {
                    full(out, *b"vmhd", 0, 1, |out| put_u64(out, 0));
                }
                boxed(out, *b"dinf", |out| {
                    full(out, *b"dref", 0, 0, |out| {
                        put_u32(out, 1);
                        full(out, *b"url ", 0, 1, |_| ()); // flag: the media are in this file
                    });
                });
                boxed(out, *b"stbl", stbl);
            });
        });
    });
}

/// `stsd` holding complete sample entry boxes.
pub(crate) fn stsd<'a>(out: &mut Vec<u8>, entries: impl ExactSizeIterator<Item = &'a [u8]>) {
    full(out, *b"stsd", 0, 0, |out| {
        put_u32(out, u32::try_from(entries.len()).unwrap_or(u32::MAX));
        entries.for_each(|entry| out.extend_from_slice(entry));
    });
}

/// Refuses a sample entry that is not exactly one box, before it shifts everything behind it.
pub(crate) fn check_sample_entry(entry: &[u8]) -> Result<(), Mp4Error> {
    let size = entry.first_chunk().map(|size| u32::from_be_bytes(*size) as usize);
    if entry.len() < 16 || size != Some(entry.len()) { Err(Mp4Error::SampleEntry(entry.len())) } else { Ok(()) }
}
