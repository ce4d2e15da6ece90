//! Retention, residency, rights, clauses, findings and texts.

use std::collections::BTreeMap;

use super::{ChangeKind, Differ, added, paired};
use crate::model::{Active, Clause, ClauseState, Duty, Policy, Residency, Retention, Right};
use crate::period::Period;

pub(super) fn compare(differ: &mut Differ<'_>) {
    let (old, new) = (differ.old, differ.new);
    retention(differ);
    residency(differ, &old.residency, &new.residency);
    if old.terms != new.terms {
        differ.found(ChangeKind::RightChanged, "terms", &[("right", "terms")]);
    }
    for pair in paired(&old.rights, &new.rights, |right| &right.id) {
        match pair {
            (None, Some(after)) => differ.found(ChangeKind::RightAdded, &after.id, &[("right", &after.id)]),
            (Some(before), None) => differ.found(ChangeKind::RightReduced, &before.id, &[("right", &before.id)]),
            (Some(before), Some(after)) => right(differ, before, after),
            (None, None) => {}
        }
    }
    for pair in paired(&old.clauses, &new.clauses, |clause| &clause.id) {
        match pair {
            (None, Some(after)) => differ.found(ChangeKind::ClauseAdded, &after.id, &[("clause", &after.id)]),
            (Some(before), None) => differ.found(ChangeKind::ClauseRemoved, &before.id, &[("clause", &before.id)]),
            (Some(before), Some(after)) => clause(differ, before, after),
            (None, None) => {}
        }
    }
    for pair in paired(&old.findings, &new.findings, |finding| &finding.id) {
        if let (None, Some(after)) = pair {
            differ.found(ChangeKind::FindingAdded, &after.id, &[("clause", &after.id)]);
        }
    }
    texts(differ);
}

/// Each category by what happens to it, whatever its class is called: a class that got longer, or a move to a longer one.
fn retention(differ: &mut Differ<'_>) {
    let (old, new) = (differ.old, differ.new);
    let class = |policy: &Policy, id: &str| policy.retention.iter().find(|class| class.id == id).cloned();
    for (before, after) in paired(&old.categories, &new.categories, |category| &category.id) {
        let (Some(before), Some(after)) = (before, after) else { continue };
        let (Some(was), Some(is)) = (class(old, &before.retention), class(new, &after.retention)) else { continue };
        let slots = [("category", after.id.as_str()), ("retention", after.retention.as_str())];
        match length(&was, &is) {
            Some(true) => differ.found(ChangeKind::RetentionLengthened, &after.id, &slots),
            Some(false) => differ.found(ChangeKind::RetentionShortened, &after.id, &slots),
            None => {}
        }
    }
}

/// Whether data are kept for longer (true), less long (false) or as long (None). What cannot be compared counts as longer.
fn length(was: &Retention, is: &Retention) -> Option<bool> {
    let days = |class: &Retention| class.period.parse::<Period>().ok().and_then(Period::days).unwrap_or(0);
    let same_kind = was.active == is.active && was.then == is.then;
    match (same_kind, days(was).cmp(&days(is))) {
        (true, std::cmp::Ordering::Equal) => None,
        (true, order) => Some(order.is_lt()),
        (false, _) if is.active == Active::Never => Some(false),
        // Evidence that is shredded at once from now on.
        (false, _) if was.active == is.active && is.then < was.then => Some(false),
        (false, _) => Some(true),
    }
}

fn residency(differ: &mut Differ<'_>, before: &Residency, after: &Residency) {
    let opened = before.export == "none" && after.export != "none";
    let further = added(&before.store, &after.store).chain(added(&before.used, &after.used)).next().is_some();
    if opened || further {
        differ.found(ChangeKind::ExportEnabled, "residency", &[]);
    }
    let told_less = added(&after.inform, &before.inform).next().is_some() || before.consent != after.consent;
    if told_less {
        differ.found(ChangeKind::RightReduced, "residency", &[("right", "residency")]);
    }
}

fn right(differ: &mut Differ<'_>, before: &Right, after: &Right) {
    let reduced = before.days < after.days
        || added(&before.refuse, &after.refuse).next().is_some()
        || added(&after.channels, &before.channels).next().is_some()
        || !after.fee.is_empty() && before.fee != after.fee;
    let slots = [("right", after.id.as_str())];
    if reduced {
        differ.found(ChangeKind::RightReduced, &after.id, &slots);
    } else if before != after {
        differ.found(ChangeKind::RightChanged, &after.id, &slots);
    }
}

fn clause(differ: &mut Differ<'_>, before: &Clause, after: &Clause) {
    let (old, new) = (differ.old, differ.new);
    let slots = [("clause", after.id.as_str())];
    let was_kept = old.state_of(before) == ClauseState::InUse;
    // A function that is gone is its own change; here it counts only that what stays is kept by less.
    let functions_stay = after.functions.iter().all(|function| new.in_use(function));
    let less =
        before.duty == Duty::Software && after.duty != Duty::Software || added(&after.points, &before.points).next().is_some();
    if was_kept && functions_stay && less {
        differ.found(ChangeKind::GateLoosened, &after.id, &[("purpose", &after.id)]);
    }
    let text =
        |policy: &Policy| policy.languages.iter().map(|l| policy.text(l, "clause", &after.id).to_owned()).collect::<Vec<_>>();
    if text(old) != text(new) {
        differ.found(ChangeKind::TextChanged, &after.id, &slots);
    }
    let place = |clause: &Clause| (clause.part, clause.duty, clause.functions.clone());
    if place(before) != place(after) {
        differ.found(ChangeKind::ClauseChanged, &after.id, &slots);
    }
}

/// Other words, apart from clauses. New and removed texts belong to items that were added or removed.
fn texts(differ: &mut Differ<'_>) {
    let (old, new) = (differ.old, differ.new);
    let mut reworded: BTreeMap<(&str, &str), ()> = BTreeMap::new();
    for (language, sections) in &new.texts {
        for (section, entries) in sections.iter().filter(|(section, _)| *section != "clause") {
            for (key, text) in entries {
                if old.text_if(language, section, key).is_some_and(|before| before != text) {
                    reworded.insert((section, key), ());
                }
            }
        }
    }
    for (section, key) in reworded.into_keys() {
        differ.found(ChangeKind::WordingChanged, &format!("{section} {key}"), &[(section, key)]);
    }
}
