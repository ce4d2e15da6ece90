//! A moment as a JPEG.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use domain::{Error, Kind, Result, SegmentId, Timestamp};
use media::au::{Format, Track};
use media::record::Record;
use media::still::{StillError, jpeg};
use tokio::sync::Semaphore;

use super::cache::Opened;
use crate::segment::read_at;

/// Stills kept, in memory only: a thumbnail is about 10 KiB, a whole 1280x720 picture 100 KiB.
const STILLS_MAX: usize = 128;

/// Pictures decoded at a time: each takes a core for 20 to 40 ms, and live must not wait for scrubbing.
const DECODERS_MAX: usize = 2;

/// A picture.
#[derive(Debug, Clone)]
pub struct Still {
    /// It, as a JPEG.
    pub jpeg: Bytes,
    /// When it was taken.
    pub at: Timestamp,
}

type Key = (SegmentId, u32, u16);

/// Makes stills and remembers the latest. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Stills {
    made: Arc<Mutex<VecDeque<(Key, Still)>>>,
}

impl Stills {
    /// The key picture that `record` starts with.
    pub(super) async fn get(&self, opened: Arc<Opened>, record: Record, width_max: u16) -> Result<Still> {
        let key = (opened.index.header().segment, record.at().number, width_max);
        if let Some(still) = self.find(&key) {
            return Ok(still);
        }
        let (format, at) = (Arc::clone(opened.index.format()), record.start());
        let picture = tokio::task::spawn_blocking(move || picture_of(&opened, &record)).await.map_err(Error::internal)??;
        let still = still_of(&format, &picture, at, width_max).await?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.truncate(STILLS_MAX - 1);
        made.push_front((key, still.clone()));
        Ok(still)
    }

    fn find(&self, key: &Key) -> Option<Still> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.iter().find(|(made, _)| made == key).map(|(_, still)| still.clone())
    }
}

/// The first picture of a record. Blocks.
fn picture_of(opened: &Opened, record: &Record) -> Result<Bytes> {
    let mut sealed = read_at(&opened.file, &record.at().sealed()).map_err(Error::internal)?;
    let samples = opened.reader.open_samples(&record.at(), &mut sealed).map_err(Error::internal)?;
    let size = record.samples(Track::Video).next().map_or(0, |sample| sample.size as usize);
    let picture = samples.get(..size).filter(|picture| !picture.is_empty());
    picture.map(Bytes::copy_from_slice).ok_or_else(|| Error::new(Kind::NotFound, "still.none", "no picture there"))
}

/// Decodes a key picture off the media tasks.
pub(crate) async fn still_of(format: &Arc<Format>, picture: &Bytes, at: Timestamp, width_max: u16) -> Result<Still> {
    static DECODERS: Semaphore = Semaphore::const_new(DECODERS_MAX);
    let _turn = DECODERS.acquire().await.map_err(Error::internal)?;
    let (format, picture) = (Arc::clone(format), picture.clone());
    let made = tokio::task::spawn_blocking(move || jpeg(&format.video, &picture, width_max)).await.map_err(Error::internal)?;
    match made {
        Ok(jpeg) => Ok(Still { jpeg, at }),
        Err(StillError::H265) => {
            Err(Error::new(Kind::Unsupported, "still.h265", "H.265 pictures are not decoded on this server"))
        }
        Err(error) => Err(Error::new(Kind::NotFound, "still.none", "that picture cannot be decoded").with_source(error)),
    }
}
