//! Generated sound: two soft notes every two seconds over a little noise, as G.711 (ITU-T G.711).

use std::f64::consts::TAU;

use media::au::{AudioCodec, AudioFormat};

use super::{Sample, TrackSamples, format};

const RATE: u32 = 8000;

/// Samples in one packet: 20 ms, as phones and cameras send.
const PACKET: usize = 160;

/// Whole packets for a loop of so many seconds, and their format.
pub(super) fn chime(codec: AudioCodec, seconds: f64) -> (AudioFormat, TrackSamples) {
    let packets = (seconds * f64::from(RATE) / PACKET as f64) as usize;
    let compress = if codec == AudioCodec::Pcma { a_law } else { mu_law };
    let mut noise = 0x2545_f491u32;
    let data: Vec<u8> = (0..packets * PACKET)
        .map(|i| {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            let hiss = f64::from(noise >> 16) / 65_536.0 - 0.5;
            compress((7000.0 * note(i as f64 / f64::from(RATE)) + 120.0 * hiss) as i16)
        })
        .collect();
    let sample = |i: usize| Sample {
        offset: i * PACKET,
        size: PACKET,
        dts: (i * PACKET) as i64,
        duration: PACKET as i64,
        cts: 0,
        key: true,
    };
    // The entry's fields: reference 1, version 0, 1 channel, 16 bits, 8000.0 Hz (ISO/IEC 14496-12, 12.2.3).
    let body = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 16, 0, 0, 0, 0, 0x1f, 0x40, 0, 0];
    (format::g711(codec, RATE, &body), TrackSamples::new(data.into(), (0..packets).map(sample).collect()))
}

/// -1 to 1 at `t` seconds.
fn note(t: f64) -> f64 {
    let within = t % 2.0;
    let (pitch, since) = if within < 0.35 { (659.3, within) } else { (523.3, within - 0.35) };
    (TAU * pitch * since).sin() * (-4.0 * since).exp() * (since * 200.0).min(1.0)
}

fn mu_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = u32::from(sample.unsigned_abs()).min(32_635) + 132;
    let exponent = magnitude.ilog2() - 7;
    let mantissa = magnitude >> (exponent + 3) & 0x0f;
    !(sign | (exponent << 4 | mantissa) as u8)
}

fn a_law(sample: i16) -> u8 {
    let sign = if sample >= 0 { 0x80 } else { 0 };
    let magnitude = u32::from(if sample < 0 { !sample } else { sample }.unsigned_abs());
    let code = match magnitude >> 8 {
        0 => magnitude >> 4,
        _ => (magnitude.ilog2() - 7) << 4 | magnitude >> (magnitude.ilog2() - 4) & 0x0f,
    };
    (sign | code as u8) ^ 0x55
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companding_meets_known_values() {
        for (sample, expected) in [(0, 0xff), (-1, 0x7f), (32_635, 0x80), (-32_768, 0x00), (1000, 0xce)] {
            assert_eq!(mu_law(sample), expected, "{sample}");
        }
        for (sample, expected) in [(0, 0xd5), (-1, 0x55), (32_767, 0xaa), (-32_768, 0x2a), (1000, 0xfa)] {
            assert_eq!(a_law(sample), expected, "{sample}");
        }
    }
}
