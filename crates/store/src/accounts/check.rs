//! Whether the log is what it says: every leaf hashed again, every event held against its leaf, every head against the tree.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::{Error, Result, SubjectId};
use policy::point;
use sea_orm::prelude::Uuid;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, TransactionTrait};
use serde_json::Value;

use super::consents::{consents_of, folded};
use super::entity::{checkpoint, event, leaf, node, subject};
use super::log::{clear_payload, column, newest, open_chain, open_payload, size, stored};
use super::{ConsentKind, EventKind, uuid};
use crate::Store;
use crate::db::error;
use crate::ledger::{Checkpoint, Entry, Frontier, Hash, Node, commitment, leaf_hash};
use crate::seal::Key;

/// Leaves that are in memory at a time.
const BATCH: u64 = 1024;

/// Faults that one report names: whoever has a thousand knows enough.
const FAULTS_MAX: usize = 1000;

/// Something that is not as the log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFault {
    /// The leaf that it is about; `None` where it is about the log as a whole.
    pub leaf: Option<u64>,
    /// What is wrong.
    pub what: String,
}

/// What a check of the log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogReport {
    /// Leaves that were checked.
    pub leaves: u64,
    /// The head of the log, signed.
    pub checkpoint: String,
    /// What is wrong; empty where nothing is.
    pub faults: Vec<LogFault>,
}

impl Store {
    /// Checks the whole log against itself: leaves, nodes, heads, sequences, payloads, and consents against their events.
    pub async fn check_log(&self) -> Result<LogReport> {
        self.check_log_against(&[]).await
    }

    /// As [`Store::check_log`], and against heads that somebody kept: who put back an older log, or another, is found out.
    pub async fn check_log_against(&self, notes: &[String]) -> Result<LogReport> {
        let report = self.check_once(notes).await?;
        // A person whose time was over while the check ran looks like one whose events were dropped. What is broken stays so.
        if report.faults.is_empty() { Ok(report) } else { self.check_once(notes).await }
    }

    async fn check_once(&self, notes: &[String]) -> Result<LogReport> {
        let tx = self.accounts().read().begin().await.map_err(error)?;
        let (leaves, head) = (size(&tx).await?, newest(&tx).await?);
        let own = checkpoint::Entity::find().order_by_asc(checkpoint::Column::Size).all(&tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;

        let mut check = Check::new(self);
        let stands = head.as_ref().map_or(0, |head| head.size);
        if column(leaves)? != stands {
            check.fault(None, format!("the log has {leaves} leaves, and its newest head says {stands}"));
        }
        for note in own.iter().map(|row| &row.note).chain(notes) {
            check.add_head(note, leaves);
        }
        check.read_erasures().await?;
        let people = check.read_chains().await?;
        let mut frontier = Frontier::new();
        check.compare_heads(&frontier);
        while frontier.size() < leaves {
            let until = leaves.min(frontier.size() + BATCH);
            check.batch(&mut frontier, until).await?;
        }
        check.compare_orphans();
        for person in people {
            check.compare_consents(person).await?;
        }
        let checkpoint = head.map_or_else(|| self.keyring().signer().sign(0, Hash::empty()), |head| head.note);
        Ok(LogReport { leaves, checkpoint, faults: check.faults })
    }
}

/// Whose events a chain holds.
#[derive(Debug, Clone)]
enum Owner {
    Server,
    Subject(SubjectId, Arc<Key>),
}

struct Check<'a> {
    store: &'a Store,
    faults: Vec<LogFault>,
    /// Heads that are to be met, by size.
    heads: BTreeMap<u64, Vec<Hash>>,
    owners: HashMap<String, Owner>,
    /// The last number of each chain.
    seqs: HashMap<String, u64>,
    /// Leaves of chains that nobody here has, and the first of them.
    orphans: BTreeMap<String, (u64, u64)>,
    /// Chains that were erased, and how many events they had.
    erased: HashMap<String, u64>,
    /// Accesses before it were erased.
    access_before: i64,
}

impl<'a> Check<'a> {
    fn new(store: &'a Store) -> Self {
        Self {
            store,
            faults: Vec::new(),
            heads: BTreeMap::new(),
            owners: HashMap::from([(Uuid::nil().to_string(), Owner::Server)]),
            seqs: HashMap::new(),
            orphans: BTreeMap::new(),
            erased: HashMap::new(),
            access_before: i64::MIN,
        }
    }

    fn fault(&mut self, leaf: Option<u64>, what: impl Into<String>) {
        if self.faults.len() < FAULTS_MAX && point::LOG_CHECK.holds() {
            self.faults.push(LogFault { leaf, what: what.into() });
        }
    }

