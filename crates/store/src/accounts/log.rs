//! The log: events and their leaves, written in the transaction of what they tell.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Error, Kind, Result, SubjectId, Timestamp};
use policy::act::ReadPrivacy;
use policy::{Permit, point};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, TransactionTrait,
};
use serde_json::Value;

use super::entity::{checkpoint, event, leaf, node, subject};
use super::{EventId, EventKind, uuid};
use crate::Store;
use crate::db::error;
use crate::ledger::{
    Consistency, Entry, Frontier, Hash, Node, Receipt, SALT_LEN, canonical, commitment, consistency_ranges, fold,
    inclusion_ranges, leaf_hash, subtrees,
};
use crate::seal::{Key, Place};

/// Checkpoints are kept by the hour, in microseconds: the newest, and the last of each hour before.
const CHECKPOINT_SPAN: i64 = 3_600_000_000;

/// Rows of one answer, whatever was asked for: a screen shows fifty.
const PAGE_MAX: u64 = 1000;

/// A page's length within its bound.
pub(super) fn page(limit: u64) -> u64 {
    Ord::min(limit, PAGE_MAX)
}

/// An event of a person, opened.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    /// Which.
    pub id: EventId,
    /// Its number in the log.
    pub leaf: u64,
    /// Its number among the person's own events, from 1.
    pub seq: u64,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// What it was, in full; null once its time is over.
    pub payload: Value,
}

/// Whose events: a person's under the evidence key, or the server's own in clear.
#[derive(Debug, Clone)]
pub(super) enum Chain {
    Subject(SubjectId, Arc<Key>),
    Server,
}

/// An event that was just written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    pub id: EventId,
    pub leaf: i64,
}

impl Store {
    /// The chain of a person, to write to. Asked for before the transaction: keys are made before what they seal.
    pub(super) async fn chain(&self, subject: SubjectId) -> Result<Chain> {
        let known = subject::Entity::find_by_id(uuid!(subject)).one(self.accounts().read()).await.map_err(error)?;
        known.ok_or_else(no_account)?;
        Ok(Chain::Subject(subject, self.keyring().evidence_key_or_new(subject).await?))
    }

    /// Writes an event, its leaf, the nodes that the leaf completes, and a checkpoint: all of it in the caller's transaction.
    pub(super) async fn append(
        &self,
        tx: &DatabaseTransaction,
        chain: &Chain,
        kind: EventKind,
        payload: &Value,
    ) -> Result<Written> {
        let (id, at, payload) = (Uuid::new_v4(), self.now(), canonical(payload));
        if !point::LOG_APPEND.holds() {
            return Ok(Written { id: EventId(id), leaf: 0 });
        }
        let mut salt = [0; SALT_LEN];
        rand::fill(&mut salt).map_err(Error::internal)?;
        let (owner, chain_id, sealed, clear) = match chain {
            Chain::Subject(subject, key) => {
                let sealed = key.seal(payload_place(*subject, id), &[&salt, payload.as_bytes()].concat())?;
                (Some(uuid!(*subject)), chain_id(tx, *subject, key).await?, Some(sealed), None)
            }
            Chain::Server => (None, Uuid::nil(), None, Some(format!("{} {payload}", STANDARD.encode(salt)))),
        };
        let seq = last_seq(tx, owner).await?.saturating_add(1);
        let entry = Entry {
            at: Timestamp::from_micros(at),
            chain: chain_id.to_string(),
            commitment: commitment(&salt, payload.as_bytes()).to_string(),
            kind: kind.as_str().to_owned(),
            seq: seq.try_into().map_err(Error::internal)?,
            v: 1,
        };
        let entry = serde_json::to_string(&entry).map_err(Error::internal)?;
        let leaf = self.grow(tx, entry, at).await?;
        let row = event::ActiveModel {
            id: Set(id),
            leaf: Set(leaf),
            subject: Set(owner),
            seq: Set(seq),
            kind: Set(kind.as_str().to_owned()),
            at: Set(at),
            sealed_payload: Set(sealed),
            clear_payload: Set(clear),
        };
        event::Entity::insert(row).exec_without_returning(tx).await.map_err(error)?;
        Ok(Written { id: EventId(id), leaf })
    }

