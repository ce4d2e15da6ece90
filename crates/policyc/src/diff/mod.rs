//! What changed between two versions, and what people must be told: computed on what the policy means, not on its text.

mod items;
mod kind;
mod promises;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use kind::ChangeKind;

use crate::compile::Compiled;
use crate::model::{Class, Policy};
use crate::page::{Deployment, Evidence, Reader};

/// The difference between two versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// What people must be told: the strongest of the changes, or what a person raised it to.
    pub class: Class,
    /// Every change, strongest first.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Of which kind.
    pub kind: ChangeKind,
    /// The id of what changed.
    pub id: String,
    /// What it does to people.
    pub class: Class,
    /// Language to a sentence that says so.
    pub sentence: BTreeMap<String, String>,
}

/// What changed from `old` to `new`.
#[must_use]
pub fn diff(old: &Compiled, new: &Compiled) -> Diff {
    let mut differ = Differ { old: old.policy(), new: new.policy(), changes: Vec::new() };
    items::compare(&mut differ);
    promises::compare(&mut differ);
    let mut changes = differ.changes;
    changes.sort_by(|a, b| (b.class, a.kind, &a.id).cmp(&(a.class, b.kind, &b.id)));
    changes.dedup();
    let class = changes.iter().map(|change| change.class).chain(new.policy().notice).max().unwrap_or(Class::Silent);
    Diff { class, changes }
}

/// What changed for people when the server passed from one operator's settings to another's, under one policy.
#[must_use]
pub fn diff_deployments(policy: &Compiled, old: &Deployment, new: &Deployment) -> Vec<Change> {
    let mut differ = Differ { old: policy.policy(), new: policy.policy(), changes: Vec::new() };
    if old.operator != new.operator {
        differ.found(ChangeKind::Ownership, "operator", &[]);
    }
    if old.contact != new.contact {
        differ.found(ChangeKind::Contact, "contact", &[]);
    }
    if old.region != new.region {
        differ.found(ChangeKind::ExportEnabled, "region", &[]);
    }
    differ.changes
}

struct Differ<'a> {
    old: &'a Policy,
    new: &'a Policy,
    changes: Vec<Change>,
}

impl Differ<'_> {
    /// Notes a change. `slots` name what its sentence speaks of: the slot, which is the text's section, and the id.
    fn found(&mut self, kind: ChangeKind, id: &str, slots: &[(&str, &str)]) {
        let (old, new) = (self.old, self.new);
        // Neither version may play down what the other takes seriously, and what neither lists is express.
        let listed = |policy: &Policy| policy.changes.get(kind.id()).copied().unwrap_or(Class::Express);
        let class = kind.class().max(listed(old)).max(listed(new));
        let sentence = new.languages.iter().map(|language| (language.clone(), sentence(old, new, language, kind, slots)));
        let sentence = sentence.collect();
        let change = Change { kind, id: id.to_owned(), class, sentence };
        self.changes.push(change);
    }
}

/// A kind's sentence with its slots filled by the names of the new version, or of the old where they are gone.
fn sentence(old: &Policy, new: &Policy, language: &str, kind: ChangeKind, slots: &[(&str, &str)]) -> String {
    let (deployment, evidence) = (Deployment::default(), Evidence::default());
    let of = |policy, section: &str, id: &str| {
        Reader { policy, language, deployment: &deployment, evidence: &evidence }.text_if(section, id)
    };
    let name = |section, id: &str| of(new, section, id).or_else(|| of(old, section, id)).unwrap_or_else(|| id.to_owned());
    let template = new.text_if(language, "label", kind.label()).unwrap_or(kind.id()).to_owned();
    slots.iter().fold(template, |sentence, (section, id)| {
        let name = match *section {
            "clause" => (*id).to_owned(),
            "right" => name("right_name", id),
            _ => name(section, id),
        };
        // Other words are shown as they are now.
        sentence.replace(&format!("{{{section}}}"), &name).replace("{text}", &name)
    })
}

/// Items of both versions by id: (before, after).
fn paired<'a, T>(old: &'a [T], new: &'a [T], id: impl Fn(&'a T) -> &'a str) -> Vec<(Option<&'a T>, Option<&'a T>)> {
    let mut pairs: BTreeMap<&str, (Option<&T>, Option<&T>)> = BTreeMap::new();
    for item in old {
        pairs.entry(id(item)).or_default().0 = Some(item);
    }
    for item in new {
        pairs.entry(id(item)).or_default().1 = Some(item);
    }
    pairs.into_values().collect()
}

/// What is in `new` and not in `old`.
fn added<'a, T: PartialEq>(old: &[T], new: &'a [T]) -> impl Iterator<Item = &'a T> {
    new.iter().filter(|item| !old.contains(item))
}
