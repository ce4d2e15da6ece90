//! Stream keys: how other software proves that it may play one camera. Name and password are one sealed column.

use std::fmt;

use domain::{CameraId, Error, HomeId, Kind, Result, Secret, StreamKeyId, SubjectId, Timestamp};
use policy::act::{ListStreamKeys, MakeStreamKey, RevokeStreamKey};
use policy::category::{self, Category};
use policy::{Act, Object, Permit, Sealed, Uses};
use sea_orm::prelude::Uuid;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    TransactionTrait,
};
use serde::{Deserialize, Serialize};

use super::cameras::locked;
use super::entity::{camera, stream_key};
use super::uuid;
use crate::db::error;
use crate::seal::{Key, Place};
use crate::{Change, Store};

/// Keys of one camera: a recorder, a home centre and a few trials. More would be one key given to many.
const KEYS_MAX: u64 = 16;

/// What opens a camera's live picture to other software. The name and the password stay sealed.
#[derive(Debug, Clone)]
pub struct StreamKeyRow {
    /// Which key.
    pub id: StreamKeyId,
    /// The one camera that it opens.
    pub camera: CameraId,
    /// The camera's home.
    pub home: HomeId,
    /// Who made it.
    pub subject: SubjectId,
    /// A [`StreamKeySecret`] under the home's key.
    pub secret: Sealed<category::StreamKey>,
    /// When it was made.
    pub created: Timestamp,
    /// When a view by it last began.
    pub last_used: Option<Timestamp>,
}

/// A stream key's name and password. Its `Debug` shows no value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamKeySecret {
    /// What people call it.
    pub name: String,
    /// What the other software shows.
    pub password: String,
}

impl StreamKeySecret {
    /// The password, in what does not print.
    #[must_use]
    pub fn into_password(self) -> Secret {
        Secret::new(self.password)
    }
}

impl fmt::Debug for StreamKeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamKeySecret(..)")
    }
}

