//! The parameter sets of a picture track.

use bytes::Bytes;
use media::au::VideoCodec;

/// The newest of each kind.
#[derive(Debug)]
pub(crate) struct Sets {
    codec: VideoCodec,
    /// VPS, SPS, PPS.
    newest: [Option<Bytes>; 3],
}

impl Sets {
    /// None yet.
    pub(crate) fn new(codec: VideoCodec) -> Self {
        Self { codec, newest: [const { None }; 3] }
    }

    /// Takes what came; of a kind the last one counts. True where something changed.
    pub(crate) fn take(&mut self, sets: &[Bytes]) -> bool {
        let mut changed = false;
        for set in sets {
            let Some(place) = set.first().and_then(|first| self.place(*first)) else { continue };
            let known = &mut self.newest[place];
            if known.as_ref() != Some(set) {
                *known = Some(set.clone());
                changed = true;
            }
        }
        changed
    }

    /// (VPS,) SPS, PPS; `None` while one is missing.
    pub(crate) fn all(&self) -> Option<Vec<Bytes>> {
        let kinds = match self.codec {
            VideoCodec::H264 => &self.newest[1..],
            VideoCodec::H265 => &self.newest[..],
        };
        kinds.iter().cloned().collect()
    }

    fn place(&self, first: u8) -> Option<usize> {
        match (self.codec, first & 0x1f, first >> 1 & 0x3f) {
            (VideoCodec::H265, _, 32) => Some(0),
            (VideoCodec::H264, 7, _) | (VideoCodec::H265, _, 33) => Some(1),
            (VideoCodec::H264, 8, _) | (VideoCodec::H265, _, 34) => Some(2),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_each_kind_counts() {
        let set = |first: u8, rest: u8| Bytes::copy_from_slice(&[first, rest]);
        let mut sets = Sets::new(VideoCodec::H264);
        assert!(sets.take(&[set(0x67, 1)]) && sets.all().is_none());
        assert!(sets.take(&[set(0x68, 1), set(0x68, 2)]));
        assert_eq!(sets.all(), Some(vec![set(0x67, 1), set(0x68, 2)]));
        assert!(!sets.take(&[set(0x67, 1), set(0x68, 2), set(0x06, 9), Bytes::new()]));
        let mut sets = Sets::new(VideoCodec::H265);
        assert!(sets.take(&[set(0x44, 3), set(0x40, 1)]) && sets.all().is_none());
        assert!(sets.take(&[set(0x42, 2)]));
        assert_eq!(sets.all(), Some(vec![set(0x40, 1), set(0x42, 2), set(0x44, 3)]));
    }
}