    fn add_head(&mut self, note: &str, leaves: u64) {
        match Checkpoint::open(note, self.store.keyring().signer().verifier()) {
            Ok(head) if head.size > leaves => {
                self.fault(None, format!("a head was signed for {} leaves, and only {leaves} are there", head.size));
            }
            Ok(head) => self.heads.entry(head.size).or_default().push(head.root),
            Err(e) => self.fault(None, format!("a head of the log is not to be believed: {e}")),
        }
    }

    /// What was erased for good, by the server's own events. The events themselves are checked with their leaves.
    async fn read_erasures(&mut self) -> Result<()> {
        let rows = event::Entity::find()
            .filter(event::Column::Subject.is_null())
            .filter(event::Column::Kind.eq(EventKind::Erasure.as_str()));
        for row in rows.all(self.store.accounts().read()).await.map_err(error)? {
            let payload = clear_payload(&row).and_then(|(_, payload)| serde_json::from_str::<Value>(&payload).ok());
            let Some(payload) = payload else { continue };
            if let (Some(chain), Some(events)) = (payload["chain"].as_str(), payload["events"].as_u64()) {
                self.erased.insert(chain.to_owned(), events);
            }
            let before = payload["before"].as_str().and_then(|at| domain::Timestamp::parse(at).ok());
            self.access_before = self.access_before.max(before.map_or(i64::MIN, domain::Timestamp::micros));
        }
        Ok(())
    }

    /// Whose chain is whose; the people who have one.
    async fn read_chains(&mut self) -> Result<Vec<SubjectId>> {
        let rows = subject::Entity::find().filter(subject::Column::SealedChain.is_not_null());
        let mut people = Vec::new();
        for row in rows.all(self.store.accounts().read()).await.map_err(error)? {
            let person = SubjectId::from_bytes(row.id.into_bytes());
            let opened = match self.store.keyring().evidence_key(person).await {
                Ok(key) => open_chain(person, &key, &row.sealed_chain.unwrap_or_default()).map(|chain| (chain, key)),
                Err(e) => Err(e),
            };
            match opened {
                Ok((chain, key)) => {
                    self.owners.insert(chain.to_string(), Owner::Subject(person, key));
                    people.push(person);
                }
                Err(_) => self.fault(None, format!("the chain of {person} does not open")),
            }
        }
        Ok(people)
    }

    async fn batch(&mut self, frontier: &mut Frontier, until: u64) -> Result<()> {
        let from = frontier.size();
        let db = self.store.accounts().read();
        let span = column(from)?..column(until)?;
        let leaves = leaf::Entity::find().filter(leaf::Column::Number.gte(span.start)).filter(leaf::Column::Number.lt(span.end));
        let leaves: HashMap<i64, leaf::Model> =
            leaves.all(db).await.map_err(error)?.into_iter().map(|row| (row.number, row)).collect();
        let events = event::Entity::find().filter(event::Column::Leaf.gte(span.start)).filter(event::Column::Leaf.lt(span.end));
        let events: HashMap<i64, event::Model> =
            events.all(db).await.map_err(error)?.into_iter().map(|row| (row.leaf, row)).collect();
        let nodes = self.nodes(from, until).await?;
        for number in from..until {
            let at = column(number)?;
            let hash = match leaves.get(&at) {
                Some(row) => self.leaf(number, row, events.get(&at))?,
                None => {
                    self.fault(Some(number), "the leaf is missing");
                    Hash::empty()
                }
            };
            for (node, hash) in frontier.push(hash) {
                if nodes.get(&node) != Some(&hash) {
                    let Node { level, number: of } = node;
                    self.fault(Some(number), format!("node {of} of level {level} is not the hash of what is below it"));
                }
            }
            self.compare_heads(frontier);
        }
        Ok(())
    }

    /// The stored nodes that leaves `from..until` complete.
    async fn nodes(&self, from: u64, until: u64) -> Result<HashMap<Node, Hash>> {
        let mut found = HashMap::new();
        for level in 1..=until.ilog2() {
            let rows = node::Entity::find()
                .filter(node::Column::Level.eq(level))
                .filter(node::Column::Number.gte(column(from >> level)?))
                .filter(node::Column::Number.lt(column(until >> level)?));
            for row in rows.all(self.store.accounts().read()).await.map_err(error)? {
                let number = row.number.try_into().map_err(Error::internal)?;
                // One of another length is none.
                if let Ok(hash) = stored(row.hash) {
                    found.insert(Node { level, number }, hash);
                }
            }
        }
        Ok(found)
    }

