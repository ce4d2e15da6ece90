//! Locks: footage that stays until somebody unlocks it, and who may take a case of it.

use domain::limits::TIMELINE_TIME_MAX;
use domain::{CameraId, Error, HomeId, Kind, LockId, Result, SubjectId, TimeRange, Timestamp};
use policy::Permit;
use policy::act::{ListLocks, LockFootage, UnlockFootage};
use store::{LockDraft, LockRow};

use crate::Control;

/// Characters of a reason: a few sentences.
const REASON_CHARS_MAX: usize = 300;

/// Cameras of one lock: all that a server keeps would fit, a list without end would not.
const LOCK_CAMERAS_MAX: usize = 256;

/// Footage that stays, as people of the home see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Which lock.
    pub id: LockId,
    /// Whose cameras.
    pub home: HomeId,
    /// Which of them.
    pub cameras: Vec<CameraId>,
    /// Which time.
    pub range: TimeRange,
    /// Why.
    pub reason: String,
    /// Who set it.
    pub subject: SubjectId,
    /// When it was set.
    pub created: Timestamp,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
}

/// What to lock.
#[derive(Debug, Clone)]
pub struct NewLock {
    /// Cameras of the permit's home.
    pub cameras: Vec<CameraId>,
    /// Which time.
    pub range: TimeRange,
    /// Why: 1 to 300 characters.
    pub reason: String,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
}

impl Control {
    /// The locks of the permit's home, newest first.
    pub async fn locks(&self, permit: Permit<ListLocks>) -> Result<Vec<Lock>> {
        let mut locks = Vec::new();
        for row in self.inner.store.locks(&permit).await? {
            let reason = self.inner.store.open_lock(&permit, &row).await?;
            locks.push(lock(row, reason));
        }
        Ok(locks)
    }

    /// Locks footage of the permit's home.
    pub async fn lock_footage(&self, permit: Permit<LockFootage>, new: NewLock) -> Result<Lock> {
        let NewLock { mut cameras, range, reason, expires } = new;
        let reason = given_reason(&reason)?;
        let invalid = |detail: String| Err(Error::new(Kind::Invalid, "request.invalid", detail));
        cameras.sort_unstable();
        cameras.dedup();
        if cameras.is_empty() || cameras.len() > LOCK_CAMERAS_MAX {
            return invalid(format!("camera_ids: 1 to {LOCK_CAMERAS_MAX}"));
        }
        if range.length() > TIMELINE_TIME_MAX {
            let days = TIMELINE_TIME_MAX.as_secs() / 86_400;
            return Err(Error::new(Kind::Invalid, "range.too_long", format!("a lock may be {days} days long at most")));
        }
        if expires.is_some_and(|expires| expires <= self.inner.clock.now()) {
            return invalid("expires_at: lies behind".to_owned());
        }
        let draft = LockDraft { cameras, range, reason: reason.clone(), expires };
        let row = self.inner.store.add_lock(&permit, draft).await?;
        Ok(lock(row, reason))
    }

    /// The home of a lock, to ask about; `not_found` where there is no such one.
    pub async fn home_of_lock(&self, id: LockId) -> Result<HomeId> {
        let found = self.inner.store.home_of_lock(id).await?;
        found.ok_or_else(|| Error::new(Kind::NotFound, "not_found", "no such lock, or none that you may see"))
    }

    /// Unlocks footage of the permit's home.
    pub async fn unlock_footage(&self, permit: Permit<UnlockFootage>, id: LockId) -> Result<()> {
        self.inner.store.remove_lock(&permit, id).await
    }
}

/// A reason in a person's words, without the spaces around it.
pub fn given_reason(text: &str) -> Result<String> {
    let text = text.trim();
    if (1..=REASON_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    let detail = format!("reason: 1 to {REASON_CHARS_MAX} characters, no control characters");
    Err(Error::new(Kind::Invalid, "request.invalid", detail))
}

fn lock(row: LockRow, reason: String) -> Lock {
    let LockRow { id, home, cameras, range, subject, created, expires, reason: _ } = row;
    Lock { id, home, cameras, range, reason, subject, created, expires }
}
