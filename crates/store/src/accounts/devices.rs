//! Cameras that call in by themselves: who each is, and whose. A device has one owner at a time.

use domain::onboarding::DeviceId;
use domain::{CameraId, Error, InvitationId, Kind, Result};
use policy::Permit;
use policy::act::AddCamera;
use sea_orm::prelude::Uuid;
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, TransactionTrait};

use super::cameras::{insert, new_row};
use super::entity::{device, invitation};
use super::uuid;
use crate::db::error;
use crate::{CameraDraft, CameraRow, Change, Store};

/// A device that was claimed at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceRow {
    /// It belongs to a home.
    Owned {
        /// The camera that it is.
        camera: CameraId,
        /// Its identity: an Ed25519 public key.
        key: [u8; 32],
        /// SHA-256 of the claim by which it came.
        claim_hash: [u8; 32],
    },
    /// Its owner removed it. Nothing but its id is left.
    Released,
}

/// A device to take in.
#[derive(Debug, Clone, Copy)]
pub struct DeviceDraft {
    /// Which.
    pub id: DeviceId,
    /// Its Ed25519 public key.
    pub key: [u8; 32],
    /// The invitation by which it comes.
    pub invitation: InvitationId,
    /// SHA-256 of the claim that it showed.
    pub claim_hash: [u8; 32],
}

impl Store {
    /// What is known of a device; `None` where it never came.
    pub async fn device(&self, id: DeviceId) -> Result<Option<DeviceRow>> {
        let found = device::Entity::find_by_id(uuid!(id)).one(self.accounts().read()).await.map_err(error)?;
        found.map(|row| device_row(id, row)).transpose()
    }

    /// Takes a device in as a camera of the permit's home: camera, device and the invitation's end are one transaction.
    ///
    /// # Errors
    /// `device.owned` where it belongs to a home already, `device.claim_unknown` where the invitation was used or withdrawn
    /// meanwhile, `camera.limit`.
    pub async fn claim_device(&self, permit: &Permit<AddCamera>, device: DeviceDraft, camera: CameraDraft) -> Result<CameraRow> {
        let home = permit.object();
        let key = self.keyring().home_key(home).await?;
        let row = new_row(&key, home, camera, self.now())?;
        let tx = self.accounts().write().begin().await.map_err(error)?;
        let id = uuid!(device.id);
        let before = device::Entity::find_by_id(id).one(&tx).await.map_err(error)?;
        if before.is_some_and(|row| row.public_key.is_some()) {
            return Err(Error::new(Kind::Conflict, "device.owned", "this device belongs to a home already"));
        }
        insert(&tx, &row).await?;
        let used = invitation::ActiveModel { camera: Set(Some(uuid!(row.id))), ..Default::default() };
        let used = invitation::Entity::update_many()
            .set(used)
            .filter(invitation::Column::Id.eq(uuid!(device.invitation)))
            .filter(invitation::Column::Home.eq(uuid!(home)))
            .filter(invitation::Column::Camera.is_null())
            .filter(invitation::Column::Expires.gt(self.now()));
        if used.exec(&tx).await.map_err(error)?.rows_affected == 0 {
            return Err(Error::new(Kind::NotFound, "device.claim_unknown", "no such invitation, or it is over"));
        }
        device::Entity::delete_by_id(id).exec(&tx).await.map_err(error)?;
        let new = device::ActiveModel {
            id: Set(id),
            home: Set(Some(uuid!(home))),
            camera: Set(Some(uuid!(row.id))),
            public_key: Set(Some(device.key.to_vec())),
            claim_hash: Set(Some(device.claim_hash.to_vec())),
        };
        device::Entity::insert(new).exec_without_returning(&tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        self.bus().publish(Change::Camera(row.id));
        Ok(row)
    }
}

/// Leaves of the devices of these cameras their ids alone. Before the cameras go, with which the rows would go too.
pub(super) async fn release(tx: &DatabaseTransaction, cameras: &[Uuid]) -> Result<()> {
    let stone = device::ActiveModel {
        home: Set(None),
        camera: Set(None),
        public_key: Set(None),
        claim_hash: Set(None),
        ..Default::default()
    };
    let of_cameras = device::Entity::update_many().set(stone).filter(device::Column::Camera.is_in(cameras.iter().copied()));
    of_cameras.exec(tx).await.map_err(error)?;
    Ok(())
}

fn device_row(id: DeviceId, row: device::Model) -> Result<DeviceRow> {
    let (Some(camera), Some(key), Some(claim_hash)) = (row.camera, row.public_key, row.claim_hash) else {
        return Ok(DeviceRow::Released);
    };
    let whole = key.try_into().ok().zip(claim_hash.try_into().ok());
    let (key, claim_hash) = whole.ok_or_else(|| Error::internal(format!("device {id}: not as written")))?;
    Ok(DeviceRow::Owned { camera: CameraId::from_bytes(camera.into_bytes()), key, claim_hash })
}
