//! The head of a progressive file: `ftyp`, `moov` with complete tables, and the head of `mdat`.

use bytes::Bytes;

use super::rescale;
use super::track::{Repeated, TrackOut};
use crate::au::{Track, VIDEO_TIMESCALE};
use crate::mp4::Mp4Error;
use crate::mp4::boxes::{MOVIE_TIMESCALE, TrackHead, boxed, ftyp, full, mvhd, put_u16, put_u32, put_u64, stsd, trak};

// Presentation times are in video ticks here, and movie times are the same.
const _: () = assert!(MOVIE_TIMESCALE == VIDEO_TIMESCALE);

/// What the tables do not say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    /// Pixels.
    pub(super) size: (u16, u16),
    /// Presentation time at which a player starts, in movie ticks.
    pub(super) from: i64,
    /// How long it plays, in movie ticks.
    pub(super) length: u64,
    /// Bytes of all samples.
    pub(super) payload: u64,
}

impl Head {
    /// Writes the head. `mdat`'s payload follows it.
    pub(super) fn write(self, video: TrackOut, audio: Option<TrackOut>) -> Result<Bytes, Mp4Error> {
        let mut tracks = vec![video];
        tracks.extend(audio.filter(|audio| audio.len() > 0));
        tracks.iter_mut().for_each(TrackOut::close);
        let tables: u64 = 4096 + tracks.iter().map(table_bytes).sum::<u64>();
        let wide = tables + self.payload > u64::from(u32::MAX);
        let capacity = usize::try_from(tables).ok().filter(|_| tables < u64::from(u32::MAX)).ok_or(Mp4Error::TooLarge)?;

        let mut out = Vec::with_capacity(capacity);
        ftyp(&mut out, &[*b"isom", *b"iso2", *b"avc1", *b"mp41"]);
        let mut offsets_at = Vec::with_capacity(tracks.len());
        boxed(&mut out, *b"moov", |out| {
            mvhd(out, self.length);
            tracks.iter().for_each(|track| self.trak(out, track, wide, &mut offsets_at));
        });
        let mdat = self.payload + 8;
        if wide {
            put_u32(&mut out, 1); // the size follows in 64 bits
            out.extend_from_slice(b"mdat");
            put_u64(&mut out, mdat + 8);
        } else {
            put_u32(&mut out, mdat as u32);
            out.extend_from_slice(b"mdat");
        }
        // Only now is it known where the payload starts.
        let base = out.len() as u64;
        for (track, at) in tracks.iter().zip(offsets_at) {
            let width = if wide { 8 } else { 4 };
            for (slot, chunk) in out[at..].chunks_exact_mut(width).zip(&track.chunks) {
                slot.copy_from_slice(&(base + chunk).to_be_bytes()[8 - width..]);
            }
        }
        Ok(out.into())
    }

    fn trak(self, out: &mut Vec<u8>, track: &TrackOut, wide: bool, offsets_at: &mut Vec<usize>) {
        let (width, height) = if track.track == Track::Video { self.size } else { (0, 0) };
        let head = TrackHead {
            track: track.track,
            timescale: track.timescale,
            width,
            height,
            movie_duration: self.length,
            media_duration: track.end().saturating_sub(track.first).max(0).unsigned_abs(),
        };
        trak(out, head, |out| self.edits(out, track), |out| stbl(out, track, wide, offsets_at));
    }

    /// A player starts this far into the track's media, or waits this long for it.
    fn edits(self, out: &mut Vec<u8>, track: &TrackOut) {
        // The track's media time 0 is its first sample's decoding time.
        let skip = rescale(self.from, MOVIE_TIMESCALE, track.timescale).saturating_sub(track.first);
        let wait = rescale(skip.saturating_neg().max(0), track.timescale, MOVIE_TIMESCALE).unsigned_abs();
        let wait = wait.min(self.length);
        boxed(out, *b"edts", |out| {
            full(out, *b"elst", 1, 0, |out| {
                let mut edits = vec![(self.length - wait, skip.max(0))];
                if wait > 0 {
                    edits.insert(0, (wait, -1));
                }
                put_u32(out, edits.len() as u32);
                for (length, media_time) in edits {
                    put_u64(out, length);
                    put_u64(out, media_time.cast_unsigned());
                    put_u16(out, 1);
                    put_u16(out, 0);
                }
            });
        });
    }
}

/// At least what `stbl` will take.
fn table_bytes(track: &TrackOut) -> u64 {
    let entries: usize = track.entries.iter().map(Bytes::len).sum();
    let words = 2 * (track.durations.len() + track.offsets.len() + track.chunks.len())
        + 3 * track.chunk_runs.len()
        + track.sizes.len()
        + track.keys.len();
    1024 + entries as u64 + 4 * words as u64
}

fn stbl(out: &mut Vec<u8>, track: &TrackOut, wide: bool, offsets_at: &mut Vec<usize>) {
    stsd(out, track.entries.iter().map(AsRef::as_ref));
    repeated(out, *b"stts", 0, &track.durations, |&value| value);
    if !track.no_offsets() {
        repeated(out, *b"ctts", 1, &track.offsets, |value| value.cast_unsigned());
    }
    if !track.all_keys() {
        full(out, *b"stss", 0, 0, |out| {
            put_u32(out, track.keys.len() as u32);
            track.keys.iter().for_each(|&key| put_u32(out, key));
        });
    }
    full(out, *b"stsz", 0, 0, |out| {
        put_u32(out, 0);
        put_u32(out, track.sizes.len() as u32);
        track.sizes.iter().for_each(|&size| put_u32(out, size));
    });
    full(out, *b"stsc", 0, 0, |out| {
        put_u32(out, track.chunk_runs.len() as u32);
        for run in &track.chunk_runs {
            [run.first, run.samples, run.entry].into_iter().for_each(|word| put_u32(out, word));
        }
    });
    full(out, if wide { *b"co64" } else { *b"stco" }, 0, 0, |out| {
        put_u32(out, track.chunks.len() as u32);
        offsets_at.push(out.len());
        let width = if wide { 8 } else { 4 };
        out.resize(out.len() + width * track.chunks.len(), 0);
    });
}

fn repeated<T>(out: &mut Vec<u8>, kind: [u8; 4], version: u8, runs: &[Repeated<T>], word: impl Fn(&T) -> u32) {
    full(out, kind, version, 0, |out| {
        put_u32(out, runs.len() as u32);
        for run in runs {
            put_u32(out, run.count);
            put_u32(out, word(&run.value));
        }
    });
}
