//! Locks: a time of some cameras whose footage stays, with the reason sealed. What retention asks is `footage/locks.rs`.

use std::collections::HashMap;

use domain::{CameraId, Error, HomeId, Kind, LockId, Result, SubjectId, TimeRange, Timestamp};
use policy::act::{ListLocks, LockFootage, UnlockFootage};
use policy::category::{self, Category};
use policy::{Permit, Sealed};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait,
};

use super::entity::{camera, footage_lock, footage_lock_camera};
use super::uuid;
use crate::Store;
use crate::db::error;
use crate::seal::{Key, Place};

/// Locks that one home holds at once: a few a week for a year. More would be a quota that somebody meant to raise.
const LOCKS_MAX: u64 = 256;

/// What to lock.
#[derive(Debug, Clone)]
pub struct LockDraft {
    /// Cameras of the permit's home; at least one.
    pub cameras: Vec<CameraId>,
    /// Which time.
    pub range: TimeRange,
    /// Why, in a person's words.
    pub reason: String,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
}

/// Footage that stays. The reason stays sealed; [`Store::open_lock`] opens it.
#[derive(Debug, Clone)]
pub struct LockRow {
    /// Which lock.
    pub id: LockId,
    /// Whose cameras.
    pub home: HomeId,
    /// Which of them, those that still stand.
    pub cameras: Vec<CameraId>,
    /// Which time.
    pub range: TimeRange,
    /// Who set it.
    pub subject: SubjectId,
    /// Why, under the home's key.
    pub reason: Sealed<category::FootageLock>,
    /// When it was set.
    pub created: Timestamp,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
}