    /// Adds a leaf to the tree and signs the new head.
    async fn grow(&self, tx: &DatabaseTransaction, entry: String, at: i64) -> Result<i64> {
        let size = size(tx).await?;
        let peaks = hashes(tx, subtrees(0..size)).await?;
        let mut frontier = Frontier::of(size, |node| peaks.get(&node).copied()).ok_or_else(torn)?;
        let hash = leaf_hash(entry.as_bytes());
        let done = frontier.push(hash);
        let number = column(size)?;
        let row = leaf::ActiveModel { number: Set(number), hash: Set(hash.to_bytes().to_vec()), entry: Set(entry) };
        leaf::Entity::insert(row).exec_without_returning(tx).await.map_err(error)?;
        for (done, hash) in done {
            let row = node::ActiveModel {
                level: Set(done.level.try_into().map_err(Error::internal)?),
                number: Set(column(done.number)?),
                hash: Set(hash.to_bytes().to_vec()),
            };
            node::Entity::insert(row).exec_without_returning(tx).await.map_err(error)?;
        }
        let hour = at.div_euclid(CHECKPOINT_SPAN).saturating_mul(CHECKPOINT_SPAN);
        checkpoint::Entity::delete_many().filter(checkpoint::Column::At.gte(hour)).exec(tx).await.map_err(error)?;
        let note = self.keyring().signer().sign(frontier.size(), frontier.root());
        let row = checkpoint::ActiveModel { size: Set(column(frontier.size())?), note: Set(note), at: Set(at) };
        checkpoint::Entity::insert(row).exec_without_returning(tx).await.map_err(error)?;
        Ok(number)
    }

    /// The signed head of the log, as a C2SP tlog-checkpoint.
    pub async fn checkpoint(&self) -> Result<String> {
        Ok(match newest(self.accounts().read()).await? {
            Some(row) => row.note,
            None => self.keyring().signer().sign(0, Hash::empty()),
        })
    }

    /// The key that verifies the log's checkpoints: `name+hash+base64`, as C2SP's signed-note has it.
    #[must_use]
    pub fn log_key(&self) -> String {
        self.keyring().signer().verifier().to_string()
    }

    /// Proof that the log of `from` leaves is the beginning of that of `to`.
    pub async fn consistency(&self, from: u64, to: u64) -> Result<Consistency> {
        let tx = self.accounts().read().begin().await.map_err(error)?;
        let size = size(&tx).await?;
        if from > to || to > size {
            let detail = format!("from {from} to {to}: the log has {size} entries");
            return Err(Error::new(Kind::Invalid, "request.invalid", detail));
        }
        let hashes = folded(&tx, consistency_ranges(from, to)).await?;
        Ok(Consistency { from, to, hashes })
    }

    /// The events of the permit's account, newest first: those of `kinds`, or of every kind where it is empty, before the
    /// leaf `before`.
    pub async fn events(
        &self,
        permit: &Permit<ReadPrivacy>,
        kinds: &[EventKind],
        before: Option<u64>,
        limit: u64,
    ) -> Result<Vec<EventRow>> {
        let subject = permit.object();
        let mut rows = event::Entity::find().filter(event::Column::Subject.eq(uuid!(subject)));
        if !kinds.is_empty() {
            rows = rows.filter(event::Column::Kind.is_in(kinds.iter().map(|kind| kind.as_str())));
        }
        if let Some(before) = before {
            rows = rows.filter(event::Column::Leaf.lt(column(before)?));
        }
        let rows = rows.order_by_desc(event::Column::Leaf).limit(page(limit)).all(self.accounts().read()).await.map_err(error)?;
        self.open_events(subject, rows).await
    }

