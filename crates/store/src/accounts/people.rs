//! Accounts, agreements, homes and their members.

use std::fmt;

use domain::{Error, HomeId, Kind, Result, Role, SubjectId};
use policy::category::{AccountEmail, Category};
use policy::{Act, Pd, Permit, Sealed, Uses};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, SqlErr, TransactionTrait,
};

use super::consents::{active, agreed};
use super::entity::{agreement, credential, home, identifier, member, session, setup, subject};
use super::log::Chain;
use super::stream_keys::forget_keys;
use super::{EventKind, role_word, uuid};
use crate::db::error;
use crate::keyring::evidence_owner;
use crate::seal::Place;
use crate::{Change, Store};

/// An account to make. Its `Debug` shows the id alone.
pub struct NewAccount<'a> {
    /// The person's id, new and random.
    pub subject: SubjectId,
    /// E-mail address as the person wrote it.
    pub email: &'a str,
    /// argon2id, PHC form.
    pub password_hash: String,
    /// Whether the person declared to be of age.
    pub adult: bool,
    /// What the person agreed to.
    pub agreement: Agreement,
}

impl fmt::Debug for NewAccount<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewAccount({}, ..)", self.subject)
    }
}

/// An agreement to a version of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The version.
    pub version: String,
    /// The language that it was read in.
    pub language: Option<String>,
}

/// Finds an account by its e-mail address without showing it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EmailIndex([u8; 32]);

impl EmailIndex {
    /// The 32 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Debug for EmailIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailIndex(..)")
    }
}

/// What a password is checked against.
#[derive(Clone)]
pub struct Credential {
    /// Whose.
    pub subject: SubjectId,
    /// argon2id, PHC form.
    pub password_hash: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({}, ..)", self.subject)
    }
}

impl Store {
    /// The blind index of an e-mail address: one address for every spelling in case and outer spaces.
    #[must_use]
    pub fn email_index(&self, email: &str) -> EmailIndex {
        EmailIndex(self.keyring().blind_index(AccountEmail::ID, &email.trim().to_lowercase()))
    }

    /// Whether first run is done.
    pub async fn is_set_up(&self) -> Result<bool> {
        let rows = setup::Entity::find().count(self.accounts().read()).await.map_err(error)?;
        Ok(rows > 0)
    }

    /// First run: the account and a home that it owns, in one transaction. `setup.done` where another was first.
    pub async fn set_up(&self, owner: NewAccount<'_>) -> Result<HomeId> {
        let (subject, home) = (owner.subject, HomeId::random());
        let (identifier, chain) = self.sealed_email(&owner).await?;
        self.keyring().create_home_key(home).await?;
        let done = async {
            let (now, agreement) = (self.now(), agreed(&owner.agreement));
            let tx = self.accounts().write().begin().await.map_err(error)?;
            let rows = async {
                let row = setup::ActiveModel { id: Set(1), subject: Set(uuid!(subject)), at: Set(now) };
                setup::Entity::insert(row).exec_without_returning(&tx).await?;
                insert_account(&tx, owner, identifier, now).await?;
                insert_home(&tx, home, subject, now).await
            };
            rows.await.map_err(|e| taken(e, "setup.done", "the owner's account exists already"))?;
            self.append(&tx, &chain, EventKind::PolicyAgreed, &agreement).await?;
            tx.commit().await.map_err(error)
        };
        self.or_destroy(done.await, &[subject.to_bytes(), evidence_owner(subject), home.to_bytes()]).await?;
        self.bus().publish(Change::Facts);
        Ok(home)
    }

    /// A further account. `account.exists` where the address has one.
    pub async fn add_account(&self, account: NewAccount<'_>) -> Result<()> {
        let subject = account.subject;
        let (identifier, chain) = self.sealed_email(&account).await?;
        let done = async {
            let agreement = agreed(&account.agreement);
            let tx = self.accounts().write().begin().await.map_err(error)?;
            let rows = insert_account(&tx, account, identifier, self.now()).await;
            rows.map_err(|e| taken(e, "account.exists", "this address has an account"))?;
            self.append(&tx, &chain, EventKind::PolicyAgreed, &agreement).await?;
            tx.commit().await.map_err(error)
        };
        self.or_destroy(done.await, &[subject.to_bytes(), evidence_owner(subject)]).await?;
        self.bus().publish(Change::Facts);
        Ok(())
    }

