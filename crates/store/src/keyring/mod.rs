//! Keys that can be destroyed: random, wrapped, and apart from the data that they open.
//!
//! ```text
//! root.key ─┬─ index key             finds e-mail addresses without showing them
//!           ├─ log key               signs the heads of the log
//!           ├─ subject key           a person's own columns
//!           ├─ evidence key          what the log says of a person; outlives the account until its own time is over
//!           └─ home key ─┬─ columns  what its cameras are called and how to reach them
//!                        └─ media key, one a camera and month: footage
//! ```
//!
//! Destroying keys deletes their rows and leaves a tombstone, in one transaction; `secure_delete` overwrites the bytes and a
//! truncating checkpoint empties the log. An owner or key with a tombstone never gets a key again, whatever is restored.
//! A copy of the keyring that somebody made before still holds what was destroyed; rotating the root key (`rotate`) makes
//! the root of such a copy a key that is nowhere any more.

pub(crate) mod entity;
mod migration;
mod root;
mod rotate;
mod stones;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use chrono::DateTime;
use domain::{CameraId, Clock, Error, HomeId, Kind, Result, SubjectId, Timestamp};
use media::record::{MediaKey, MediaKeyId};
use policy::point;
use sea_orm::prelude::Uuid;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, TransactionTrait};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::db::{Db, Durability, error};
use crate::ledger::Signer;
use crate::seal::{Key, Place, SecretBytes, random_secret};
use entity::{key, tombstone};
pub(crate) use migration::Migrator;
use root::Root;
pub use root::RootKey;
pub(crate) use stones::{Stone, parse_stones, read_stones, replay, stones_text};

/// Opened keys of each sort in memory: more homes and camera-months than one server plays at a time.
const CACHED_MAX: usize = 1024;

/// What a key is for. Its name stands in the row and binds the wrapped bytes to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Index,
    Log,
    Subject,
    Evidence,
    Home,
    Media,
}

impl Use {
    const ALL: [Self; 6] = [Self::Index, Self::Log, Self::Subject, Self::Evidence, Self::Home, Self::Media];

    const fn name(self) -> &'static str {
        match self {
            Self::Index => "key.index",
            Self::Log => "key.log",
            Self::Subject => "key.subject",
            Self::Evidence => "key.evidence",
            Self::Home => "key.home",
            Self::Media => "key.media",
        }
    }
}

/// The keys of everyone.
#[derive(Debug)]
pub(crate) struct Keyring {
    db: Db,
    dir: PathBuf,
    clock: Arc<dyn Clock>,
    index: hmac::Key,
    signer: Signer,
    /// Also the one lock of the keyring: held while a key is made or destroyed, so that no opened key outlives its row.
    opened: Mutex<Opened>,
}

#[derive(Debug)]
struct Opened {
    root: Root,
    owners: HashMap<Uuid, Arc<Key>>,
    media: HashMap<Uuid, (CameraId, MediaKey)>,
}

/// The id that owns a subject's evidence key. Another than the subject's own, so that the one can have a tombstone while the
/// other lives; made from it, so that it needs no row.
pub(crate) fn evidence_owner(subject: SubjectId) -> [u8; 16] {
    let hash = digest(&SHA256, &[b"atipcam evidence key\0".as_slice(), &subject.to_bytes()].concat());
    let mut owner = [0; 16];
    owner.copy_from_slice(&hash.as_ref()[..16]);
    owner
}

impl Keyring {
    /// Opens the keyring in `dir`, or makes a new one where there is none, with the given root key or a new one.
    pub(crate) async fn open(dir: &Path, clock: Arc<dyn Clock>, given: Option<RootKey>) -> Result<Self> {
        let db = Db::open::<Migrator>(&dir.join("keyring.db"), Durability::Full).await?;
        let now = clock.now();
        let root = match find(&db, Use::Index, Uuid::nil()).await? {
            Some(row) => root::load(dir, given, row.wrapped_by)?,
            None => root::load_or_create(dir, given)?,
        };
        let (_, secret) = own_key(&db, &root, Use::Index, now).await?;
        let index = hmac::Key::new(hmac::HMAC_SHA256, secret.as_slice());
        let (id, secret) = own_key(&db, &root, Use::Log, now).await?;
        let signer = Signer::new(format!("atipcam/{id}"), &secret)?;
        rotate::note_root(&db, root.id(), now).await?;
        let opened = Mutex::new(Opened { root, owners: HashMap::new(), media: HashMap::new() });
        Ok(Self { db, dir: dir.to_owned(), clock, index, signer, opened })
    }