impl Store {
    /// Makes a key of the permit's camera. `stream_key.limit` where it has as many as it may.
    pub async fn add_stream_key(&self, permit: &Permit<MakeStreamKey>, secret: &StreamKeySecret) -> Result<StreamKeyRow> {
        let (camera, id) = (permit.object(), StreamKeyId::random());
        let (home, subject) = permit.home().zip(permit.subject()).ok_or_else(not_there)?;
        let key = self.keyring().home_key(home).await?;
        let (created, secret) = (self.now(), seal(&key, home, id, secret)?);
        let row = stream_key::ActiveModel {
            id: Set(uuid!(id)),
            camera: Set(uuid!(camera)),
            subject: Set(uuid!(subject)),
            sealed_secret: Set(secret.ciphertext().to_vec()),
            created: Set(created),
            last_used: Set(None),
        };
        let tx = self.accounts().write().begin().await.map_err(error)?;
        locked(&tx, camera).await?.filter(|row| row.gone.is_none()).ok_or_else(not_there)?;
        let of_camera = stream_key::Entity::find().filter(stream_key::Column::Camera.eq(uuid!(camera)));
        if of_camera.count(&tx).await.map_err(error)? >= KEYS_MAX {
            return Err(Error::new(Kind::Conflict, "stream_key.limit", format!("a camera has at most {KEYS_MAX} stream keys")));
        }
        stream_key::Entity::insert(row).exec_without_returning(&tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        self.bus().publish(Change::Facts);
        Ok(StreamKeyRow { id, camera, home, subject, secret, created: Timestamp::from_micros(created), last_used: None })
    }

    /// The keys of the permit's camera, oldest first.
    pub async fn stream_keys(&self, permit: &Permit<ListStreamKeys>) -> Result<Vec<StreamKeyRow>> {
        let home = permit.home().ok_or_else(not_there)?;
        let rows = stream_key::Entity::find()
            .filter(stream_key::Column::Camera.eq(uuid!(permit.object())))
            .order_by_asc(stream_key::Column::Created)
            .order_by_asc(stream_key::Column::Id);
        let rows = rows.all(self.accounts().read()).await.map_err(error)?;
        Ok(rows.into_iter().map(|row| key_row(row, home)).collect())
    }

    /// A key by what its software calls itself; `None` where there is no such one.
    pub async fn stream_key(&self, id: StreamKeyId) -> Result<Option<StreamKeyRow>> {
        let db = self.accounts().read();
        let Some(row) = stream_key::Entity::find_by_id(uuid!(id)).one(db).await.map_err(error)? else { return Ok(None) };
        let home = camera::Entity::find_by_id(row.camera).one(db).await.map_err(error)?;
        Ok(home.map(|camera| key_row(row, HomeId::from_bytes(camera.home.into_bytes()))))
    }

    /// Opens a key's name and password. The permit must be for its camera or its home.
    pub async fn open_stream_key<A: Act>(&self, permit: &Permit<A>, row: &StreamKeyRow) -> Result<StreamKeySecret>
    where
        A::Purpose: Uses<category::StreamKey>,
    {
        let covered = match permit.object().into() {
            Object::Camera(id) => id == row.camera,
            Object::Home(home) => home == row.home,
            Object::Account(_) => false,
        };
        if !covered {
            return Err(not_there());
        }
        let key = self.keyring().home_key(row.home).await?;
        let unseal = |sealed: &[u8]| key.open(place(row.home, row.id), sealed).map(|mut plain| std::mem::take(&mut *plain));
        let opened = row.secret.open(permit, unseal)?;
        // serde_json's error could quote a value, so it is not kept.
        serde_json::from_slice(opened.expose()).map_err(|_| Error::internal(format!("stream key {}: not as written", row.id)))
    }

    /// The keys of all cameras of a home, for their names in its access history.
    pub async fn stream_keys_of(&self, home: HomeId) -> Result<Vec<StreamKeyRow>> {
        let db = self.accounts().read();
        let cameras: Vec<Uuid> = camera::Entity::find()
            .select_only()
            .column(camera::Column::Id)
            .filter(camera::Column::Home.eq(uuid!(home)))
            .into_tuple()
            .all(db)
            .await
            .map_err(error)?;
        let rows = stream_key::Entity::find().filter(stream_key::Column::Camera.is_in(cameras));
        Ok(rows.all(db).await.map_err(error)?.into_iter().map(|row| key_row(row, home)).collect())
    }

    /// How many keys a person made that still stand.
    pub async fn count_stream_keys(&self, subject: SubjectId) -> Result<u64> {
        let own = stream_key::Entity::find().filter(stream_key::Column::Subject.eq(uuid!(subject)));
        own.count(self.accounts().read()).await.map_err(error)
    }

    /// Notes that a view by a key begins now.
    pub async fn touch_stream_key(&self, id: StreamKeyId) -> Result<()> {
        let row = stream_key::ActiveModel { last_used: Set(Some(self.now())), ..Default::default() };
        let update = stream_key::Entity::update_many().set(row).filter(stream_key::Column::Id.eq(uuid!(id)));
        update.exec(self.accounts().write()).await.map_err(error)?;
        Ok(())
    }

    /// Ends a key of the permit's camera, and with it every view that runs by it.
    pub async fn remove_stream_key(&self, permit: &Permit<RevokeStreamKey>, id: StreamKeyId) -> Result<()> {
        let gone = stream_key::Entity::delete_many()
            .filter(stream_key::Column::Id.eq(uuid!(id)))
            .filter(stream_key::Column::Camera.eq(uuid!(permit.object())));
        let gone = gone.exec(self.accounts().write()).await.map_err(error)?;
        if gone.rows_affected == 0 {
            return Err(Error::new(Kind::NotFound, "not_found", "no such stream key"));
        }
        self.bus().publish(Change::Facts);
        Ok(())
    }
}

/// Deletes the keys that a person made, in one home or in all.
pub(super) async fn forget_keys(tx: &DatabaseTransaction, subject: Uuid, home: Option<Uuid>) -> Result<()> {
    let mut keys = stream_key::Entity::delete_many().filter(stream_key::Column::Subject.eq(subject));
    if let Some(home) = home {
        let cameras: Vec<Uuid> = camera::Entity::find()
            .select_only()
            .column(camera::Column::Id)
            .filter(camera::Column::Home.eq(home))
            .into_tuple()
            .all(tx)
            .await
            .map_err(error)?;
        keys = keys.filter(stream_key::Column::Camera.is_in(cameras));
    }
    keys.exec(tx).await.map_err(error)?;
    Ok(())
}

fn place(home: HomeId, id: StreamKeyId) -> Place {
    Place { category: category::StreamKey::ID, owner: home.to_bytes(), row: id.to_bytes() }
}

fn seal(key: &Key, home: HomeId, id: StreamKeyId, secret: &StreamKeySecret) -> Result<Sealed<category::StreamKey>> {
    let json = serde_json::to_vec(secret).map(zeroize::Zeroizing::new).map_err(Error::internal)?;
    key.seal(place(home, id), &json).map(Sealed::from_ciphertext)
}

fn not_there() -> Error {
    Error::new(Kind::NotFound, "not_found", "no such camera, or none that you may see")
}

fn key_row(row: stream_key::Model, home: HomeId) -> StreamKeyRow {
    StreamKeyRow {
        id: StreamKeyId::from_bytes(row.id.into_bytes()),
        camera: CameraId::from_bytes(row.camera.into_bytes()),
        home,
        subject: SubjectId::from_bytes(row.subject.into_bytes()),
        secret: Sealed::from_ciphertext(row.sealed_secret),
        created: Timestamp::from_micros(row.created),
        last_used: row.last_used.map(Timestamp::from_micros),
    }
}
