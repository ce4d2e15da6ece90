//! Whether a recording is what a camera sent, unit by unit: each coded picture and sound of the camera's clip is known by its
//! bytes, so that one that is missing, altered or at the wrong time is found, however often the clip went round.

use std::collections::HashMap;
use std::path::Path;

use crate::process::{command, output};
use crate::{Result, edits};

/// What the failure says of a unit that the camera never sent.
pub const STRANGER: &str = "is not the camera's";

/// What a camera plays for ever.
#[derive(Debug)]
pub struct Original {
    pictures: Round,
    sounds: Round,
    /// Seconds until it begins again.
    length: f64,
}

/// One track's units in order.
#[derive(Debug, Default)]
struct Round {
    /// When each is due, in seconds.
    times: Vec<f64>,
    /// Where each stands; `None` for bytes that stand in several places.
    places: HashMap<String, Option<usize>>,
}

/// What was found in a recording.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// Pictures in it.
    pub pictures: usize,
    /// Pictures that the camera sent in between and that are not in it.
    pub pictures_lost: usize,
    /// Sounds in it.
    pub sounds: usize,
    /// Sounds that are missing in between.
    pub sounds_lost: usize,
    /// Pictures and sounds that are in it again, or out of their order.
    pub repeated: usize,
    /// Where in the clip the last picture stands that is known by its bytes.
    pub last_picture: Option<usize>,
    /// How much later sound is than where the camera had it beside its picture, in milliseconds; `None` without sound.
    pub sound_lag_ms: Option<f64>,
}

/// One unit of a file: when it is decoded, in seconds after the file's presentation begins, and a hash of its bytes.
type Unit = (f64, String);

impl Original {
    /// Reads the clip that a camera plays.
    pub fn read(clip: &Path) -> Result<Self> {
        let [pictures, sounds] = units(clip)?;
        let (first, second) = (pictures.first().ok_or("a clip without pictures")?.0, pictures.get(1).ok_or("a short clip")?.0);
        let length = (second - first) * pictures.len() as f64;
        Ok(Self { pictures: Round::of(pictures), sounds: Round::of(sounds), length })
    }

    /// Compares a recording with it. Fails where a unit is not one of the camera's.
    pub fn judge(&self, recording: &Path) -> Result<Verdict> {
        let [pictures, sounds] = units(recording)?;
        self.compare(&pictures, &sounds)
    }

    /// The same, with a sound that is not the clip's left aside.
    pub fn judge_pictures(&self, recording: &Path) -> Result<Verdict> {
        let [pictures, _] = units(recording)?;
        self.compare(&pictures, &[])
    }

    fn compare(&self, pictures: &[Unit], sounds: &[Unit]) -> Result<Verdict> {
        let seen = self.pictures.follow(pictures).map_err(|e| format!("pictures: {e}"))?;
        let heard = self.sounds.follow(sounds).map_err(|e| format!("sound: {e}"))?;
        let lag = |seconds: f64| (seconds - (seconds / self.length).round() * self.length) * 1000.0;
        let origin = seen.offsets.first().copied().ok_or("no picture was known by its bytes")?;
        let median = |offsets: &[f64]| {
            let mut lags: Vec<f64> = offsets.iter().map(|offset| lag(offset - origin)).collect();
            lags.sort_by(f64::total_cmp);
            lags.get(lags.len() / 2).copied()
        };
        let sound_lag_ms = median(&heard.offsets).zip(median(&seen.offsets)).map(|(sound, picture)| sound - picture);
        Ok(Verdict {
            pictures: pictures.len(),
            pictures_lost: seen.lost,
            sounds: sounds.len(),
            sounds_lost: heard.lost,
            repeated: seen.repeated + heard.repeated,
            last_picture: seen.last,
            sound_lag_ms,
        })
    }
}

impl Round {
    fn of(units: Vec<Unit>) -> Self {
        let mut round = Self::default();
        for (place, (time, hash)) in units.into_iter().enumerate() {
            round.times.push(time);
            round.places.entry(hash).and_modify(|known| *known = None).or_insert(Some(place));
        }
        round
    }

    /// Compares units, one after the other, with the round.
    fn follow(&self, units: &[Unit]) -> Result<Followed> {
        let (mut followed, mut last) = (Followed::default(), None::<(usize, usize)>);
        let count = self.times.len();
        for (number, (time, hash)) in units.iter().enumerate() {
            let Some(place) = *self.places.get(hash).ok_or_else(|| format!("unit {number} at {time} s {STRANGER}"))? else {
                continue;
            };
            if let Some((number_before, place_before)) = last {
                let expected = (place_before + number - number_before) % count;
                let ahead = (place + count - expected) % count;
                // A step of more than half a round forward is one back.
                if ahead > count / 2 {
                    followed.repeated += count - ahead;
                } else {
                    followed.lost += ahead;
                }
            }
            last = Some((number, place));
            followed.last = Some(place);
            followed.offsets.push(time - self.times[place]);
        }
        Ok(followed)
    }
}

/// What is between a round and units that should be it.
#[derive(Debug, Default)]
struct Followed {
    /// Units of the round that are missing.
    lost: usize,
    /// Units that came before.
    repeated: usize,
    /// Where the last known unit stands.
    last: Option<usize>,
    /// How far each known unit is from its own time, in seconds.
    offsets: Vec<f64>,
}

