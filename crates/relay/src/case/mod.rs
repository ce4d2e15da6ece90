//! Cases: footage of several cameras as one zip that proves itself. Nothing of it is ever written: a job reads the footage once for
//! its hashes and signs them; each download reads and unseals it again while it is sent, and gives the very same bytes.

mod head;
mod make;
mod readme;
mod send;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::{CameraId, CaseId, Error, HomeId, Kind, Result, SubjectId, TimeRange, Timestamp};
use policy::Permit;
use policy::act::{Download as DownloadAct, ExportCase};
use store::case::{By, Layout};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::fleet::Shared;
use crate::playback::Playback;
pub use send::CaseFile;

/// Cases that are held at once, whatever their state: what each keeps is its manifest.
const CASES_MAX: usize = 16;

/// How long a finished case can be downloaded. What it would take to hold it longer is the footage itself, which may leave.
const KEEP: Duration = Duration::from_secs(3600);

/// Cameras of one case.
pub const CASE_CAMERAS_MAX: usize = 16;

/// What goes into a case.
#[derive(Debug)]
pub struct CaseOrder {
    /// Who wants it.
    pub by: By,
    /// Which time.
    pub range: TimeRange,
    /// Why, in a person's words.
    pub reason: Option<String>,
    /// The cameras and their names.
    pub cameras: Vec<(Permit<DownloadAct>, String)>,
    /// This server's version.
    pub server: &'static str,
}

/// How far a case is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseState {
    /// Another one is being made.
    Waiting,
    /// It is being made.
    Making {
        /// Of all bytes that are to be read.
        percent: u8,
        /// What is read now.
        doing: Doing,
    },
    /// It can be downloaded.
    Ready {
        /// Bytes of the zip.
        bytes: u64,
        /// Until when.
        until: Timestamp,
    },
    /// It could not be made.
    Failed {
        /// Why, as the code of an error.
        code: &'static str,
    },
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Looks which footage there is.
    Looking,
    /// Reads a camera's footage: its number, from 1.
    Reading(usize),
    /// Signs.
    Signing,
}

/// A case as who made it sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseReport {
    /// Which case.
    pub id: CaseId,
    /// Whose cameras.
    pub home: HomeId,
    /// Which of them.
    pub cameras: Vec<CameraId>,
    /// Which time.
    pub range: TimeRange,
    /// Why.
    pub reason: Option<String>,
    /// When it was asked for.
    pub created: Timestamp,
    /// How far it is.
    pub state: CaseState,
}

/// A case that was made: all but the footage itself.
#[derive(Debug)]
struct Made {
    /// In the order of the zip: manifest, signature, key, what to read, the page.
    plain: Vec<Bytes>,
    /// Behind them.
    footage: Vec<Footage>,
    layout: Layout,
    etag: String,
}

/// A file of footage, made again whenever it is read.
#[derive(Debug, Clone)]
struct Footage {
    camera: CameraId,
    range: TimeRange,
    /// Names its bytes.
    etag: String,
}

#[derive(Debug)]
struct Job {
    subject: SubjectId,
    report: CaseReport,
    cancel: CancellationToken,
    made: Option<Arc<Made>>,
}

/// All cases of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Cases {
    shared: Shared,
    playback: Playback,
    jobs: Arc<Mutex<HashMap<CaseId, Job>>>,
    /// One at a time: it reads as fast as the disk gives.
    turn: Arc<Semaphore>,
}

impl Cases {
    pub(crate) fn new(shared: Shared, playback: Playback) -> Self {
        Self { shared, playback, jobs: Arc::default(), turn: Arc::new(Semaphore::new(1)) }
    }

    /// Begins to make a case of the permit's home.
    pub(crate) fn start(&self, permit: &Permit<ExportCase>, order: CaseOrder) -> Result<CaseReport> {
        let (home, created) = (permit.object(), self.shared.clock.now());
        let subject = permit.subject().ok_or_else(not_there)?;
        check(&order, home, created)?;
        let report = CaseReport {
            id: CaseId::random(),
            home,
            cameras: order.cameras.iter().map(|(permit, _)| permit.object()).collect(),
            range: order.range,
            reason: order.reason.clone(),
            created,
            state: CaseState::Waiting,
        };
        let cancel = CancellationToken::new();
        let mut jobs = self.jobs();
        if jobs.len() >= CASES_MAX {
            return Err(Error::new(Kind::Conflict, "case.limit", format!("at most {CASES_MAX} cases at once: remove one")));
        }
        jobs.insert(report.id, Job { subject, report: report.clone(), cancel: cancel.clone(), made: None });
        drop(jobs);
        let (this, id) = (self.clone(), report.id);
        tokio::spawn(async move {
            let made = tokio::select! {
                () = cancel.cancelled() => return,
                made = this.made(id, home, order) => made,
            };
            let until = this.shared.clock.now() + KEEP;
            match made {
                Ok(made) => this.update(id, |job| {
                    job.report.state = CaseState::Ready { bytes: made.layout.len(), until };
                    job.made = Some(Arc::new(made));
                }),
                Err(error) => {
                    tracing::warn!(case = %id, %error, "a case could not be made");
                    this.update(id, |job| job.report.state = CaseState::Failed { code: error.code() });
                }
            }
        });
        Ok(report)
    }

