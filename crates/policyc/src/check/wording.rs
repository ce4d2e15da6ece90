//! Texts: there in every language, for nothing else, and with the same facts.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::clauses::PRINCIPLES;
use super::{Checker, given};
use crate::diff::ChangeKind;
use crate::fault::Rule;
use crate::model::Basis;
use crate::source::{Id, in_order};
use crate::texts::{LABELS, Piece, Placeholder, TITLES, Texts, facts, pieces};

/// The languages that the page can be set in: those that the sentences of a [`crate::Diff`] are written in.
const LANGUAGES: &[&str] = &["zh-CN", "en"];

/// A text that must be there, where the policy asks for it, and the clause it is about.
struct Wanted<'a> {
    section: &'static str,
    key: String,
    at: Range<usize>,
    clause: Option<&'a str>,
}

pub(super) fn check(checker: &mut Checker<'_>) {
    let source = checker.source;
    let wanted = wanted(checker);
    let languages: Vec<&Id> = source.doc.policy.languages.iter().collect();
    for language in &languages {
        let name = language.get_ref().as_str();
        if !LANGUAGES.contains(&name) {
            checker.fault(Rule::UnknownId, &[], &language.span(), format!("`{name}` is no language that the page can be set in"));
        }
        let empty = Texts::new();
        let texts = source.texts.get(name).unwrap_or(&empty);
        for Wanted { section, key, at, clause } in &wanted {
            if text(texts, section, key).is_none_or(|(_, text)| text.trim().is_empty()) {
                let line = source.line_in_policy(at);
                let message = format!("[{section}] \"{key}\" has no text in text/{name}.toml");
                checker.push(Rule::TextMissing, *clause, crate::source::Files::POLICY, line, message);
            }
        }
    }
    for (language, texts) in &source.texts {
        if languages.iter().any(|known| known.get_ref() == language) {
            unused(checker, language, texts, &wanted);
            placeholders(checker, language, texts);
        }
    }
    if let Some((governing, others)) = languages.split_first() {
        for other in others {
            compare(checker, governing.get_ref(), other.get_ref());
        }
    }
}

fn text<'a>(texts: &'a Texts, section: &str, key: &str) -> Option<(&'a Id, &'a str)> {
    let (id, text) = texts.get(section)?.get_key_value(key)?;
    Some((id, text.get_ref()))
}

/// Every text that the policy needs.
fn wanted<'a>(checker: &Checker<'a>) -> Vec<Wanted<'a>> {
    let doc = &checker.source.doc;
    let mut list = Wants { list: Vec::new(), head: doc.policy.seed_lines.span() };
    TITLES.iter().for_each(|key| list.of_page("title", key));
    LABELS.iter().for_each(|key| list.of_page("label", key));
    ChangeKind::ALL.iter().for_each(|kind| list.of_page("label", kind.label()));
    ["0", "1", "2", "3", "4", "5", "6"].iter().for_each(|part| list.of_page("part", part));
    ["in_use", "not_yet", "operator", "statement", "denied"].iter().for_each(|state| list.of_page("state", state));
    PRINCIPLES.iter().for_each(|principle| list.of_page("principle", principle));
    doc.policy.points.iter().for_each(|point| list.of("point", point, None));
    in_order(&doc.shred_class).iter().for_each(|(id, _)| list.of("where", id, None));
    in_order(&doc.function).iter().for_each(|(id, _)| list.of("function", id, None));
    in_order(&doc.vendor_field).iter().for_each(|(id, _)| list.of("vendor_field", id, None));
    in_order(&doc.category).iter().for_each(|(id, item)| list.of("category", id, item.clause.first()));
    in_order(&doc.permission).iter().for_each(|(id, item)| list.of("permission", id, Some(&item.clause)));
    for (id, item) in in_order(&doc.purpose) {
        list.of("purpose", id, item.clause.first());
        if let Some(basis) = item.basis {
            list.named("basis", basis.word(), id, item.clause.first());
        }
        if item.basis == Some(Basis::Consent) {
            list.of("effect", id, item.clause.first());
        }
    }
    doc.recipient.iter().for_each(|item| list.of("recipient", &item.id, Some(&item.clause)));
    for (id, item) in in_order(&doc.retention) {
        list.of("retention", id, item.clause.first());
        if let Some(basis) = given(item.basis.as_ref()) {
            list.of("basis", basis, item.clause.first());
        }
    }
    for (id, item) in in_order(&doc.right) {
        list.of("right", id, item.clause.first());
        list.of("right_name", id, item.clause.first());
        item.refuse.iter().for_each(|ground| list.of("refusal", ground, item.clause.first()));
    }
    doc.clause.iter().for_each(|item| list.of("clause", &item.id, Some(&item.id)));
    doc.finding.iter().for_each(|item| list.of("finding", &item.id, item.clauses.first()));
    list.list
}

