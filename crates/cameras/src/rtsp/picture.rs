//! What an access unit is, from the headers of its NAL units.

use media::au::VideoCodec;

/// A coded picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Picture {
    /// Decoding can start here.
    Key,
    /// It needs others.
    Delta,
}

/// What the length-prefixed NAL units of an access unit make up; `None` where there is no picture among them.
///
/// Key pictures are IDR (H.264, table 7-1: type 5), and for H.265 every IRAP that is in use: BLA, IDR and CRA
/// (table 7-1: types 16 to 21): open GOPs begin with BLA or CRA.
pub(crate) fn picture(codec: VideoCodec, data: &[u8]) -> Option<Picture> {
    let mut found = None;
    for header in nal_headers(data) {
        let (coded, key) = match codec {
            VideoCodec::H264 => (matches!(header & 0x1f, 1..=5), header & 0x1f == 5),
            VideoCodec::H265 => (header >> 1 & 0x3f <= 31, matches!(header >> 1 & 0x3f, 16..=21)),
        };
        if key {
            return Some(Picture::Key);
        }
        if coded {
            found = Some(Picture::Delta);
        }
    }
    found
}

/// The first byte of each NAL unit. Ends early at a length that runs past the end.
fn nal_headers(mut data: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        loop {
            let (length, rest) = data.split_first_chunk::<4>()?;
            let (nal, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
            data = rest;
            if let Some(&header) = nal.first() {
                return Some(header);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(headers: &[u8]) -> Vec<u8> {
        headers.iter().flat_map(|&header| [0, 0, 0, 2, header, 0xaa]).collect()
    }

    #[test]
    fn pictures_are_told_by_their_nal_units() {
        use Picture::{Delta, Key};
        use VideoCodec::{H264, H265};
        let h265 = |nal_type: u8| nal_type << 1;
        for (codec, headers, expected) in [
            (H264, vec![0x65], Some(Key)),
            (H264, vec![0x09, 0x06, 0x65, 0x65], Some(Key)),
            (H264, vec![0x41], Some(Delta)),
            (H264, vec![0x01], Some(Delta)),
            (H264, vec![0x09, 0x06], None),
            (H265, vec![h265(19)], Some(Key)),
            (H265, vec![h265(20)], Some(Key)),
            (H265, vec![h265(35), h265(39), h265(21)], Some(Key)),
            (H265, vec![h265(16)], Some(Key)),
            (H265, vec![h265(18)], Some(Key)),
            (H265, vec![h265(1)], Some(Delta)),
            (H265, vec![h265(9)], Some(Delta)),
            (H265, vec![h265(39)], None),
        ] {
            assert_eq!(picture(codec, &unit(&headers)), expected, "{codec:?} {headers:?}");
        }
    }

    #[test]
    fn what_is_cut_short_counts_for_nothing() {
        assert_eq!(picture(VideoCodec::H264, &[]), None);
        assert_eq!(picture(VideoCodec::H264, &[0, 0, 0, 9, 0x65]), None);
        assert_eq!(picture(VideoCodec::H264, &[0, 0, 0, 0, 0, 0, 0, 1, 0x65]), Some(Picture::Key));
        assert_eq!(picture(VideoCodec::H264, &[0xff; 64]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_end(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            picture(VideoCodec::H264, &data);
            picture(VideoCodec::H265, &data);
        }
    }
}
