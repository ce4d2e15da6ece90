//! Viewers who come and go: each picks a camera and a way to watch it, stays a while, and is away a while.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use testkit::{Client, Result, Told, WhepViewer};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// How long a picture may take, on a machine that does much else.
const PICTURE_MAX: Duration = Duration::from_secs(30);

/// The longest stay.
const STAY_MAX: Duration = Duration::from_secs(90);

/// The longest absence, as a share of the longest stay.
const AWAY_SHARE: u32 = 4;

/// What visitors are told, and what they tell.
#[derive(Debug)]
pub(crate) struct Visitors {
    tasks: JoinSet<()>,
    door: watch::Sender<Door>,
    told: Arc<Story>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Open,
    /// All are asked to leave and wait.
    Shut,
    End,
}

#[derive(Debug, Default)]
struct Story {
    watching: AtomicUsize,
    visits: AtomicU64,
    /// Slowest first picture, in milliseconds.
    slowest_ms: AtomicU64,
    /// Who did not get what was asked for.
    complaints: Mutex<Vec<String>>,
}

/// What they did.
#[derive(Debug)]
pub(crate) struct Visits {
    pub(crate) visits: u64,
    pub(crate) slowest_ms: u64,
}

impl Visitors {
    /// Lets `count` visitors in.
    pub(crate) fn begin(owner: &Client, cameras: Vec<String>, count: usize, length: Duration) -> Self {
        let (door, told, cameras) = (watch::Sender::new(Door::Open), Arc::<Story>::default(), Arc::new(cameras));
        let stay_max = STAY_MAX.min(length / 6);
        let mut tasks = JoinSet::new();
        for n in 0..count {
            let visitor = Visitor {
                owner: owner.clone(),
                cameras: Arc::clone(&cameras),
                dice: Dice::new(n as u64),
                door: door.subscribe(),
                told: Arc::clone(&told),
                stay_max,
            };
            tasks.spawn(visitor.run());
        }
        Self { tasks, door, told }
    }

    /// How many watch at this moment.
    pub(crate) fn watching(&self) -> usize {
        self.told.watching.load(Ordering::Relaxed)
    }

    /// Whether all got what they asked for.
    pub(crate) fn fine(&self) -> Result<()> {
        let complaints = self.told.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        if complaints.is_empty() { Ok(()) } else { Err(format!("visitors: {}", complaints.join("; ")).into()) }
    }

    /// Asks all to leave, and waits until they have.
    pub(crate) async fn leave_all(&self) -> Result<()> {
        self.door.send_replace(Door::Shut);
        let deadline = Instant::now() + 2 * PICTURE_MAX;
        while self.watching() > 0 {
            if Instant::now() > deadline {
                return Err(format!("{} visitors did not leave", self.watching()).into());
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    pub(crate) fn come_back(&self) {
        self.door.send_replace(Door::Open);
    }

    pub(crate) async fn end(mut self) -> Result<Visits> {
        self.fine()?;
        self.door.send_replace(Door::End);
        while let Some(ended) = self.tasks.join_next().await {
            ended?;
        }
        let (visits, slowest_ms) = (self.told.visits.load(Ordering::Relaxed), self.told.slowest_ms.load(Ordering::Relaxed));
        if visits == 0 { Err("nobody came to visit".into()) } else { Ok(Visits { visits, slowest_ms }) }
    }
}

struct Visitor {
    owner: Client,
    cameras: Arc<Vec<String>>,
    dice: Dice,
    door: watch::Receiver<Door>,
    told: Arc<Story>,
    stay_max: Duration,
}

impl Visitor {
    async fn run(mut self) {
        loop {
            let away = self.dice.up_to(self.stay_max / AWAY_SHARE);
            tokio::select! {
                () = sleep(away) => {}
                _ = self.door.wait_for(|door| *door == Door::End) => return,
            }
            match self.door.wait_for(|door| *door != Door::Shut).await.map(|door| *door) {
                Ok(Door::Open) => {}
                _ => return,
            }
            let camera = self.cameras[self.dice.below(self.cameras.len())].clone();
            let (by_webrtc, stay) = (self.dice.below(2) == 0, self.dice.up_to(self.stay_max));
            self.told.watching.fetch_add(1, Ordering::Relaxed);
            let visit = if by_webrtc { self.by_webrtc(&camera, stay).await } else { self.by_parts(&camera, stay).await };
            self.told.watching.fetch_sub(1, Ordering::Relaxed);
            match visit {
                Ok(first) => {
                    self.told.visits.fetch_add(1, Ordering::Relaxed);
                    self.told.slowest_ms.fetch_max(u64::try_from(first.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
                }
                Err(error) => {
                    let way = if by_webrtc { "WebRTC" } else { "live parts" };
                    let mut complaints = self.told.complaints.lock().unwrap_or_else(PoisonError::into_inner);
                    complaints.push(format!("{way}, camera {camera}: {error}"));
                    return;
                }
            }
        }
    }

    /// Until the stay is over or the door shuts.
    async fn stay(&mut self, stay: Duration) {
        tokio::select! {
            () = sleep(stay) => {}
            _ = self.door.wait_for(|door| *door != Door::Open) => {}
        }
    }

    async fn by_webrtc(&mut self, camera: &str, stay: Duration) -> Result<Duration> {
        let viewer = WhepViewer::join(&self.owner, camera).await?;
        let deadline = Instant::now() + PICTURE_MAX;
        let first = loop {
            let seen = viewer.seen();
            match (seen.key_picture, seen.ended) {
                (Some(first), _) => break first,
                (None, Some(why)) => return Err(why.into()),
                (None, None) if Instant::now() > deadline => {
                    return Err(format!("no key picture in {PICTURE_MAX:?}: {seen:?}").into());
                }
                (None, None) => sleep(Duration::from_millis(20)).await,
            }
        };
        self.stay(stay).await;
        viewer.leave().await?;
        Ok(first)
    }

    async fn by_parts(&mut self, camera: &str, stay: Duration) -> Result<Duration> {
        let asked = Instant::now();
        let mut view = self.owner.watch(camera, "main").await?;
        let first = loop {
            match timeout(PICTURE_MAX, view.next()).await.map_err(|_| format!("no picture in {PICTURE_MAX:?}"))?? {
                Some(Told::Part(_)) => break asked.elapsed(),
                Some(Told::Word(word)) if word["type"] != "format" => return Err(format!("the view ended: {word}").into()),
                Some(_) => {}
                None => return Err("the view ended without a word".into()),
            }
        };
        let reading = async {
            while let Ok(Some(_)) = view.next().await {}
            // Ended by the other side: nobody asked for that.
            Err::<(), _>("the view ended by itself")
        };
        tokio::select! {
            ended = reading => ended?,
            () = self.stay(stay) => {}
        }
        Ok(first)
    }
}

/// A generator that gives the same to the same seed (xorshift64*).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.roll()).unwrap_or(0) % most.max(1)
    }

    fn up_to(&mut self, most: Duration) -> Duration {
        most.mul_f64((self.roll() % 1000) as f64 / 1000.0)
    }
}
