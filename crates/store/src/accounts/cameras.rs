//! Cameras. What one is called and how to reach it is one sealed column.

use domain::limits::CAMERAS_MAX;
use domain::{AudioMode, CameraId, Error, HomeId, Kind, Result, Timestamp};
use policy::act::{AddCamera, EditCamera, RemoveCamera};
use policy::category::{self, Category};
use policy::{Act, Object, Permit, Sealed, Uses};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select, TransactionTrait,
};

use super::devices::release;
use super::entity::camera;
use super::{audio, audio_word, uuid};
use crate::db::error;
use crate::seal::{Key, Place};
use crate::{CameraAccess, CameraRow, Change, Store};

/// What people set about a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraDraft {
    /// What it is called and how to reach it.
    pub access: CameraAccess,
    /// What happens to its sound.
    pub audio: AudioMode,
    /// Whether footage is kept.
    pub recording: bool,
}

impl Store {
    /// A camera that is there; `None` where there is no such one. One of which footage alone is left has
    /// [`Store::camera_or_gone`].
    pub async fn camera(&self, id: CameraId) -> Result<Option<CameraRow>> {
        Ok(self.camera_or_gone(id).await?.filter(|row| row.gone.is_none()))
    }

    /// Every camera that is there, oldest first.
    pub async fn cameras(&self) -> Result<Vec<CameraRow>> {
        self.oldest_first(camera::Entity::find().filter(camera::Column::Gone.is_null())).await
    }

    /// The cameras of a home that are there, oldest first.
    pub async fn cameras_of(&self, home: HomeId) -> Result<Vec<CameraRow>> {
        let of_home = camera::Entity::find().filter(camera::Column::Home.eq(uuid!(home)));
        self.oldest_first(of_home.filter(camera::Column::Gone.is_null())).await
    }

    pub(super) async fn oldest_first(&self, rows: Select<camera::Entity>) -> Result<Vec<CameraRow>> {
        let rows = rows.order_by_asc(camera::Column::Created).order_by_asc(camera::Column::Id);
        rows.all(self.accounts().read()).await.map_err(error)?.into_iter().map(camera_row).collect()
    }

    /// Opens what a camera is called and how to reach it. The permit must be for this camera or its home.
    pub async fn open_access<A: Act>(&self, permit: &Permit<A>, row: &CameraRow) -> Result<CameraAccess>
    where
        A::Purpose: Uses<category::CameraAccess>,
    {
        let covered = match permit.object().into() {
            Object::Camera(id) => id == row.id,
            Object::Home(home) => home == row.home,
            Object::Account(_) => false,
        };
        if !covered {
            return Err(not_there());
        }
        let key = self.keyring().home_key(row.home).await?;
        open(&key, permit, row)
    }

    /// Adds a camera to the permit's home.
    pub async fn add_camera(&self, permit: &Permit<AddCamera>, new: CameraDraft) -> Result<CameraRow> {
        let home = permit.object();
        let key = self.keyring().home_key(home).await?;
        let row = new_row(&key, home, new, self.now())?;
        let tx = self.accounts().write().begin().await.map_err(error)?;
        insert(&tx, &row).await?;
        tx.commit().await.map_err(error)?;
        self.bus().publish(Change::Camera(row.id));
        Ok(row)
    }

