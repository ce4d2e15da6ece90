//! Ids: well formed, given once, and every reference names something.

use std::collections::BTreeSet;

use super::{Checker, given};
use crate::fault::Rule;
use crate::source::{Id, in_order};

/// Last words of a category that would let in anything.
const WILDCARDS: &[&str] = &["any", "all", "etc", "other", "others", "related", "misc"];

pub(super) fn check(checker: &mut Checker<'_>) {
    spelling(checker);
    duplicates(checker);
    references(checker);
    functions(checker);
}

fn spelling(checker: &mut Checker<'_>) {
    let doc = &checker.source.doc;
    let keys = [
        doc.function.keys().collect::<Vec<_>>(),
        doc.category.keys().collect(),
        doc.permission.keys().collect(),
        doc.purpose.keys().collect(),
        doc.act.keys().collect(),
        doc.retention.keys().collect(),
        doc.right.keys().collect(),
        doc.recipient.iter().map(|recipient| &recipient.id).collect(),
        doc.vendor_field.keys().collect(),
        doc.term.keys().collect(),
        doc.policy.points.iter().collect(),
    ];
    for id in keys.into_iter().flatten() {
        if !well_formed(id.get_ref()) && !id.get_ref().contains('*') {
            checker.fault(
                Rule::BadId,
                &[],
                &id.span(),
                format!("`{}` is no id: small letters, digits and `_`, joined by dots", id.get_ref()),
            );
        }
    }
    for (id, category) in in_order(&doc.category) {
        let last = id.get_ref().rsplit('.').next().unwrap_or_default();
        if id.get_ref().contains('*') || WILDCARDS.contains(&last) {
            let message = format!("category `{}` could mean anything: name each kind of data", id.get_ref());
            checker.fault(Rule::WildcardCategory, &category.clause, &id.span(), message);
        }
    }
}

/// Words of small letters, digits and `_`, each beginning with a letter, joined by dots.
fn well_formed(id: &str) -> bool {
    id.split('.').all(|word| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    })
}

fn duplicates(checker: &mut Checker<'_>) {
    let doc = &checker.source.doc;
    let lists = [
        ("enforcement point", doc.policy.points.iter().collect::<Vec<_>>()),
        ("recipient", doc.recipient.iter().map(|r| &r.id).collect()),
        ("clause", doc.clause.iter().map(|c| &c.id).collect()),
        ("finding", doc.finding.iter().map(|f| &f.id).collect()),
    ];
    for (kind, ids) in lists {
        let mut seen = BTreeSet::new();
        for id in ids {
            if !seen.insert(id.get_ref()) {
                let clause: &[Id] = if kind == "clause" { std::slice::from_ref(id) } else { &[] };
                checker.fault(Rule::DuplicateId, clause, &id.span(), format!("{kind} `{}` is there twice", id.get_ref()));
            }
        }
    }
}

/// Every word that must name a clause, category, permission, purpose, recipient or retention class.
fn references(checker: &mut Checker<'_>) {
    let doc = &checker.source.doc;
    let clauses: BTreeSet<&str> = doc.clause.iter().map(|clause| clause.id.get_ref().as_str()).collect();
    let recipients: BTreeSet<&str> = doc.recipient.iter().map(|recipient| recipient.id.get_ref().as_str()).collect();

    let to_clauses = (doc.category.values().flat_map(|item| &item.clause))
        .chain(doc.permission.values().map(|item| &item.clause))
        .chain(doc.purpose.values().flat_map(|item| &item.clause))
        .chain(doc.act.values().flat_map(|item| &item.clause))
        .chain(doc.recipient.iter().map(|item| &item.clause))
        .chain(doc.retention.values().flat_map(|item| &item.clause))
        .chain(&doc.residency.clause)
        .chain(&doc.change.clause)
        .chain(doc.right.values().flat_map(|item| &item.clause))
        .chain(doc.finding.iter().flat_map(|item| &item.clauses));
    let mut unknown: Vec<(&str, &Id, &[Id])> = Vec::new();
    unknown.extend(to_clauses.filter(|id| !clauses.contains(id.get_ref().as_str())).map(|id| ("clause", id, [].as_slice())));
    for category in doc.category.values() {
        unknown.extend(
            given(category.permission.as_ref())
                .filter(|id| !doc.permission.contains_key(id.get_ref().as_str()))
                .map(|id| ("permission", id, &*category.clause)),
        );
        unknown.extend(
            given(category.shred.as_ref())
                .filter(|id| !doc.shred_class.contains_key(id.get_ref().as_str()))
                .map(|id| ("shred class", id, &*category.clause)),
        );
        unknown.extend(
            given(category.retention.as_ref())
                .filter(|id| !doc.retention.contains_key(id.get_ref().as_str()))
                .map(|id| ("retention class", id, &*category.clause)),
        );
    }
    for purpose in doc.purpose.values() {
        unknown.extend(
            purpose
                .uses
                .iter()
                .filter(|id| !doc.category.contains_key(id.get_ref().as_str()))
                .map(|id| ("category", id, &*purpose.clause)),
        );
    }
    for act in doc.act.values() {
        unknown.extend(
            given(act.purpose.as_ref())
                .filter(|id| !doc.purpose.contains_key(id.get_ref().as_str()))
                .map(|id| ("purpose", id, &*act.clause)),
        );
    }
    for clause in &doc.clause {
        let points = clause.points.iter().filter(|id| !doc.policy.points.contains(id));
        unknown.extend(points.map(|id| ("enforcement point", id, std::slice::from_ref(&clause.id))));
    }
    for recipient in &doc.recipient {
        let clause = std::slice::from_ref(&recipient.clause);
        let fields = recipient.could_ask.iter().filter(|id| !doc.vendor_field.contains_key(id.get_ref().as_str()));
        unknown.extend(fields.map(|id| ("vendor field", id, clause)));
        unknown.extend(
            given(recipient.parent.as_ref())
                .filter(|id| !recipients.contains(id.get_ref().as_str()))
                .map(|id| ("recipient", id, clause)),
        );
    }
    for (kind, id, clause) in unknown {
        checker.fault(Rule::UnknownId, clause, &id.span(), format!("there is no {kind} `{}`", id.get_ref()));
    }
}

fn functions(checker: &mut Checker<'_>) {
    let doc = &checker.source.doc;
    let mut named: Vec<(&Id, &[Id])> = Vec::new();
    for (id, purpose) in in_order(&doc.purpose) {
        match given(purpose.function.as_ref()) {
            Some(function) => named.push((function, &purpose.clause)),
            None => checker.fault(
                Rule::UnknownFunction,
                &purpose.clause,
                &id.span(),
                format!("purpose `{}` belongs to no function", id.get_ref()),
            ),
        }
    }
    for recipient in &doc.recipient {
        let clause = std::slice::from_ref(&recipient.clause);
        match given(recipient.function.as_ref()) {
            Some(function) => named.push((function, clause)),
            None => {
                let message = format!("recipient `{}` belongs to no function", recipient.id.get_ref());
                checker.fault(Rule::UnknownFunction, clause, &recipient.id.span(), message);
            }
        }
    }
    named.extend(doc.right.values().filter_map(|right| Some((given(right.function.as_ref())?, &*right.clause))));
    named.extend(doc.clause.iter().flat_map(|clause| clause.functions.iter().map(|f| (f, std::slice::from_ref(&clause.id)))));
    for (function, clause) in named {
        if !checker.has_function(function.get_ref()) {
            checker.fault(
                Rule::UnknownFunction,
                clause,
                &function.span(),
                format!("there is no function `{}`", function.get_ref()),
            );
        }
    }
}
