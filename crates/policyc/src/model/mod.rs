//! A checked policy, every word resolved: what the canonical JSON holds, in the order in which it was written.

mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use words::*;

/// A whole policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Of which product.
    pub id: String,
    /// Its version: what an agreement names.
    pub version: String,
    /// The day it was last changed, `YYYY-MM-DD`.
    pub updated: String,
    /// The day of the terms that it restates.
    pub based_on: String,
    /// Language tags, governing first.
    pub languages: Vec<String>,
    /// Hash of the version before; empty for the first.
    pub previous: String,
    /// The least class of this version, where a person raised it.
    pub notice: Option<Class>,
    /// The enforcement points.
    pub points: Vec<String>,
    /// Capabilities of the product.
    pub functions: Vec<Function>,
    /// Groups of permissions of the phone's system.
    pub permissions: Vec<Permission>,
    /// Kinds of personal data.
    pub categories: Vec<Category>,
    /// What they are used for.
    pub purposes: Vec<Purpose>,
    /// What can be asked of the server.
    pub acts: Vec<Act>,
    /// Who else may get data.
    pub recipients: Vec<Recipient>,
    /// What vendors' own terms list.
    pub vendor_fields: Vec<VendorField>,
    /// Ids of the kinds of key that die when data are erased.
    pub shred_classes: Vec<String>,
    /// How long data are kept.
    pub retention: Vec<Retention>,
    /// Spans of time that texts quote, ISO 8601.
    pub terms: BTreeMap<String, String>,
    /// Where.
    pub residency: Residency,
    /// What people may demand.
    pub rights: Vec<Right>,
    /// Kind of change to what it does to people.
    pub changes: BTreeMap<String, Class>,
    /// Its promises.
    pub clauses: Vec<Clause>,
    /// The contradictions of the restated terms and how each was resolved.
    pub findings: Vec<Finding>,
    /// Language to section to key to text.
    pub texts: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>,
}

/// A capability of the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Its id.
    pub id: String,
    /// Whether it exists.
    pub state: State,
}

/// A group of permissions of the phone's system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// Its id.
    pub id: String,
    /// Its number on the page.
    pub group: u8,
    /// The names of Android.
    pub android: Vec<String>,
    /// When it is asked for.
    pub ask: String,
    /// The clause that explains it.
    pub clause: String,
}

/// A category of personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Its id.
    pub id: String,
    /// Whether its abuse would harm a person's dignity, safety or property.
    pub sensitive: bool,
    /// The permission without which it cannot be read; empty for none.
    pub permission: String,
    /// The person typed it.
    pub given: bool,
    /// The server made it.
    pub made: bool,
    /// Where it exists at all; empty for everywhere.
    pub platform: Vec<String>,
    /// Its retention class.
    pub retention: String,
    /// The kind of key that dies with it.
    pub shred: String,
    /// Whether it is ever written.
    pub stored: bool,
}

/// What data are used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    /// Its id.
    pub id: String,
    /// The function it belongs to.
    pub function: String,
    /// Its legal basis.
    pub basis: Basis,
    /// The categories it may use.
    pub uses: Vec<String>,
    /// Whether it needs sensitive data or puts people under watch.
    pub sensitive: bool,
    /// What holds for minors.
    pub minors: Minors,
    /// Whether somebody earns by it.
    pub commercial: bool,
    /// Also before a person agreed.
    pub without_agreement: bool,
    /// Also after the account was cancelled.
    pub while_held: bool,
    /// The clauses that explain it.
    pub clauses: Vec<String>,
}

/// Something that can be allowed or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Its id, as `view_live`.
    pub id: String,
    /// What it is for.
    pub purpose: String,
    /// What it is done to.
    pub object: ObjectKind,
    /// Who may.
    pub who: Who,
    /// The clauses that a refusal names.
    pub clauses: Vec<String>,
}

/// Somebody outside who may get data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// Its id.
    pub id: String,
    /// The recipient that it is a part of; empty for none.
    pub parent: String,
    /// Where it is: a country, or `deployment`.
    pub region: String,
    /// The agreement that binds it. None: nothing is sent.
    pub agreement: Option<Agreement>,
    /// Its own terms.
    pub policy_url: String,
    /// Further pages of them.
    pub more_urls: Vec<String>,
    /// The clause that allows it.
    pub clause: String,
    /// The function that it serves.
    pub function: String,
    /// All that it may get.
    pub fields: Vec<Field>,
    /// What its own terms list and it never gets.
    pub could_ask: Vec<String>,
}

/// An agreement with a recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// Where the document is found.
    pub reference: String,
    /// Its last day, `YYYY-MM-DD`.
    pub expires: String,
}

