use std::sync::Arc;

use domain::{Mono, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::au::{AudioFormat, Format, VideoFormat};

fn format(sets: &[&[u8]], audio: Option<(AudioCodec, u8)>) -> Arc<Format> {
    let video = VideoFormat {
        codec: VideoCodec::H264,
        width: 640,
        height: 360,
        rfc6381: "avc1.4d401e".into(),
        parameter_sets: sets.iter().map(|set| Bytes::copy_from_slice(set)).collect(),
        sample_entry: Bytes::new(),
    };
    let audio = audio.map(|(codec, channels)| AudioFormat {
        codec,
        sample_rate: 8000,
        channels,
        rfc6381: "ulaw".into(),
        config: Bytes::new(),
        sample_entry: Bytes::new(),
    });
    Arc::new(Format { video, audio })
}

fn unit(format: Arc<Format>, track: Track, key: bool, data: Vec<u8>) -> AccessUnit {
    let (wall, arrived) = (Timestamp::default(), Mono::default());
    AccessUnit { track, format, dts: 0, cts: 0, wall, arrived, key, discontinuity: false, data: data.into() }
}

/// A picture of NAL units, each given whole.
fn picture_of(sets: &[&[u8]], key: bool, nals: &[Vec<u8>]) -> AccessUnit {
    let mut data = Vec::new();
    for nal in nals {
        data.extend_from_slice(&(nal.len() as u32).to_be_bytes());
        data.extend_from_slice(nal);
    }
    unit(format(sets, None), Track::Video, key, data)
}

fn nal(header: u8, bytes: usize) -> Vec<u8> {
    std::iter::once(header).chain((1..bytes).map(|n| n as u8)).collect()
}

/// The NAL units that a receiver makes of payloads (RFC 6184, sections 5.6 to 5.8).
pub(crate) fn reassemble<'a>(payloads: impl IntoIterator<Item = &'a [u8]>) -> Vec<Vec<u8>> {
    let mut nals: Vec<Vec<u8>> = Vec::new();
    for payload in payloads {
        match payload[0] & 0x1f {
            STAP_A => {
                let mut rest = &payload[1..];
                while let [high, low, tail @ ..] = rest {
                    let (set, after) = tail.split_at(usize::from(*high) << 8 | usize::from(*low));
                    nals.push(set.to_vec());
                    rest = after;
                }
            }
            FU_A => {
                if payload[1] & 0x80 != 0 {
                    nals.push(vec![payload[0] & 0xe0 | payload[1] & 0x1f]);
                }
                nals.last_mut().unwrap().extend_from_slice(&payload[2..]);
            }
            _ => nals.push(payload.to_vec()),
        }
    }
    nals
}

fn data(payloads: &[Payload]) -> impl Iterator<Item = &[u8]> {
    payloads.iter().map(|payload| &*payload.data)
}

#[test]
fn a_small_nal_unit_travels_alone_and_ends_the_picture() {
    let payloads = packetise(&picture_of(&[], false, &[nal(0x41, 100)]));
    assert_eq!(payloads.len(), 1);
    assert_eq!((&*payloads[0].data, payloads[0].marker, payloads[0].ticks), (nal(0x41, 100).as_slice(), true, 0));
}

#[test]
fn a_key_picture_brings_its_parameter_sets_in_one_aggregate() {
    let payloads = packetise(&picture_of(&[&[0x67, 1, 2], &[0x28, 3]], true, &[nal(0x65, 50)]));
    assert_eq!(*payloads[0].data, [0x60 | STAP_A, 0, 3, 0x67, 1, 2, 0, 2, 0x28, 3]);
    assert_eq!(payloads.iter().map(|p| p.marker).collect::<Vec<_>>(), [false, true]);
    let later = packetise(&picture_of(&[&[0x67, 1, 2], &[0x28, 3]], false, &[nal(0x41, 50)]));
    assert_eq!(later.len(), 1, "only before key pictures");
}

#[test]
fn parameter_sets_too_large_for_an_aggregate_travel_apart() {
    let (sps, pps) = (nal(0x67, 700), nal(0x68, 700));
    let payloads = packetise(&picture_of(&[&sps, &pps], true, &[nal(0x65, 9)]));
    assert_eq!(reassemble(data(&payloads)), [sps, pps, nal(0x65, 9)]);
}

