//! Texts: there in every language, for nothing else, and with the same facts.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Checker;
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
    let mut wanted = Vec::new();
    let mut want = |section: &'static str, key: String, at: Range<usize>, clause: Option<&'a Id>| {
        wanted.push(Wanted { section, key, at, clause: clause.map(|id| id.get_ref().as_str()) });
    };
    let head = doc.policy.seed_lines.span();
    TITLES.iter().for_each(|key| want("title", (*key).to_owned(), head.clone(), None));
    LABELS.iter().for_each(|key| want("label", (*key).to_owned(), head.clone(), None));
    (0..=6).for_each(|part: u8| want("part", part.to_string(), head.clone(), None));
    for (id, _) in in_order(&doc.function) {
        want("function", id.get_ref().clone(), id.span(), None);
    }
    for (id, item) in in_order(&doc.category) {
        want("category", id.get_ref().clone(), id.span(), item.clause.first());
    }
    for (id, item) in in_order(&doc.permission) {
        want("permission", id.get_ref().clone(), id.span(), Some(&item.clause));
    }
    for (id, item) in in_order(&doc.purpose) {
        want("purpose", id.get_ref().clone(), id.span(), item.clause.first());
        if item.basis == Some(Basis::Consent) {
            want("purpose", format!("{}.effect", id.get_ref()), id.span(), item.clause.first());
        }
    }
    for item in &doc.recipient {
        want("recipient", item.id.get_ref().clone(), item.id.span(), Some(&item.clause));
        item.could_ask.iter().for_each(|id| want("vendor_field", id.get_ref().clone(), id.span(), Some(&item.clause)));
    }
    for (id, item) in in_order(&doc.retention) {
        want("retention", id.get_ref().clone(), id.span(), item.clause.first());
    }
    for (id, item) in in_order(&doc.right) {
        want("right", id.get_ref().clone(), id.span(), item.clause.first());
        want("right", format!("{}.text", id.get_ref()), id.span(), item.clause.first());
    }
    for item in &doc.clause {
        want("clause", item.id.get_ref().clone(), item.id.span(), Some(&item.id));
    }
    for item in &doc.finding {
        want("finding", item.id.get_ref().clone(), item.id.span(), item.clauses.first());
    }
    wanted
}

/// Texts for what the policy does not have. An item may have more texts than its name, by a suffix.
fn unused(checker: &mut Checker<'_>, language: &str, texts: &Texts, wanted: &[Wanted<'_>]) {
    let known: BTreeSet<(&str, &str)> = wanted.iter().map(|w| (w.section, w.key.as_str())).collect();
    for (section, entries) in texts {
        for key in entries.keys() {
            let (section, name) = (section.get_ref().as_str(), key.get_ref().as_str());
            let bare = [".text", ".where", ".effect"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
            let free = section == "label" || section == "title";
            if !free && !known.contains(&(section, name)) && !known.contains(&(section, bare)) {
                let message = format!("[{section}] \"{name}\" is a text for something that the policy does not have");
                checker.fault_in_text(Rule::TextUnused, None, language, &key.span(), message);
            }
        }
    }
}

fn placeholders(checker: &mut Checker<'_>, language: &str, texts: &Texts) {
    let doc = &checker.source.doc;
    for (section, entries) in texts {
        for (key, text) in entries {
            for piece in pieces(text.get_ref()) {
                let unknown = match piece {
                    Piece::Placeholder(Placeholder::Unknown(name)) => name,
                    Piece::Placeholder(Placeholder::Days(id)) if !doc.right.contains_key(id) => id,
                    Piece::Placeholder(Placeholder::Period(id)) if doc.retention.get(id).is_none_or(|class| class.period.is_none()) => id,
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