    async fn made(&self, id: CaseId, home: HomeId, order: CaseOrder) -> Result<Made> {
        let _turn = self.turn.acquire().await.map_err(Error::internal)?;
        let tell = |percent, doing| self.update(id, |job| job.report.state = CaseState::Making { percent, doing });
        make::make(&self.shared, &self.playback, home, order, &tell).await
    }

    /// The permit's person's cases of the permit's home, newest first.
    pub(crate) fn list(&self, permit: &Permit<ExportCase>) -> Vec<CaseReport> {
        let jobs = self.jobs();
        let mut reports: Vec<CaseReport> = jobs.values().filter(|job| job.is_of(permit)).map(|job| job.report.clone()).collect();
        reports.sort_by_key(|report| (std::cmp::Reverse(report.created), report.id));
        reports
    }

    /// One of them.
    pub(crate) fn get(&self, permit: &Permit<ExportCase>, id: CaseId) -> Result<CaseReport> {
        self.jobs().get(&id).filter(|job| job.is_of(permit)).map(|job| job.report.clone()).ok_or_else(not_there)
    }

    /// The home of a case, to ask about.
    pub(crate) fn home_of(&self, id: CaseId) -> Option<HomeId> {
        self.jobs().get(&id).map(|job| job.report.home)
    }

    /// Cancels a case or throws it away.
    pub(crate) fn remove(&self, permit: &Permit<ExportCase>, id: CaseId) -> Result<()> {
        let mut jobs = self.jobs();
        let job = jobs.get(&id).filter(|job| job.is_of(permit)).ok_or_else(not_there)?;
        job.cancel.cancel();
        jobs.remove(&id);
        Ok(())
    }

    /// A finished case as a file, for whoever may still download from all of its cameras.
    pub(crate) async fn file(
        &self,
        permit: &Permit<ExportCase>,
        id: CaseId,
        cameras: Vec<Permit<DownloadAct>>,
    ) -> Result<CaseFile> {
        let report = self.get(permit, id)?;
        let made = self.jobs().get(&id).and_then(|job| job.made.clone());
        let made = made.ok_or_else(|| Error::new(Kind::Conflict, "case.not_ready", "this case is not finished"))?;
        let held = |camera: &CameraId| cameras.iter().any(|permit| permit.object() == *camera);
        if !report.cameras.iter().all(held) {
            return Err(not_there());
        }
        CaseFile::new(made, self.playback.clone(), cameras, report).await
    }

    fn update(&self, id: CaseId, change: impl FnOnce(&mut Job)) {
        if let Some(job) = self.jobs().get_mut(&id) {
            change(job);
        }
    }

    /// The cases that are not past their time.
    fn jobs(&self) -> MutexGuard<'_, HashMap<CaseId, Job>> {
        let now = self.shared.clock.now();
        // A closure that panicked left a state that the next one overwrites.
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|_, job| match job.report.state {
            CaseState::Ready { until, .. } => now < until,
            CaseState::Failed { .. } => now.since(job.report.created) < KEEP,
            CaseState::Waiting | CaseState::Making { .. } => true,
        });
        jobs
    }

    /// Writes to the log, once a day, how far each camera's footage reaches, until `cancel`.
    pub(crate) async fn run(self, cancel: CancellationToken) {
        head::run(self.shared, cancel).await;
    }
}

impl Job {
    fn is_of(&self, permit: &Permit<ExportCase>) -> bool {
        self.report.home == permit.object() && Some(self.subject) == permit.subject()
    }
}

fn check(order: &CaseOrder, home: HomeId, now: Timestamp) -> Result<()> {
    let invalid = |code, detail: String| Err(Error::new(Kind::Invalid, code, detail));
    if order.cameras.is_empty() || order.cameras.len() > CASE_CAMERAS_MAX {
        return invalid("request.invalid", format!("camera_ids: 1 to {CASE_CAMERAS_MAX}"));
    }
    if order.cameras.iter().any(|(permit, _)| permit.home() != Some(home)) {
        return Err(not_there());
    }
    if order.range.length() > domain::limits::DOWNLOAD_TIME_MAX {
        let hours = domain::limits::DOWNLOAD_TIME_MAX.as_secs() / 3600;
        return invalid("range.too_long", format!("the range may be {hours} h at most"));
    }
    if order.range.from() >= now {
        return invalid("range.invalid", "the range lies ahead".to_owned());
    }
    Ok(())
}

fn not_there() -> Error {
    Error::new(Kind::NotFound, "not_found", "no such case, or none that you may see")
}
