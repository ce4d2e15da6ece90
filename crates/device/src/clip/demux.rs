//! .mp4 to samples (ISO/IEC 14496-12): the sample tables of the first video and the first sound track.

use std::sync::Arc;

use bytes::Bytes;
use domain::Result;
use media::au::{AudioCodec, AudioFormat, Format, VIDEO_TIMESCALE};
use mp4_atom::{Decode, Moov, Stbl, StszSamples, Trak};

use super::{Clip, Sample, TrackSamples, format, unusable};

/// Samples of one track: a day of 60 fps.
const SAMPLES_MAX: usize = 6_000_000;

/// Ticks of G.711 in one access unit: 20 ms at 8 kHz. QuickTime files have samples of one byte.
const G711_UNIT_TICKS: i64 = 160;

pub(super) fn parse(file: &Bytes) -> Result<Clip> {
    let moov = find_box(file, *b"moov").ok_or_else(|| unusable("there is no moov box: not an .mp4, or cut off"))?;
    let moov = Moov::decode(&mut &moov[..]).map_err(|e| unusable("the moov box cannot be read").with_source(e))?;
    let mut video = None;
    let mut audio = None;
    for trak in &moov.trak {
        let timescale = trak.mdia.mdhd.timescale;
        let Some(codec) = trak.mdia.minf.stbl.stsd.codecs.first() else { continue };
        if let (None, Some((found, nal_length))) = (&video, format::video(codec)?) {
            video = Some((found, nal_length, samples(trak, file.len(), VIDEO_TIMESCALE)?));
        } else if let (None, Some(found)) = (&audio, format::audio(codec, timescale)?) {
            let rate = found.sample_rate;
            audio = Some((found, samples(trak, file.len(), rate)?));
        }
    }
    let (video_format, nal_length, pictures) = video.ok_or_else(|| unusable("there is no H.264 or H.265 track"))?;
    let (Some(first), Some(last)) = (pictures.first(), pictures.last()) else {
        return Err(unusable("the picture track has no samples; fragmented files are not supported"));
    };
    if !first.key {
        return Err(unusable("the first picture is not a key picture"));
    }
    let (start, length) = (first.dts, last.dts + last.duration - first.dts);
    let (audio_format, audio) = match audio {
        Some((found, sounds)) => {
            let sounds = within(sounds, &found, start, length);
            (Some(found), Some(TrackSamples::new(file.clone(), sounds)))
        }
        None => (None, None),
    };
    Ok(Clip {
        format: Arc::new(Format { video: video_format, audio: audio_format }),
        video: TrackSamples::new(file.clone(), pictures),
        audio: audio.filter(|track| !track.samples.is_empty()),
        length,
        nal_length,
    })
}

/// The body and header of a top-level box.
fn find_box(file: &[u8], wanted: [u8; 4]) -> Option<&[u8]> {
    let mut at = 0usize;
    loop {
        let head = file.get(at..at.checked_add(8)?)?;
        let short = u32::from_be_bytes(head[..4].try_into().ok()?);
        let size = match short {
            0 => file.len() - at,
            1 => usize::try_from(u64::from_be_bytes(file.get(at + 8..at + 16)?.try_into().ok()?)).ok()?,
            size => size as usize,
        };
        if size < 8 {
            return None;
        }
        let end = at.checked_add(size)?;
        if head[4..8] == wanted {
            return file.get(at..end);
        }
        at = end;
    }
}