struct Wants<'a> {
    list: Vec<Wanted<'a>>,
    head: Range<usize>,
}

impl<'a> Wants<'a> {
    /// A text that every page needs.
    fn of_page(&mut self, section: &'static str, key: &str) {
        self.list.push(Wanted { section, key: key.to_owned(), at: self.head.clone(), clause: None });
    }

    /// The text of an item.
    fn of(&mut self, section: &'static str, id: &'a Id, clause: Option<&'a Id>) {
        self.named(section, id.get_ref(), id, clause);
    }

    /// A text that the item at `id` needs.
    fn named(&mut self, section: &'static str, key: &str, id: &'a Id, clause: Option<&'a Id>) {
        let clause = clause.map(|clause| clause.get_ref().as_str());
        self.list.push(Wanted { section, key: key.to_owned(), at: id.span(), clause });
    }
}

/// Texts for what the policy does not have. Labels are free: the app has words of its own there.
fn unused(checker: &mut Checker<'_>, language: &str, texts: &Texts, wanted: &[Wanted<'_>]) {
    let known: BTreeSet<(&str, &str)> = wanted.iter().map(|w| (w.section, w.key.as_str())).collect();
    for (section, entries) in texts.iter().filter(|(section, _)| section.get_ref() != "label") {
        for key in entries.keys().filter(|key| !known.contains(&(section.get_ref().as_str(), key.get_ref().as_str()))) {
            let message =
                format!("[{}] \"{}\" is a text for something that the policy does not have", section.get_ref(), key.get_ref());
            checker.fault_in_text(Rule::TextUnused, None, language, &key.span(), message);
        }
    }
}

fn placeholders(checker: &mut Checker<'_>, language: &str, texts: &Texts) {
    let doc = &checker.source.doc;
    for (section, entries) in texts {
        for (key, text) in entries {
            for piece in pieces(text.get_ref()) {
                let unknown = match piece {
                    // The slots of a label are filled by whoever uses it.
                    Piece::Placeholder(Placeholder::Unknown(name))
                        if section.get_ref() != "label" || name.contains([':', '.']) =>
                    {
                        name
                    }
                    Piece::Placeholder(Placeholder::Days(id)) if !doc.right.contains_key(id) => id,
                    Piece::Placeholder(Placeholder::Period(id))
                        if doc.retention.get(id).is_none_or(|class| class.period.is_none()) =>
                    {
                        id
                    }
                    Piece::Placeholder(Placeholder::Term(id)) if !doc.term.contains_key(id) => id,
                    _ => continue,
                };
                let clause = (section.get_ref() == "clause").then_some(key.get_ref().as_str());
                let message = format!("nothing fills the placeholder `{{{unknown}}}`");
                checker.fault_in_text(Rule::UnknownPlaceholder, clause, language, &text.span(), message);
            }
        }
    }
}

/// The facts of each text in the governing language and in another one.
fn compare(checker: &mut Checker<'_>, governing: &str, other: &str) {
    let source = checker.source;
    let (Some(left), Some(right)) = (source.texts.get(governing), source.texts.get(other)) else { return };
    let none = BTreeMap::new();
    for (section, entries) in left {
        let others = right.get(section).unwrap_or(&none);
        for (key, text) in entries {
            let clause = (section.get_ref() == "clause").then_some(key.get_ref().as_str());
            match others.get(key) {
                None => {
                    let message = format!("[{}] \"{}\" has no text in text/{other}.toml", section.get_ref(), key.get_ref());
                    checker.fault_in_text(Rule::TextMissing, clause, governing, &key.span(), message);
                }
                Some(translated) => {
                    let (here, there) = (facts(text.get_ref()), facts(translated.get_ref()));
                    if here != there {
                        let message = format!("{governing} has {here:?}, {other} has {there:?}");
                        checker.fault_in_text(Rule::FactsDiffer, clause, other, &translated.span(), message);
                    }
                }
            }
        }
        for key in others.keys().filter(|key| !entries.contains_key(*key)) {
            let message = format!("[{}] \"{}\" has no text in text/{governing}.toml", section.get_ref(), key.get_ref());
            checker.fault_in_text(Rule::TextMissing, None, other, &key.span(), message);
        }
    }
}
