//! Where an .mp4 begins to play: its edit lists (ISO/IEC 14496-12, 8.6.6), read apart from what is under test.

use crate::Result;
use crate::fragment::{boxes, find, word};

/// Into each track's media, how many seconds presentation begins; less than nothing where it waits for the track first.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) struct Begins {
    pub(crate) pictures: f64,
    pub(crate) sounds: f64,
}

/// Reads the edit lists of a file: at most one wait and then one stretch of the media, as players understand them.
pub(crate) fn begins(file: &[u8]) -> Result<Begins> {
    let moov = find(file, b"moov")?;
    let movie_rate = timescale(find(moov, b"mvhd")?)?;
    let mut begins = Begins::default();
    for (_, trak) in boxes(moov).filter(|(kind, _)| kind == b"trak") {
        let mdia = find(trak, b"mdia")?;
        let Ok(edts) = find(trak, b"edts") else { continue };
        let (mut waits, mut skips) = (0.0, 0.0);
        for (length, from) in edits(find(edts, b"elst")?)? {
            match u64::try_from(from) {
                Ok(from) => {
                    skips = from as f64 / timescale(find(mdia, b"mdhd")?)?;
                    break;
                }
                Err(_) => waits += length as f64 / movie_rate,
            }
        }
        match find(mdia, b"hdlr")?.get(8..12) {
            Some(b"vide") => begins.pictures = skips - waits,
            Some(b"soun") => begins.sounds = skips - waits,
            _ => {}
        }
    }
    Ok(begins)
}

/// Ticks a second of an `mvhd` or `mdhd`.
fn timescale(head: &[u8]) -> Result<f64> {
    let at = if head.first() == Some(&1) { 20 } else { 12 };
    Ok(word(head, at)?.max(1).into())
}

/// Length in ticks of the movie, and where in the media each begins; -1 for a wait.
fn edits(elst: &[u8]) -> Result<Vec<(u64, i64)>> {
    let long = elst.first() == Some(&1);
    let wide = |at: usize| Ok::<_, crate::Error>(u64::from(word(elst, at)?) << 32 | u64::from(word(elst, at + 4)?));
    (0..word(elst, 4)? as usize)
        .map(|n| {
            if long {
                let at = 8 + n * 20;
                Ok((wide(at)?, wide(at + 8)?.cast_signed()))
            } else {
                let at = 8 + n * 12;
                Ok((word(elst, at)?.into(), word(elst, at + 4)?.cast_signed().into()))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{command, output};

    #[test]
    fn a_cut_between_two_pictures_begins_where_it_was_asked_to() {
        let dir = tempfile::tempdir().unwrap();
        let clip = crate::Clip::endless(dir.path()).unwrap();
        assert_eq!(begins(&std::fs::read(&clip.file).unwrap()).unwrap(), Begins::default());
        // Copied from the key picture at 2 s on, to be shown from 2.53 s on.
        let cut = dir.path().join("cut.mp4");
        let mut ffmpeg = command("ffmpeg");
        ffmpeg.args(["-v", "error", "-ss", "2.53", "-i"]).arg(&clip.file).args(["-map", "0:v", "-c", "copy"]).arg(&cut);
        output(ffmpeg).unwrap();
        let skipped = begins(&std::fs::read(&cut).unwrap()).unwrap().pictures;
        assert!((skipped - 0.53).abs() < 0.001, "{skipped}");
        begins(b"not a film").unwrap_err();
    }
}
