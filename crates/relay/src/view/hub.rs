//! The task that owns every WebRTC session: datagrams, units and time go in, datagrams come out, and no lock is shared.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::limits::{RING_BYTES_MAX, VIEWS_MAX, VIEWS_PER_SESSION_MAX};
use domain::{Error, Kind, Result, SessionId, StreamName, ViewId};
use futures::future::{AbortHandle, abortable};
use futures::stream::{BoxStream, FuturesUnordered, SelectAll, StreamExt};
use media::au::AudioCodec;
use media::live::whep::{Event, Output, Session, is_stun, stun_ufrag};
use media::live::{Start, Unit};
use policy::Principal;
use policy::act::ViewLive;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::choice::playable;
use super::quality::Quality;
use super::sockets::{Inbox, Sockets};
use super::voice::{Voice, wants_voice};
use crate::StreamChoice;
use crate::feed::Feed;
use crate::fleet::Feeds;
use crate::pull::Presence;
use crate::watch::Watch;

/// Reads from one socket before the others and the viewers have their turn.
const READS_MAX: usize = 8;

/// Addresses that one viewer may have proven to be its own: a browser has a few on each of its interfaces.
const REMOTES_MAX: usize = 32;

/// A task with nothing to do looks up this often.
const IDLE: Duration = Duration::from_secs(3600);

/// What the task is asked.
#[derive(Debug)]
pub(super) enum Command {
    /// Where can browsers reach this server?
    Addresses(oneshot::Sender<Vec<SocketAddr>>),
    /// Take this view.
    Start(Box<NewView>, oneshot::Sender<Result<()>>),
    /// End this view, if it is the principal's.
    End { view: ViewId, principal: Principal, reply: oneshot::Sender<Result<()>> },
}

/// A view whose offer was answered.
#[derive(Debug)]
pub(super) struct NewView {
    pub(super) id: ViewId,
    pub(super) session: Session,
    pub(super) feeds: Feeds,
    pub(super) choice: StreamChoice,
    pub(super) stream: StreamName,
    pub(super) wanted: Option<StreamName>,
    pub(super) watch: Watch<ViewLive>,
    pub(super) presence: Presence,
}

/// The runtime's clock, which its timers follow and tests stop.
pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Which feed, by its address: views hold the feed, so the address is no other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct FeedKey(usize);

impl FeedKey {
    fn of(feed: &Arc<Feed>) -> Self {
        Self(Arc::as_ptr(feed).addr())
    }
}

/// A feed that somebody watches.
struct Watched {
    /// The running GOP, for new viewers and lost pictures.
    gop: Gop,
    viewers: Vec<ViewId>,
    reading: AbortHandle,
    /// Makes Opus of AAC while a viewer listens to it.
    voice: Option<Voice>,
}

struct View {
    session: Session,
    principal: Principal,
    feeds: Feeds,
    choice: StreamChoice,
    stream: StreamName,
    /// Goes over to this stream at its next key picture.
    wanted: Option<StreamName>,
    quality: Quality,
    remotes: Vec<SocketAddr>,
    wake: Instant,
    watching: AbortHandle,
    _presence: Presence,
}

/// The running GOP of one feed.
#[derive(Default)]
struct Gop {
    units: Vec<Arc<Unit>>,
    bytes: usize,
}

impl Gop {
    /// Adds the newest unit. A GOP that outgrows the ring is forgotten: viewers wait for the next key picture then.
    fn push(&mut self, unit: &Arc<Unit>) {
        if unit.au.starts_gop() {
            *self = Self::default();
        } else if self.units.is_empty() {
            return;
        }
        self.bytes += unit.au.data.len();
        self.units.push(Arc::clone(unit));
        if self.bytes > RING_BYTES_MAX {
            *self = Self::default();
        }
    }
}

type Batch = (FeedKey, Vec<Arc<Unit>>);
type Ended = futures::future::BoxFuture<'static, Option<ViewId>>;