/// All samples with their times in ticks of `rate`, presentation beginning where the edit list says it does.
fn samples(trak: &Trak, file_length: usize, rate: u32) -> Result<Vec<Sample>> {
    let stbl = &trak.mdia.minf.stbl;
    let timescale = i64::from(trak.mdia.mdhd.timescale.max(1));
    let edits = trak.edts.as_ref().and_then(|edts| edts.elst.as_ref());
    let begins = edits.and_then(|elst| elst.entries.iter().find_map(|entry| entry.media_time)).unwrap_or(0);
    let begins = i64::try_from(begins).unwrap_or(0);
    let ticks = |media: i64| media.saturating_mul(i64::from(rate)) / timescale;

    let sizes = sizes(stbl)?;
    let places = places(stbl, &sizes)?;
    let deltas = stbl.stts.entries.iter().flat_map(|e| std::iter::repeat_n(i64::from(e.sample_delta), e.sample_count as usize));
    let shifts = stbl.ctts.iter().flat_map(|ctts| &ctts.entries);
    let shifts = shifts.flat_map(|e| std::iter::repeat_n(e.sample_offset, e.sample_count as usize)).chain(std::iter::repeat(0));
    let keys = stbl.stss.as_ref().map(|stss| &stss.entries);
    let mut dts = 0i64;
    let mut out = Vec::with_capacity(sizes.len());
    for (i, (((size, offset), delta), shift)) in sizes.iter().zip(places).zip(deltas).zip(shifts).enumerate() {
        if offset.checked_add(*size).is_none_or(|end| end > file_length) {
            return Err(unusable("a sample lies outside the file: it is cut off"));
        }
        let number = u32::try_from(i + 1).unwrap_or(u32::MAX);
        let (start, end) = (ticks(dts), ticks(dts + delta));
        out.push(Sample {
            offset,
            size: *size,
            dts: start - ticks(begins),
            duration: end - start,
            cts: i32::try_from(ticks(dts + shift) - start).map_err(|_| unusable("a composition offset is out of range"))?,
            key: keys.is_none_or(|keys| keys.binary_search(&number).is_ok()),
        });
        dts += delta;
    }
    Ok(out)
}

fn sizes(stbl: &Stbl) -> Result<Vec<usize>> {
    let sizes: Vec<usize> = match &stbl.stsz.samples {
        StszSamples::Identical { count, .. } if *count as usize > SAMPLES_MAX => Vec::new(),
        StszSamples::Identical { count, size } => vec![*size as usize; *count as usize],
        StszSamples::Different { sizes } => sizes.iter().map(|size| *size as usize).collect(),
    };
    match sizes.len() {
        0 => Err(unusable("a track has no samples, or too many; fragmented files are not supported")),
        n if n > SAMPLES_MAX => Err(unusable("a track has too many samples")),
        _ => Ok(sizes),
    }
}

/// Where each sample begins.
fn places(stbl: &Stbl, sizes: &[usize]) -> Result<Vec<usize>> {
    let chunks: Vec<u64> = match (&stbl.stco, &stbl.co64) {
        (Some(stco), _) => stco.entries.iter().map(|at| u64::from(*at)).collect(),
        (None, Some(co64)) => co64.entries.clone(),
        (None, None) => return Err(unusable("a track has no chunk table")),
    };
    let runs = &stbl.stsc.entries;
    let mut sizes = sizes.iter();
    let mut out = Vec::with_capacity(sizes.len());
    for (i, run) in runs.iter().enumerate() {
        let last = runs.get(i + 1).map_or(chunks.len(), |next| next.first_chunk.saturating_sub(1) as usize);
        let first = run.first_chunk.saturating_sub(1) as usize;
        for chunk in chunks.get(first..last.min(chunks.len())).unwrap_or_default() {
            let mut at = usize::try_from(*chunk).map_err(|_| unusable("a chunk lies outside the file"))?;
            for size in sizes.by_ref().take(run.samples_per_chunk as usize) {
                out.push(at);
                at = at.saturating_add(*size);
            }
        }
    }
    if sizes.next().is_some() {
        return Err(unusable("the chunk table names fewer samples than there are"));
    }
    Ok(out)
}

/// The sounds that belong to one loop of pictures, which begins at `start` and is `length` long in ticks of video: what would
/// run into the next loop is left out, so that both tracks stay in step however often it is played.
fn within(sounds: Vec<Sample>, format: &AudioFormat, start: i64, length: i64) -> Vec<Sample> {
    let sounds = if format.codec == AudioCodec::Aac { sounds } else { joined(&sounds) };
    let ticks = |video: i64| video * i64::from(format.sample_rate) / i64::from(VIDEO_TIMESCALE);
    let (from, to) = (ticks(start), ticks(start + length));
    sounds.into_iter().filter(|s| s.dts >= from && s.dts + s.duration <= to).collect()
}

/// Neighbouring samples put together until they are worth a packet.
fn joined(samples: &[Sample]) -> Vec<Sample> {
    let mut out: Vec<Sample> = Vec::new();
    for sample in samples {
        match out.last_mut() {
            Some(last) if last.duration + sample.duration <= G711_UNIT_TICKS && last.offset + last.size == sample.offset => {
                last.size += sample.size;
                last.duration += sample.duration;
            }
            _ => out.push(*sample),
        }
    }
    out
}