    /// Opens rows of one person.
    pub(super) async fn open_events(&self, subject: SubjectId, rows: Vec<event::Model>) -> Result<Vec<EventRow>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.keyring().evidence_key(subject).await?;
        let open = |row: event::Model| {
            // One that is past its time is gone, and that there was one is not.
            let payload = match row.sealed_payload {
                Some(_) => serde_json::from_str(&open_payload(subject, &key, &row)?.1).map_err(Error::internal)?,
                None => Value::Null,
            };
            Ok(EventRow {
                id: EventId(row.id),
                leaf: row.leaf.try_into().map_err(Error::internal)?,
                seq: row.seq.try_into().map_err(Error::internal)?,
                kind: EventKind::parse(&row.kind).ok_or_else(|| super::unknown("event.kind", row.id))?,
                at: Timestamp::from_micros(row.at),
                payload,
            })
        };
        rows.into_iter().map(open).collect()
    }

    /// The receipt of an event of the permit's account: one text that proves it offline (see [`crate::ledger`]).
    pub async fn receipt(&self, permit: &Permit<ReadPrivacy>, id: EventId) -> Result<String> {
        let subject = permit.object();
        let tx = self.accounts().read().begin().await.map_err(error)?;
        let found = event::Entity::find_by_id(id.0).filter(event::Column::Subject.eq(uuid!(subject))).one(&tx).await;
        let found = found.map_err(error)?.filter(|row| row.sealed_payload.is_some());
        let row = found.ok_or_else(|| Error::new(Kind::NotFound, "not_found", "no such event of yours"))?;
        let opened = open_payload(subject, &*self.keyring().evidence_key(subject).await?, &row)?;
        self.receipt_of(&tx, &row, opened).await
    }

    /// The receipt of an event of the server's own.
    pub(super) async fn server_receipt(&self, id: Uuid) -> Result<String> {
        let tx = self.accounts().read().begin().await.map_err(error)?;
        let row = event::Entity::find_by_id(id).one(&tx).await.map_err(error)?.ok_or_else(torn)?;
        let opened = clear_payload(&row).ok_or_else(torn)?;
        self.receipt_of(&tx, &row, opened).await
    }

    async fn receipt_of(
        &self,
        tx: &DatabaseTransaction,
        row: &event::Model,
        (salt, payload): ([u8; SALT_LEN], String),
    ) -> Result<String> {
        let leaf = leaf::Entity::find_by_id(row.leaf).one(tx).await.map_err(error)?.ok_or_else(torn)?;
        let head = newest(tx).await?.ok_or_else(torn)?;
        let index = row.leaf.try_into().map_err(Error::internal)?;
        let proof = folded(tx, inclusion_ranges(index, head.size.try_into().map_err(Error::internal)?)).await?;
        let key = self.keyring().signer().verifier().clone();
        let receipt = Receipt { payload, salt, entry: leaf.entry, key, index, proof, checkpoint: head.note };
        // One that would not be believed is not handed out: the log is damaged, and check_log says where.
        receipt.text().map_err(Error::internal)
    }
}

pub(super) fn no_account() -> Error {
    Error::new(Kind::NotFound, "not_found", "no such account")
}

fn torn() -> Error {
    Error::internal("the log is not whole")
}

/// A count as a column holds it.
pub(super) fn column(count: u64) -> Result<i64> {
    count.try_into().map_err(|_| Error::new(Kind::Invalid, "request.invalid", "no log has so many entries"))
}

fn payload_place(subject: SubjectId, event: Uuid) -> Place {
    Place { category: "evidence.event", owner: subject.to_bytes(), row: event.into_bytes() }
}

fn chain_place(subject: SubjectId) -> Place {
    Place { category: "evidence.chain", owner: subject.to_bytes(), row: subject.to_bytes() }
}

/// The id of a person's chain, made with the first event.
async fn chain_id(tx: &DatabaseTransaction, subject: SubjectId, key: &Key) -> Result<Uuid> {
    let row = subject::Entity::find_by_id(uuid!(subject)).one(tx).await.map_err(error)?.ok_or_else(no_account)?;
    if let Some(sealed) = row.sealed_chain {
        return open_chain(subject, key, &sealed);
    }
    let chain = Uuid::new_v4();
    let sealed = key.seal(chain_place(subject), chain.as_bytes())?;
    let row = subject::ActiveModel { sealed_chain: Set(Some(sealed)), ..Default::default() };
    let update = subject::Entity::update_many().set(row).filter(subject::Column::Id.eq(uuid!(subject)));
    update.exec(tx).await.map_err(error)?;
    Ok(chain)
}