    /// A further home, owned by `owner`.
    pub async fn add_home(&self, owner: SubjectId) -> Result<HomeId> {
        let home = HomeId::random();
        self.keyring().create_home_key(home).await?;
        let done = async {
            let tx = self.accounts().write().begin().await.map_err(error)?;
            active(&tx, owner).await?;
            insert_home(&tx, home, owner, self.now()).await.map_err(missing)?;
            tx.commit().await.map_err(error)
        };
        self.or_destroy(done.await, &[home.to_bytes()]).await?;
        self.bus().publish(Change::Facts);
        Ok(home)
    }

    /// Makes a person a member of a home, or gives a member another role. A home keeps at least one owner.
    pub async fn set_member(&self, home: HomeId, subject: SubjectId, role: Role) -> Result<()> {
        let tx = self.accounts().write().begin().await.map_err(error)?;
        active(&tx, subject).await?;
        if role < Role::Owner {
            keeps_an_owner(&tx, home, subject).await?;
        }
        let row = member::ActiveModel {
            home: Set(uuid!(home)),
            subject: Set(uuid!(subject)),
            role: Set(role_word(role).to_owned()),
            since: Set(self.now()),
        };
        let again =
            OnConflict::columns([member::Column::Home, member::Column::Subject]).update_column(member::Column::Role).to_owned();
        member::Entity::insert(row).on_conflict(again).exec_without_returning(&tx).await.map_err(missing)?;
        tx.commit().await.map_err(error)?;
        self.bus().publish(Change::Facts);
        Ok(())
    }

    /// Ends a membership. `home.last_owner` where nobody would be left to answer for the home.
    pub async fn remove_member(&self, home: HomeId, subject: SubjectId) -> Result<()> {
        let tx = self.accounts().write().begin().await.map_err(error)?;
        keeps_an_owner(&tx, home, subject).await?;
        let gone = member::Entity::delete_by_id((uuid!(home), uuid!(subject))).exec(&tx).await.map_err(error)?;
        if gone.rows_affected == 0 {
            return Err(Error::new(Kind::NotFound, "not_found", "not a member of this home"));
        }
        forget_keys(&tx, uuid!(subject), Some(uuid!(home))).await?;
        tx.commit().await.map_err(error)?;
        self.bus().publish(Change::Facts);
        Ok(())
    }

    /// What the password of an account is checked against; `None` where the address has no account.
    pub async fn credential(&self, email: EmailIndex) -> Result<Option<Credential>> {
        let db = self.accounts().read();
        let found = identifier::Entity::find()
            .filter(identifier::Column::BlindIndex.eq(email.0.to_vec()))
            .one(db)
            .await
            .map_err(error)?;
        let Some(identifier) = found else { return Ok(None) };
        let row = credential::Entity::find_by_id(identifier.subject).one(db).await.map_err(error)?;
        Ok(row
            .map(|row| Credential { subject: SubjectId::from_bytes(row.subject.into_bytes()), password_hash: row.password_hash }))
    }

