//! G.711, of which there is nothing to tell but how many channels there are (RFC 3551, 4.5.14).

use bytes::Bytes;
use media::au::{AudioCodec, AudioFormat};

use super::entry;

/// The format that an `rtpmap` tells; `None` for another codec, or where it does not fit into a file.
pub(crate) fn g711(codec: AudioCodec, clock_rate: u32, channels: Option<u16>) -> Option<AudioFormat> {
    let name = match codec {
        AudioCodec::Pcmu => "ulaw",
        AudioCodec::Pcma => "alaw",
        AudioCodec::Aac | AudioCodec::Opus => return None,
    };
    let channels = u8::try_from(channels.unwrap_or(1)).ok().filter(|channels| *channels > 0)?;
    let rate = u16::try_from(clock_rate).ok().filter(|rate| *rate > 0)?;
    Some(AudioFormat {
        codec,
        sample_rate: clock_rate,
        channels,
        rfc6381: name.to_owned(),
        config: Bytes::new(),
        sample_entry: g711_sample_entry(*name.as_bytes().first_chunk()?, channels, rate),
    })
}

/// An `AudioSampleEntry` without further boxes; QuickTime's names for G.711, as ffmpeg and VLC read and write them.
fn g711_sample_entry(name: [u8; 4], channels: u8, sample_rate: u16) -> Bytes {
    entry::sound(name, channels, sample_rate, |_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_g711_sample_entry_is_one_whole_box() {
        let entry = g711_sample_entry(*b"alaw", 1, 8000);
        assert_eq!(entry.len(), 36);
        assert_eq!(entry[..8], *b"\0\0\0\x24alaw");
        assert_eq!(entry[16..24], [0; 8]);
        assert_eq!(entry[24..28], [0, 1, 0, 16]);
        assert_eq!(entry[32..36], (8000u32 << 16).to_be_bytes());
    }

    #[test]
    fn g711_is_mono_unless_told_otherwise_and_only_what_fits_into_a_file() {
        let mono = g711(AudioCodec::Pcmu, 8000, None).unwrap();
        assert_eq!((mono.rfc6381.as_str(), mono.channels, mono.sample_rate, mono.config.len()), ("ulaw", 1, 8000, 0));
        assert_eq!(g711(AudioCodec::Pcma, 16_000, Some(2)).unwrap().channels, 2);
        for (codec, rate, channels) in [
            (AudioCodec::Aac, 8000, None),
            (AudioCodec::Opus, 48_000, None),
            (AudioCodec::Pcma, 0, None),
            (AudioCodec::Pcma, 65_536, None),
            (AudioCodec::Pcma, 8000, Some(0)),
            (AudioCodec::Pcma, 8000, Some(256)),
        ] {
            assert_eq!(g711(codec, rate, channels), None, "{codec:?} {rate} {channels:?}");
        }
    }
}
