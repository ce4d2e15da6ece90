//! AAC drawn by ffmpeg, and Opus judged by it.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use domain::{Mono, Timestamp};
use media::au::{AccessUnit, AudioCodec, AudioFormat, Format, Track, VideoCodec, VideoFormat};

/// 2026-01-31T08:00:00Z.
pub(crate) const T0: i64 = 1_769_846_400_000_000;

/// Samples that one AAC unit decodes to.
pub(crate) const FRAME: i64 = 1024;

const RATES: [u32; 13] = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// What a camera with a microphone of this rate and these channels says of it.
pub(crate) fn format(rate: u32, channels: u8) -> Arc<Format> {
    let video = VideoFormat {
        codec: VideoCodec::H264,
        width: 640,
        height: 360,
        rfc6381: "avc1.42c01e".into(),
        parameter_sets: vec![],
        sample_entry: Bytes::new(),
    };
    let index = RATES.iter().position(|known| *known == rate).unwrap() as u8;
    let audio = AudioFormat {
        codec: AudioCodec::Aac,
        sample_rate: rate,
        channels,
        rfc6381: "mp4a.40.2".into(),
        config: Bytes::copy_from_slice(&[2 << 3 | index >> 1, (index & 1) << 7 | channels << 3]),
        sample_entry: Bytes::new(),
    };
    Arc::new(Format { video, audio: Some(audio) })
}

/// A unit whose time is that of its sample number `at`.
pub(crate) fn unit(format: &Arc<Format>, at: i64, data: &Bytes) -> AccessUnit {
    let micros = at * 1_000_000 / i64::from(format.audio.as_ref().unwrap().sample_rate);
    AccessUnit {
        track: Track::Audio,
        format: Arc::clone(format),
        dts: at,
        cts: 0,
        wall: Timestamp::from_micros(T0 + micros),
        arrived: Mono::from_micros(micros.unsigned_abs()),
        key: true,
        discontinuity: false,
        data: data.clone(),
    }
}

/// Runs ffmpeg with `input` on its standard input; gives what it writes.
#[allow(clippy::disallowed_methods, reason = "tests may start programs")]
fn ffmpeg(arguments: &str, input: Vec<u8>) -> Vec<u8> {
    let mut ffmpeg = Command::new("ffmpeg")
        .args(["-v", "error"])
        .args(arguments.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = ffmpeg.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = ffmpeg.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "ffmpeg {arguments}");
    output.stdout
}

/// The units of `seconds` of a source of ffmpeg's, as an encoder makes them.
pub(crate) fn aac(source: &str, rate: u32, channels: u8, seconds: u32) -> Vec<Bytes> {
    let arguments = format!("-f lavfi -i {source} -t {seconds} -ar {rate} -ac {channels} -c:a aac -f adts -");
    let adts = Bytes::from(ffmpeg(&arguments, vec![]));
    let mut units = Vec::new();
    let mut at = 0;
    // ADTS (ISO/IEC 14496-3, 1.A.2.2) without a checksum: seven bytes, the length of all from the 31st bit on.
    while let Some(head) = adts.get(at..at + 7) {
        let length = usize::from(head[3] & 3) << 11 | usize::from(head[4]) << 3 | usize::from(head[5] >> 5);
        units.push(adts.slice(at + 7..at + length));
        at += length;
    }
    units
}

/// A tone as HE-AAC, which ffmpeg does not make: half the rate in the AAC itself, the rest beside it.
pub(crate) fn he_aac(frequency: f64, rate: u32, seconds: u32) -> Vec<Bytes> {
    let turn = 2.0 * std::f64::consts::PI * frequency / f64::from(rate);
    let tone: Vec<f32> = (0..rate * seconds).map(|n| (0.5 * (turn * f64::from(n)).sin()) as f32).collect();
    let mut options = syom::EncodeOptions::default();
    (options.he, options.bitrate_bps) = (true, 48_000);
    let mut units = Vec::new();
    let mut encoder = syom::Encoder::new(rate, 1, &options).unwrap();
    let keep = |frame: syom::EncodedFrame<'_>| {
        units.push(Bytes::copy_from_slice(frame.payload));
        Ok(())
    };
    encoder.feed(&[&tone], keep).unwrap();
    units
}

/// What ffmpeg hears in Opus packets of 20 ms: mono samples, 48000 a second.
pub(crate) fn heard(packets: &[Bytes]) -> Vec<f32> {
    let pcm = ffmpeg("-f ogg -i - -ac 1 -ar 48000 -f f32le -", ogg(packets));
    pcm.chunks_exact(4).map(|sample| f32::from_le_bytes(sample.try_into().unwrap())).collect()
}

/// Opus in Ogg (RFC 7845), a page a packet, nothing to skip at the beginning.
fn ogg(packets: &[Bytes]) -> Vec<u8> {
    let head = [&b"OpusHead\x01\x02\0\0"[..], &48_000_u32.to_le_bytes(), &[0, 0, 0]].concat();
    let tags = [&b"OpusTags"[..], &[0; 8]].concat();
    let mut file = Vec::new();
    let all = [head.as_slice(), &tags].into_iter().chain(packets.iter().map(|packet| &packet[..]));
    for (n, packet) in all.enumerate() {
        let time = 960 * n.saturating_sub(1) as u64;
        let flags = if n == 0 {
            2
        } else if n == packets.len() + 1 {
            4
        } else {
            0
        };
        let mut page =
            [&b"OggS\0"[..], &[flags], &time.to_le_bytes(), &[7, 0, 0, 0], &(n as u32).to_le_bytes(), &[0; 4]].concat();
        page.push((packet.len() / 255 + 1) as u8);
        page.resize(page.len() + packet.len() / 255, 255);
        page.push((packet.len() % 255) as u8);
        page.extend_from_slice(packet);
        let sum = page.iter().fold(0, |sum: u32, byte| {
            (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| sum << 1 ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 })
        });
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        file.extend_from_slice(&page);
    }
    file
}

/// The share of all power that lies at `frequency`, within a hertz or so.
pub(crate) fn share(pcm: &[f32], frequency: f64) -> f64 {
    let turn = |n: usize| 2.0 * std::f64::consts::PI * frequency * n as f64 / 48_000.0;
    let (mut cosine, mut sine, mut all) = (0.0, 0.0, 0.0);
    for (n, sample) in pcm.iter().map(|sample| f64::from(*sample)).enumerate() {
        cosine += sample * turn(n).cos();
        sine += sample * turn(n).sin();
        all += sample * sample;
    }
    2.0 * (cosine * cosine + sine * sine) / (all * pcm.len() as f64)
}
