//! Keys that can be destroyed: random, wrapped, and apart from the data that they open.
//!
//! ```text
//! root.key ─┬─ index key             finds e-mail addresses without showing them
//!           ├─ subject key           a person's own columns
//!           └─ home key ─┬─ columns  what its cameras are called and how to reach them
//!                        └─ media key, one a camera and month: footage
//! ```
//!
//! Destroying keys deletes their rows and leaves a tombstone, in one transaction; `secure_delete` overwrites the bytes and a
//! truncating checkpoint empties the log. An owner or key with a tombstone never gets a key again, whatever is restored.

pub(crate) mod entity;
mod migration;
mod root;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::hmac;
use chrono::DateTime;
use domain::{CameraId, Clock, Error, HomeId, Kind, Result, SubjectId, Timestamp};
use media::record::{MediaKey, MediaKeyId};
use sea_orm::prelude::Uuid;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, TransactionTrait};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::db::{Db, Durability, error};
use crate::seal::{Key, Place, SecretBytes, random_secret};
use entity::{key, tombstone};
pub(crate) use migration::Migrator;
use root::Root;

/// Opened keys of each sort in memory: more homes and camera-months than one server plays at a time.
const CACHED_MAX: usize = 1024;

/// What a key is for. Its name stands in the row and binds the wrapped bytes to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Index,
    Subject,
    Home,
    Media,
}

impl Use {
    const fn name(self) -> &'static str {
        match self {
            Self::Index => "key.index",
            Self::Subject => "key.subject",
            Self::Home => "key.home",
            Self::Media => "key.media",
        }
    }
}

/// The keys of everyone.
#[derive(Debug)]
pub(crate) struct Keyring {
    db: Db,
    clock: Arc<dyn Clock>,
    root: Root,
    index: hmac::Key,
    /// Also the one lock of the keyring: held while a key is made or destroyed, so that no opened key outlives its row.
    opened: Mutex<Opened>,
}

#[derive(Debug, Default)]
struct Opened {
    owners: HashMap<Uuid, Arc<Key>>,
    media: HashMap<Uuid, (CameraId, MediaKey)>,
}

