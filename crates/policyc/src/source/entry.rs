//! The shape of the source: what may be written where. What must be written is the rules' business, so that a fault can say why.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use crate::model::{Active, Basis, Class, DayFrom, DayKind, Duty, Minors, ObjectKind, State, Then, Transform, Who};

/// A table by id, with the place of each id.
pub(crate) type Map<T> = BTreeMap<Spanned<String>, T>;
/// An id that names something.
pub(crate) type Id = Spanned<String>;

/// The items of a table in the order in which they were written.
pub(crate) fn in_order<T>(map: &Map<T>) -> Vec<(&Id, &T)> {
    let mut items: Vec<_> = map.iter().collect();
    items.sort_by_key(|(id, _)| id.span().start);
    items
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub policy: Head,
    pub function: Map<State>,
    pub category: Map<CategoryEntry>,
    #[serde(default)]
    pub permission: Map<PermissionEntry>,
    pub purpose: Map<PurposeEntry>,
    pub act: Map<ActEntry>,
    #[serde(default)]
    pub recipient: Vec<RecipientEntry>,
    #[serde(default)]
    pub vendor_field: Map<VendorFieldEntry>,
    /// Which key dies when data are erased: id to a remark for the reader of the source.
    pub shred_class: Map<String>,
    pub retention: Map<RetentionEntry>,
    /// Spans of time that texts quote.
    #[serde(default)]
    pub term: Map<Id>,
    pub residency: ResidencyEntry,
    pub right: Map<RightEntry>,
    #[serde(default)]
    pub change: ChangeEntry,
    pub clause: Vec<ClauseEntry>,
    #[serde(default)]
    pub finding: Vec<FindingEntry>,
    #[serde(default)]
    pub seed_heading: Vec<HeadingEntry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    pub id: String,
    pub version: String,
    pub updated: Spanned<Datetime>,
    pub based_on: Datetime,
    pub languages: Vec<Id>,
    #[serde(default)]
    pub previous: String,
    /// Lines of the restated terms.
    pub seed_lines: Spanned<u32>,
    /// Raises the class of this version.
    pub notice: Option<Class>,
    /// The closed list of enforcement points.
    pub points: Vec<Id>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CategoryEntry {
    #[serde(default)]
    pub sensitive: bool,
    #[serde(default)]
    pub permission: Option<Id>,
    #[serde(default)]
    pub given: bool,
    #[serde(default)]
    pub made: bool,
    #[serde(default)]
    pub platform: Vec<String>,
    pub retention: Option<Id>,
    pub shred: Option<Id>,
    #[serde(default = "yes")]
    pub stored: bool,
    #[serde(default)]
    pub clause: Vec<Id>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PermissionEntry {
    pub group: u8,
    #[serde(default)]
    pub android: Vec<String>,
    pub ask: String,
    pub clause: Id,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PurposeEntry {
    pub function: Option<Id>,
    pub basis: Option<Basis>,
    #[serde(default)]
    pub uses: Vec<Id>,
    #[serde(default)]
    pub sensitive: bool,
    pub minors: Option<Minors>,
    #[serde(default)]
    pub commercial: bool,
    #[serde(default)]
    pub without_agreement: bool,
    #[serde(default)]
    pub while_held: bool,
    pub default: Option<Id>,
    #[serde(default)]
    pub clause: Vec<Id>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActEntry {
    pub purpose: Option<Id>,
    pub object: ObjectKind,
    pub who: Who,
    #[serde(default)]
    pub clause: Vec<Id>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecipientEntry {
    pub id: Id,
    /// The key of its name in the texts: `recipient.<id>`.
    pub name: Option<Id>,
    pub parent: Option<Id>,
    pub region: Id,
    pub agreement: Option<AgreementEntry>,
    #[serde(default)]
    pub policy_url: String,
    #[serde(default)]
    pub more_urls: Vec<String>,
    pub clause: Id,
    pub function: Option<Id>,
    #[serde(default)]
    pub fields: Vec<Spanned<FieldEntry>>,
    #[serde(default)]
    pub could_ask: Vec<Id>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgreementEntry {
    #[serde(rename = "ref")]
    pub reference: String,
    pub expires: Spanned<Datetime>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldEntry {
    pub cat: Option<Id>,
    pub purpose: Option<Id>,
    #[serde(default)]
    pub transform: Transform,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetentionEntry {
    pub active: Active,
    pub then: Then,
    pub period: Option<Id>,
    pub basis: Option<Id>,
    #[serde(default)]
    pub clause: Vec<Id>,
}

/// What a vendor's own terms list.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VendorFieldEntry {
    #[serde(default)]
    pub platform: Vec<String>,
    #[serde(default)]
    pub readable_until: String,
    #[serde(default)]
    pub sensitive: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResidencyEntry {
    pub store: Vec<String>,
    #[serde(rename = "use")]
    pub used: Vec<String>,
    pub export: Id,
    #[serde(default)]
    pub on_export: OnExportEntry,
    #[serde(default)]
    pub clause: Vec<Id>,
}

/// What an export would need.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnExportEntry {
    #[serde(default)]
    pub inform: Vec<String>,
    #[serde(default)]
    pub consent: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RightEntry {
    pub deadline: DeadlineEntry,
    #[serde(default)]
    pub channels: Vec<String>,
    #[serde(default)]
    pub refuse: Vec<Id>,
    #[serde(default)]
    pub fee: String,
    pub function: Option<Id>,
    #[serde(default)]
    pub clause: Vec<Id>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeadlineEntry {
    pub days: u32,
    pub kind: DayKind,
    pub from: DayFrom,
}

/// Kinds of change by what they do to people who agreed to the version before.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeEntry {
    #[serde(default)]
    pub silent: Vec<Id>,
    #[serde(default)]
    pub posted: Vec<Id>,
    #[serde(default)]
    pub prominent: Vec<Id>,
    #[serde(default)]
    pub express: Vec<Id>,
    #[serde(default)]
    pub clause: Vec<Id>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClauseEntry {
    pub id: Id,
    #[serde(default)]
    pub seed: Vec<Id>,
    pub part: u8,
    #[serde(default)]
    pub principle: Vec<Id>,
    #[serde(default)]
    pub functions: Vec<Id>,
    pub duty: Duty,
    #[serde(default)]
    pub points: Vec<Id>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindingEntry {
    pub id: Id,
    #[serde(default)]
    pub clauses: Vec<Id>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeadingEntry {
    pub lines: Id,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accepted {
    #[serde(default)]
    pub owner: String,
    pub date: Option<Datetime>,
    #[serde(default)]
    pub reason: String,
}
