//! The server is killed at random moments while cameras record, again and again: what it then has of each life is compared with
//! what the cameras sent.
//!
//! A kill leaves what was written to the system's care; what a power cut takes besides is tried in the relay's own tests.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use device::{Camera, Config, Running, Source};
use domain::{Clock as _, StreamName, SystemClock, Timestamp};
use serde_json::json;
use testkit::footage::{Original, STRANGER, Verdict};
use testkit::{Client, Clip, Result, Server, decode};
use tokio::time::sleep;

use crate::numbers::Numbers;

/// What a crash may take (docs/segment-format.md).
const LOSS_MAX_MS: f64 = 1000.0;

/// How long a camera may take until it records, while all others start too.
const START_MAX: Duration = Duration::from_secs(60);

/// Between two pictures of the clip.
const PICTURE_S: f64 = 0.04;

/// How long all record at least and at most before the next kill.
const LIFE_MIN_MS: u64 = 300;
const LIFE_MAX_MS: u64 = 4000;

/// A camera's clock is mapped to the server's by its reports, to some milliseconds.
const CLOCKS: Duration = Duration::from_millis(100);

/// How often, and of how many cameras.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: u32,
    pub(crate) cameras: usize,
}

/// All rounds together.
#[derive(Debug, Default)]
struct Sum {
    pictures: usize,
    loss_ms: Vec<f64>,
    rejected: f64,
    /// Recordings with a unit that the camera never sent.
    corrupt: usize,
    complaints: Vec<String>,
}

pub(crate) async fn run(binary: &Path, plan: Plan) -> Result<()> {
    let Plan { rounds, cameras } = plan;
    println!("crash: {rounds} kills at random moments while {cameras} cameras record");
    let dir = tempfile::tempdir()?;
    let clip = Clip::endless(dir.path())?;
    let original = Original::read(&clip.file)?;
    let port = crate::free_port()?;
    let mut server = Server::start_with(binary, "serve", &["--metrics", &format!("127.0.0.1:{port}"), "--log", "warn"])?;
    let owner = server.set_up().await?;
    let mut running = Vec::new();
    for n in 0..cameras {
        let camera = Camera::start(Config::new(Source::File(clip.file.clone())), Arc::new(SystemClock)).await?;
        let added = json!({ "name": format!("Camera {n}"), "main_url": camera.url(StreamName::Main) });
        running.push((owner.add_camera(&added).await?, camera));
    }
    let mut sum = Sum::default();
    recording(&owner, &running).await?;
    let mut begun = SystemClock.now();
    for round in 0..rounds {
        sleep(Duration::from_millis(LIFE_MIN_MS + chance(LIFE_MAX_MS - LIFE_MIN_MS))).await;
        let (started, killed) = server.crash()?;
        server = started;
        let owner = owner.at(server.base());
        let logs: Vec<_> = running.iter().map(|(_, camera)| camera.sent(StreamName::Main)).collect();
        // Nothing is recorded before all that is left was adopted.
        recording(&owner, &running).await?;
        let begins = SystemClock.now();
        for (n, ((id, _), log)) in running.iter().zip(&logs).enumerate() {
            let life = Life { begun, killed, log };
            match life.judge(&owner, id, &original, n == 0).await {
                Ok((verdict, loss_ms)) => sum.take(round, n, &verdict, loss_ms),
                Err(error) => {
                    sum.corrupt += usize::from(error.to_string().contains(STRANGER));
                    sum.complaints.push(format!("round {round}, camera {n}: {error}"));
                }
            }
        }
        sum.rejected += Numbers::of(port).await?.get("atipcam_recording_records_rejected");
        begun = begins;
    }
    for (_, camera) in running {
        camera.shutdown().await;
    }
    sum.tell(plan)
}

/// Waits until all cameras are recorded.
async fn recording(owner: &Client, cameras: &[(String, Running)]) -> Result<()> {
    for (id, _) in cameras {
        owner.camera_state(id, START_MAX, |state| state["recording"] == "on").await?;
    }
    Ok(())
}

/// One life of the server, as one camera saw it.
struct Life<'a> {
    /// When it recorded all cameras.
    begun: Timestamp,
    killed: Timestamp,
    /// Which picture of the clip was sent when, in seconds since 1970.
    log: &'a [(u32, f64)],
}

impl Life<'_> {
    /// What was recorded of it, and how much is lost at its end, in milliseconds.
    async fn judge(&self, owner: &Client, id: &str, original: &Original, decoded: bool) -> Result<(Verdict, f64)> {
        let dir = tempfile::tempdir()?;
        let (file, from, to) = (dir.path().join("life.mp4"), self.begun, self.killed + CLOCKS);
        owner.save(&format!("/cameras/{id}/recording.mp4?from={from}&to={to}"), &file).await?;
        if decoded {
            decode(&file)?;
        }
        let verdict = original.judge_pictures(&file)?;
        let last = verdict.last_picture.ok_or("no picture was known by its bytes")?;
        let killed = self.killed.micros() as f64 / 1e6;
        let sent = || self.log.iter().filter(|(_, at)| *at <= killed);
        let newest = sent().next_back().ok_or("the camera sent nothing")?.1;
        // The clip goes round in 24 s, so that what was recorded last was sent when it was last sent.
        let kept = sent().rev().find(|(place, _)| *place as usize == last).ok_or("the last picture was never sent")?.1;
        Ok((verdict, (newest - kept) * 1000.0))
    }
}

impl Sum {
    fn take(&mut self, round: u32, n: usize, verdict: &Verdict, loss_ms: f64) {
        self.pictures += verdict.pictures;
        self.loss_ms.push(loss_ms);
        if verdict.pictures_lost + verdict.repeated > 0 {
            self.complaints.push(format!("round {round}, camera {n}: pictures are missing before the end: {verdict:?}"));
        }
        if loss_ms > LOSS_MAX_MS {
            self.complaints.push(format!("round {round}, camera {n}: {loss_ms:.0} ms are lost"));
        }
    }

    /// The line that counts, and whether all is well.
    fn tell(mut self, Plan { rounds, cameras }: Plan) -> Result<()> {
        self.loss_ms.sort_by(f64::total_cmp);
        let median = self.loss_ms.get(self.loss_ms.len() / 2).copied().unwrap_or_default();
        let most = self.loss_ms.last().copied().unwrap_or(f64::INFINITY);
        println!(
            "{rounds} crashes of {cameras} cameras: max loss {most:.0} ms (median {median:.0}, a picture is {:.0}), records rejected {}, \
             pictures compared {}, undetected corruption {}",
            PICTURE_S * 1000.0,
            self.rejected,
            self.pictures,
            self.corrupt,
        );
        match self.complaints.first() {
            None => Ok(()),
            Some(_) => Err(format!("crash:\n{}", self.complaints.join("\n")).into()),
        }
    }
}

/// A number below `below` that nobody knows before.
fn chance(below: u64) -> u64 {
    let bytes = domain::SegmentId::random().to_bytes();
    bytes.iter().take(6).fold(0, |sum, byte| sum << 8 | u64::from(*byte)) % below.max(1)
}