impl Keyring {
    /// Opens the keyring in `dir`, or makes a new one with a new root key where there is none.
    pub(crate) async fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        let db = Db::open::<Migrator>(&dir.join("keyring.db"), Durability::Full).await?;
        let empty = key::Entity::find().count(db.read()).await.map_err(error)? == 0;
        let root = if empty { root::load_or_create(dir)? } else { root::load(dir)? };
        let index = index_key(&db, &root, clock.now()).await?;
        Ok(Self { db, clock, root, index, opened: Mutex::default() })
    }

    /// HMAC-SHA256 of a value that must be found but not shown. `category` keeps equal values of two columns apart.
    pub(crate) fn blind_index(&self, category: &str, value: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.index);
        context.update(category.as_bytes());
        context.update(&[0]);
        context.update(value.as_bytes());
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }

    /// Makes the key of a new subject.
    pub(crate) async fn create_subject_key(&self, subject: SubjectId) -> Result<Arc<Key>> {
        self.create_owner_key(Use::Subject, subject.to_bytes()).await
    }

    /// Makes the key of a new home.
    pub(crate) async fn create_home_key(&self, home: HomeId) -> Result<Arc<Key>> {
        self.create_owner_key(Use::Home, home.to_bytes()).await
    }

    pub(crate) async fn subject_key(&self, subject: SubjectId) -> Result<Arc<Key>> {
        let mut opened = self.opened.lock().await;
        self.owner_key(&mut opened, Use::Subject, subject.to_bytes()).await
    }

    pub(crate) async fn home_key(&self, home: HomeId) -> Result<Arc<Key>> {
        let mut opened = self.opened.lock().await;
        self.owner_key(&mut opened, Use::Home, home.to_bytes()).await
    }

    /// The key of a camera's footage in the UTC month of `at`, made where it is missing.
    pub(crate) async fn media_key(&self, home: HomeId, camera: CameraId, at: Timestamp) -> Result<MediaKey> {
        let period = month(at)?;
        let mut opened = self.opened.lock().await;
        let home_key = self.owner_key(&mut opened, Use::Home, home.to_bytes()).await?;
        let owner = Uuid::from_bytes(camera.to_bytes());
        let found = key::Entity::find()
            .filter(key::Column::Kind.eq(Use::Media.name()))
            .filter(key::Column::Owner.eq(owner))
            .filter(key::Column::Period.eq(&period))
            .one(self.db.read())
            .await
            .map_err(error)?;
        let (id, secret) = match found {
            Some(row) => (row.id, unwrap(&home_key, Use::Media, &row)?),
            None => {
                let by = Wrapping { key: &home_key, id: Uuid::from_bytes(home.to_bytes()) };
                insert(&self.db, Use::Media, owner, &period, by, self.clock.now()).await?
            }
        };
        let media_key = MediaKey::new(MediaKeyId::from_bytes(id.into_bytes()), *secret);
        remember(&mut opened.media, id, (camera, media_key.clone()));
        Ok(media_key)
    }

    /// A key of `camera`'s footage by its id; `None` where it was destroyed or is another camera's.
    pub(crate) async fn media_key_by_id(&self, camera: CameraId, id: MediaKeyId) -> Result<Option<MediaKey>> {
        let id = Uuid::from_bytes(id.to_bytes());
        let mut opened = self.opened.lock().await;
        if let Some((owner, key)) = opened.media.get(&id) {
            return Ok((*owner == camera).then(|| key.clone()));
        }
        let row = key::Entity::find_by_id(id).one(self.db.read()).await.map_err(error)?;
        let Some(row) = row.filter(|row| row.kind == Use::Media.name() && row.owner.into_bytes() == camera.to_bytes()) else {
            return Ok(None);
        };
        let home_key = self.owner_key(&mut opened, Use::Home, row.wrapped_by.into_bytes()).await?;
        let key = MediaKey::new(MediaKeyId::from_bytes(id.into_bytes()), *unwrap(&home_key, Use::Media, &row)?);
        remember(&mut opened.media, id, (camera, key.clone()));
        Ok(Some(key))
    }

    /// Destroys every key of `owners` (cameras, homes, subjects) for good. Done when it returns, and safe to do twice.
    pub(crate) async fn destroy(&self, owners: &[[u8; 16]]) -> Result<()> {
        let owners: Vec<Uuid> = owners.iter().copied().map(Uuid::from_bytes).collect();
        let mut opened = self.opened.lock().await;
        // Forgotten first: if the rest fails, nothing in memory opens what may already be gone.
        opened.owners.retain(|id, _| !owners.contains(id));
        opened.media.retain(|_, (camera, _)| !owners.contains(&Uuid::from_bytes(camera.to_bytes())));

        let of_owners = key::Column::Owner.is_in(owners.iter().copied());
        let at = self.clock.now().micros();
        let tx = self.db.write().begin().await.map_err(error)?;
        let rows = key::Entity::find().filter(of_owners.clone()).all(&tx).await.map_err(error)?;
        let dead = rows.iter().map(|row| row.id).chain(owners);
        let stones = dead.map(|id| tombstone::ActiveModel { id: Set(id), at: Set(at) });
        tombstone::Entity::insert_many(stones)
            .on_conflict_do_nothing_on([tombstone::Column::Id])
            .exec(&tx)
            .await
            .map_err(error)?;
        key::Entity::delete_many().filter(of_owners).exec(&tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        self.db.checkpoint().await
    }

    #[cfg(test)]
    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    pub(crate) async fn close(&self) -> Result<()> {
        *self.opened.lock().await = Opened::default();
        self.db.close().await
    }

    async fn create_owner_key(&self, usage: Use, owner: [u8; 16]) -> Result<Arc<Key>> {
        let mut opened = self.opened.lock().await;
        let owner = Uuid::from_bytes(owner);
        let (_, secret) = insert(&self.db, usage, owner, "", self.root.wrapping(), self.clock.now()).await?;
        let key = Arc::new(Key::new(&secret)?);
        remember(&mut opened.owners, owner, key.clone());
        Ok(key)
    }

    async fn owner_key(&self, opened: &mut Opened, usage: Use, owner: [u8; 16]) -> Result<Arc<Key>> {
        let owner = Uuid::from_bytes(owner);
        if let Some(key) = opened.owners.get(&owner) {
            return Ok(key.clone());
        }
        let row = find(&self.db, usage, owner).await?.ok_or_else(destroyed)?;
        let key = Arc::new(Key::new(&*unwrap(self.root.key(), usage, &row)?)?);
        remember(&mut opened.owners, owner, key.clone());
        Ok(key)
    }
}

