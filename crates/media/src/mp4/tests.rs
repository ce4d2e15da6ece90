use mp4_atom::{Any, Decode, TrunSamples};

use super::*;
use crate::record::test_footage::{Camera, format};

#[test]
fn an_init_segment_has_the_chosen_tracks_in_their_own_clocks() {
    let format = format(Some(AudioCodec::Aac), 1);
    for (audio, expected) in [(true, vec![(1, 90_000), (2, 16_000)]), (false, vec![(1, 90_000)])] {
        let init = init_segment(&format, TrackSet { audio }).unwrap();
        let mut input = &init[..];
        assert!(matches!(Any::decode(&mut input), Ok(Any::Ftyp(_))));
        let Ok(Any::Moov(moov)) = Any::decode(&mut input) else { panic!("a moov") };
        assert!(input.is_empty());
        let tracks: Vec<_> = moov.trak.iter().map(|trak| (trak.tkhd.track_id, trak.mdia.mdhd.timescale)).collect();
        assert_eq!(tracks, expected);
        assert_eq!(moov.mvex.unwrap().trex.len(), expected.len());
        let entry = &format.video.sample_entry;
        assert!(init.windows(entry.len()).any(|window| window == entry), "the sample entry is there as it came");
    }
}

#[test]
fn a_sample_entry_that_is_not_one_box_is_refused() {
    for cut in [0, 3, 15, 39] {
        let mut broken = Format::clone(&format(None, 1));
        broken.video.sample_entry = broken.video.sample_entry.slice(..cut);
        assert_eq!(init_segment(&broken, TrackSet { audio: false }), Err(Mp4Error::SampleEntry(cut)));
    }
}

#[test]
fn a_live_part_is_one_unit_with_its_times() {
    let camera = Camera::new(Some(AudioCodec::Aac));
    let mut picture = camera.picture(1);
    (picture.cts, picture.dts) = (-1800, 1 << 40);
    for (unit, id, flags) in [(picture, 1, 0x0101_0000), (camera.picture(0), 1, 0x0200_0000), (camera.sound(3), 2, 0x0200_0000)] {
        let part = live_part(7, &unit, 3600);
        let mut input = &part[..];
        let Ok(Any::Moof(moof)) = Any::decode(&mut input) else { panic!("a moof") };
        let moof_len = part.len() - input.len();
        let traf = &moof.traf[0];
        assert_eq!((moof.mfhd.sequence_number, moof.traf.len(), traf.tfhd.track_id), (7, 1, id));
        assert!(traf.tfhd.default_base_is_moof);
        assert_eq!(traf.tfdt.as_ref().unwrap().base_media_decode_time, unit.dts.unsigned_abs());
        let run = &traf.trun[0];
        assert_eq!(run.data_offset, Some(moof_len as i32 + 8));
        let TrunSamples::Explicit(samples) = &run.samples else { panic!("{:?}", run.samples) };
        assert_eq!(samples.len(), 1);
        let sample = &samples[0];
        assert_eq!((sample.duration, sample.size), (Some(3600), Some(unit.data.len() as u32)));
        assert_eq!((sample.flags, sample.cts), (Some(flags), Some(unit.cts.into())));
        assert_eq!(&part[moof_len + 8..], &unit.data[..]);
        assert_eq!(part[moof_len..moof_len + 4], (unit.data.len() as u32 + 8).to_be_bytes());
    }
}

#[test]
fn decoding_times_below_zero_start_at_zero() {
    let mut unit = Camera::new(None).picture(0);
    unit.dts = -5;
    let part = live_part(1, &unit, 3600);
    let mut input = &part[..];
    let Ok(Any::Moof(moof)) = Any::decode(&mut input) else { panic!("a moof") };
    assert_eq!(moof.traf[0].tfdt.as_ref().unwrap().base_media_decode_time, 0);
}

#[test]
fn browsers_get_aac_but_no_g711() {
    let rows = [
        (None, "video/mp4; codecs=\"avc1.42c01e\""),
        (Some(AudioCodec::Aac), "video/mp4; codecs=\"avc1.42c01e,mp4a.40.2\""),
        (Some(AudioCodec::Pcmu), "video/mp4; codecs=\"avc1.42c01e\""),
    ];
    for (audio, expected) in rows {
        let format = format(audio, 1);
        assert_eq!(mime(&format, TrackSet::for_browser(&format)), expected);
        assert_eq!(TrackSet::all(&format).audio, audio.is_some());
    }
}
