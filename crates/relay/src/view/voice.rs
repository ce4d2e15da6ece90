//! A camera's AAC as Opus, for the viewers of one feed: a task that lives as long as somebody listens.

use std::sync::Arc;

use futures::future::AbortHandle;
use futures::stream::{self, Stream};
use media::au::{AudioCodec, Format, Track};
use media::live::Unit;
use sound::{PACKET_TICKS, Transcoder};
use tokio::sync::mpsc;

/// Units on their way to the task: some two seconds of sound. A task that is further behind than that leaves some out.
const UNITS_MAX: usize = 64;

/// Whether a unit is sound that WebRTC viewers are sent as Opus.
pub(super) fn wants_voice(unit: &Unit) -> bool {
    unit.au.track == Track::Audio && unit.au.format.audio.as_ref().is_some_and(|audio| audio.codec == AudioCodec::Aac)
}

/// The way to the task. Dropping it ends the task and the stream of what it made, from which nothing comes any more.
#[derive(Debug)]
pub(super) struct Voice {
    units: mpsc::Sender<Arc<Unit>>,
    made: AbortHandle,
}

impl Voice {
    /// Starts a task. It encodes on a thread of the runtime, a fraction of a millisecond at a time, beside the task of the views.
    pub(super) fn start() -> (Self, impl Stream<Item = Vec<Arc<Unit>>> + Send + use<>) {
        let (units, input) = mpsc::channel(UNITS_MAX);
        let (output, made) = mpsc::channel(UNITS_MAX);
        tokio::spawn(run(input, output));
        let made = stream::unfold(made, |mut made: mpsc::Receiver<_>| async move { Some((made.recv().await?, made)) });
        let (stream, made) = stream::abortable(made);
        (Self { units, made }, stream)
    }

    /// Hands the task a unit. Never waits.
    pub(super) fn push(&self, unit: &Arc<Unit>) {
        // Full: the machine is busier than it can be, and what is left out is a gap as any other.
        drop(self.units.try_send(Arc::clone(unit)));
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.made.abort();
    }
}

async fn run(mut units: mpsc::Receiver<Arc<Unit>>, made: mpsc::Sender<Vec<Arc<Unit>>>) {
    let mut current: Option<(Arc<Format>, Option<Transcoder>)> = None;
    let mut told = false;
    while let Some(unit) = units.recv().await {
        let format = &unit.au.format;
        // The pictures' format may change while the sound's does not; a new encoder costs a click then, and nothing else.
        let (_, transcoder) = match current.take().filter(|(known, _)| Arc::ptr_eq(known, format)) {
            Some(known) => current.insert(known),
            None => {
                let transcoder = Transcoder::new(format).inspect_err(|error| tracing::warn!(%error, "no sound by WebRTC"));
                current.insert((Arc::clone(format), transcoder.ok()))
            }
        };
        let Some(transcoder) = transcoder else { continue };
        let packets = match transcoder.push(&unit.au) {
            Ok(packets) => packets,
            Err(error) => {
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!(%error, "a gap in the sound by WebRTC; further ones are not told");
                }
                continue;
            }
        };
        let packets: Vec<_> = packets.into_iter().map(|au| Unit::new(au, PACKET_TICKS)).collect();
        if !packets.is_empty() && made.send(packets).await.is_err() {
            return;
        }
    }
}
