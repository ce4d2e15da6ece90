//! Trying an address, step by step, so that a person sees what is wrong with it.

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Secret};
use media::au::{AccessUnit, VideoCodec};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::rtsp::{CONNECT_TIME_MAX, RtspStream, Source, Target};
use crate::{CameraError, Facts, Meter};

/// Two key pictures are waited for that long, so that the GOP can be told.
const MEASURE_TIME_MAX: Duration = Duration::from_secs(6);

/// Shortest time in which a rate can be told.
const MEASURE_TIME_MIN: Duration = Duration::from_secs(2);

/// GOPs longer than this many seconds make every start slow where nothing is cached, and scrubbing coarse.
const GOP_LONG_S: f32 = 4.0;

/// The steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The address is read and its host is looked up.
    Address,
    /// A TCP connection.
    Connect,
    /// The camera accepts the user name and the password.
    SignIn,
    /// The camera describes a stream that is understood.
    Describe,
    /// Pictures come, and are measured.
    Picture,
}

impl Step {
    /// As it stands in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Connect => "connect",
            Self::SignIn => "sign_in",
            Self::Describe => "describe",
            Self::Picture => "picture",
        }
    }
}

/// What a person sees happen.
#[derive(Debug)]
pub enum Event {
    /// A step began.
    Running(Step),
    /// A step succeeded after that much time.
    Done(Step, Duration),
    /// A step failed after that much time: the last event of a failed probe.
    Failed(Step, Duration, CameraError),
    /// What the camera sends: the last event of a successful probe, just before [`Event::Done`] of [`Step::Picture`].
    Seen(Box<Seen>),
}

/// What a camera sends.
#[derive(Debug)]
pub struct Seen {
    /// Measured for a few seconds.
    pub facts: Facts,
    /// The first key picture.
    pub picture: AccessUnit,
    /// Why there is no sound although it was wanted.
    pub audio_problem: Option<CameraError>,
    /// `gop_long`, `h265`, `clock_off`.
    pub warnings: Vec<&'static str>,
}

/// Tries an address and tells of each step; sound is asked for, so that its codec is known. True where pictures came.
/// Stops where nobody listens to the events any more; takes at most about 40 s.
pub async fn probe(
    url: &str,
    username: Option<&str>,
    password: Option<&Secret>,
    clock: Arc<dyn Clock>,
    events: &mpsc::Sender<Event>,
) -> bool {
    let work = Steps { clock, events, step: Step::Address, since: domain::Mono::default() }.run(url, username, password);
    tokio::select! {
        found = work => found,
        () = events.closed() => false,
    }
}

struct Steps<'a> {
    clock: Arc<dyn Clock>,
    events: &'a mpsc::Sender<Event>,
    step: Step,
    since: domain::Mono,
}

impl Steps<'_> {
    async fn run(mut self, url: &str, username: Option<&str>, password: Option<&Secret>) -> bool {
        match self.all(url, username, password).await {
            Ok(()) => true,
            Err(error) => {
                let took = self.took();
                self.tell(Event::Failed(self.step, took, error)).await;
                false
            }
        }
    }

    async fn all(&mut self, url: &str, username: Option<&str>, password: Option<&Secret>) -> Result<(), CameraError> {
        self.begin(Step::Address).await;
        let target = Target::parse(url, username, password, true)?;
        let addresses = look_up(&target).await?;
        self.done().await;

        self.begin(Step::Connect).await;
        connect(&target, &addresses).await?;
        self.done().await;

        self.begin(Step::SignIn).await;
        let mut source = Source::new(target, Arc::clone(&self.clock));
        let opened = match source.open().await {
            Err(error @ (CameraError::CredentialsNeeded | CameraError::CredentialsWrong)) => return Err(error),
            opened => opened,
        };
        self.done().await;
        self.begin(Step::Describe).await;
        let mut stream = opened?;
        self.done().await;

        self.begin(Step::Picture).await;
        let seen = self.watch(&mut stream).await?;
        self.tell(Event::Seen(Box::new(seen))).await;
        self.done().await;
        Ok(())
    }

    /// Watches until the rates and the GOP are known, or for as long as a person likes to wait.
    async fn watch(&self, stream: &mut RtspStream<'_>) -> Result<Seen, CameraError> {
        let first = stream.next().await?;
        let begun = first.unit.arrived;
        let mut meter = Meter::new(Arc::clone(&first.unit.format), begun);
        meter.count(&first);
        let enough = |meter: &Meter, length: Duration| {
            length > MEASURE_TIME_MAX
                || (length >= MEASURE_TIME_MIN && meter.facts().gop_s.is_some() && meter.facts().fps.is_some())
        };
        while !enough(&meter, self.clock.mono().since(begun)) {
            let arrival = stream.next().await?;
            meter.count(&arrival);
        }
        let facts = meter.facts().clone();
        let warnings = [
            ("gop_long", facts.gop_s.is_none_or(|gop| gop > GOP_LONG_S)),
            ("h265", facts.format.video.codec == VideoCodec::H265),
            ("clock_off", stream.clock_off()),
        ];
        let warnings = warnings.into_iter().filter_map(|(code, applies)| applies.then_some(code)).collect();
        Ok(Seen { facts, picture: first.unit, audio_problem: stream.audio_problem().cloned(), warnings })
    }

    async fn begin(&mut self, step: Step) {
        (self.step, self.since) = (step, self.clock.mono());
        self.tell(Event::Running(step)).await;
    }

    async fn done(&self) {
        self.tell(Event::Done(self.step, self.took())).await;
    }

    fn took(&self) -> Duration {
        self.clock.mono().since(self.since)
    }

    async fn tell(&self, event: Event) {
        // Nobody listening ends the probe, elsewhere.
        let _ = self.events.send(event).await;
    }
}

async fn look_up(target: &Target) -> Result<Vec<std::net::SocketAddr>, CameraError> {
    let unreachable = |cause: &'static str| CameraError::Unreachable { address: target.address(), cause: cause.into() };
    match timeout(CONNECT_TIME_MAX, lookup_host((target.host(), target.port()))).await {
        Ok(Ok(addresses)) => Ok(addresses.collect()),
        Ok(Err(_)) => Err(unreachable("no host has that name")),
        Err(_) => Err(unreachable("nobody answered which host has that name")),
    }
}

async fn connect(target: &Target, addresses: &[std::net::SocketAddr]) -> Result<(), CameraError> {
    match timeout(CONNECT_TIME_MAX, TcpStream::connect(addresses)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(CameraError::from_io(&error.to_string(), &target.address())),
        Err(_) => Err(CameraError::Unreachable { address: target.address(), cause: "no answer".into() }),
    }
}
