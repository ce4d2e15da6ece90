use media::au::VideoFormat;

use super::*;

fn picture(nals: &[&[u8]]) -> Vec<Vec<u8>> {
    nals.iter().map(|nal| nal.to_vec()).collect()
}

fn loop_of_four() -> Clip {
    let (sps, pps): (&[u8], &[u8]) = (&[0x67, 0x4d, 0x40, 0x1f, 0xaa], &[0x68, 0xce]);
    let key = picture(&[sps, pps, &[0x65, 1, 2, 3]]);
    let pictures = [key.clone(), picture(&[&[0x41, 4]]), key, picture(&[&[0x41, 5, 6]])];
    Clip::parse(&write_mp4(&pictures, 320, 180, 3600).unwrap()).unwrap()
}

#[test]
fn a_written_loop_is_read_back() {
    let clip = loop_of_four();
    let VideoFormat { width, height, rfc6381, parameter_sets, sample_entry, .. } = &clip.format.video;
    assert_eq!((*width, *height, rfc6381.as_str(), parameter_sets.len()), (320, 180, "avc1.4d401f", 2));
    assert_eq!(&sample_entry[4..8], b"avc1");
    let times: Vec<_> = clip.video.samples.iter().map(|s| (s.dts, s.key)).collect();
    assert_eq!((times, clip.length), (vec![(0, true), (3600, false), (7200, true), (10_800, false)], 14_400));
    let data = |i: usize| clip.unit_data(Track::Video, clip.video.samples[i]);
    assert_eq!(data(0), [0, 0, 0, 4, 0x65, 1, 2, 3][..], "parameter sets are the format's");
    assert_eq!(data(3), [0, 0, 0, 3, 0x41, 5, 6][..]);
}

#[test]
fn generated_sound_stays_within_the_loop() {
    let clip = loop_of_four().with_sound(AudioCodec::Pcmu);
    // 0.16 s of pictures: 8 packets of 20 ms.
    let audio = clip.audio.as_ref().unwrap();
    assert_eq!(audio.samples.len(), 8);
    assert_eq!(clip.format.timescale(Track::Audio), 8000);
    assert_eq!(clip.unit_data(Track::Audio, audio.samples[7]).len(), 160);
    assert!(clip.silent().audio.is_none());
}

#[test]
fn short_lengths_and_parameter_sets_in_samples_are_put_right() {
    let mut clip = loop_of_four();
    clip.nal_length = 2;
    let data = Bytes::from_static(&[0, 2, 0x67, 1, 0, 2, 0x65, 9]);
    let sample = Sample { offset: 0, size: data.len(), dts: 0, duration: 1, cts: 0, key: true };
    clip.video = TrackSamples::new(data, vec![sample]);
    assert_eq!(clip.unit_data(Track::Video, sample), [0, 0, 0, 2, 0x65, 9][..]);
}

#[test]
fn no_cut_or_flipped_file_makes_it_panic() {
    let sps: &[u8] = &[0x67, 0x4d, 0x40, 0x1f, 0xaa];
    let pictures = vec![picture(&[sps, &[0x68, 0xce], &[0x65, 1, 2, 3]]); 3];
    let file = write_mp4(&pictures, 320, 180, 3600).unwrap();
    for end in 0..file.len() {
        assert!(Clip::parse(&file.slice(..end)).is_err(), "cut at {end}");
    }
    for at in 0..file.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut bytes = file.to_vec();
            bytes[at] ^= flip;
            let Ok(clip) = Clip::parse(&bytes.into()) else { continue };
            for sample in clip.video.samples.iter() {
                clip.unit_data(Track::Video, *sample);
            }
        }
    }
}
