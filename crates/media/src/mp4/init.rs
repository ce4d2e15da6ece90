//! What a player needs before the first part: `ftyp` and `moov`.

use bytes::Bytes;

use super::boxes::{TrackHead, boxed, check_sample_entry, ftyp, full, mvhd, put_u32, put_words, stsd, trak};
use super::{Mp4Error, TrackSet, track_id};
use crate::au::{Format, Track};

/// The init segment of a fragmented file (ISO/IEC 14496-12, 8.8): `ftyp` and `moov` with `mvex` and no samples.
///
/// # Errors
/// A sample entry that is not one box.
pub fn init_segment(format: &Format, tracks: TrackSet) -> Result<Bytes, Mp4Error> {
    let audio = format.audio.as_ref().filter(|_| tracks.audio);
    let mut entries = vec![(Track::Video, &format.video.sample_entry)];
    entries.extend(audio.map(|audio| (Track::Audio, &audio.sample_entry)));
    entries.iter().try_for_each(|(_, entry)| check_sample_entry(entry))?;

    let mut out = Vec::with_capacity(2048);
    ftyp(&mut out, &[*b"iso6", *b"isom", *b"mp41"]);
    boxed(&mut out, *b"moov", |out| {
        mvhd(out, 0);
        for &(track, entry) in &entries {
            trak(out, TrackHead::new(format, track), |_| (), |out| empty_stbl(out, entry));
        }
        boxed(out, *b"mvex", |out| {
            for &(track, _) in &entries {
                full(out, *b"trex", 0, 0, |out| put_words(out, &[track_id(track), 1, 0, 0, 0]));
            }
        });
    });
    Ok(out.into())
}

fn empty_stbl(out: &mut Vec<u8>, entry: &[u8]) {
    stsd(out, [entry].into_iter());
    full(out, *b"stts", 0, 0, |out| put_u32(out, 0));
    full(out, *b"stsc", 0, 0, |out| put_u32(out, 0));
    full(out, *b"stsz", 0, 0, |out| put_words(out, &[0, 0]));
    full(out, *b"stco", 0, 0, |out| put_u32(out, 0));
}

/// The MIME type of such a file with its codecs (RFC 6381), as `MediaSource.isTypeSupported` wants it.
#[must_use]
pub fn mime(format: &Format, tracks: TrackSet) -> String {
    let video = &format.video.rfc6381;
    match format.audio.as_ref().filter(|_| tracks.audio) {
        Some(audio) => format!("video/mp4; codecs=\"{video},{}\"", audio.rfc6381),
        None => format!("video/mp4; codecs=\"{video}\""),
    }
}
