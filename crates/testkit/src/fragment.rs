//! Just enough of fragmented MP4 (ISO/IEC 14496-12) to see whether a live view lost something: written apart from what is under
//! test, so that both would have to be wrong in the same way.

use crate::Result;

/// A `moof` with one track fragment, and what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// `tfhd`: which track.
    pub track: u32,
    /// `tfdt`: decode time of the first sample, in the track's timescale.
    pub decode_time: u64,
    /// `trun`: durations of the samples together.
    pub duration: u64,
    /// `trun`: how many samples.
    pub samples: u32,
}

impl Part {
    /// Reads the first `moof` of `bytes`.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let traf = find(find(bytes, b"moof")?, b"traf")?;
        let (tfhd, tfdt, trun) = (find(traf, b"tfhd")?, find(traf, b"tfdt")?, find(traf, b"trun")?);
        let decode_time = match tfdt.first() {
            Some(1) => u64::from_be_bytes(tfdt.get(4..12).ok_or("short tfdt")?.try_into()?),
            _ => word(tfdt, 4)?.into(),
        };
        let samples = word(trun, 4)?;
        Ok(Self { track: word(tfhd, 4)?, decode_time, duration: duration(tfhd, trun, samples)?, samples })
    }
}

/// Durations stand in each sample, or once in `tfhd`.
fn duration(tfhd: &[u8], trun: &[u8], samples: u32) -> Result<u64> {
    let (of_track, of_run) = (word(tfhd, 0)? & 0xff_ffff, word(trun, 0)? & 0xff_ffff);
    if of_run & 0x100 == 0 {
        // base-data-offset and sample-description-index go before it.
        let at = 8 + if of_track & 0x1 == 0 { 0 } else { 8 } + if of_track & 0x2 == 0 { 0 } else { 4 };
        return if of_track & 0x8 == 0 {
            Err("no sample duration".into())
        } else {
            Ok(u64::from(word(tfhd, at)?) * u64::from(samples))
        };
    }
    let first = 8 + 4 * usize::from(of_run & 0x1 != 0) + 4 * usize::from(of_run & 0x4 != 0);
    let stride = 4 * (of_run & 0xf00).count_ones() as usize;
    (0..samples as usize).map(|n| Ok(u64::from(word(trun, first + n * stride)?))).sum()
}

/// The body of the first box of this type.
pub(crate) fn find<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Result<&'a [u8]> {
    let found = boxes(bytes).find(|(kind, _)| kind == name);
    Ok(found.ok_or_else(|| format!("no whole {}", String::from_utf8_lossy(name)))?.1)
}

/// The boxes that follow each other in `bytes`, up to one that ends outside: type and body.
pub(crate) fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        let (size, kind) = (word(bytes, 0).ok()? as usize, bytes.get(4..8)?);
        // 1: the size follows in 64 bits.
        let (head, size) = if size == 1 {
            (16, usize::try_from(word(bytes, 8).ok()?).ok()? << 32 | word(bytes, 12).ok()? as usize)
        } else {
            (8, size)
        };
        let body = bytes.get(head..size)?;
        bytes = &bytes[size..];
        Some((kind, body))
    })
}

pub(crate) fn word(bytes: &[u8], at: usize) -> Result<u32> {
    Ok(u32::from_be_bytes(bytes.get(at..at + 4).ok_or("a box is too short")?.try_into()?))
}

/// Follows a track and counts what is missing between its parts, and what came twice.
#[derive(Debug, Default)]
pub struct Continuity {
    next: Option<u64>,
    /// Samples seen.
    pub samples: u64,
    /// Places where the next decode time was later than the last one's end.
    pub gaps: u64,
    /// Places where it was earlier.
    pub repeats: u64,
    /// The first of those places: decode time in ticks, and how many ticks later it was than the last one's end.
    pub first: Option<(u64, i64)>,
}

impl Continuity {
    /// `slack` in ticks: what rounding and a camera's jitter may put between two parts.
    pub fn push(&mut self, part: Part, slack: u64) {
        let ahead = self.next.map_or(0, |next| part.decode_time.wrapping_sub(next).cast_signed());
        if ahead.unsigned_abs() > slack {
            *if ahead > 0 { &mut self.gaps } else { &mut self.repeats } += 1;
            self.first.get_or_insert((part.decode_time, ahead));
        }
        self.next = Some(part.decode_time + part.duration);
        self.samples += u64::from(part.samples);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat()
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|w| w.to_be_bytes()).collect()
    }

    fn part(tfhd: &[u32], tfdt: &[u32], trun: &[u32]) -> Vec<u8> {
        let traf = [boxed(b"tfhd", &words(tfhd)), boxed(b"tfdt", &words(tfdt)), boxed(b"trun", &words(trun))].concat();
        [boxed(b"moof", &[boxed(b"mfhd", &words(&[0, 1])), boxed(b"traf", &traf)].concat()), boxed(b"mdat", b"x")].concat()
    }

    #[test]
    fn durations_of_samples_and_of_the_track_are_read() {
        // Data offset, first-sample flags; then duration and size for each of two samples.
        let each = part(&[0x2_0000, 1], &[0x0100_0000, 1, 2], &[0x305, 2, 100, 0x0200_0000, 3600, 10, 3601, 20]);
        assert_eq!(Part::read(&each).unwrap(), Part { track: 1, decode_time: (1 << 32) + 2, duration: 7201, samples: 2 });
        let once = part(&[0x2_000a, 2, 1, 1024], &[0, 77], &[0x201, 3, 100, 5, 5, 5]);
        assert_eq!(Part::read(&once).unwrap(), Part { track: 2, decode_time: 77, duration: 3072, samples: 3 });
    }

    #[test]
    fn what_is_torn_is_refused() {
        let whole = part(&[0x2_0000, 1], &[0, 2], &[0x101, 1, 100, 3600]);
        Part::read(&whole).unwrap();
        for length in [0, 7, 20, 60, whole.len() - 20] {
            Part::read(&whole[..length]).unwrap_err();
        }
    }

    #[test]
    fn a_missing_part_is_counted_once() {
        let mut track = Continuity::default();
        for decode_time in [0, 40, 81, 160, 200] {
            track.push(Part { track: 1, decode_time, duration: 40, samples: 1 }, 2);
        }
        assert_eq!((track.gaps, track.repeats, track.samples, track.first), (1, 0, 5, Some((160, 39))));
        track.push(Part { track: 1, decode_time: 200, duration: 40, samples: 1 }, 2);
        assert_eq!((track.gaps, track.repeats), (1, 1), "the same once more");
    }
}
