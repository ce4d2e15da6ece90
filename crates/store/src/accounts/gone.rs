//! Cameras that are gone and left footage: a name, and whose home it is, for as long as there is something to play.

use domain::{CameraId, HomeId, Result};
use policy::Permit;
use policy::act::RemoveCamera;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, TransactionTrait};

use super::cameras::{active, camera_row, locked, not_there, open, seal};
use super::devices::release;
use super::entity::{camera, plan, private, stream_key};
use super::uuid;
use crate::db::error;
use crate::{CameraAccess, CameraRow, Change, Store};

impl Store {
    /// A camera, also one that is gone and left footage.
    pub async fn camera_or_gone(&self, id: CameraId) -> Result<Option<CameraRow>> {
        let found = camera::Entity::find_by_id(uuid!(id)).one(self.accounts().read()).await.map_err(error)?;
        found.map(camera_row).transpose()
    }

    /// Every camera that may have footage: those that are there, and those that are gone.
    pub async fn footage_cameras(&self) -> Result<Vec<CameraId>> {
        let ids = camera::Entity::find().select_only().column(camera::Column::Id).into_tuple();
        let ids: Vec<sea_orm::prelude::Uuid> = ids.all(self.accounts().read()).await.map_err(error)?;
        Ok(ids.into_iter().map(|id| CameraId::from_bytes(id.into_bytes())).collect())
    }

    /// The cameras of a home that are gone and left footage, the oldest first.
    pub async fn gone_cameras_of(&self, home: HomeId) -> Result<Vec<CameraRow>> {
        let of_home = camera::Entity::find().filter(camera::Column::Home.eq(uuid!(home)));
        self.oldest_first(of_home.filter(camera::Column::Gone.is_not_null())).await
    }

    /// All cameras of the server that are gone and left footage.
    pub async fn gone_cameras(&self) -> Result<Vec<CameraRow>> {
        self.oldest_first(camera::Entity::find().filter(camera::Column::Gone.is_not_null())).await
    }

    /// Lets the permit's camera go and keeps its footage: address, user name and password are erased, other software's keys end,
    /// its device belongs to nobody. Its name stays with what was recorded, and so do its limits and locks. One that is gone
    /// already stays as it is.
    pub async fn let_camera_go(&self, permit: &Permit<RemoveCamera>) -> Result<()> {
        let (id, home) = (permit.object(), permit.home().ok_or_else(not_there)?);
        let key = self.keyring().home_key(home).await?;
        let tx = self.accounts().write().begin().await.map_err(error)?;
        let old = locked(&tx, id).await?.filter(|row| row.home == home).ok_or_else(not_there)?;
        if old.gone.is_some() {
            return Ok(());
        }
        let access = CameraAccess { name: open(&key, permit, &old)?.name, ..CameraAccess::default() };
        let row = CameraRow {
            access: seal(&key, home, id, &access)?,
            recording: false,
            gone: Some(domain::Timestamp::from_micros(self.now())),
            revision: old.revision.saturating_add(1),
            ..old
        };
        release(&tx, &[uuid!(id)]).await?;
        stream_key::Entity::delete_many().filter(stream_key::Column::Camera.eq(uuid!(id))).exec(&tx).await.map_err(error)?;
        plan::Entity::delete_many().filter(plan::Column::Camera.eq(uuid!(id))).exec(&tx).await.map_err(error)?;
        private::Entity::delete_many().filter(private::Column::Camera.eq(uuid!(id))).exec(&tx).await.map_err(error)?;
        camera::Entity::update(active(&row)).exec(&tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        self.wipe().await;
        self.bus().publish(Change::Camera(id));
        Ok(())
    }

    /// Ends what is left of a camera that is gone once the last of its footage is: its keys and its name. Whether it was one.
    ///
    /// Only for who has looked at the files themselves: the index may be behind them.
    pub async fn forget_gone(&self, id: CameraId) -> Result<bool> {
        if self.camera_or_gone(id).await?.is_none_or(|row| row.gone.is_none()) {
            return Ok(false);
        }
        self.keyring().destroy(&[id.to_bytes()]).await?;
        camera::Entity::delete_by_id(uuid!(id)).exec(self.accounts().write()).await.map_err(error)?;
        self.remove_segments_of(id).await?;
        self.wipe().await;
        self.bus().publish(Change::Camera(id));
        Ok(true)
    }
}
