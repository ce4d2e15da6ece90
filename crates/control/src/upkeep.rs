//! The one task of control: writes verdicts and visits in batches; each day deletes what is past its time and proves the log whole.
//!
//! A verdict a disk sync would make every thumbnail wait for the disk. So equal ones are counted together and written once a
//! second: a power cut may take the last second of the log, as it may of footage.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{CameraId, Clock, HomeId, SessionId, SubjectId, Timestamp};
use policy::act::ViewRecorded;
use policy::{Act as _, Reason, Retention, retention};
use policyc::Class;
use store::{How, Periods, PolicyVersion, Store, VerdictRow, ViewDraft};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{MissedTickBehavior, interval};

use crate::notices::{Notice, Notices};
use crate::versions::versions;

/// Verdicts on their way to the task. Whoever asks when it is full waits: a verdict is never dropped for haste.
const QUEUE_MAX: usize = 1024;

/// Different verdicts that wait for a disk which does not take them. Beyond, new ones are dropped and counted in the log:
/// a household must still see its cameras when the disk is full.
const PENDING_MAX: usize = 4096;

/// How often verdicts are written.
const WRITE_INTERVAL: Duration = Duration::from_secs(1);

/// How often it is looked whether a day has passed.
const LOOK_INTERVAL: Duration = Duration::from_secs(60);

/// How often what is past its time is deleted and the log is checked.
const DUTIES_EVERY: Duration = Duration::from_secs(24 * 3600);

/// A pause in playing that ends a visit: longer than a player's buffer, shorter than a cup of tea.
const VISIT_PAUSE_MAX: Duration = Duration::from_secs(120);

/// A question of a person, answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    pub at: Timestamp,
    pub session: SessionId,
    pub subject: Option<SubjectId>,
    pub act: &'static str,
    pub object: Option<[u8; 16]>,
    /// Why not; `None` where it was allowed.
    pub reason: Option<Reason>,
    /// Home and camera, where the answer let the person see footage.
    pub seen: Option<(HomeId, CameraId)>,
}

/// What the daily duties found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// When they were last done whole.
    pub done: Option<Timestamp>,
    /// What is wrong with the log; empty where it is whole. Anything here is an alarm.
    pub log_faults: Vec<String>,
}

#[derive(Debug)]
enum Message {
    Note(Verdict),
    Flush(oneshot::Sender<()>),
    Duties(oneshot::Sender<()>),
}

/// The way to the task. The task writes what it has and ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Upkeep {
    queue: mpsc::Sender<Message>,
    health: watch::Receiver<Health>,
}

impl Upkeep {
    pub(crate) fn start(store: Store, clock: Arc<dyn Clock>, notices: Option<Notices>) -> Self {
        let (queue, messages) = mpsc::channel(QUEUE_MAX);
        let (tell, health) = watch::channel(Health::default());
        tokio::spawn(async move {
            // The version in force is in the log before anybody agrees to it.
            if let (Some(news), Some(notices)) = (note_version(&store).await, notices) {
                tokio::spawn(notices.tell_everyone(store.clone(), news));
            }
            run(messages, store, clock, tell).await;
        });
        Self { queue, health }
    }

    pub(crate) fn health(&self) -> Health {
        self.health.borrow().clone()
    }

    /// Does the daily duties now, and returns what they found.
    pub(crate) async fn duties(&self) -> Health {
        let (done, wait) = oneshot::channel();
        self.send(Message::Duties(done)).await;
        let _ = wait.await;
        self.health()
    }

    pub(crate) async fn note(&self, verdict: Verdict) {
        self.send(Message::Note(verdict)).await;
    }

    /// Returns once every verdict noted before is written, or was tried.
    pub(crate) async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        self.send(Message::Flush(done)).await;
        let _ = wait.await;
    }

    async fn send(&self, message: Message) {
        if self.queue.send(message).await.is_err() {
            tracing::error!("the audit task has ended");
        }
    }
}

async fn run(mut messages: mpsc::Receiver<Message>, store: Store, clock: Arc<dyn Clock>, tell: watch::Sender<Health>) {
    let (mut pending, mut visits) = (Pending::default(), Visits::default());
    let (mut write, mut look) = (interval(WRITE_INTERVAL), interval(LOOK_INTERVAL));
    write.set_missed_tick_behavior(MissedTickBehavior::Delay);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Before the first message, and then once a day.
    duties(&store, clock.now(), &tell).await;
    look.reset();
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                Some(Message::Note(verdict)) => {
                    visits.add(&verdict);
                    pending.add(&verdict);
                }
                Some(Message::Flush(done)) => {
                    pending.write(&store).await;
                    visits.write(&store, None).await;
                    let _ = done.send(());
                }
                Some(Message::Duties(done)) => {
                    duties(&store, clock.now(), &tell).await;
                    let _ = done.send(());
                }
                None => break,
            },
            _ = write.tick(), if !pending.rows.is_empty() => pending.write(&store).await,
            _ = look.tick() => {
                visits.write(&store, Some(clock.now())).await;
                let due = tell.borrow().done.is_none_or(|done| clock.now().since(done) >= DUTIES_EVERY);
                if due {
                    duties(&store, clock.now(), &tell).await;
                }
            }
        }
    }
    pending.write(&store).await;
    visits.write(&store, None).await;
}