pub(super) fn open_chain(subject: SubjectId, key: &Key, sealed: &[u8]) -> Result<Uuid> {
    let plain = key.open(chain_place(subject), sealed)?;
    Uuid::from_slice(&plain).map_err(Error::internal)
}

/// Salt and payload of an event.
pub(super) fn open_payload(subject: SubjectId, key: &Key, row: &event::Model) -> Result<([u8; SALT_LEN], String)> {
    let sealed = row.sealed_payload.as_deref().ok_or_else(|| Error::internal("an event without its payload"))?;
    let plain = key.open(payload_place(subject, row.id), sealed)?;
    let (salt, payload) = plain.split_first_chunk().ok_or_else(|| Error::internal("an event without its salt"))?;
    Ok((*salt, String::from_utf8(payload.to_vec()).map_err(Error::internal)?))
}

/// Salt and payload of an event of the server.
pub(super) fn clear_payload(row: &event::Model) -> Option<([u8; SALT_LEN], String)> {
    let (salt, payload) = row.clear_payload.as_deref()?.split_once(' ')?;
    Some((STANDARD.decode(salt).ok()?.try_into().ok()?, payload.to_owned()))
}

async fn last_seq(tx: &DatabaseTransaction, owner: Option<Uuid>) -> Result<i64> {
    let of = match owner {
        Some(owner) => event::Column::Subject.eq(owner),
        None => event::Column::Subject.is_null(),
    };
    let newest: Option<i64> = event::Entity::find()
        .select_only()
        .column(event::Column::Seq)
        .filter(of)
        .order_by_desc(event::Column::Leaf)
        .into_tuple()
        .one(tx)
        .await
        .map_err(error)?;
    Ok(newest.unwrap_or(0))
}

/// Leaves of the log.
pub(super) async fn size(db: &impl ConnectionTrait) -> Result<u64> {
    let last: Option<i64> = leaf::Entity::find()
        .select_only()
        .column(leaf::Column::Number)
        .order_by_desc(leaf::Column::Number)
        .into_tuple()
        .one(db)
        .await
        .map_err(error)?;
    last.map_or(Ok(0), |last| u64::try_from(last).map(|last| last + 1).map_err(Error::internal))
}

pub(super) async fn newest(db: &impl ConnectionTrait) -> Result<Option<checkpoint::Model>> {
    checkpoint::Entity::find().order_by_desc(checkpoint::Column::Size).one(db).await.map_err(error)
}

/// The stored hashes of complete subtrees.
async fn hashes(db: &impl ConnectionTrait, wanted: impl IntoIterator<Item = Node>) -> Result<HashMap<Node, Hash>> {
    let (mut leaves, mut inner) = (Vec::new(), Condition::any());
    for node in wanted {
        let number = column(node.number)?;
        match node.level {
            0 => leaves.push(number),
            level => inner = inner.add(node::Column::Level.eq(level).and(node::Column::Number.eq(number))),
        }
    }
    let mut found = HashMap::new();
    if !leaves.is_empty() {
        let rows = leaf::Entity::find().filter(leaf::Column::Number.is_in(leaves)).all(db).await.map_err(error)?;
        for row in rows {
            let number = row.number.try_into().map_err(Error::internal)?;
            found.insert(Node { level: 0, number }, stored(row.hash)?);
        }
    }
    if !inner.is_empty() {
        for row in node::Entity::find().filter(inner).all(db).await.map_err(error)? {
            let level = row.level.try_into().map_err(Error::internal)?;
            let number = row.number.try_into().map_err(Error::internal)?;
            found.insert(Node { level, number }, stored(row.hash)?);
        }
    }
    Ok(found)
}

pub(super) fn stored(hash: Vec<u8>) -> Result<Hash> {
    hash.try_into().map(Hash::from_bytes).map_err(|_| torn())
}

/// The hash over each range.
async fn folded(db: &impl ConnectionTrait, ranges: Vec<Range<u64>>) -> Result<Vec<Hash>> {
    let wanted: BTreeSet<Node> = ranges.iter().cloned().flat_map(subtrees).collect();
    let found = hashes(db, wanted).await?;
    ranges.into_iter().map(|range| fold(range, |node| found.get(&node).copied()).ok_or_else(torn)).collect()
}
