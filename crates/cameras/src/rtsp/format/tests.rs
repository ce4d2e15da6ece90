//! Formats are those that retina made of the same words, byte for byte: what was recorded with it goes on without a seam.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::limits::PARAMETER_SETS_BYTES_MAX;
use media::au::{AudioCodec, AudioFormat, VideoCodec, VideoFormat};
use proptest::prelude::*;
use retina::codec::h26x::Framing;
use retina::codec::{Depacketizer, ParametersRef, VideoParameters, VideoParametersCodec};

use super::aac::aac;
use super::pictures::video;
use super::sprop::{h264_sets, h265_sets};
use crate::CameraError;

mod vectors;
mod written;

/// What retina makes of an `fmtp`; nothing where it refuses or panics.
fn retina_video(encoding: &str, fmtp: &str) -> Option<VideoFormat> {
    let format = || {
        let depacketizer = Depacketizer::new("video", encoding, 90_000, None, Some(fmtp)).ok()?;
        match depacketizer.parameters()? {
            ParametersRef::Video(parameters) => retina_format(parameters),
            _ => None,
        }
    };
    catch_unwind(AssertUnwindSafe(format)).ok().flatten()
}

/// What it makes of H.264's sets, and whether the pictures are larger than those of any level (H.264, table A-1).
fn retina_h264(sps: &[u8], pps: &[u8]) -> (Option<VideoFormat>, bool) {
    const PIXELS_MAX: u64 = 139_264 * 256;
    let parameters = || retina::codec::h264::parameters_from_sps_and_pps(sps, pps, Framing::FourByteLength).ok();
    let Ok(Some(parameters)) = catch_unwind(AssertUnwindSafe(parameters)) else { return (None, false) };
    let (width, height) = parameters.coded_pixel_dimensions();
    (retina_format(&parameters), u64::from(width) * u64::from(height) > PIXELS_MAX)
}

fn retina_h265(sets: &[Bytes]) -> Option<VideoFormat> {
    let [vps, sps, pps] = [0, 1, 2].map(|index: usize| STANDARD.encode(&sets[index]));
    retina_video("h265", &format!("sprop-vps={vps};sprop-sps={sps};sprop-pps={pps}"))
}

fn retina_format(parameters: &VideoParameters) -> Option<VideoFormat> {
    let (codec, parameter_sets) = match parameters.codec_params() {
        VideoParametersCodec::H264 { sps, pps } => (VideoCodec::H264, vec![sps.clone(), pps.clone()]),
        VideoParametersCodec::H265 { vps, sps, pps } => (VideoCodec::H265, vec![vps.clone(), sps.clone(), pps.clone()]),
        _ => return None,
    };
    let (width, height) = parameters.pixel_dimensions();
    Some(VideoFormat {
        codec,
        width: u16::try_from(width).ok().filter(|width| *width > 0)?,
        height: u16::try_from(height).ok().filter(|height| *height > 0)?,
        rfc6381: parameters.rfc6381_codec().to_owned(),
        parameter_sets,
        sample_entry: parameters.mp4_sample_entry().build().ok()?.into(),
    })
}

fn retina_aac(fmtp: &str, clock_rate: u32, channels: Option<u16>) -> Option<AudioFormat> {
    let format = || {
        let channels = channels.and_then(NonZero::new);
        let depacketizer = Depacketizer::new("audio", "mpeg4-generic", clock_rate, channels, Some(fmtp)).ok()?;
        let Some(ParametersRef::Audio(parameters)) = depacketizer.parameters() else { return None };
        Some(AudioFormat {
            codec: AudioCodec::Aac,
            sample_rate: u16::try_from(clock_rate).ok().filter(|rate| *rate > 0)?.into(),
            channels: u8::try_from(parameters.channels().get()).ok()?,
            rfc6381: parameters.rfc6381_codec()?.to_owned(),
            config: Bytes::copy_from_slice(parameters.extra_data()),
            sample_entry: parameters.mp4_sample_entry().build().ok()?.into(),
        })
    };
    catch_unwind(AssertUnwindSafe(format)).ok().flatten()
}

