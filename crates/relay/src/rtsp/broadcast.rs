//! One stream's packets for all its RTSP players: made once, by the task that also writes them.
//!
//! A task a watched stream reads the feed, packetises each unit once and writes to every player in turn without waiting for any, so
//! that a further player costs one system call a picture. Sound waits for the picture after it and goes in the same write.

use std::sync::Arc;
use std::time::Duration;

use domain::limits::RING_BYTES_MAX;
use domain::{Clock, Mono};
use media::au::{Format, Track, VIDEO_TIMESCALE};
use media::live::{Start as From, Unit};
use media::rtsp::{Batch, Packetiser, Presentation, Start, TrackStart};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::outlet::{Outlet, Routes};
use crate::feed::{Feed, Subscription};

/// How long sound may wait for the picture after it: longer than a picture of 20 a second takes, shorter than any player's buffer.
const SOUND_WAITS_MAX: Duration = Duration::from_millis(60);

/// How often a track's time is tied to the clock's (RFC 3550 6.2 names 5 s).
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// Questions that wait for the task.
const COMMANDS_MAX: usize = 64;

/// Packets of one access unit, or a report.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) batch: Batch,
    /// A picture that decoding can start at.
    pub(super) key: bool,
}

/// Where a player begins.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) starts: Vec<TrackStart>,
    /// The running GOP, reports first.
    pub(super) gop: Vec<Item>,
}

#[derive(Debug)]
enum Command {
    Describe(oneshot::Sender<Arc<Presentation>>),
    Join { outlet: Arc<Outlet>, routes: Routes, reply: oneshot::Sender<Joined> },
}

/// A stream that is watched. Its task ends with the last of these.
#[derive(Debug)]
pub(super) struct Broadcast {
    commands: mpsc::Sender<Command>,
    feed: Arc<Feed>,
}

impl Broadcast {
    /// Starts the task.
    pub(super) fn start(name: &'static str, feed: &Arc<Feed>, clock: Arc<dyn Clock>) -> Arc<Self> {
        let (commands, asked) = mpsc::channel(COMMANDS_MAX);
        let source = Source {
            name,
            clock,
            subscription: feed.subscribe(From::NewestKey),
            playing: None,
            viewers: Vec::new(),
            asking: Vec::new(),
            held: Vec::new(),
            flush_at: None,
        };
        tokio::spawn(source.run(asked));
        Arc::new(Self { commands, feed: Arc::clone(feed) })
    }

    /// Whether it is of that feed: a camera that got another sub stream has another.
    pub(super) fn is_of(&self, feed: &Arc<Feed>) -> bool {
        Arc::ptr_eq(&self.feed, feed)
    }

    /// What is played, as soon as there is a picture.
    pub(super) async fn presentation(&self) -> Option<Arc<Presentation>> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(Command::Describe(reply)).await.ok()?;
        answer.await.ok()
    }

    /// Adds a player. What comes waits in its outlet until that begins.
    pub(super) async fn join(&self, outlet: Arc<Outlet>, routes: Routes) -> Option<Joined> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(Command::Join { outlet, routes, reply }).await.ok()?;
        answer.await.ok()
    }
}

/// The task behind a [`Broadcast`].
struct Source {
    name: &'static str,
    clock: Arc<dyn Clock>,
    subscription: Subscription,
    playing: Option<Playing>,
    viewers: Vec<(Arc<Outlet>, Routes)>,
    /// Who asked before the first picture came.
    asking: Vec<Command>,
    /// Sound that waits for a picture.
    held: Vec<Item>,
    flush_at: Option<Instant>,
}

/// A stream in one format.
struct Playing {
    format: Arc<Format>,
    presentation: Arc<Presentation>,
    video: Packetiser,
    audio: Option<Packetiser>,
    /// Where the tracks stood when the running GOP began.
    starts: Vec<TrackStart>,
    gop: Vec<Item>,
    bytes: usize,
    newest: Arc<Unit>,
    reported: Option<Mono>,
}

impl Source {
    async fn run(mut self, mut asked: mpsc::Receiver<Command>) {
        let mut units = Vec::new();
        loop {
            let flush_at = self.flush_at;
            let flush = async {
                match flush_at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                command = asked.recv() => match command {
                    Some(command) => self.obey(command),
                    None => return,
                },
                _ = self.subscription.read(&mut units) => {
                    for unit in units.drain(..) {
                        self.take(&unit);
                    }
                    self.flush_if_due();
                    if self.playing.is_some() {
                        std::mem::take(&mut self.asking).into_iter().for_each(|command| self.obey(command));
                    }
                }
                () = flush => self.flush(),
            }
        }
    }

    fn obey(&mut self, command: Command) {
        // Who asks gets all there is, not only what was read so far.
        let mut units = Vec::new();
        self.subscription.try_read(&mut units);
        for unit in &units {
            self.take(unit);
        }
        let Some(playing) = &self.playing else { return self.asking.push(command) };
        match command {
            Command::Describe(reply) => drop(reply.send(Arc::clone(&playing.presentation))),
            Command::Join { outlet, routes, reply } => {
                // What was held is in the GOP that the player gets: the others must have it before the player is one of them.
                let joined = playing.join();
                self.flush();
                self.viewers.push((outlet, routes));
                drop(reply.send(joined));
            }
        }
    }