/// Pictures and sounds of a file, in the order of its tracks.
///
/// The edit lists, which say where presentation begins, are applied here: ffmpeg gives the first picture inside an edit the time at
/// which the edit begins, up to a picture's length too early, and so would move all pictures against the sound.
fn units(file: &Path) -> Result<[Vec<Unit>; 2]> {
    let mut ffmpeg = command("ffmpeg");
    ffmpeg.args(["-v", "error", "-copyts", "-ignore_editlist", "1", "-i"]).arg(file);
    ffmpeg.args(["-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", "-avoid_negative_ts", "disabled", "-f", "framemd5", "-"]);
    let mut tracks = parse(&output(ffmpeg)?)?;
    let begins = edits::begins(&std::fs::read(file)?)?;
    for (units, begins) in tracks.iter_mut().zip([begins.pictures, begins.sounds]) {
        units.iter_mut().for_each(|(time, _)| *time -= begins);
    }
    Ok(tracks)
}

/// Lines of ffmpeg's framemd5: `#tb 0: 1/12800`, then `0, dts, pts, duration, size, hash` each, and what lies beside the bytes.
fn parse(text: &str) -> Result<[Vec<Unit>; 2]> {
    let (mut tracks, mut bases) = ([Vec::new(), Vec::new()], [1.0; 2]);
    for line in text.lines() {
        if let Some((track, base)) = line.strip_prefix("#tb ").and_then(|rest| rest.split_once(": ")) {
            let (over, under) = base.split_once('/').ok_or("a time base that is no fraction")?;
            *bases.get_mut(track.parse::<usize>()?).ok_or("a third track")? = over.parse::<f64>()? / under.parse::<f64>()?;
        } else if !line.starts_with('#') {
            let fields: Vec<&str> = line.split(',').map(str::trim).collect();
            let [track, dts, _, _, _, hash, ..] = fields[..] else { return Err(format!("framemd5 told {line:?}").into()) };
            let track: usize = track.parse()?;
            tracks.get_mut(track).ok_or("a third track")?.push((dts.parse::<f64>()? * bases[track], hash.to_owned()));
        }
    }
    Ok(tracks)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4 pictures of 250 ms and 5 sounds of 200 ms; two sounds are alike.
    fn original() -> Original {
        let pictures = ["a", "b", "c", "d"].iter().enumerate().map(|(n, hash)| (n as f64 * 0.25, (*hash).to_owned())).collect();
        let sounds = ["p", "q", "q", "r", "s"].iter().enumerate().map(|(n, hash)| (n as f64 * 0.2, (*hash).to_owned())).collect();
        Original { pictures: Round::of(pictures), sounds: Round::of(sounds), length: 1.0 }
    }

    fn lost_and_repeated(round: &Round, hashes: &str) -> Option<(usize, usize)> {
        let units: Vec<Unit> = hashes.chars().enumerate().map(|(n, hash)| (n as f64, hash.to_string())).collect();
        round.follow(&units).ok().map(|followed| (followed.lost, followed.repeated))
    }

    #[test]
    fn what_is_missing_or_there_twice_is_counted_across_rounds_and_strangers_are_refused() {
        let Original { pictures, sounds, .. } = original();
        assert_eq!(lost_and_repeated(&pictures, "cdabcdab"), Some((0, 0)));
        assert_eq!(lost_and_repeated(&pictures, "cdbcdab"), Some((1, 0)));
        assert_eq!(lost_and_repeated(&pictures, "abd"), Some((1, 0)));
        assert_eq!(lost_and_repeated(&pictures, "abbcd"), Some((0, 1)));
        assert_eq!(lost_and_repeated(&pictures, "abxd"), None);
        assert_eq!(lost_and_repeated(&sounds, "pqqrsp"), Some((0, 0)));
        assert_eq!(lost_and_repeated(&sounds, "pqrsp"), Some((1, 0)), "one of two that are alike");
    }

    #[test]
    fn a_file_is_read_track_by_track() {
        let [pictures, sounds] =
            parse("#tb 0: 1/12800\n#tb 1: 1/16000\n0, 0, 0, 512, 9, aa\n1, 1600, 1600, 1024, 2, cc, S=1, 10, dd\n0, 6400, 6400, 512, 9, bb\n")
                .unwrap();
        assert_eq!(pictures, [(0.0, "aa".to_owned()), (0.5, "bb".to_owned())]);
        assert_eq!(sounds, [(0.1, "cc".to_owned())]);
    }

    #[test]
    fn sound_moved_against_its_picture_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let clip = crate::Clip::endless(dir.path()).unwrap();
        let original = Original::read(&clip.file).unwrap();
        let whole = original.judge(&clip.file).unwrap();
        assert_eq!((whole.pictures, whole.pictures_lost, whole.sounds_lost), (600, 0, 0));
        assert!(whole.sound_lag_ms.unwrap().abs() < 1.0, "{whole:?}");

        let moved = dir.path().join("moved.mp4");
        let mut ffmpeg = command("ffmpeg");
        ffmpeg.args(["-v", "error", "-i"]).arg(&clip.file).args(["-itsoffset", "0.08", "-i"]).arg(&clip.file);
        ffmpeg.args(["-map", "0:v", "-map", "1:a", "-c", "copy"]).arg(&moved);
        output(ffmpeg).unwrap();
        let lag = original.judge(&moved).unwrap().sound_lag_ms.unwrap();
        assert!((lag - 80.0).abs() < 5.0, "{lag}");
    }
}
