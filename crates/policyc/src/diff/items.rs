//! Functions, categories, purposes, acts and recipients.

use super::{ChangeKind, Differ, added, paired};
use crate::model::{Act, Basis, Category, Policy, Purpose, Recipient, State, Who};

pub(super) fn compare(differ: &mut Differ<'_>) {
    let (old, new) = (differ.old, differ.new);
    for (before, after) in paired(&old.functions, &new.functions, |function| &function.id) {
        let in_use = |function: Option<&crate::model::Function>| function.is_some_and(|f| f.state == State::InUse);
        let Some(function) = after.or(before) else { continue };
        match (in_use(before), in_use(after)) {
            (false, true) => differ.found(ChangeKind::FunctionInUse, &function.id, &[("function", &function.id)]),
            (true, false) => differ.found(ChangeKind::FunctionNotBuilt, &function.id, &[("function", &function.id)]),
            _ => {}
        }
    }
    for pair in paired(&old.categories, &new.categories, |category| &category.id) {
        match pair {
            (None, Some(after)) => differ.found(ChangeKind::CategoryAdded, &after.id, &[("category", &after.id)]),
            (Some(before), None) => differ.found(ChangeKind::CategoryRemoved, &before.id, &[("category", &before.id)]),
            (Some(before), Some(after)) => category(differ, before, after),
            (None, None) => {}
        }
    }
    for pair in paired(&old.purposes, &new.purposes, |purpose| &purpose.id) {
        match pair {
            (None, Some(after)) => {
                differ.found(ChangeKind::PurposeAdded, &after.id, &[("purpose", &after.id)]);
                uses(differ, &after.id, &[], &after.uses);
            }
            (Some(before), None) => differ.found(ChangeKind::PurposeRemoved, &before.id, &[("purpose", &before.id)]),
            (Some(before), Some(after)) => purpose(differ, before, after),
            (None, None) => {}
        }
    }
    for pair in paired(&old.acts, &new.acts, |act| &act.id) {
        if let (Some(before), Some(after)) = pair {
            act(differ, before, after);
        }
    }
    for pair in paired(&old.recipients, &new.recipients, |recipient| &recipient.id) {
        match pair {
            (None, Some(after)) => differ.found(ChangeKind::RecipientAdded, &after.id, &[("recipient", &after.id)]),
            (Some(before), None) => differ.found(ChangeKind::RecipientRemoved, &before.id, &[("recipient", &before.id)]),
            (Some(before), Some(after)) => recipient(differ, before, after),
            (None, None) => {}
        }
    }
}

fn category(differ: &mut Differ<'_>, before: &Category, after: &Category) {
    let slots = [("category", after.id.as_str())];
    if before.sensitive && !after.sensitive {
        differ.found(ChangeKind::GateLoosened, &after.id, &[("purpose", &after.id)]);
    }
    if !before.sensitive && after.sensitive {
        differ.found(ChangeKind::WordingChanged, &after.id, &slots);
    }
    if !before.stored && after.stored {
        differ.found(ChangeKind::RetentionLengthened, &after.id, &[("category", &after.id), ("retention", &after.retention)]);
    }
    let origin = |c: &Category| (c.permission.clone(), c.given, c.made, c.platform.clone());
    if origin(before) != origin(after) {
        differ.found(ChangeKind::CategoryAdded, &after.id, &slots);
    }
}

/// Categories that a purpose uses from now on, and no longer.
fn uses(differ: &mut Differ<'_>, purpose: &str, before: &[String], after: &[String]) {
    for category in added(before, after) {
        let slots = [("purpose", purpose), ("category", category.as_str())];
        let kind = if sensitive(differ.new, category) { ChangeKind::SensitiveUseAdded } else { ChangeKind::UseAdded };
        differ.found(kind, &format!("{purpose} {category}"), &slots);
    }
    for category in added(after, before) {
        differ.found(ChangeKind::UseRemoved, &format!("{purpose} {category}"), &[("purpose", purpose), ("category", category)]);
    }
}

fn sensitive(policy: &Policy, category: &str) -> bool {
    policy.categories.iter().any(|c| c.id == category && c.sensitive)
}

fn purpose(differ: &mut Differ<'_>, before: &Purpose, after: &Purpose) {
    let slots = [("purpose", after.id.as_str())];
    uses(differ, &after.id, &before.uses, &after.uses);
    if before.basis == Basis::Consent && after.basis != Basis::Consent {
        differ.found(ChangeKind::ConsentDropped, &after.id, &slots);
    } else if before.basis != after.basis {
        differ.found(ChangeKind::WordingChanged, &after.id, &slots);
    }
    if before.minors < after.minors {
        differ.found(ChangeKind::MinorRuleWeakened, &after.id, &slots);
    }
    if !before.sensitive && after.sensitive {
        differ.found(ChangeKind::SensitiveUseAdded, &after.id, &slots);
    }
    let looser = [
        (before.without_agreement, after.without_agreement),
        (before.while_held, after.while_held),
        // Somebody earns by it now.
        (before.commercial, after.commercial),
    ];
    if looser.iter().any(|(before, after)| !before && *after) {
        differ.found(ChangeKind::GateLoosened, &after.id, &slots);
    }
}

fn act(differ: &mut Differ<'_>, before: &Act, after: &Act) {
    let wider = before.who == Who::Owner && after.who == Who::Member
        || before.who != after.who && !matches!((before.who, after.who), (Who::Member, Who::Owner));
    if wider || before.purpose != after.purpose || before.object != after.object {
        differ.found(ChangeKind::GateLoosened, &after.id, &[("purpose", &after.purpose)]);
    }
}

fn recipient(differ: &mut Differ<'_>, before: &Recipient, after: &Recipient) {
    let slots = [("recipient", after.id.as_str())];
    for field in added(&before.fields, &after.fields) {
        let slots =
            [("recipient", after.id.as_str()), ("category", field.category.as_str()), ("purpose", field.purpose.as_str())];
        let id = format!("{} {} {}", after.id, field.category, field.purpose);
        differ.found(ChangeKind::FieldAdded, &id, &slots);
        if sensitive(differ.new, &field.category) {
            differ.found(ChangeKind::SensitiveUseAdded, &id, &slots);
        }
    }
    for field in added(&after.fields, &before.fields) {
        let slots =
            [("recipient", after.id.as_str()), ("category", field.category.as_str()), ("purpose", field.purpose.as_str())];
        differ.found(ChangeKind::FieldRemoved, &format!("{} {} {}", after.id, field.category, field.purpose), &slots);
    }
    if before.agreement.is_none() && after.agreement.is_some() {
        differ.found(ChangeKind::RecipientAgreed, &after.id, &slots);
    }
    let rest = |r: &Recipient| {
        let Recipient { id: _, parent, region, agreement, policy_url, more_urls, clause, function, fields: _, could_ask } =
            r.clone();
        (parent, region, agreement, policy_url, more_urls, clause, function, could_ask)
    };
    if rest(before) != rest(after) {
        differ.found(ChangeKind::RecipientChanged, &after.id, &slots);
    }
}
