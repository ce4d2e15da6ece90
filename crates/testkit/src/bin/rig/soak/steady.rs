//! Viewers who stay from the first minute to the last, and may miss nothing.

use std::sync::{Mutex, PoisonError};

use testkit::fragment::Continuity;
use testkit::{Client, LiveView, Result, Told, WhepViewer};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::DRIFT_MAX_MS;
use super::cameras::Cameras;
use super::report::Offsets;

/// The picture track of live parts.
pub(crate) const VIDEO: u32 = 1;

/// What rounding from microseconds to ticks may put between two pictures; one that is missing is 3600 ticks.
pub(crate) const SLACK: u64 = 900;

/// The same between two sounds of AAC at 16 kHz; one that is missing is 1024 ticks.
const SOUND_SLACK: u64 = 160;

/// One datagram of so many may be lost on its way to a steady viewer; they are counted and told all the same. Live parts and
/// recordings travel by TCP, where a loss is ours alone: there none may be.
const DATAGRAMS_LOST_MAX: u64 = 200;

/// Two by live parts, on the cameras with AAC; two by WebRTC, on those with G.711.
#[derive(Debug)]
pub(crate) struct Steady {
    by_parts: Vec<JoinHandle<Result<Parts>>>,
    by_webrtc: Vec<WhepViewer>,
    end: watch::Sender<bool>,
    /// How far sound was from its picture at each WebRTC viewer, minute by minute.
    lags: Mutex<Vec<Offsets>>,
}

/// What one of them saw by live parts.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pictures: Continuity,
    sounds: Continuity,
}

/// What they all saw.
#[derive(Debug, Default)]
pub(crate) struct Saw {
    pub(crate) parts: u64,
    pub(crate) parts_lost: u64,
    pub(crate) parts_repeated: u64,
    pub(crate) packets: u64,
    pub(crate) packets_lost: u64,
    pub(crate) packets_repeated: u64,
    /// How sound stood to its picture by the sender's reports at the viewer where that changed most.
    pub(crate) sound: Offsets,
    /// Where parts were missing or came again.
    places: Vec<String>,
}

impl Steady {
    pub(crate) async fn begin(owner: &Client, cameras: &Cameras) -> Result<Self> {
        let (end, ended) = watch::channel(false);
        let ids = cameras.ids();
        let mut steady = Self { by_parts: Vec::new(), by_webrtc: Vec::new(), end, lags: Mutex::default() };
        for id in ids.iter().step_by(2).take(2) {
            steady.by_parts.push(tokio::spawn(follow(owner.watch(id, "main").await?, ended.clone())));
        }
        for id in ids.iter().skip(1).step_by(2).take(2) {
            steady.by_webrtc.push(WhepViewer::join(owner, id).await?);
        }
        Ok(steady)
    }

    /// What was sent while everybody joined is not measured.
    pub(crate) fn settle(&self) {
        self.by_webrtc.iter().for_each(|viewer| {
            viewer.sound_lag_ms();
        });
    }

    /// How far sound was from its picture since the last look: the furthest of the WebRTC viewers.
    pub(crate) fn lag_ms(&self) -> Option<f64> {
        let now: Vec<Option<f64>> = self.by_webrtc.iter().map(WhepViewer::sound_lag_ms).collect();
        let mut lags = self.lags.lock().unwrap_or_else(PoisonError::into_inner);
        lags.resize_with(now.len(), Offsets::default);
        lags.iter_mut().zip(&now).for_each(|(offsets, lag)| lag.iter().for_each(|lag| offsets.push(*lag)));
        now.into_iter().flatten().max_by(|a, b| a.abs().total_cmp(&b.abs()))
    }

    /// Whether all are still there.
    pub(crate) fn fine(&self) -> Result<()> {
        let gone = self.by_webrtc.iter().find_map(|viewer| viewer.seen().ended);
        match gone {
            Some(why) => Err(format!("a steady WebRTC viewer: {why}").into()),
            None if self.by_parts.iter().any(JoinHandle::is_finished) => Err("a steady view by live parts ended".into()),
            None => Ok(()),
        }
    }

    pub(crate) async fn end(self) -> Result<Saw> {
        let lags = self.lags.into_inner().unwrap_or_else(PoisonError::into_inner);
        let sound = lags.into_iter().max_by(|a, b| a.drift_ms().total_cmp(&b.drift_ms())).unwrap_or_default();
        let mut saw = Saw { sound, ..Saw::default() };
        self.end.send_replace(true);
        for (n, view) in self.by_parts.into_iter().enumerate() {
            let Parts { pictures, sounds } = view.await??;
            for (kind, rate, track) in [("pictures", 90.0, &pictures), ("sounds", 16.0, &sounds)] {
                saw.parts += track.samples;
                saw.parts_lost += track.gaps;
                saw.parts_repeated += track.repeats;
                saw.places.extend(track.first.map(|(at, ticks)| {
                    let (at, by) = (at as f64 / rate / 1000.0, ticks as f64 / rate);
                    format!(
                        "viewer {n}, {kind}: {} gaps, {} repeats, the first at {at:.3} s by {by:+.1} ms",
                        track.gaps, track.repeats
                    )
                }));
            }
            if pictures.samples == 0 || sounds.samples == 0 {
                return Err("a steady view by live parts had no picture or no sound".into());
            }
        }
        for viewer in self.by_webrtc {
            let seen = viewer.leave().await?;
            saw.packets += seen.video.packets + seen.audio.packets;
            saw.packets_lost += seen.video.lost() + seen.audio.lost();
            saw.packets_repeated += seen.video.repeated() + seen.audio.repeated();
            if seen.video.lost() + seen.audio.lost() > 0 {
                saw.places.push(format!("by WebRTC {} pictures' packets, {} sounds", seen.video.lost(), seen.audio.lost()));
            }
            if seen.pictures == 0 || seen.audio.packets == 0 {
                return Err("a steady WebRTC viewer had no picture or no sound".into());
            }
        }
        Ok(saw)
    }
}

impl Saw {
    /// What is wrong with it.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        let packets_lost = self.packets_lost > self.packets / DATAGRAMS_LOST_MAX;
        if packets_lost || self.parts_lost + self.parts_repeated + self.packets_repeated > 0 {
            complaints.push(format!(
                "steady viewers missed {} live parts and {} packets, and got {} and {} again: {}",
                self.parts_lost,
                self.packets_lost,
                self.parts_repeated,
                self.packets_repeated,
                self.places.join("; ")
            ));
        }
        if self.sound.is_empty() {
            complaints.push("sound and picture were never compared by WebRTC".into());
        } else if self.sound.drift_ms() > DRIFT_MAX_MS {
            complaints.push(format!("sound and picture drifted apart by WebRTC: {}", self.sound));
        }
        complaints
    }
}

/// Reads a live view until it is told to end.
async fn follow(mut view: LiveView, mut end: watch::Receiver<bool>) -> Result<Parts> {
    let mut parts = Parts::default();
    loop {
        let told = tokio::select! {
            _ = end.wait_for(|end| *end) => return Ok(parts),
            told = view.next() => told?,
        };
        match told {
            Some(Told::Part(part)) if part.track == VIDEO => parts.pictures.push(part, SLACK),
            Some(Told::Part(part)) => parts.sounds.push(part, SOUND_SLACK),
            Some(Told::Init(_)) => {}
            Some(Told::Word(word)) if word["type"] == "format" => {}
            Some(Told::Word(word)) => return Err(format!("the view ended: {word}").into()),
            None => return Err("the view ended without a word".into()),
        }
    }
}
