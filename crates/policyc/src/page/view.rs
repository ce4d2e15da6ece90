//! What a page consists of, as the HTTP interface gives it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Basis, ClauseState, RecipientState};

/// The page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The version of the policy.
    pub version: String,
    /// The hash of its canonical JSON.
    pub hash: String,
    /// The day of its last change.
    pub updated: String,
    /// The language of this page.
    pub language: String,
    /// Its title.
    pub title: String,
    /// What comes first.
    pub intro: String,
    /// How to read the badges.
    pub how: String,
    /// Which language decides.
    pub governing: String,
    /// What the page is not.
    pub advice: String,
    /// The preface and the six parts.
    pub parts: Vec<PartView>,
    /// Who else may get data.
    pub recipients: Vec<RecipientView>,
    /// What data are used for.
    pub purposes: Vec<PurposeView>,
    /// The kinds of data.
    pub categories: Vec<CategoryView>,
    /// What people may demand.
    pub rights: Vec<RightView>,
    /// How contradictions of the restated terms were settled.
    pub findings: Vec<FindingView>,
    /// The words that its Markdown is set with, by `section.key`.
    #[serde(skip)]
    pub(crate) words: BTreeMap<String, String>,
}

/// A part of the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartView {
    /// 0 for the preface, 1 to 6.
    pub id: u8,
    /// Its heading.
    pub title: String,
    /// Its clauses.
    pub clauses: Vec<ClauseView>,
}

/// A clause, with its badge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClauseView {
    /// Its id, and its anchor.
    pub id: String,
    /// What it says.
    pub text: String,
    /// What it is worth now.
    pub state: ClauseState,
    /// The enforcement points that keep it; none while it is not in use.
    pub points: Vec<String>,
    /// Tests of it that ran.
    pub tests: usize,
    /// Whether their negative controls failed as they must.
    pub proven: bool,
}

/// A recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it gets anything.
    pub state: RecipientState,
    /// Where it is: a country, or `deployment`.
    pub region: String,
    /// The same in words.
    pub region_name: String,
    /// Its own terms; empty for none.
    pub policy_url: String,
    /// Further pages of them.
    pub more_urls: Vec<String>,
    /// All that it may get.
    pub fields: Vec<FieldView>,
    /// What its terms list and it never gets.
    pub could_ask: Vec<String>,
    /// The clause that allows it.
    pub clause: String,
}

/// What a recipient may get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldView {
    /// The id of its category.
    pub category: String,
    /// The category's name.
    pub name: String,
    /// The id of its purpose.
    pub purpose: String,
    /// The purpose's name.
    pub purpose_name: String,
}

/// A purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurposeView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its legal basis.
    pub basis: Basis,
    /// The function it belongs to.
    pub function: String,
    /// Whether that is built and on.
    pub state: PurposeState,
    /// Whether it rests on consent.
    pub consent: bool,
    /// What giving or refusing the consent changes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub effect: Option<String>,
    /// Whether it needs sensitive data.
    pub sensitive: bool,
    /// The categories it may use.
    pub uses: Vec<UseView>,
    /// The clauses that explain it.
    pub clauses: Vec<String>,
}

/// Whether a purpose is pursued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurposeState {
    /// It is.
    InUse,
    /// Its function is not built, or off here: it is denied.
    NotYet,
}

/// A category that a purpose uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseView {
    /// Its id.
    pub category: String,
    /// Its name.
    pub name: String,
}

/// A category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether its abuse would harm people.
    pub sensitive: bool,
    /// Whether it is ever written.
    pub stored: bool,
    /// How long it is kept.
    pub retention: RetentionView,
    /// Where it lies, and under which key.
    #[serde(rename = "where")]
    pub place: String,
}

/// How long a category is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionView {
    /// The id of its class.
    pub id: String,
    /// In words.
    pub text: String,
    /// Days, where they are fixed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub days: Option<u32>,
}

/// A right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RightView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Calendar days to an answer.
    pub days: u32,
    /// What it lets people demand.
    pub text: String,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingView {
    /// Its id.
    pub id: String,
    /// How it was settled.
    pub text: String,
}