/// Notes the version in force, once. What people are to be told of it, where it came after another one and changed more than may
/// pass in silence.
async fn note_version(store: &Store) -> Option<Notice> {
    let Some(newest) = versions().last() else {
        tracing::error!("the policy of this build cannot be read");
        return None;
    };
    let class = newest.since_before.as_ref().map_or(Class::Express, |diff| diff.class);
    let version = PolicyVersion { version: newest.version.clone(), hash: newest.hash.clone(), class: class.word().to_owned() };
    let upgraded = store.policy_versions().await.is_ok_and(|known| !known.is_empty());
    match store.add_policy_version(version).await {
        Ok(Some(_)) => {
            tracing::info!(version = newest.version, hash = newest.hash, "this policy is in force from now on");
            return (upgraded && class >= Class::Prominent).then(|| Notice::PolicyChanged { version: newest.version.clone() });
        }
        Ok(None) => {}
        Err(e) => tracing::error!(error = %e, "the policy's version could not be noted"),
    }
    None
}

async fn duties(store: &Store, now: Timestamp, tell: &watch::Sender<Health>) {
    let mut health = Health { done: Some(now), log_faults: Vec::new() };
    match store.apply_retention(now, &periods()).await {
        Ok(report) => tracing::debug!(?report, "past their time, deleted"),
        Err(e) => {
            tracing::warn!(error = %e, "what is past its time could not be deleted; tried again in a minute");
            health.done = None;
        }
    }
    match store.check_log().await {
        Ok(report) => health.log_faults = report.faults.into_iter().map(|fault| fault.what).collect(),
        Err(e) => health.log_faults = vec![e.to_string()],
    }
    if !health.log_faults.is_empty() {
        tracing::error!(faults = ?health.log_faults, "the log is not whole: somebody changed it, or the disk did");
    }
    tell.send_replace(health);
}

/// How long things are kept, as the policy has it.
fn periods() -> Periods {
    let days = |class: &Retention| class.days.map(|days| Duration::from_secs(u64::from(days) * 24 * 3600));
    let default = Periods::default();
    let views = days(&retention::ACCESS_HISTORY).unwrap_or(default.views);
    Periods { verdicts: views, views, evidence: days(&retention::EVIDENCE).unwrap_or(default.evidence) }
}

/// Who plays what at the moment. A player asks piece by piece; together that is one visit.
#[derive(Debug, Default)]
struct Visits(HashMap<(SessionId, CameraId), ViewDraft>);

impl Visits {
    fn add(&mut self, verdict: &Verdict) {
        let (Some((home, camera)), Some(subject), None) = (verdict.seen, verdict.subject, verdict.reason) else { return };
        let how = if verdict.act == ViewRecorded::NAME { How::Playback } else { How::Snapshot };
        let first = ViewDraft { subject, home, camera, how, key: None, from: verdict.at, to: verdict.at };
        if self.0.len() >= PENDING_MAX && !self.0.contains_key(&(verdict.session, camera)) {
            return tracing::error!(%camera, "a visit is not noted: too many at once");
        }
        let visit = self.0.entry((verdict.session, camera)).or_insert(first);
        visit.to = visit.to.max(verdict.at);
        if how == How::Playback {
            visit.how = how;
        }
    }

    /// Writes visits that ended: at `now`, or all of them.
    async fn write(&mut self, store: &Store, now: Option<Timestamp>) {
        let over = |visit: &ViewDraft| now.is_none_or(|now| now.since(visit.to) >= VISIT_PAUSE_MAX);
        let ended: Vec<ViewDraft> = self.0.extract_if(|_, visit| over(visit)).map(|(_, visit)| visit).collect();
        for visit in ended {
            let camera = visit.camera;
            if let Err(e) = store.add_view(visit).await {
                tracing::error!(%camera, error = %e, "a visit could not be noted");
            }
        }
    }
}

/// What makes two verdicts equal; the minute is the one that rows are kept by.
type Key = (i64, SessionId, &'static str, Option<[u8; 16]>, Option<Reason>);

#[derive(Debug, Default)]
struct Pending {
    rows: HashMap<Key, VerdictRow>,
    dropped: u64,
}

impl Pending {
    fn add(&mut self, verdict: &Verdict) {
        let minute = verdict.at.micros().div_euclid(60_000_000);
        let key = (minute, verdict.session, verdict.act, verdict.object, verdict.reason);
        if self.rows.len() >= PENDING_MAX && !self.rows.contains_key(&key) {
            self.dropped += 1;
            return;
        }
        let row = self.rows.entry(key).or_insert_with(|| VerdictRow {
            session: verdict.session,
            subject: verdict.subject,
            act: Cow::Borrowed(verdict.act),
            object: verdict.object,
            answer: verdict.reason.map_or(Cow::Borrowed("allowed"), |reason| Cow::Owned(format!("refused: {reason:?}"))),
            first: verdict.at,
            last: verdict.at,
            times: 0,
        });
        row.last = row.last.max(verdict.at);
        row.times += 1;
    }

    /// Writes all, or keeps all for the next time.
    async fn write(&mut self, store: &Store) {
        let rows: Vec<VerdictRow> = self.rows.values().cloned().collect();
        match store.add_verdicts(&rows).await {
            Ok(()) => {
                if self.dropped > 0 {
                    tracing::error!(verdicts = self.dropped, "the audit log has a gap: the disk took nothing for too long");
                }
                *self = Self::default();
            }
            Err(e) => tracing::error!(error = %e, waiting = rows.len(), "verdicts are not written yet"),
        }
    }
}