    /// Opens the keyring in `dir` as it is, beside a server that has it open: nothing can be made or destroyed.
    pub(crate) async fn look(dir: &Path, clock: Arc<dyn Clock>, given: Option<RootKey>) -> Result<Self> {
        let db = Db::look(&dir.join("keyring.db")).await?;
        let missing = || Error::new(Kind::Conflict, "keyring.missing", format!("{}: holds no keys", dir.display()));
        let row = find(&db, Use::Index, Uuid::nil()).await?.ok_or_else(missing)?;
        let root = root::load(dir, given, row.wrapped_by)?;
        let (now, used) = (clock.now(), [Use::Index, Use::Log]);
        for usage in used {
            find(&db, usage, Uuid::nil()).await?.ok_or_else(missing)?;
        }
        let (_, secret) = own_key(&db, &root, Use::Index, now).await?;
        let index = hmac::Key::new(hmac::HMAC_SHA256, secret.as_slice());
        let (id, secret) = own_key(&db, &root, Use::Log, now).await?;
        let signer = Signer::new(format!("atipcam/{id}"), &secret)?;
        let opened = Mutex::new(Opened { root, owners: HashMap::new(), media: HashMap::new() });
        Ok(Self { db, dir: dir.to_owned(), clock, index, signer, opened })
    }

    /// The key that signs the heads of the log.
    pub(crate) fn signer(&self) -> &Signer {
        &self.signer
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

    /// The key of what the log says of a person, made where it is missing: accounts of earlier versions have none.
    pub(crate) async fn evidence_key_or_new(&self, subject: SubjectId) -> Result<Arc<Key>> {
        let mut opened = self.opened.lock().await;
        let owner = evidence_owner(subject);
        match find(&self.db, Use::Evidence, Uuid::from_bytes(owner)).await? {
            Some(_) => self.owner_key(&mut opened, Use::Evidence, owner).await,
            None => self.new_owner_key(&mut opened, Use::Evidence, owner).await,
        }
    }

    /// The key of what the log says of a person.
    pub(crate) async fn evidence_key(&self, subject: SubjectId) -> Result<Arc<Key>> {
        let mut opened = self.opened.lock().await;
        self.owner_key(&mut opened, Use::Evidence, evidence_owner(subject)).await
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
        let media_key = sealing_key(MediaKeyId::from_bytes(id.into_bytes()), *secret);
        remember(&mut opened.media, id, (camera, media_key.clone()));
        Ok(media_key)
    }

    /// A key of `camera`'s footage by its id; `None` where it was destroyed or is another camera's.
    pub(crate) async fn media_key_by_id(&self, camera: CameraId, id: MediaKeyId) -> Result<Option<MediaKey>> {
        if !point::SEAL_FOOTAGE.holds() {
            return Ok(Some(sealing_key(id, [0; 32])));
        }
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

    /// Destroys every key of `owners` (cameras, homes, subjects, evidence) for good, and says how many there were. Done when
    /// it returns, and safe to do twice.
    pub(crate) async fn destroy(&self, owners: &[[u8; 16]]) -> Result<u64> {
        if owners.is_empty() {
            return Ok(0);
        }
        let owners: Vec<Uuid> = owners.iter().copied().map(Uuid::from_bytes).collect();
        let mut opened = self.opened.lock().await;
        // Forgotten first: if the rest fails, nothing in memory opens what may already be gone.
        opened.owners.retain(|id, _| !owners.contains(id));
        opened.media.retain(|_, (camera, _)| !owners.contains(&Uuid::from_bytes(camera.to_bytes())));

        let at = self.clock.now().micros();
        let stones: Vec<Stone> = owners.into_iter().map(|id| Stone { id, at }).collect();
        let destroyed = stones::bury(&self.db, &stones, at).await?;
        self.db.checkpoint().await?;
        Ok(destroyed)
    }

    #[cfg(test)]
    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    pub(crate) async fn close(&self) -> Result<()> {
        let mut opened = self.opened.lock().await;
        opened.owners.clear();
        opened.media.clear();
        self.db.close().await
    }

    async fn create_owner_key(&self, usage: Use, owner: [u8; 16]) -> Result<Arc<Key>> {
        let mut opened = self.opened.lock().await;
        self.new_owner_key(&mut opened, usage, owner).await
    }

    async fn new_owner_key(&self, opened: &mut Opened, usage: Use, owner: [u8; 16]) -> Result<Arc<Key>> {
        let owner = Uuid::from_bytes(owner);
        let (_, secret) = insert(&self.db, usage, owner, "", opened.root.wrapping(), self.clock.now()).await?;
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
        let key = Arc::new(Key::new(&*unwrap(opened.root.key(), usage, &row)?)?);
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

/// A key of the server itself, without an owner; made where it is missing.
async fn own_key(db: &Db, root: &Root, usage: Use, now: Timestamp) -> Result<(Uuid, SecretBytes)> {
    match find(db, usage, Uuid::nil()).await? {
        Some(row) => Ok((row.id, unwrap(root.key(), usage, &row)?)),
        None => insert(db, usage, Uuid::nil(), "", root.wrapping(), now).await,
    }
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

/// The key that footage is sealed under: the camera's own, so that whoever lacks it sees noise.
fn sealing_key(id: MediaKeyId, secret: [u8; 32]) -> MediaKey {
    MediaKey::new(id, if point::SEAL_FOOTAGE.holds() { secret } else { [0; 32] })
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