    /// A new password; every session of the person ends with the old one.
    pub async fn set_password(&self, subject: SubjectId, password_hash: String) -> Result<()> {
        let tx = self.accounts().write().begin().await.map_err(error)?;
        let row =
            credential::ActiveModel { subject: Set(uuid!(subject)), password_hash: Set(password_hash), changed: Set(self.now()) };
        credential::Entity::update(row).exec(&tx).await.map_err(error)?;
        session::Entity::delete_many().filter(session::Column::Subject.eq(uuid!(subject))).exec(&tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        self.bus().publish(Change::Facts);
        Ok(())
    }

    /// The e-mail address of the account that the permit is for.
    pub async fn open_email<A>(&self, permit: &Permit<A>) -> Result<Pd<AccountEmail>>
    where
        A: Act<Object = SubjectId>,
        A::Purpose: Uses<AccountEmail>,
    {
        self.open_email_of(permit, permit.object()).await
    }

    /// The e-mail address of an account, for a purpose that may use it. Whose accounts a permit reaches is the caller's to check.
    pub(super) async fn open_email_of<A: Act>(&self, permit: &Permit<A>, subject: SubjectId) -> Result<Pd<AccountEmail>>
    where
        A::Purpose: Uses<AccountEmail>,
    {
        let found = identifier::Entity::find()
            .filter(identifier::Column::Subject.eq(uuid!(subject)))
            .filter(identifier::Column::Kind.eq(AccountEmail::ID))
            .one(self.accounts().read())
            .await
            .map_err(error)?;
        let row = found.ok_or_else(|| Error::new(Kind::NotFound, "not_found", "the account has no e-mail address"))?;
        let key = self.keyring().subject_key(subject).await?;
        let place = email_place(subject, row.id);
        Sealed::from_ciphertext(row.sealed_value)
            .open(permit, |sealed| key.open(place, sealed).map(|mut plain| std::mem::take(&mut *plain)))
    }

    /// The identifier row of a new account, sealed under a key made for it, and the person's chain under another.
    async fn sealed_email(&self, account: &NewAccount<'_>) -> Result<(identifier::ActiveModel, Chain)> {
        let key = self.keyring().create_subject_key(account.subject).await?;
        let evidence = self.keyring().evidence_key_or_new(account.subject).await?;
        let id = Uuid::new_v4();
        let sealed = key.seal(email_place(account.subject, id), account.email.trim().as_bytes())?;
        let row = identifier::ActiveModel {
            id: Set(id),
            subject: Set(uuid!(account.subject)),
            kind: Set(AccountEmail::ID.to_owned()),
            blind_index: Set(self.email_index(account.email).0.to_vec()),
            sealed_value: Set(sealed),
        };
        Ok((row, Chain::Subject(account.subject, evidence)))
    }

    /// Keys are made before the rows that they open; where those were refused, the keys go again.
    async fn or_destroy(&self, done: Result<()>, owners: &[[u8; 16]]) -> Result<()> {
        if done.is_err()
            && let Err(e) = self.keyring().destroy(owners).await
        {
            tracing::warn!(error = %e, "keys that nothing uses stay in the keyring");
        }
        done
    }
}

fn email_place(subject: SubjectId, row: Uuid) -> Place {
    Place { category: AccountEmail::ID, owner: subject.to_bytes(), row: row.into_bytes() }
}

async fn insert_account(
    db: &impl ConnectionTrait,
    account: NewAccount<'_>,
    identifier: identifier::ActiveModel,
    now: i64,
) -> Result<(), DbErr> {
    let id = uuid!(account.subject);
    let row = subject::ActiveModel {
        id: Set(id),
        created: Set(now),
        adult_declared: Set(account.adult.then_some(now)),
        cancelled: Set(None),
        sealed_chain: Set(None),
    };
    subject::Entity::insert(row).exec_without_returning(db).await?;
    identifier::Entity::insert(identifier).exec_without_returning(db).await?;
    let row = credential::ActiveModel { subject: Set(id), password_hash: Set(account.password_hash), changed: Set(now) };
    credential::Entity::insert(row).exec_without_returning(db).await?;
    let row = agreement_row(account.subject, account.agreement, now);
    agreement::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

async fn insert_home(db: &impl ConnectionTrait, home: HomeId, owner: SubjectId, now: i64) -> Result<(), DbErr> {
    let row = home::ActiveModel { id: Set(uuid!(home)), created: Set(now) };
    home::Entity::insert(row).exec_without_returning(db).await?;
    let row = member::ActiveModel {
        home: Set(uuid!(home)),
        subject: Set(uuid!(owner)),
        role: Set(role_word(Role::Owner).to_owned()),
        since: Set(now),
    };
    member::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

pub(super) fn agreement_row(subject: SubjectId, agreement: Agreement, now: i64) -> agreement::ActiveModel {
    agreement::ActiveModel {
        subject: Set(uuid!(subject)),
        version: Set(agreement.version),
        language: Set(agreement.language),
        at: Set(now),
    }
}

/// Refuses what would leave a home without an owner other than `subject`, where `subject` is one.
async fn keeps_an_owner(db: &impl ConnectionTrait, home: HomeId, subject: SubjectId) -> Result<()> {
    let owners = member::Entity::find()
        .filter(member::Column::Home.eq(uuid!(home)))
        .filter(member::Column::Role.eq(role_word(Role::Owner)))
        .all(db)
        .await
        .map_err(error)?;
    if let [only] = owners.as_slice()
        && only.subject == uuid!(subject)
    {
        return Err(Error::new(Kind::Conflict, "home.last_owner", "a home keeps at least one owner"));
    }
    Ok(())
}

/// A row that must be the only one of its kind exists: the caller's own conflict.
fn taken(e: DbErr, code: &'static str, detail: &'static str) -> Error {
    match e.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => Error::new(Kind::Conflict, code, detail),
        _ => error(e),
    }
}

/// A row that another names does not exist.
fn missing(e: DbErr) -> Error {
    match e.sql_err() {
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => Error::new(Kind::NotFound, "not_found", "no such home or account"),
        _ => error(e),
    }
}
