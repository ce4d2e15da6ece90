//! Which of a camera's streams a viewer begins with, and which one it should go over to.

use std::sync::Arc;

use domain::{Error, Kind, Result, StreamName};
use media::au::VideoCodec;
use media::live::Unit;

use crate::StreamChoice;
use crate::feed::Feed;
use crate::fleet::Feeds;

/// What a viewer begins with.
#[derive(Debug)]
pub(super) struct Beginning {
    /// A stream that has pictures which WebRTC can carry.
    pub(super) stream: StreamName,
    /// Its newest unit, for its format.
    pub(super) unit: Arc<Unit>,
    /// The stream that was asked for and is still cold: the viewer goes over at its first key picture.
    pub(super) wanted: Option<StreamName>,
}

/// Chooses for a WebRTC viewer.
///
/// # Errors
/// `live.not_ready` while no picture has arrived, `live.h265_unsupported` where all that arrives is H.265.
pub(super) fn begin(feeds: &Feeds, choice: StreamChoice) -> Result<Beginning> {
    let main = (StreamName::Main, feeds.main.newest());
    let sub = (StreamName::Sub, feeds.sub.as_ref().and_then(|feed| feed.newest()));
    let [first, second] = match choice {
        StreamChoice::Auto | StreamChoice::Main => [main, sub],
        StreamChoice::Sub => [sub, main],
    };
    let h265 = |unit: &Option<Arc<Unit>>| unit.as_ref().is_some_and(|unit| !playable(unit));
    let first_may_come = first.1.is_none() && feeds.get(first.0).is_some();
    let any_h265 = h265(&first.1) || h265(&second.1);
    let wanted = first_may_come.then_some(first.0);
    for (stream, unit) in [first, second] {
        if let Some(unit) = unit.filter(|unit| playable(unit)) {
            return Ok(Beginning { stream, wanted: wanted.filter(|wanted| *wanted != stream), unit });
        }
    }
    Err(if any_h265 {
        Error::new(Kind::Unsupported, "live.h265_unsupported", "the camera sends H.265, which browsers do not play by WebRTC")
    } else {
        Error::new(Kind::Unavailable, "live.not_ready", "no picture has arrived from the camera yet")
    })
}

/// Whether WebRTC can carry a unit's pictures.
pub(super) fn playable(unit: &Unit) -> bool {
    unit.au.format.video.codec == VideoCodec::H264
}

impl Feeds {
    /// The stream's feed, if the camera has such a stream.
    pub(crate) fn get(&self, stream: StreamName) -> Option<&Arc<Feed>> {
        match stream {
            StreamName::Main => Some(&self.main),
            StreamName::Sub => self.sub.as_ref(),
        }
    }
}