/// All WebRTC views.
pub(super) struct Hub {
    sockets: Sockets,
    views: HashMap<ViewId, View>,
    by_ufrag: HashMap<String, ViewId>,
    by_remote: HashMap<SocketAddr, ViewId>,
    wakes: BTreeSet<(Instant, ViewId)>,
    feeds: HashMap<FeedKey, Watched>,
    batches: SelectAll<BoxStream<'static, Batch>>,
    watches: FuturesUnordered<Ended>,
    /// What a session has written and is to be sent.
    out: Vec<u8>,
}

impl Hub {
    pub(super) fn new(sockets: Sockets) -> Self {
        Self {
            sockets,
            views: HashMap::new(),
            by_ufrag: HashMap::new(),
            by_remote: HashMap::new(),
            wakes: BTreeSet::new(),
            feeds: HashMap::new(),
            batches: SelectAll::new(),
            watches: FuturesUnordered::new(),
            out: Vec::new(),
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<Command>, cancel: CancellationToken) {
        let mut inbox = Inbox::new();
        loop {
            let wake = self.wakes.first().map_or_else(|| now() + IDLE, |(at, _)| *at);
            tokio::select! {
                () = cancel.cancelled() => break,
                Some(command) = commands.recv() => self.obey(command).await,
                number = self.sockets.readable() => self.receive(number, &mut inbox).await,
                Some((key, units)) = self.batches.next() => self.fan_out(key, &units).await,
                Some(ended) = self.watches.next() => if let Some(view) = ended { self.end(view).await },
                () = tokio::time::sleep_until(wake.into()) => self.wake_up().await,
            }
        }
        for view in self.views.keys().copied().collect::<Vec<_>>() {
            self.end(view).await;
        }
    }

    async fn obey(&mut self, command: Command) {
        // A caller that has gone needs no answer.
        match command {
            Command::Addresses(reply) => drop(reply.send(self.sockets.candidates(now()))),
            Command::Start(new, reply) => {
                let id = new.id;
                let started = self.start(*new);
                let given_up = reply.send(started).is_err();
                if given_up {
                    self.end(id).await;
                }
            }
            Command::End { view, principal, reply } => {
                let own = self.views.get(&view).is_some_and(|v| v.principal == principal);
                if own {
                    self.end(view).await;
                }
                let missing = || Error::new(Kind::NotFound, "not_found", "there is no such view");
                drop(reply.send(own.then_some(()).ok_or_else(missing)));
            }
        }
    }

    fn start(&mut self, new: NewView) -> Result<()> {
        self.check_room(new.watch.session())?;
        let mut watch = new.watch;
        let (principal, id) = (watch.principal(), new.id);
        let (ended, watching) = abortable(async move { watch.ended().await });
        self.watches.push(Box::pin(async move { ended.await.is_ok().then_some(id) }));
        self.by_ufrag.insert(new.session.ufrag().to_owned(), id);
        let view = View {
            session: new.session,
            principal,
            feeds: new.feeds,
            choice: new.choice,
            stream: new.stream,
            wanted: new.wanted,
            quality: Quality::new(),
            remotes: Vec::new(),
            wake: now(),
            watching,
            _presence: new.presence,
        };
        self.wakes.insert((view.wake, id));
        let feeds = [Some(view.stream), view.wanted].into_iter().flatten().filter_map(|name| view.feeds.get(name).cloned());
        let feeds: Vec<_> = feeds.collect();
        self.views.insert(id, view);
        for feed in feeds {
            self.attach(id, &feed);
        }
        Ok(())
    }

    fn check_room(&self, session: Option<SessionId>) -> Result<()> {
        let own = |view: &&View| session.is_some_and(|id| view.principal == Principal::Session(id));
        let limit = match () {
            () if self.views.len() >= VIEWS_MAX => VIEWS_MAX,
            () if self.views.values().filter(own).count() >= VIEWS_PER_SESSION_MAX => VIEWS_PER_SESSION_MAX,
            () => return Ok(()),
        };
        Err(Error::new(Kind::TooMany, "live.too_many", format!("{limit} live views are running already")))
    }

    /// Has a view get a feed's units; the first viewer starts reading it.
    fn attach(&mut self, view: ViewId, feed: &Arc<Feed>) {
        let key = FeedKey::of(feed);
        let batches = &mut self.batches;
        let watched = self.feeds.entry(key).or_insert_with(|| {
            let units = futures::stream::unfold(feed.subscribe(Start::NewestKey), move |mut subscription| async move {
                let mut units = Vec::new();
                subscription.read(&mut units).await;
                Some(((key, units), subscription))
            });
            let (units, reading) = futures::stream::abortable(units);
            batches.push(units.boxed());
            Watched { gop: Gop::default(), viewers: Vec::new(), reading, voice: None }
        });
        if !watched.viewers.contains(&view) {
            watched.viewers.push(view);
        }
    }

    /// Undoes [`Hub::attach`]; the last viewer ends the reading.
    fn detach(&mut self, view: ViewId, key: FeedKey) {
        let Some(watched) = self.feeds.get_mut(&key) else { return };
        watched.viewers.retain(|id| *id != view);
        if !watched.viewers.iter().any(|id| listens(&self.views, *id)) {
            watched.voice = None;
        }
        if watched.viewers.is_empty() {
            watched.reading.abort();
            self.feeds.remove(&key);
        }
    }

    /// Has AAC made into Opus where somebody takes that; it comes back as a batch of the same feed.
    fn give_voice(&mut self, key: FeedKey, units: &[Arc<Unit>]) {
        let Some(watched) = self.feeds.get_mut(&key) else { return };
        for unit in units.iter().filter(|unit| wants_voice(unit)) {
            if watched.voice.is_none() {
                if !watched.viewers.iter().any(|id| listens(&self.views, *id)) {
                    return;
                }
                let (voice, voiced) = Voice::start();
                self.batches.push(voiced.map(move |units| (key, units)).boxed());
                watched.voice = Some(voice);
            }
            watched.voice.iter().for_each(|voice| voice.push(unit));
        }
    }

    async fn receive(&mut self, number: usize, inbox: &mut Inbox) {
        for _ in 0..READS_MAX {
            let Some(to) = self.sockets.receive(number, inbox) else { return };
            for (from, datagram) in inbox.datagrams() {
                let now = now();
                let Some(id) = self.route(now, from, to, datagram) else { continue };
                let Some(view) = self.views.get_mut(&id) else { continue };
                match guarded(id, || view.session.handle_datagram(now, from, to, datagram)) {
                    Some(()) => self.drive(id).await,
                    None => self.forget(id),
                }
            }
        }
    }

    /// Whose datagram it is: by the address it came from once that is known; STUN, which makes it known, by its user fragment.
    fn route(&mut self, now: Instant, from: SocketAddr, to: SocketAddr, datagram: &[u8]) -> Option<ViewId> {
        if !is_stun(datagram) {
            return self.by_remote.get(&from).copied();
        }
        let id = *self.by_ufrag.get(stun_ufrag(datagram)?)?;
        let view = self.views.get_mut(&id)?;
        if !view.session.accepts(now, from, to, datagram) {
            return None;
        }
        if !view.remotes.contains(&from) && view.remotes.len() < REMOTES_MAX {
            view.remotes.push(from);
            self.by_remote.insert(from, id);
        }
        Some(id)
    }

    async fn fan_out(&mut self, key: FeedKey, units: &[Arc<Unit>]) {
        let Some(watched) = self.feeds.get_mut(&key) else { return };
        units.iter().for_each(|unit| watched.gop.push(unit));
        self.give_voice(key, units);
        let Some(watched) = self.feeds.get(&key) else { return };
        for id in watched.viewers.clone() {
            let (Some(view), Some(watched)) = (self.views.get_mut(&id), self.feeds.get(&key)) else { continue };
            let left = view.take(now(), key, units, &watched.gop);
            self.drive(id).await;
            if let Some(left) = left {
                self.detach(id, left);
            }
        }
    }

    async fn wake_up(&mut self) {
        let due: Vec<_> = self.wakes.range(..=(now(), ViewId::from_bytes([0xff; 16]))).map(|(_, id)| *id).collect();
        for id in due {
            self.drive(id).await;
        }
    }

    /// Does all that a session wants done now.
    async fn drive(&mut self, id: ViewId) {
        let Some(view) = self.views.get_mut(&id) else { return };
        let now = now();
        let mut attach = None;
        let wake = loop {
            match guarded(id, || view.session.poll(now, &mut self.out)) {
                Some(Output::Send(send)) => self.sockets.send(send, &self.out).await,
                Some(Output::Wake(at)) => break Some(at),
                Some(Output::Event(Event::Connected | Event::ReplayWanted)) => {
                    let watched = view.current().and_then(|feed| self.feeds.get(&FeedKey::of(feed)));
                    view.session.replay(now, watched.map_or(&[], |watched| &watched.gop.units));
                }
                Some(Output::Event(Event::Report(report))) => {
                    if view.choice == StreamChoice::Auto && view.feeds.sub.is_some() && view.wanted.is_none() {
                        view.wanted = view.quality.judge(now, view.stream, report);
                        attach = view.wanted.and_then(|name| view.feeds.get(name).cloned());
                    }
                }
                Some(Output::Event(Event::Closed)) | None => break None,
            }
        };
        let Some(wake) = wake else { return self.forget(id) };
        self.wakes.remove(&(view.wake, id));
        view.wake = wake;
        self.wakes.insert((wake, id));
        if let Some(feed) = attach {
            self.attach(id, &feed);
        }
    }

    /// Ends a view: the browser is told.
    async fn end(&mut self, id: ViewId) {
        let Some(view) = self.views.get_mut(&id) else { return };
        view.session.close();
        self.drive(id).await;
        self.forget(id);
    }

    fn forget(&mut self, id: ViewId) {
        let Some(view) = self.views.remove(&id) else { return };
        view.watching.abort();
        self.wakes.remove(&(view.wake, id));
        self.by_ufrag.remove(view.session.ufrag());
        for remote in &view.remotes {
            if self.by_remote.get(remote) == Some(&id) {
                self.by_remote.remove(remote);
            }
        }
        for name in [StreamName::Main, StreamName::Sub] {
            if let Some(feed) = view.feeds.get(name) {
                self.detach(id, FeedKey::of(feed));
            }
        }
        tracing::debug!(view = %id, "a view ended");
    }
}

/// Whether a viewer is sent sound as Opus, where there is some.
fn listens(views: &HashMap<ViewId, View>, id: ViewId) -> bool {
    views.get(&id).is_some_and(|view| view.session.takes(AudioCodec::Opus))
}

impl View {
    fn current(&self) -> Option<&Arc<Feed>> {
        self.feeds.get(self.stream)
    }

    /// Passes units of a feed on, and goes over to the wanted stream as soon as that has a key picture. Returns the feed left behind.
    fn take(&mut self, now: Instant, key: FeedKey, units: &[Arc<Unit>], gop: &Gop) -> Option<FeedKey> {
        let current = self.current().map(FeedKey::of);
        if current == Some(key) {
            units.iter().for_each(|unit| self.session.push(unit));
            return None;
        }
        let wanted = self.wanted.filter(|name| self.feeds.get(*name).map(FeedKey::of) == Some(key))?;
        gop.units.first().filter(|unit| playable(unit))?;
        self.session.replay(now, &gop.units);
        self.stream = wanted;
        self.wanted = None;
        current
    }
}

/// Runs a step of one session. A panic in the protocol stack, which reads what strangers send, ends that view alone.
fn guarded<T>(view: ViewId, step: impl FnOnce() -> T) -> Option<T> {
    let result = catch_unwind(AssertUnwindSafe(step));
    if result.is_err() {
        tracing::error!(%view, "a WebRTC session failed; its view ends");
    }
    result.ok()
}