    /// Checks one leaf and its event; the leaf's hash as stored, so that one fault is named once.
    fn leaf(&mut self, number: u64, row: &leaf::Model, event: Option<&event::Model>) -> Result<Hash> {
        let computed = leaf_hash(row.entry.as_bytes());
        let hash = stored(row.hash.clone()).unwrap_or(computed);
        if hash != computed {
            self.fault(Some(number), "the leaf was altered");
        }
        let Ok(entry) = serde_json::from_str::<Entry>(&row.entry) else {
            self.fault(Some(number), "the leaf holds no entry");
            return Ok(hash);
        };
        let expected = self.seqs.get(&entry.chain).map_or(1, |last| last.saturating_add(1));
        if entry.seq != expected {
            self.fault(Some(number), format!("event {} of its chain where {expected} was due", entry.seq));
        }
        self.seqs.insert(entry.chain.clone(), entry.seq);
        match (self.owners.get(&entry.chain).cloned(), event) {
            (Some(_), None) => self.fault(Some(number), "the event is missing"),
            (Some(owner), Some(event)) => self.event(number, &entry, &owner, event),
            (None, None) => {
                let (events, _) = self.orphans.entry(entry.chain).or_insert((0, number));
                *events += 1;
            }
            (None, Some(_)) => self.fault(Some(number), "the event is of a chain that nobody has"),
        }
        Ok(hash)
    }

    fn event(&mut self, number: u64, entry: &Entry, owner: &Owner, event: &event::Model) {
        let whose = match owner {
            Owner::Server => None,
            Owner::Subject(person, _) => Some(uuid!(*person)),
        };
        let same = event.subject == whose
            && event.kind == entry.kind
            && event.at == entry.at.micros()
            && u64::try_from(event.seq) == Ok(entry.seq);
        if !same {
            self.fault(Some(number), "the event is not the one of its leaf");
        }
        let gone = event.sealed_payload.is_none() && event.clear_payload.is_none();
        if gone && event.kind == EventKind::Access.as_str() && event.at < self.access_before {
            return;
        }
        let opened = match owner {
            Owner::Server => clear_payload(event),
            Owner::Subject(person, key) => open_payload(*person, key, event).ok(),
        };
        match opened {
            None => self.fault(Some(number), "the payload does not open"),
            Some((salt, payload)) if commitment(&salt, payload.as_bytes()).to_string() != entry.commitment => {
                self.fault(Some(number), "the payload is not the one that was committed to");
            }
            Some(_) => {}
        }
    }

    fn compare_heads(&mut self, frontier: &Frontier) {
        let Some(roots) = self.heads.remove(&frontier.size()) else { return };
        if roots.iter().any(|root| *root != frontier.root()) {
            // What is wrong in this head is wrong in all later ones.
            self.heads.clear();
            self.fault(None, format!("the head of {} leaves is not that of this tree", frontier.size()));
        }
    }

    /// Every leaf without an event belongs to a chain whose erasure says how many there were.
    fn compare_orphans(&mut self) {
        let erased = std::mem::take(&mut self.erased);
        for (chain, (events, first)) in std::mem::take(&mut self.orphans) {
            if erased.get(&chain) != Some(&events) {
                self.fault(Some(first), format!("{events} events of one chain are missing, and no erasure says so"));
            }
        }
    }

    /// What stands as a person's consents is what the events come to.
    async fn compare_consents(&mut self, person: SubjectId) -> Result<()> {
        let words: Vec<&str> =
            ConsentKind::ALL.iter().map(|kind| kind.event()).chain([EventKind::Erasure]).map(EventKind::as_str).collect();
        let rows = event::Entity::find()
            .filter(event::Column::Subject.eq(uuid!(person)))
            .filter(event::Column::Kind.is_in(words))
            .order_by_asc(event::Column::Leaf);
        let tx = self.store.accounts().read().begin().await.map_err(error)?;
        let stands = consents_of(&tx, person).await;
        let rows = rows.all(&tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        let (Ok(stands), Ok(events)) = (stands, self.store.open_events(person, rows).await) else {
            self.fault(None, format!("the consents of {person} cannot be read"));
            return Ok(());
        };
        let stands: BTreeMap<_, _> = stands.into_iter().map(|row| (row.purpose, (row.kind, row.event))).collect();
        if folded(&events) != stands {
            self.fault(None, format!("the consents of {person} are not what the events come to"));
        }
        Ok(())
    }
}
