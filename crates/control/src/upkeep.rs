//! The one task of control: writes verdicts in batches, deletes what is past its time.
//!
//! A verdict a disk sync would make every thumbnail wait for the disk. So equal ones are counted together and written once a
//! second: a power cut may take the last second of the log, as it may of footage.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, SessionId, SubjectId, Timestamp};
use policy::Reason;
use store::{Store, VerdictRow};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};

/// Verdicts on their way to the task. Whoever asks when it is full waits: a verdict is never dropped for haste.
const QUEUE_MAX: usize = 1024;

/// Different verdicts that wait for a disk which does not take them. Beyond, new ones are dropped and counted in the log:
/// a household must still see its cameras when the disk is full.
const PENDING_MAX: usize = 4096;

/// How often verdicts are written.
const WRITE_INTERVAL: Duration = Duration::from_secs(1);

/// How often what is past its time is deleted.
const PURGE_INTERVAL: Duration = Duration::from_secs(3600);

/// How long the audit log reaches back.
const VERDICTS_KEPT: Duration = Duration::from_secs(180 * 24 * 3600);

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
}

#[derive(Debug)]
enum Message {
    Note(Verdict),
    Flush(oneshot::Sender<()>),
}

/// The way to the task. The task writes what it has and ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Upkeep {
    queue: mpsc::Sender<Message>,
}

impl Upkeep {
    pub(crate) fn start(store: Store, clock: Arc<dyn Clock>) -> Self {
        let (queue, messages) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(run(messages, store, clock));
        Self { queue }
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

async fn run(mut messages: mpsc::Receiver<Message>, store: Store, clock: Arc<dyn Clock>) {
    let mut pending = Pending::default();
    let (mut write, mut purge) = (interval(WRITE_INTERVAL), interval(PURGE_INTERVAL));
    write.set_missed_tick_behavior(MissedTickBehavior::Delay);
    purge.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Before the first message, and then by the hour.
    delete_old(&store, clock.now()).await;
    purge.reset();
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                Some(Message::Note(verdict)) => pending.add(&verdict),
                Some(Message::Flush(done)) => {
                    pending.write(&store).await;
                    let _ = done.send(());
                }
                None => break,
            },
            _ = write.tick(), if !pending.rows.is_empty() => pending.write(&store).await,
            _ = purge.tick() => delete_old(&store, clock.now()).await,
        }
    }
    pending.write(&store).await;
}

async fn delete_old(store: &Store, now: Timestamp) {
    match tokio::try_join!(store.purge_sessions(now), store.purge_verdicts(now - VERDICTS_KEPT)) {
        Ok((sessions, verdicts)) => tracing::debug!(sessions, verdicts, "past their time, deleted"),
        Err(e) => tracing::warn!(error = %e, "what is past its time could not be deleted"),
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
