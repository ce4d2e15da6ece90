//! Categories, retention, purposes, acts, and where data may lie.

use super::{Checker, given};
use crate::diff::ChangeKind;
use crate::fault::Rule;
use crate::model::{Active, Basis, Class, Minors, Then};
use crate::period::Period;
use crate::source::in_order;

pub(super) fn check(checker: &mut Checker<'_>) {
    categories(checker);
    retention(checker);
    purposes(checker);
    acts(checker);
    residency(checker);
    changes(checker);
}

fn categories(checker: &mut Checker<'_>) {
    for (id, category) in in_order(&checker.source.doc.category) {
        if given(category.retention.as_ref()).is_none() {
            let message = format!("category `{}` has no retention class: nothing would ever delete it", id.get_ref());
            checker.fault(Rule::CategoryWithoutRetention, &category.clause, &id.span(), message);
        }
    }
}

fn retention(checker: &mut Checker<'_>) {
    let doc = &checker.source.doc;
    for (id, class) in in_order(&doc.retention) {
        let period = given(class.period.as_ref());
        if let Some(period) = period.filter(|period| period.get_ref().parse::<Period>().ok().and_then(Period::days).is_none()) {
            let message = format!("`{}` is no period: whole days, months or years, as P180D", period.get_ref());
            checker.fault(Rule::BadRetention, &class.clause, &period.span(), message);
        }
        let needs_one =
            matches!(class.active, Active::Period | Active::Idle | Active::UntilReview) || class.then == Then::Evidence;
        if needs_one && period.is_none() {
            let message = format!("retention class `{}` says how long only with a period", id.get_ref());
            checker.fault(Rule::BadRetention, &class.clause, &id.span(), message);
        }
    }
    for (id, category) in in_order(&doc.category) {
        let Some(class) = given(category.retention.as_ref()).and_then(|class| doc.retention.get(class.get_ref().as_str())) else {
            continue;
        };
        if category.stored == (class.active == Active::Never) {
            let message = format!("category `{}` is stored, or kept never: not both", id.get_ref());
            checker.fault(Rule::BadRetention, &category.clause, &id.span(), message);
        }
    }
    for (_, term) in in_order(&doc.term) {
        if term.get_ref().parse::<Period>().is_err() {
            checker.fault(Rule::BadRetention, &[], &term.span(), format!("`{}` is no period", term.get_ref()));
        }
    }
}

fn purposes(checker: &mut Checker<'_>) {
    for (id, purpose) in in_order(&checker.source.doc.purpose) {
        let name = id.get_ref();
        if purpose.basis.is_none() {
            checker.fault(Rule::PurposeWithoutBasis, &purpose.clause, &id.span(), format!("purpose `{name}` has no legal basis"));
        }
        if purpose.clause.is_empty() {
            checker.fault(Rule::PurposeWithoutClause, &[], &id.span(), format!("no clause explains purpose `{name}`"));
        }
        if let Some(default) =
            purpose.default.as_ref().filter(|default| purpose.basis == Some(Basis::Consent) && default.get_ref() != "off")
        {
            let message = format!("purpose `{name}` rests on consent, and consent is `off` until it is given");
            checker.fault(Rule::ConsentDefaultOn, &purpose.clause, &default.span(), message);
        }
        match purpose.minors {
            None => {
                let message = format!("purpose `{name}` does not say what holds for minors");
                checker.fault(Rule::MinorRuleMissing, &purpose.clause, &id.span(), message);
            }
            Some(Minors::Allowed) if purpose.commercial => {
                let message = format!("purpose `{name}` is commercial: minors are forbidden, or a guardian agrees");
                checker.fault(Rule::MinorRuleMissing, &purpose.clause, &id.span(), message);
            }
            Some(_) => {}
        }
    }
}

fn acts(checker: &mut Checker<'_>) {
    for (id, act) in in_order(&checker.source.doc.act) {
        if given(act.purpose.as_ref()).is_none() {
            checker.fault(Rule::ActWithoutPurpose, &act.clause, &id.span(), format!("act `{}` has no purpose", id.get_ref()));
        }
    }
}

fn residency(checker: &mut Checker<'_>) {
    let residency = &checker.source.doc.residency;
    if residency.export.get_ref() == "none" {
        for region in residency.store.iter().filter(|region| !residency.used.contains(region)) {
            let message = format!("data may lie in `{region}` and not be used there: that is an export, and export is `none`");
            checker.fault(Rule::RegionNotAllowed, &residency.clause, &residency.export.span(), message);
        }
    }
}

fn changes(checker: &mut Checker<'_>) {
    let change = &checker.source.doc.change;
    let lists = [
        (Class::Silent, &change.silent),
        (Class::Posted, &change.posted),
        (Class::Prominent, &change.prominent),
        (Class::Express, &change.express),
    ];
    for (class, ids) in lists {
        for id in ids {
            match ChangeKind::from_id(id.get_ref()) {
                None => checker.fault(Rule::UnknownId, &[], &id.span(), format!("there is no kind of change `{}`", id.get_ref())),
                Some(kind) if class < kind.class() => {
                    let message = format!(
                        "change `{}` is {} at least: a class can be raised, never lowered",
                        id.get_ref(),
                        kind.class().word()
                    );
                    checker.fault(Rule::ClassLowered, &[], &id.span(), message);
                }
                Some(_) => {}
            }
        }
    }
}