/// A key that wraps others, with the name that their rows know it by.
#[derive(Debug, Clone, Copy)]
struct Wrapping<'a> {
    key: &'a Key,
    id: Uuid,
}

/// The index key: the one key without an owner.
async fn index_key(db: &Db, root: &Root, now: Timestamp) -> Result<hmac::Key> {
    let secret = match find(db, Use::Index, Uuid::nil()).await? {
        Some(row) if row.wrapped_by != root.id() => return Err(root::wrong()),
        Some(row) => unwrap(root.key(), Use::Index, &row)?,
        None => insert(db, Use::Index, Uuid::nil(), "", root.wrapping(), now).await?.1,
    };
    Ok(hmac::Key::new(hmac::HMAC_SHA256, secret.as_slice()))
}

async fn find(db: &Db, usage: Use, owner: Uuid) -> Result<Option<key::Model>> {
    let owners = key::Entity::find().filter(key::Column::Kind.eq(usage.name())).filter(key::Column::Owner.eq(owner));
    owners.one(db.read()).await.map_err(error)
}

/// A new random key and its row; an owner with a tombstone gets none.
async fn insert(db: &Db, usage: Use, owner: Uuid, period: &str, by: Wrapping<'_>, now: Timestamp) -> Result<(Uuid, SecretBytes)> {
    let (id, secret) = (Uuid::new_v4(), random_secret()?);
    let wrapped = by.key.seal(place(usage, owner, id), secret.as_slice())?;
    let tx = db.write().begin().await.map_err(error)?;
    let dead =
        tombstone::Entity::find().filter(tombstone::Column::Id.is_in([owner, id, by.id])).count(&tx).await.map_err(error)?;
    if dead > 0 {
        return Err(destroyed());
    }
    let row = key::ActiveModel {
        id: Set(id),
        kind: Set(usage.name().to_owned()),
        owner: Set(owner),
        period: Set(period.to_owned()),
        wrapped_by: Set(by.id),
        wrapped: Set(wrapped),
        created: Set(now.micros()),
    };
    key::Entity::insert(row).exec_without_returning(&tx).await.map_err(error)?;
    tx.commit().await.map_err(error)?;
    Ok((id, secret))
}

fn unwrap(by: &Key, usage: Use, row: &key::Model) -> Result<SecretBytes> {
    let plain = by.open(place(usage, row.owner, row.id), &row.wrapped)?;
    let secret = plain.as_slice().try_into().map_err(|_| Error::internal("a wrapped key is not 32 bytes"))?;
    Ok(Zeroizing::new(secret))
}

fn place(usage: Use, owner: Uuid, id: Uuid) -> Place {
    Place { category: usage.name(), owner: owner.into_bytes(), row: id.into_bytes() }
}

fn destroyed() -> Error {
    Error::new(Kind::NotFound, "recording.key_destroyed", "the key was destroyed, and what it sealed cannot be opened again")
}

/// Keeps an opened key; a full cache starts over, which costs a look-up each.
fn remember<V>(cache: &mut HashMap<Uuid, V>, id: Uuid, value: V) {
    if cache.len() >= CACHED_MAX {
        cache.clear();
    }
    cache.insert(id, value);
}

/// The UTC month of a moment, as "2026-11".
fn month(at: Timestamp) -> Result<String> {
    let at = DateTime::from_timestamp_micros(at.micros()).ok_or_else(|| Error::internal(format!("{at} has no month")))?;
    Ok(at.format("%Y-%m").to_string())
}