    fn take(&mut self, unit: &Arc<Unit>) {
        let known =
            self.playing.as_ref().is_some_and(|p| Arc::ptr_eq(&p.format, &unit.au.format) || *p.format == *unit.au.format);
        if !known {
            // A player was told what it gets: another format is another description.
            self.flush();
            self.viewers.drain(..).for_each(|(outlet, _)| outlet.end());
            self.playing = Playing::new(self.name, unit);
        }
        let now = self.clock.mono();
        let Some(playing) = &mut self.playing else { return };
        let items = playing.take(unit, now);
        if self.held.is_empty() {
            self.flush_at = Some(Instant::now() + SOUND_WAITS_MAX);
        }
        self.held.extend(items);
    }

    fn flush_if_due(&mut self) {
        let picture = self.held.iter().any(|item| item.batch.track() == Track::Video);
        if picture {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.flush_at = None;
        let held = std::mem::take(&mut self.held);
        if held.is_empty() {
            return;
        }
        self.viewers.retain(|(outlet, routes)| {
            outlet.offer(&held, *routes);
            !outlet.is_gone()
        });
        // Its memory serves the next moment.
        self.held = held;
        self.held.clear();
    }
}

impl Playing {
    /// `None` where the unit is no picture to start at.
    fn new(name: &str, unit: &Arc<Unit>) -> Option<Self> {
        if !unit.au.starts_gop() {
            return None;
        }
        let format = Arc::clone(&unit.au.format);
        Some(Self {
            presentation: Arc::new(Presentation::new(name, Arc::clone(&format))),
            video: Packetiser::new(&format, Track::Video, random_start())?,
            audio: Packetiser::new(&format, Track::Audio, random_start()),
            format,
            starts: Vec::new(),
            gop: Vec::new(),
            bytes: 0,
            newest: Arc::clone(unit),
            reported: None,
        })
    }

    /// The packets of a unit, after reports where they are due.
    fn take(&mut self, unit: &Arc<Unit>, now: Mono) -> impl Iterator<Item = Item> {
        let mut items = Vec::with_capacity(3);
        let picture = unit.au.track == Track::Video;
        if picture {
            self.newest = Arc::clone(unit);
            if self.reported.is_none_or(|at| now.since(at) >= REPORT_EVERY) {
                self.reported = Some(now);
                items.extend(self.reports());
            }
        }
        if unit.au.starts_gop() {
            let pts = unit.au.pts();
            self.starts = std::iter::once(self.video.track_start(pts))
                .chain(self.audio.as_ref().map(|audio| audio.track_start(self.sound_time(pts))))
                .collect();
            self.gop.clear();
            self.bytes = 0;
        }
        let packetiser = if picture { Some(&mut self.video) } else { self.audio.as_mut() };
        if let Some(batch) = packetiser.map(|packetiser| packetiser.packetise(&unit.au)) {
            items.push(Item { batch, key: unit.au.starts_gop() });
        }
        // Sound before the first picture, or a GOP without end, is nothing to begin with.
        if unit.au.starts_gop() || !self.gop.is_empty() {
            self.gop.extend(items.iter().cloned());
            self.bytes += items.iter().map(|item| item.batch.bytes()).sum::<usize>();
        }
        if self.bytes > RING_BYTES_MAX {
            self.gop.clear();
            self.bytes = 0;
        }
        items.into_iter()
    }

    fn join(&self) -> Joined {
        let starts = if self.gop.is_empty() { self.here() } else { self.starts.clone() };
        Joined { starts, gop: self.reports().into_iter().chain(self.gop.iter().cloned()).collect() }
    }

    /// Where the tracks stand now.
    fn here(&self) -> Vec<TrackStart> {
        let pts = self.newest.au.pts();
        let audio = self.audio.as_ref().map(|audio| audio.track_start(self.sound_time(pts)));
        std::iter::once(self.video.track_start(pts)).chain(audio).collect()
    }

    /// Both tracks at one moment: players take from it how sound and picture lie together.
    fn reports(&self) -> Vec<Item> {
        let (pts, wall) = (self.newest.au.pts(), self.newest.au.wall);
        let audio = self.audio.as_ref().map(|audio| audio.report(self.sound_time(pts), wall));
        std::iter::once(self.video.report(pts, wall)).chain(audio).map(|batch| Item { batch, key: false }).collect()
    }

    /// A time of pictures in ticks of sound.
    fn sound_time(&self, pts: i64) -> i64 {
        let rate = i128::from(self.format.timescale(Track::Audio));
        i64::try_from(i128::from(pts) * rate / i128::from(VIDEO_TIMESCALE)).unwrap_or(i64::MAX)
    }
}

fn random_start() -> Start {
    let random = domain::ViewId::random().to_bytes();
    let word = |at: usize| u32::from_le_bytes([random[at], random[at + 1], random[at + 2], random[at + 3]]);
    Start { ssrc: word(0), sequence: u16::from_le_bytes([random[4], random[5]]), timestamp: word(10) }
}