#[test]
fn a_large_nal_unit_is_cut_into_equal_fragments() {
    let whole = nal(0x65, 5000);
    let payloads = packetise(&picture_of(&[], true, std::slice::from_ref(&whole)));
    let sizes: Vec<_> = data(&payloads).map(<[u8]>::len).collect();
    assert_eq!(sizes, [1002, 1002, 1002, 1002, 1001 + 1 - 3 + 2], "4999 bytes after the header in five parts");
    assert_eq!(payloads[0].data[..2], [0x60 | FU_A, 0x80 | 5]);
    assert_eq!(payloads[4].data[..2], [0x60 | FU_A, 0x40 | 5]);
    assert_eq!(reassemble(data(&payloads)), [whole]);
}

#[test]
fn delimiters_filler_and_empty_units_are_not_sent() {
    let payloads = packetise(&picture_of(&[], false, &[vec![9, 0xf0], vec![], nal(0x41, 9), nal(12, 3000)]));
    assert_eq!(reassemble(data(&payloads)), [nal(0x41, 9)]);
    assert!(payloads.last().unwrap().marker);
}

#[test]
fn sound_goes_as_it_is_and_long_frames_are_cut_between_samples() {
    for (codec, channels) in [(AudioCodec::Pcmu, 1), (AudioCodec::Pcma, 2)] {
        let sound = nal(0x55, 3000);
        let payloads = packetise(&unit(format(&[], Some((codec, channels))), Track::Audio, true, sound.clone()));
        assert_eq!(data(&payloads).flatten().copied().collect::<Vec<_>>(), sound);
        let ticks: Vec<_> = payloads.iter().map(|payload| payload.ticks).collect();
        assert_eq!(ticks, [0, 1188 / u32::from(channels), 2376 / u32::from(channels)]);
    }
}

#[test]
fn an_opus_packet_is_one_payload() {
    let opus = |size| packetise(&unit(format(&[], Some((AudioCodec::Opus, 1))), Track::Audio, true, nal(0x48, size)));
    let payloads = opus(80);
    assert_eq!((payloads.len(), payloads[0].ticks, payloads[0].marker), (1, 0, false));
    assert_eq!(data(&payloads).next().unwrap(), nal(0x48, 80));
    assert!(opus(PAYLOAD_BYTES_MAX + 1).is_empty(), "it cannot be cut");
}

#[test]
fn codecs_that_viewers_are_not_sent_give_nothing() {
    assert!(packetise(&unit(format(&[], Some((AudioCodec::Aac, 1))), Track::Audio, true, vec![1; 99])).is_empty());
    assert!(packetise(&unit(format(&[], None), Track::Audio, true, vec![1; 99])).is_empty());
    let mut h265 = Arc::unwrap_or_clone(format(&[], None));
    h265.video.codec = VideoCodec::H265;
    assert!(packetise(&unit(Arc::new(h265), Track::Video, true, nal(0x41, 99))).is_empty());
}

proptest! {
    #[test]
    fn every_picture_comes_back_whole(
        headers in prop::collection::vec((0_u8..=3, 1_u8..=8, 1_usize..6000), 1..6),
        key in any::<bool>(),
    ) {
        let nals: Vec<_> = headers.iter().map(|(reference, kind, size)| nal(reference << 5 | kind, *size)).collect();
        let sets: &[&[u8]] = &[&[0x67, 1, 2], &[0x68, 3]];
        let payloads = packetise(&picture_of(sets, key, &nals));
        let expected: Vec<_> = sets.iter().filter(|_| key).map(|set| set.to_vec()).chain(nals).collect();
        prop_assert_eq!(reassemble(data(&payloads)), expected);
        prop_assert!(payloads.iter().all(|payload| payload.data.len() <= PAYLOAD_BYTES_MAX));
        prop_assert_eq!(payloads.iter().position(|payload| payload.marker), Some(payloads.len() - 1));
    }

    #[test]
    fn garbage_is_cut_without_panic(data in prop::collection::vec(any::<u8>(), 0..4000), key in any::<bool>()) {
        let payloads = packetise(&unit(format(&[&[], &[0x68]], None), Track::Video, key, data));
        prop_assert!(payloads.iter().all(|payload| (1..=PAYLOAD_BYTES_MAX).contains(&payload.data.len())));
    }
}
