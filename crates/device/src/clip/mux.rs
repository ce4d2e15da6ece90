//! Encoded scenes as .mp4: the cache is made of files that any player shows.

use bytes::{Bytes, BytesMut};
use domain::{Error, Result};
use mp4_atom::{
    Avc1, Avcc, Codec, Dinf, Dref, DrefEntry, Encode, FourCC, Ftyp, Hdlr, Mdhd, Mdia, Minf, Moov, Mvhd, Stbl, Stco, Stsc,
    StscEntry, Stsd, Stss, Stsz, StszSamples, Stts, SttsEntry, Tkhd, Trak, Url, Visual, Vmhd,
};

use super::put_nal;
use media::au::VIDEO_TIMESCALE;

/// One encoded picture as NAL units, parameter sets included where it is a key picture.
pub(crate) type Picture = Vec<Vec<u8>>;

/// A progressive .mp4 of H.264 pictures that are shown for `ticks` of 1/90000 s each.
pub(crate) fn write(pictures: &[Picture], width: u16, height: u16, ticks: u32) -> Result<Bytes> {
    let kind_of = |nal: &[u8]| nal.first().map_or(0, |b| b & 0x1f);
    let find = |kind: u8| pictures.iter().flatten().find(|nal| kind_of(nal) == kind);
    let (Some(sps), Some(pps)) = (find(7), find(8)) else { return Err(Error::internal("the encoder made no parameter sets")) };
    let mut media = BytesMut::new();
    let (mut sizes, mut keys) = (Vec::new(), Vec::new());
    for (number, picture) in (1u32..).zip(pictures) {
        let start = media.len();
        picture.iter().filter(|nal| !matches!(kind_of(nal), 7 | 8)).for_each(|nal| put_nal(&mut media, nal));
        sizes.push(u32::try_from(media.len() - start).map_err(Error::internal)?);
        if picture.iter().any(|nal| kind_of(nal) == 5) {
            keys.push(number);
        }
    }
    let stbl = |offset: u32| -> Result<Stbl> {
        let count = u32::try_from(sizes.len()).map_err(Error::internal)?;
        let visual = Visual { data_reference_index: 1, width, height, ..Visual::default() };
        let avcc = Avcc::new(sps, pps).map_err(Error::internal)?;
        let entry = Avc1 { visual, avcc, btrt: None, colr: None, pasp: None, taic: None, fiel: None, spatial: None };
        Ok(Stbl {
            stsd: Stsd { codecs: vec![Codec::Avc1(entry)] },
            stts: Stts { entries: vec![SttsEntry { sample_count: count, sample_delta: ticks }] },
            stss: Some(Stss { entries: keys.clone() }),
            stsc: Stsc { entries: vec![StscEntry { first_chunk: 1, samples_per_chunk: count, sample_description_index: 1 }] },
            stsz: Stsz { samples: StszSamples::Different { sizes: sizes.clone() } },
            stco: Some(Stco { entries: vec![offset] }),
            ..Stbl::default()
        })
    };
    let duration = sizes.len() as u64 * u64::from(ticks);
    let mut head = header(stbl(0)?, width, height, duration)?;
    // The table's length does not depend on the offset in it.
    let offset = u32::try_from(head.len() + 8).map_err(Error::internal)?;
    head = header(stbl(offset)?, width, height, duration)?;
    head.extend_from_slice(&u32::try_from(media.len() + 8).map_err(Error::internal)?.to_be_bytes());
    head.extend_from_slice(b"mdat");
    head.extend_from_slice(&media);
    Ok(head.into())
}

fn header(stbl: Stbl, width: u16, height: u16, duration: u64) -> Result<Vec<u8>> {
    let brand = FourCC::new(b"isom");
    let ftyp = Ftyp { major_brand: brand, minor_version: 0x200, compatible_brands: vec![brand, FourCC::new(b"avc1")] };
    let tkhd = Tkhd {
        track_id: 1,
        duration,
        enabled: true,
        in_movie: true,
        width: width.into(),
        height: height.into(),
        ..Tkhd::default()
    };
    let dinf = Dinf { dref: Dref { entries: vec![DrefEntry::Url(Url::default())] } };
    let minf = Minf { vmhd: Some(Vmhd::default()), dinf, stbl, ..Minf::default() };
    let hdlr = Hdlr { handler: FourCC::new(b"vide"), name: "video".into() };
    let mdhd = Mdhd { timescale: VIDEO_TIMESCALE, duration, language: "und".into(), ..Mdhd::default() };
    let trak = Trak { tkhd, mdia: Mdia { mdhd, hdlr, minf }, ..Trak::default() };
    let mvhd =
        Mvhd { timescale: VIDEO_TIMESCALE, duration, rate: 1.into(), volume: 1.into(), next_track_id: 2, ..Mvhd::default() };
    let moov = Moov { mvhd, trak: vec![trak], ..Moov::default() };
    let mut out = Vec::new();
    ftyp.encode(&mut out).and_then(|()| moov.encode(&mut out)).map_err(Error::internal)?;
    Ok(out)
}
