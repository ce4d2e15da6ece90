//! Hours of a household, or a minute of one: cameras that all record, viewers who come and go, one viewer that reads nothing, one
//! camera that flaps. Nobody else may lose an access unit; memory and open files stay flat, sound stays with its picture.

mod cameras;
mod footage;
mod report;
mod steady;
mod visitors;

use std::path::{Path, PathBuf};
use std::time::Duration;

use device::Faults;
use domain::{Clock as _, SystemClock};
use testkit::footage::Original;
use testkit::{Client, Clip, LiveView, Result, Server, Told};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use cameras::Cameras;
use report::{Look, Report};
use steady::Steady;
use visitors::Visitors;

use crate::numbers::Numbers;

/// How long everything runs undisturbed first, so that rings and caches are full.
const WARM_UP: Duration = Duration::from_secs(12);

/// How long the viewer that reads nothing does so.
const STALL: Duration = Duration::from_secs(60);

/// How long it may then take to find that it was felt.
const FELT_MAX: Duration = Duration::from_secs(10);

/// How long the flapping camera lives at a time.
const FLAP_S: f64 = 3.0;

/// When memory and files are looked at first: after a sixth of the time and at most ten minutes, but not before everything has been
/// in use once.
const EARLY_MIN: Duration = Duration::from_secs(18);
const EARLY_MAX: Duration = Duration::from_secs(600);

/// Footage that is kept, so that an hour of forty cameras neither fills a disk nor leaves retention untried.
const QUOTA: &str = "4GB";

/// How much the way between sound and picture may change. One that stays is the camera's own: its clock decides.
const DRIFT_MAX_MS: f64 = 20.0;

/// What the soak is to be.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) length: Duration,
    pub(crate) cameras: usize,
    pub(crate) visitors: usize,
    /// Where the figures go.
    pub(crate) json: Option<PathBuf>,
}

pub(crate) async fn run(binary: &Path, plan: &Plan) -> Result<()> {
    let Plan { length, cameras, visitors, .. } = plan;
    println!("soak: {length:?} with {cameras} cameras, {visitors} visitors, a viewer that reads nothing and a camera that flaps");
    let numbers = crate::free_port()?;
    let settings = ["--metrics", &format!("127.0.0.1:{numbers}"), "--quota", QUOTA, "--log", "warn"];
    let server = Server::start_with(binary, "serve", &settings)?;
    let owner = server.set_up().await?;
    owner.decide("video.sound", true).await?;
    let dir = tempfile::tempdir()?;
    let clip = Clip::endless(dir.path())?;
    let original = Original::read(&clip.file)?;
    let cameras = Cameras::start(&owner, &clip, plan.cameras).await?;
    let steady = Steady::begin(&owner, &cameras).await?;
    sleep(WARM_UP).await;
    steady.settle();

    let mut report = Report::new(&server, Instant::now());
    let soaked = soaked(&server, (&owner, &cameras, steady), &original, plan, &mut report).await;
    cameras.shutdown().await;
    // Told with all that was found until then.
    soaked.unwrap_or_else(|error| report.complain(&format!("it ended early: {error}")));
    report.counters(&Numbers::of(numbers).await.unwrap_or_default());
    report.finish(plan)
}

/// The time itself, from when all runs undisturbed.
async fn soaked(
    server: &Server,
    (owner, cameras, steady): (&Client, &Cameras, Steady),
    original: &Original,
    plan: &Plan,
    report: &mut Report<'_>,
) -> Result<()> {
    let (from, start) = (SystemClock.now(), Instant::now());
    let visitors = Visitors::begin(owner, cameras.ids(), plan.visitors, plan.length);
    let stall = stalled(owner.watch_with(cameras.first(), "main", Some(4096)).await?, start + STALL.min(plan.length));
    let stall = tokio::spawn(stall);
    cameras.flapping.set_faults(Faults { flap_s: Some(FLAP_S), ..Faults::default() });

    let early = start + EARLY_MIN.max(EARLY_MAX.min(plan.length / 6));
    until(early, report, &visitors, &steady).await?;
    let early_lags = footage::lags(owner, cameras, original).await?;
    visitors.leave_all().await?;
    report.note_early(Look::least(server).await?);
    visitors.come_back();
    until(start + plan.length, report, &visitors, &steady).await?;
    stall.await??;
    visitors.leave_all().await?;
    // As all was at the first look: before the flapping camera fills its ring again, and before recordings are looked at, for
    // downloads leave tables of segments in a cache, which has a bound of its own.
    report.note_late(Look::least(server).await?);
    cameras.flapping.set_faults(Faults::default());
    cameras.flapping_recovers(owner).await?;

    report.visits(&visitors.end().await?);
    report.steady(&steady.end().await?);
    report.recordings(footage::whole(owner, cameras, original, (from, &early_lags)).await?);
    Ok(())
}

/// Runs on until `end`, with a line a minute.
async fn until(end: Instant, report: &mut Report<'_>, visitors: &Visitors, steady: &Steady) -> Result<()> {
    while Instant::now() < end {
        sleep_until(end.min(Instant::now() + Duration::from_secs(60))).await;
        report.line(visitors.watching(), steady.lag_ms())?;
        visitors.fine()?;
        steady.fine()?;
    }
    Ok(())
}

/// A viewer that reads nothing until `end`, and then finds that it was felt: cut off or skipped ahead, else nothing was tried.
async fn stalled(mut view: LiveView, end: Instant) -> Result<()> {
    sleep_until(end).await;
    let mut pictures = testkit::fragment::Continuity::default();
    let felt = async {
        loop {
            match view.next().await {
                // Cut off, politely or not.
                Ok(None) | Err(_) => return,
                Ok(Some(Told::Part(part))) if part.track == steady::VIDEO => pictures.push(part, steady::SLACK),
                Ok(Some(_)) => {}
            }
            if pictures.gaps > 0 {
                return;
            }
        }
    };
    let in_time = timeout(FELT_MAX, felt).await;
    in_time.map_err(|_| "the viewer that read nothing missed nothing: it was not slow enough to be felt".into())
}