/// Something a recipient may get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Of which category.
    pub category: String,
    /// For which purpose.
    pub purpose: String,
    /// Changed how.
    pub transform: Transform,
}

/// Something that a vendor's own terms list, and that it never gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendorField {
    /// Its id; a name space apart from the categories'.
    pub id: String,
    /// Where it exists at all; empty for everywhere.
    pub platform: Vec<String>,
    /// The last system on which an ordinary app can read it; empty where it still can.
    pub readable_until: String,
    /// Whether its abuse would harm people.
    pub sensitive: bool,
}

/// How long data are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Its id.
    pub id: String,
    /// Until when they are in use.
    pub active: Active,
    /// What becomes of them then.
    pub then: Then,
    /// The period of `active`, or of keeping evidence, ISO 8601; empty where there is none.
    pub period: String,
    /// What demands it; empty for nothing beyond the purpose.
    pub basis: String,
    /// The clauses that say so.
    pub clauses: Vec<String>,
}

/// Where data are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Residency {
    /// Regions where they may lie.
    pub store: Vec<String>,
    /// Regions where they may be used.
    #[serde(rename = "use")]
    pub used: Vec<String>,
    /// `none`, or on what terms they leave.
    pub export: String,
    /// What people would be told before an export.
    pub inform: Vec<String>,
    /// The consent that an export would need.
    pub consent: String,
    /// The clauses that say so.
    pub clauses: Vec<String>,
}

/// What people may demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Right {
    /// Its id.
    pub id: String,
    /// Days to an answer.
    pub days: u32,
    /// Which days count.
    pub kind: DayKind,
    /// From when on.
    pub from: DayFrom,
    /// Ways to ask.
    pub channels: Vec<String>,
    /// Grounds on which it may be refused.
    pub refuse: Vec<String>,
    /// What it costs; empty for nothing.
    pub fee: String,
    /// The function that carries it out; empty for a duty of the operator.
    pub function: String,
    /// The clauses that grant it.
    pub clauses: Vec<String>,
}

/// A promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// Its id.
    pub id: String,
    /// The lines of the restated terms that it stands for.
    pub seed: Vec<String>,
    /// The part of the page, 0 to 6.
    pub part: u8,
    /// The principles it keeps.
    pub principle: Vec<String>,
    /// The functions it needs; none: it always holds.
    pub functions: Vec<String>,
    /// What keeping it takes.
    pub duty: Duty,
    /// The enforcement points that keep it.
    pub points: Vec<String>,
}

/// A contradiction of the restated terms, and that its resolution was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Its id, `X-1` to `X-14`.
    pub id: String,
    /// The clauses it is about.
    pub clauses: Vec<String>,
    /// Who answers for the resolution.
    pub owner: String,
    /// When it was accepted, `YYYY-MM-DD`.
    pub date: String,
    /// Why so.
    pub reason: String,
}

impl Policy {
    /// Whether a function exists. An unknown one does not; the empty one, of what always holds, does.
    #[must_use]
    pub fn in_use(&self, function: &str) -> bool {
        function.is_empty() || self.functions.iter().any(|f| f.id == function && f.state == State::InUse)
    }

    /// What a clause is worth now.
    #[must_use]
    pub fn state_of(&self, clause: &Clause) -> ClauseState {
        match clause.duty {
            Duty::Statement => ClauseState::Statement,
            Duty::Organisation => ClauseState::Operator,
            Duty::Software if clause.functions.iter().all(|f| self.in_use(f)) && !clause.points.is_empty() => ClauseState::InUse,
            Duty::Software => ClauseState::NotYet,
        }
    }

    /// A text, or its key where the language has none (which the compiler refuses).
    #[must_use]
    pub fn text<'a>(&'a self, language: &str, section: &str, key: &'a str) -> &'a str {
        self.text_if(language, section, key).unwrap_or(key)
    }

    /// A text, where the language has it.
    #[must_use]
    pub fn text_if(&self, language: &str, section: &str, key: &str) -> Option<&str> {
        Some(self.texts.get(language)?.get(section)?.get(key)?.as_str())
    }

    /// The consent purposes, in the order of their bits.
    pub fn consents(&self) -> impl Iterator<Item = &Purpose> {
        self.purposes.iter().filter(|purpose| purpose.basis == Basis::Consent)
    }

    /// Whether a recipient may get anything now: its function is built and an agreement binds it.
    #[must_use]
    pub fn state_of_recipient(&self, recipient: &Recipient) -> RecipientState {
        match &recipient.agreement {
            None => RecipientState::Denied,
            Some(_) if !self.in_use(&recipient.function) => RecipientState::NotYet,
            Some(_) => RecipientState::InUse,
        }
    }
}
