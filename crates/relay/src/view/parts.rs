//! Live parts for Media Source Extensions: what the WebSocket of a viewer carries.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use domain::StreamName;
use media::au::Format;
use media::live::{Start, Unit};
use media::mp4::{TrackSet, init_segment, mime};
use policy::act::ViewLive;
use serde::Serialize;

use crate::feed::{Feed, Subscription};
use crate::pull::Presence;
use crate::watch::Watch;

/// One message to a viewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveMessage {
    /// JSON: what follows, or why nothing does.
    Text(String),
    /// An init segment or a live part.
    Binary(Bytes),
}

/// A running view of live parts. It reads the ring at its own pace: one that falls behind goes on at a key picture.
#[derive(Debug)]
pub struct LiveParts {
    stream: StreamName,
    subscription: Subscription,
    watch: Watch<ViewLive>,
    _presence: Presence,
    format: Option<Arc<Format>>,
    units: Vec<Arc<Unit>>,
    messages: VecDeque<LiveMessage>,
    ended: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Text<'a> {
    Format { mime: &'a str, width: u16, height: u16, stream: StreamName, audio: bool },
    Ended { code: &'static str },
}

impl LiveParts {
    pub(crate) fn new((stream, feed): (StreamName, Arc<Feed>), watch: Watch<ViewLive>, presence: Presence) -> Self {
        Self {
            stream,
            subscription: feed.subscribe(Start::NewestKey),
            watch,
            _presence: presence,
            format: None,
            units: Vec::new(),
            messages: VecDeque::new(),
            ended: false,
        }
    }

    /// The next message; `None` after the last one. Cancel safe.
    pub async fn next(&mut self) -> Option<LiveMessage> {
        loop {
            if let Some(message) = self.messages.pop_front() {
                return Some(message);
            }
            if self.ended {
                return None;
            }
            tokio::select! {
                biased;
                () = self.watch.ended() => self.end("live.ended"),
                _ = self.subscription.read(&mut self.units) => self.take_units(),
            }
        }
    }

    fn take_units(&mut self) {
        for unit in std::mem::take(&mut self.units) {
            let known = self.format.as_ref().is_some_and(|f| Arc::ptr_eq(f, &unit.au.format) || **f == *unit.au.format);
            if !known && !self.announce(&unit.au.format) {
                return self.end("internal");
            }
            if TrackSet::for_browser(&unit.au.format).has(unit.au.track) {
                self.messages.push_back(LiveMessage::Binary(unit.part()));
            }
        }
    }

    /// Says what follows. False for a format that MP4 cannot hold.
    fn announce(&mut self, format: &Arc<Format>) -> bool {
        let tracks = TrackSet::for_browser(format);
        let init = match init_segment(format, tracks) {
            Ok(init) => init,
            Err(error) => {
                tracing::warn!(camera = %self.watch.object(), %error, "no init segment for live parts");
                return false;
            }
        };
        let (width, height) = (format.video.width, format.video.height);
        self.say(&Text::Format { mime: &mime(format, tracks), width, height, stream: self.stream, audio: tracks.audio });
        self.messages.push_back(LiveMessage::Binary(init));
        self.format = Some(Arc::clone(format));
        true
    }

    fn end(&mut self, code: &'static str) {
        self.messages.clear();
        self.say(&Text::Ended { code });
        self.ended = true;
    }

    fn say(&mut self, text: &Text<'_>) {
        // Strings and numbers: this cannot fail.
        let json = serde_json::to_string(text).unwrap_or_default();
        self.messages.push_back(LiveMessage::Text(json));
    }
}

#[cfg(test)]
#[path = "parts_tests.rs"]
mod tests;