impl Store {
    /// Locks footage of the permit's home. `lock.limit` where it holds as many locks as it may; those that have ended leave first.
    pub async fn add_lock(&self, permit: &Permit<LockFootage>, draft: LockDraft) -> Result<LockRow> {
        let (id, home, created) = (LockId::random(), permit.object(), self.now());
        let subject = permit.subject().ok_or_else(not_there)?;
        let key = self.keyring().home_key(home).await?;
        let reason = key.seal(place(home, id), draft.reason.as_bytes())?;
        let tx = self.accounts().write().begin().await.map_err(error)?;
        let ended = footage_lock::Column::Home.eq(uuid!(home)).and(footage_lock::Column::Expires.lte(created));
        footage_lock::Entity::delete_many().filter(ended).exec(&tx).await.map_err(error)?;
        let of_home = footage_lock::Entity::find().filter(footage_lock::Column::Home.eq(uuid!(home)));
        if of_home.count(&tx).await.map_err(error)? >= LOCKS_MAX {
            return Err(Error::new(Kind::Conflict, "lock.limit", format!("a home holds at most {LOCKS_MAX} locks")));
        }
        let wanted = draft.cameras.iter().map(|camera| uuid!(camera));
        let known: Vec<Uuid> = camera::Entity::find()
            .select_only()
            .column(camera::Column::Id)
            .filter(camera::Column::Home.eq(uuid!(home)).and(camera::Column::Id.is_in(wanted)))
            .into_tuple()
            .all(&tx)
            .await
            .map_err(error)?;
        if known.is_empty() || draft.cameras.iter().any(|camera| !known.contains(&uuid!(camera))) {
            return Err(not_there());
        }
        let row = footage_lock::ActiveModel {
            id: Set(uuid!(id)),
            home: Set(uuid!(home)),
            subject: Set(uuid!(subject)),
            sealed_reason: Set(reason.clone()),
            from_at: Set(draft.range.from().micros()),
            to_at: Set(draft.range.to().micros()),
            created: Set(created),
            expires: Set(draft.expires.map(Timestamp::micros)),
        };
        footage_lock::Entity::insert(row).exec_without_returning(&tx).await.map_err(error)?;
        let cameras =
            known.iter().map(|camera| footage_lock_camera::ActiveModel { footage_lock: Set(uuid!(id)), camera: Set(*camera) });
        footage_lock_camera::Entity::insert_many(cameras).exec_without_returning(&tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        Ok(LockRow {
            id,
            home,
            cameras: known.into_iter().map(|camera| CameraId::from_bytes(camera.into_bytes())).collect(),
            range: draft.range,
            subject,
            reason: Sealed::from_ciphertext(reason),
            created: Timestamp::from_micros(created),
            expires: draft.expires,
        })
    }

    /// The locks of the permit's home that hold at this moment, newest first.
    pub async fn locks(&self, permit: &Permit<ListLocks>) -> Result<Vec<LockRow>> {
        let home = permit.object();
        let open =
            Condition::any().add(footage_lock::Column::Expires.is_null()).add(footage_lock::Column::Expires.gt(self.now()));
        let rows = footage_lock::Entity::find()
            .filter(footage_lock::Column::Home.eq(uuid!(home)))
            .filter(open)
            .order_by_desc(footage_lock::Column::Created)
            .order_by_asc(footage_lock::Column::Id);
        let db = self.accounts().read();
        let rows = rows.all(db).await.map_err(error)?;
        let ids = rows.iter().map(|row| row.id);
        let of_locks = footage_lock_camera::Entity::find().filter(footage_lock_camera::Column::FootageLock.is_in(ids));
        let mut cameras: HashMap<Uuid, Vec<CameraId>> = HashMap::new();
        for row in of_locks.order_by_asc(footage_lock_camera::Column::Camera).all(db).await.map_err(error)? {
            cameras.entry(row.footage_lock).or_default().push(CameraId::from_bytes(row.camera.into_bytes()));
        }
        let row = |row: footage_lock::Model| {
            let range = TimeRange::new(Timestamp::from_micros(row.from_at), Timestamp::from_micros(row.to_at))?;
            Some(LockRow {
                id: LockId::from_bytes(row.id.into_bytes()),
                home,
                cameras: cameras.remove(&row.id).unwrap_or_default(),
                range,
                subject: SubjectId::from_bytes(row.subject.into_bytes()),
                reason: Sealed::from_ciphertext(row.sealed_reason),
                created: Timestamp::from_micros(row.created),
                expires: row.expires.map(Timestamp::from_micros),
            })
        };
        Ok(rows.into_iter().filter_map(row).collect())
    }

    /// Opens a lock's reason.
    pub async fn open_lock(&self, permit: &Permit<ListLocks>, row: &LockRow) -> Result<String> {
        if permit.object() != row.home {
            return Err(not_there());
        }
        let key: std::sync::Arc<Key> = self.keyring().home_key(row.home).await?;
        let unseal = |sealed: &[u8]| key.open(place(row.home, row.id), sealed).map(|mut plain| std::mem::take(&mut *plain));
        let opened = row.reason.open(permit, unseal)?;
        String::from_utf8(opened.expose().to_vec()).map_err(|_| Error::internal(format!("lock {}: not as written", row.id)))
    }

    /// The home of a lock, to ask about.
    pub async fn home_of_lock(&self, id: LockId) -> Result<Option<HomeId>> {
        let found = footage_lock::Entity::find_by_id(uuid!(id)).one(self.accounts().read()).await.map_err(error)?;
        Ok(found.map(|row| HomeId::from_bytes(row.home.into_bytes())))
    }

    /// Locks that a person set and that were not taken away yet.
    pub async fn count_locks(&self, subject: SubjectId) -> Result<u64> {
        let set = footage_lock::Entity::find().filter(footage_lock::Column::Subject.eq(uuid!(subject)));
        set.count(self.accounts().read()).await.map_err(error)
    }

    /// Unlocks: what is past its time leaves with the next round of retention.
    pub async fn remove_lock(&self, permit: &Permit<UnlockFootage>, id: LockId) -> Result<()> {
        let of_home = footage_lock::Column::Home.eq(uuid!(permit.object()));
        let gone = footage_lock::Entity::delete_many()
            .filter(footage_lock::Column::Id.eq(uuid!(id)).and(of_home))
            .exec(self.accounts().write())
            .await
            .map_err(error)?;
        if gone.rows_affected == 0 { Err(not_there()) } else { Ok(()) }
    }
}

fn place(home: HomeId, lock: LockId) -> Place {
    Place { category: category::FootageLock::ID, owner: home.to_bytes(), row: lock.to_bytes() }
}

fn not_there() -> Error {
    Error::new(Kind::NotFound, "not_found", "no such lock or camera, or none that you may see")
}