    /// Changes the permit's camera. `change` sees what stands and may refuse; two edits never mix.
    pub async fn edit_camera(
        &self,
        permit: &Permit<EditCamera>,
        change: impl FnOnce(&mut CameraDraft) -> Result<()> + Send,
    ) -> Result<CameraRow> {
        let id = permit.object();
        let home = permit.home().ok_or_else(not_there)?;
        let key = self.keyring().home_key(home).await?;
        let tx = self.accounts().write().begin().await.map_err(error)?;
        let there = |row: &CameraRow| row.home == home && row.gone.is_none();
        let old = locked(&tx, id).await?.filter(there).ok_or_else(not_there)?;
        let mut draft = CameraDraft { access: open(&key, permit, &old)?, audio: old.audio, recording: old.recording };
        change(&mut draft)?;
        let row = CameraRow {
            access: seal(&key, home, id, &draft.access)?,
            audio: draft.audio,
            recording: draft.recording,
            revision: old.revision.saturating_add(1),
            ..old
        };
        camera::Entity::update(active(&row)).exec(&tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        self.bus().publish(Change::Camera(id));
        Ok(row)
    }

    /// Removes the permit's camera and all footage of it: its media keys, its index rows, its row. Its files are the relay's to
    /// delete. So does it with one that is gone and left footage.
    ///
    /// Keys go first. Where the rest fails the camera still stands, its footage is already unreadable, and removing it
    /// again finishes the work; the other order could leave keys that nobody would come back for.
    pub async fn remove_camera(&self, permit: &Permit<RemoveCamera>) -> Result<()> {
        let id = permit.object();
        self.keyring().destroy(&[id.to_bytes()]).await?;
        let tx = self.accounts().write().begin().await.map_err(error)?;
        release(&tx, &[uuid!(id)]).await?;
        let gone = camera::Entity::delete_by_id(uuid!(id)).exec(&tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        self.remove_segments_of(id).await?;
        self.bus().publish(Change::Camera(id));
        if gone.rows_affected == 0 { Err(not_there()) } else { Ok(()) }
    }
}

/// The row of a new camera.
pub(super) fn new_row(key: &Key, home: HomeId, new: CameraDraft, now: i64) -> Result<CameraRow> {
    let id = CameraId::random();
    Ok(CameraRow {
        id,
        home,
        access: seal(key, home, id, &new.access)?,
        audio: new.audio,
        recording: new.recording,
        created: Timestamp::from_micros(now),
        revision: 1,
        gone: None,
    })
}

/// Writes the row of a new camera. `camera.limit` where the server has as many as it may.
pub(super) async fn insert(tx: &DatabaseTransaction, row: &CameraRow) -> Result<()> {
    let cameras = camera::Entity::find().filter(camera::Column::Gone.is_null()).count(tx).await.map_err(error)?;
    if cameras >= CAMERAS_MAX as u64 {
        return Err(Error::new(Kind::Conflict, "camera.limit", format!("a server keeps at most {CAMERAS_MAX} cameras")));
    }
    camera::Entity::insert(active(row)).exec_without_returning(tx).await.map_err(error)?;
    Ok(())
}

/// The camera's row for a change. SQLite has one writer; PostgreSQL locks the row.
pub(super) async fn locked(tx: &DatabaseTransaction, id: CameraId) -> Result<Option<CameraRow>> {
    let found = camera::Entity::find_by_id(uuid!(id)).lock_exclusive().one(tx).await.map_err(error)?;
    found.map(camera_row).transpose()
}

fn place(home: HomeId, camera: CameraId) -> Place {
    Place { category: category::CameraAccess::ID, owner: home.to_bytes(), row: camera.to_bytes() }
}

pub(super) fn seal(key: &Key, home: HomeId, camera: CameraId, access: &CameraAccess) -> Result<Sealed<category::CameraAccess>> {
    let json = serde_json::to_vec(access).map(zeroize::Zeroizing::new).map_err(Error::internal)?;
    key.seal(place(home, camera), &json).map(Sealed::from_ciphertext)
}

pub(super) fn open<A: Act>(key: &Key, permit: &Permit<A>, row: &CameraRow) -> Result<CameraAccess>
where
    A::Purpose: Uses<category::CameraAccess>,
{
    let unseal = |sealed: &[u8]| key.open(place(row.home, row.id), sealed).map(|mut plain| std::mem::take(&mut *plain));
    let opened = row.access.open(permit, unseal)?;
    // serde_json's error could quote a value, so it is not kept.
    serde_json::from_slice(opened.expose()).map_err(|_| Error::internal(format!("camera {}: access is not as written", row.id)))
}

pub(super) fn not_there() -> Error {
    Error::new(Kind::NotFound, "not_found", "no such camera, or none that you may see")
}

pub(super) fn camera_row(row: camera::Model) -> Result<CameraRow> {
    Ok(CameraRow {
        id: CameraId::from_bytes(row.id.into_bytes()),
        home: HomeId::from_bytes(row.home.into_bytes()),
        access: Sealed::from_ciphertext(row.sealed_access),
        audio: audio(&row.audio, row.id)?,
        recording: row.recording,
        created: Timestamp::from_micros(row.created),
        revision: row.revision,
        gone: row.gone.map(Timestamp::from_micros),
    })
}

pub(super) fn active(row: &CameraRow) -> camera::ActiveModel {
    camera::ActiveModel {
        id: Set(uuid!(row.id)),
        home: Set(uuid!(row.home)),
        sealed_access: Set(row.access.ciphertext().to_vec()),
        audio: Set(audio_word(row.audio).to_owned()),
        recording: Set(row.recording),
        created: Set(row.created.micros()),
        revision: Set(row.revision),
        gone: Set(row.gone.map(Timestamp::micros)),
    }
}