fn h264(fmtp: &str) -> Option<VideoFormat> {
    video(VideoCodec::H264, &h264_sets(fmtp)?).ok()
}

fn h265(fmtp: &str) -> Option<VideoFormat> {
    video(VideoCodec::H265, &h265_sets(fmtp)?).ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_cameras_describe_becomes_what_it_became_with_retina() {
    for (who, fmtp) in vectors::H264 {
        let format = h264(fmtp);
        assert!(format.is_some(), "{who}");
        assert_eq!(format, retina_video("h264", fmtp), "{who}");
    }
    for (who, fmtp) in vectors::H265 {
        let format = h265(fmtp);
        assert!(format.is_some(), "{who}");
        assert_eq!(format, retina_video("h265", fmtp), "{who}");
    }
    for (who, fmtp, clock_rate, channels) in vectors::AAC {
        let format = aac(fmtp, *clock_rate, *channels);
        assert!(format.is_some(), "{who}");
        assert_eq!(format, retina_aac(fmtp, *clock_rate, *channels), "{who}");
    }
}

#[test]
fn sizes_are_those_that_are_seen() {
    let size = |list: &[(&str, &str)], wanted: &str, read: fn(&str) -> Option<VideoFormat>| {
        let format = list.iter().find(|(who, _)| *who == wanted).and_then(|(_, fmtp)| read(fmtp)).unwrap();
        (format.width, format.height, format.rfc6381)
    };
    let h264 = |who| size(vectors::H264, who, h264);
    assert_eq!(h264("x264 interlaced, cropped"), (720, 540, "avc1.640016".into()));
    assert_eq!(h264("x264 interlaced, 1080"), (1920, 1080, "avc1.640028".into()));
    assert_eq!(h264("x264 4:2:2, cropped"), (638, 358, "avc1.7A0016".into()));
    assert_eq!(h264("x264 4:4:4, odd sizes"), (637, 359, "avc1.F40016".into()));
    assert_eq!(h264("x264 grey"), (322, 242, "avc1.64000C".into()));
    assert_eq!(h264("x264 level too low"), (1280, 720, "avc1.64000D".into()));
    let h265 = |who| size(vectors::H265, who, h265);
    assert_eq!(h265("Dahua"), (704, 480, "hvc1.1.6.L90.B0".into()));
    assert_eq!(h265("x265 main 10"), (640, 360, "hvc1.2.4.L63.90".into()));
    assert_eq!(h265("x265 4:4:4, odd sizes"), (637, 359, "hvc1.4.10.L63.9E.08".into()));
    assert_eq!(h265("x265 grey"), (322, 242, "hvc1.4.10.L60.9F.C8".into()));
    assert_eq!(h265("two temporal sub-layers"), (1920, 1080, "hvc1.1.6.H123.00".into()));
}

#[test]
fn what_nothing_can_be_made_of_is_nothing() {
    for fmtp in [
        "",
        " ",
        "packetization-mode=1",
        "sprop-parameter-sets=",
        "sprop-parameter-sets=,",
        "sprop-parameter-sets=Z00AH5WoFAFuQA==",
        "sprop-parameter-sets=aO48gA==",
        "sprop-parameter-sets=***=,aO48gA==",
        // Of a VStarcam that leaves out the headers.
        "packetization-mode=1;profile-level-id=00f004;sprop-parameter-sets=6QDwBE/LCAAAH0gAB1TgIAAAAAA=,AAAAAA==",
        // Two different ones of a kind.
        "sprop-parameter-sets=Z00AH5WoFAFuQA==,Z2QAM6zoAoALWQ==,aO48gA==",
        // 00 00 02 within.
        "sprop-parameter-sets=Z00AH5WoFAFuQA==,aO4AAAI8",
    ] {
        assert_eq!(h264_sets(fmtp), None, "{fmtp}");
        assert_eq!(retina_video("h264", fmtp), None, "{fmtp}");
    }
    let sets = "sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwA8koCQ;sprop-pps=RAHBcrRiQA==";
    for fmtp in [
        "",
        sets,
        &format!("{sets};sprop-sps="),
        &format!("{sets};sprop-sps=QgEBAWAAAAMAsAAAAwAAAwBaoAWCAeFja5JFL83BQYFBAAADAAEAAAMADKE=;tx-mode=MRST"),
        &format!("{sets};sprop-sps=***"),
        &format!("{sets};sprop-sps=QgA="),
    ] {
        assert_eq!(h265_sets(fmtp), None, "{fmtp}");
        assert_eq!(retina_video("h265", fmtp), None, "{fmtp}");
    }
    let fine = "mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1188";
    for (fmtp, clock_rate, channels) in [
        ("config=1408", 16_000, None),
        (fine, 44_100, None),
        (fine, 48_000, Some(2)),
        (&fine.replace("hbr", "lbr"), 48_000, None),
        (&fine.replace("13", "6"), 48_000, None),
        (&fine.replace("1188", ""), 48_000, None),
        (&fine.replace("1188", "118"), 48_000, None),
        (&fine.replace("1188", "11x8"), 48_000, None),
        // Channels described in the configuration, a reserved rate, HE-AAC, and what an MP4 cannot say.
        (&fine.replace("1188", "1180"), 48_000, None),
        (&fine.replace("1188", "1688"), 48_000, None),
        (&fine.replace("1188", "2B0A8800"), 24_000, None),
        (&fine.replace("1188", "1008"), 96_000, None),
    ] {
        assert_eq!(aac(fmtp, clock_rate, channels), None, "{fmtp}");
        assert_eq!(retina_aac(fmtp, clock_rate, channels), None, "{fmtp}");
    }
}

/// Where more is understood than retina did: the same camera's sets, wrapped otherwise.
#[test]
fn more_ways_of_saying_the_same_are_understood() {
    let [sps, pps] = ["Z00AH5WoFAFuQA==", "aO48gA=="];
    let plain = h264_sets(&format!("sprop-parameter-sets={sps},{pps}"));
    assert!(plain.is_some());
    for fmtp in [
        format!("packetization-mode=1;sprop-parameter-sets={sps},{pps};"),
        format!("whatever;sprop-parameter-sets={sps},{pps}"),
        format!("sprop-parameter-sets= {sps}, {pps}"),
        format!("Sprop-Parameter-Sets={sps},{pps}"),
        format!("sprop-parameter-sets={sps},{pps},{pps}"),
        // With an access unit delimiter between.
        format!("sprop-parameter-sets={sps},CRA=,{pps}"),
    ] {
        assert_eq!(h264_sets(&fmtp), plain, "{fmtp}");
    }
    let [vps, sps, pps] = [b"\x40\x01\x0c".as_slice(), b"\x42\x01\x01", b"\x44\x01\xc1"];
    let plain = Some([vps, sps, pps].map(Bytes::copy_from_slice));
    let text = |parts: &[&[u8]]| STANDARD.encode(parts.concat());
    let start = b"\0\0\0\x01".as_slice();
    for fmtp in [
        format!("sprop-pps={};sprop-vps={};;sprop-sps={}", text(&[pps]), text(&[vps]), text(&[sps])),
        format!("sprop-vps={};sprop-sps={};sprop-pps={}", text(&[start, vps]), text(&[sps, start]), text(&[start, pps])),
        format!("sprop-vps={}", text(&[start, vps, start, sps, start, pps])),
        format!("sprop-vps={};sprop-sps={},;sprop-pps={},{}", text(&[vps]), text(&[sps]), text(&[pps]), text(&[pps])),
    ] {
        assert_eq!(h265_sets(&fmtp), plain, "{fmtp}");
    }
    // Zeros at the end of a set that stands alone are left as they are: they come in band as well.
    let zeros = format!("sprop-vps={};sprop-sps={};sprop-pps={}", text(&[vps]), text(&[sps]), text(&[pps, b"\0"]));
    assert_eq!(h265_sets(&zeros).unwrap()[2], b"\x44\x01\xc1\0".as_slice());
}

#[test]
fn what_is_wrong_with_sets_is_said() {
    let [sps, pps] = h264_sets("sprop-parameter-sets=Z00AH5WoFAFuQA==,aO48gA==").unwrap();
    let huge = Bytes::from(vec![0x68; PARAMETER_SETS_BYTES_MAX]);
    for (codec, sets, why) in [
        (VideoCodec::H264, vec![sps.clone(), huge], "they are larger than 16 KiB"),
        (VideoCodec::H264, vec![sps.clone()], "they are of another codec than announced"),
        (VideoCodec::H265, vec![sps.clone(), pps.clone()], "they are of another codec than announced"),
        (VideoCodec::H264, vec![pps.clone(), sps.clone()], "they cannot be read"),
        (VideoCodec::H264, vec![Bytes::new(), Bytes::new()], "they cannot be read"),
        (VideoCodec::H265, vec![sps.clone(), pps.clone(), pps.clone()], "they cannot be read"),
        // As wide as 2^16 - 16 and as high as 16 samples, 16 of which are cut off.
        (VideoCodec::H264, vec![written::h264_sps(4094, 0, 8), pps.clone()], "the picture has no size"),
    ] {
        match video(codec, &sets) {
            Err(CameraError::ParametersInvalid(said)) => assert_eq!(said, why),
            other => panic!("{why}: {other:?}"),
        }
    }
    assert_eq!(video(VideoCodec::H264, &[written::h264_sps(4094, 0, 7), pps]).unwrap().height, 2);
}

#[test]
fn sets_as_large_as_they_may_be_come_to_an_end() {
    for filler in 0..=u8::MAX {
        let set = |header: &[u8]| Bytes::from([header, &vec![filler; PARAMETER_SETS_BYTES_MAX - 16]].concat());
        let (h264, h265) = (set(&[0x67, 0x64, 0x00, 0x1f]), set(&[0x42, 0x01, 0x01]));
        let sets = [h264, Bytes::from_static(&[0x68])];
        assert_eq!(video(VideoCodec::H264, &sets).ok(), retina_h264(&sets[0], &sets[1]).0, "{filler}");
        let [vps, pps] = [&[0x40, 0x01], &[0x44, 0x01]].map(|set| Bytes::from_static(set));
        assert!(video(VideoCodec::H265, &[vps, h265, pps]).is_err(), "{filler}: nothing is in the picture parameter set");
        let words = STANDARD.encode(set(&[0x67]));
        assert_eq!(h264_sets(&format!("sprop-parameter-sets={words},{words}")), None);
    }
}

/// Bytes that stay as they are, whatever comes to make them.
#[test]
fn the_bytes_of_formats_stay() {
    let dahua = h264(vectors::H264[0].1).unwrap();
    assert_eq!((dahua.width, dahua.height, dahua.rfc6381.as_str()), (704, 480, "avc1.64001E"));
    assert_eq!(
        hex(&dahua.sample_entry),
        "000000886176633100000000000000010000000000000000000000000000000002c001e00048000000480000000000000001\
         00000000000000000000000000000000000000000000000000000000000000000018ffff00000032617663430164001effe1\
         001a6764001eac2c6a82c0f69b828082a0000003002000000303d08001000568ee31b21b"
    );
    let dahua = h265(vectors::H265[0].1).unwrap();
    assert_eq!((dahua.width, dahua.height, dahua.rfc6381.as_str()), (704, 480, "hvc1.1.6.L90.B0"));
    assert_eq!(
        hex(&dahua.sample_entry),
        "000000db6876633100000000000000010000000000000000000000000000000002c001e00048000000480000000000000001\
         00000000000000000000000000000000000000000000000000000000000000000018ffff0000008568766343010160000000\
         b000000000005af000fcfdf8f800000f03a00001002240010c01ffff016000000300b0000003000003005aac0c0000030004\
         0000030032a8a10001002c420101016000000300b0000003000003005aa0058201e1636b92452fcdc1418141000003000100\
         0003000ca1a2000100094401c0f2c68d03b340"
    );
    let (_, fmtp, clock_rate, channels) = vectors::AAC[0];
    let dahua = aac(fmtp, clock_rate, channels).unwrap();
    assert_eq!(
        (dahua.channels, dahua.sample_rate, dahua.rfc6381.as_str(), hex(&dahua.config)),
        (1, 48_000, "mp4a.40.2", "1188".into())
    );
    assert_eq!(
        hex(&dahua.sample_entry),
        "0000004b6d703461000000000000000100000000000000000001001000000000bb800000\
         000000276573647300000000031900000004114015000300000465000000000005021188060102"
    );
}

/// Whether a set holds what no NAL unit can, which retina's older parser lets pass.
fn forbidden(set: &[u8]) -> bool {
    set.windows(3).any(|window| matches!(window, [0, 0, 1 | 2]))
}

/// Whether H.264's profile is one of several views, whose parameter sets retina's older parser reads as if it were not.
fn several_views(sps: &[u8]) -> bool {
    matches!(sps.get(1), Some(118 | 128 | 134 | 135 | 138 | 139))
}

/// A set with some bytes changed, bytes cut off, or put in.
fn damaged(set: &Bytes, damage: &Damage) -> Bytes {
    let mut bytes = set.to_vec();
    for (at, flip) in &damage.flips {
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
    }
    if let Some(length) = damage.cut {
        bytes.truncate(length.index(bytes.len()));
    }
    bytes.extend_from_slice(&damage.more);
    bytes.into()
}

#[derive(Debug, Clone)]
struct Damage {
    flips: Vec<(prop::sample::Index, u8)>,
    cut: Option<prop::sample::Index>,
    more: Vec<u8>,
}

fn damage() -> impl Strategy<Value = Damage> {
    let flips = prop::collection::vec((any::<prop::sample::Index>(), (0u32..8).prop_map(|bit| 1u8 << bit)), 0..4);
    let cut = prop::option::weighted(0.2, any::<prop::sample::Index>());
    let more = prop_oneof![4 => Just(vec![]), 1 => prop::collection::vec(any::<u8>(), 0..4)];
    (flips, cut, more).prop_map(|(flips, cut, more)| Damage { flips, cut, more })
}

/// Whether retina reads the sub-layers of an H.265 parameter set rightly: it takes one flag for the other, so only where both
/// are the same.
fn sub_layers_read(sps: &[u8]) -> bool {
    let mut rbsp = vec![];
    let mut reader = h264_reader::rbsp::ByteReader::without_skip(sps);
    let _ = std::io::Read::read_to_end(&mut reader, &mut rbsp);
    let Some(head) = rbsp.get(..17) else { return true };
    let count = usize::from(head[2] >> 1 & 7);
    let flags = u16::from_be_bytes([head[15], head[16]]);
    (0..count).all(|layer| matches!(flags >> (14 - 2 * layer) & 3, 0 | 3))
}

/// A sub-layer that tells its level but not its profile: retina read on 8 bits too early.
#[test]
fn sub_layers_may_tell_a_level_alone() {
    let [vps, _, pps] = h265_sets(vectors::H265[0].1).unwrap();
    let format = video(VideoCodec::H265, &[vps, written::h265_sps_with_a_level_alone(), pps]).unwrap();
    assert_eq!((format.width, format.height, format.rfc6381.as_str()), (1920, 1080, "hvc1.1.6.L120.B0"));
    assert_eq!(super::reorder_depth(&format), Some(2));
}

proptest! {
    #[test]
    fn damaged_h264_is_refused_or_is_what_it_was_with_retina(which in 0..vectors::H264.len(), damage in damage()) {
        let [sps, pps] = h264_sets(vectors::H264[which].1).unwrap();
        let sets = [damaged(&sps, &damage), pps];
        let format = video(VideoCodec::H264, &sets).ok();
        let (retina, too_large) = retina_h264(&sets[0], &sets[1]);
        let refused = format.is_none() && (too_large || forbidden(&sets[0]));
        prop_assert!(format == retina || refused || several_views(&sets[0]), "{:?}, with retina {:?}", format, retina);
    }

    #[test]
    fn damaged_h265_is_refused_or_is_what_it_was_with_retina(
        which in 0..vectors::H265.len(), set in prop_oneof![1 => Just(0usize), 4 => Just(1), 2 => Just(2)], damage in damage()
    ) {
        let mut sets = h265_sets(vectors::H265[which].1).unwrap();
        sets[set] = damaged(&sets[set], &damage);
        let format = video(VideoCodec::H265, &sets).ok();
        let retina = retina_h265(&sets).filter(|_| sub_layers_read(&sets[1]));
        let refused = format.is_none() && sets.iter().any(|set| forbidden(set));
        prop_assert!(retina.is_none() || format == retina || refused, "{:?}, with retina {:?}", format, retina);
    }

    #[test]
    fn whatever_h265_may_hold_is_what_it_was_with_retina(
        hat in prop::collection::vec(any::<u32>(), 400), tiles: bool, rows: bool
    ) {
        let (sps, segmentation) = written::h265_sps(&hat);
        let [vps, ..] = h265_sets(vectors::H265[0].1).unwrap();
        let sets = [vps, sps, written::h265_pps(tiles, rows, &hat)];
        let format = video(VideoCodec::H265, &sets).ok();
        prop_assert!(format.is_some());
        let format = format.unwrap();
        prop_assert_eq!(u32::from(u16::from_be_bytes([format.sample_entry[107], format.sample_entry[108]]) & 0xfff), segmentation);
        // Behind so many bytes retina's older parser takes escapes for content.
        if sets[1].len() <= 128 {
            prop_assert_eq!(Some(format), retina_h265(&sets));
        }
    }

    #[test]
    fn whatever_aac_says_is_what_it_was_with_retina(
        config in prop::collection::vec(any::<u8>(), 0..8), known in 0u8..13, channels in 0u8..9, told in prop::option::of(1u16..9)
    ) {
        let mut config = config;
        // Half of them with a rate and channels that may be.
        if let [first, second, ..] = config.as_mut_slice() && known % 2 == 0 {
            (*first, *second) = (0x10 | known >> 1, known << 7 | channels << 3);
        }
        const RATES: [u32; 13] = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
        let fmtp = format!("mode=AAC-hbr;SizeLength=13;indexlength=3;indexdeltalength=3; config={};", hex(&config));
        let rate = RATES[usize::from(known)];
        prop_assert_eq!(aac(&fmtp, rate, told), retina_aac(&fmtp, rate, told));
    }

    #[test]
    fn any_words_and_bytes_come_to_an_end(
        text in "(sprop-(vps|sps|pps|parameter-sets)=[A-Za-z0-9+/=,]{0,60};? ?|[a-z]{0,9}=?;|mode=AAC-hbr;|config=[0-9a-f]{0,9};){0,6}",
        sets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 0..4),
    ) {
        let sets: Vec<Bytes> = sets.into_iter().map(Bytes::from).collect();
        for codec in [VideoCodec::H264, VideoCodec::H265] {
            prop_assert!(video(codec, &sets).is_err() || sets.len() > 1);
        }
        let retina = retina_video("h264", &text);
        if retina.is_some() {
            prop_assert_eq!(h264(&text), retina);
        }
        let retina = retina_video("h265", &text);
        if retina.is_some() {
            prop_assert_eq!(h265(&text), retina);
        }
        prop_assert!(aac(&text, 16_000, None).is_none());
    }
}
