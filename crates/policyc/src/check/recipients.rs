//! Who else may get what: every field needs a category, a purpose that uses it, a permission, and an agreement that lasts.

use chrono::NaiveDate;
use toml::Spanned;

use super::{Checker, given};
use crate::compile::date;
use crate::fault::Rule;
use crate::source::{FieldEntry, RecipientEntry};

pub(super) fn check(checker: &mut Checker<'_>, on: NaiveDate) {
    for recipient in &checker.source.doc.recipient {
        agreement(checker, recipient, on);
        region(checker, recipient);
        if let Some(name) =
            given(recipient.name.as_ref()).filter(|name| *name.get_ref() != format!("recipient.{}", recipient.id.get_ref()))
        {
            let message = format!(
                "`{}` is no name of recipient `{}`: its texts are [recipient] by its id",
                name.get_ref(),
                recipient.id.get_ref()
            );
            checker.fault(Rule::UnknownId, std::slice::from_ref(&recipient.clause), &name.span(), message);
        }
        for field in &recipient.fields {
            check_field(checker, recipient, field);
        }
    }
}

fn agreement(checker: &mut Checker<'_>, recipient: &RecipientEntry, on: NaiveDate) {
    let (name, clause) = (recipient.id.get_ref(), std::slice::from_ref(&recipient.clause));
    match &recipient.agreement {
        // One whose function is not built may list its fields: without an agreement they are denied all the same.
        None if !recipient.fields.is_empty() && recipient.function.as_ref().is_some_and(|f| checker.in_use(f.get_ref())) => {
            let message = format!("recipient `{name}` may get fields, and no agreement binds it");
            checker.fault(Rule::AgreementMissing, clause, &recipient.id.span(), message);
        }
        Some(agreement) if date(agreement.expires.get_ref()).is_none_or(|last| last < on) => {
            let message = format!(
                "the agreement `{}` with recipient `{name}` ended on {}",
                agreement.reference,
                agreement.expires.get_ref()
            );
            checker.fault(Rule::AgreementExpired, clause, &agreement.expires.span(), message);
        }
        _ => {}
    }
}

fn region(checker: &mut Checker<'_>, recipient: &RecipientEntry) {
    let (residency, region) = (&checker.source.doc.residency, recipient.region.get_ref());
    if region != "deployment" && residency.export.get_ref() == "none" && !residency.used.contains(region) {
        let message = format!(
            "recipient `{}` is in `{region}`, and data are used in {} only",
            recipient.id.get_ref(),
            residency.used.join(", ")
        );
        checker.fault(Rule::RegionNotAllowed, std::slice::from_ref(&recipient.clause), &recipient.region.span(), message);
    }
}

fn check_field(checker: &mut Checker<'_>, recipient: &RecipientEntry, field: &Spanned<FieldEntry>) {
    let doc = &checker.source.doc;
    let (name, clause, entry) = (recipient.id.get_ref(), std::slice::from_ref(&recipient.clause), field.get_ref());
    let category = match given(entry.cat.as_ref()) {
        Some(id) => doc.category.get(id.get_ref().as_str()).map(|category| (id, category)),
        None => None,
    };
    let Some((category_id, category)) = category else {
        let message = match given(entry.cat.as_ref()) {
            Some(id) => format!("recipient `{name}` would get `{}`, and there is no such category", id.get_ref()),
            None => format!("a field of recipient `{name}` has no category"),
        };
        return checker.fault(Rule::FieldWithoutCategory, clause, &field.span(), message);
    };
    let category_name = category_id.get_ref();
    if recipient.could_ask.iter().any(|denied| denied.get_ref() == category_name) {
        let message = format!("recipient `{name}` would get `{category_name}`, which its own row says never goes");
        checker.fault(Rule::FieldAlsoDenied, clause, &category_id.span(), message);
    }
    if !category.given && !category.made && given(category.permission.as_ref()).is_none() {
        let message = format!("recipient `{name}` would get `{category_name}`, for which the app has no permission");
        checker.fault(Rule::FieldWithoutPermission, clause, &category_id.span(), message);
    }
    let Some(purpose_id) = given(entry.purpose.as_ref()) else {
        let message = format!("field `{category_name}` of recipient `{name}` has no purpose");
        return checker.fault(Rule::FieldWithoutPurpose, clause, &field.span(), message);
    };
    match doc.purpose.get(purpose_id.get_ref().as_str()) {
        None => {
            let message = format!(
                "field `{category_name}` of recipient `{name}` is for `{}`, and there is no such purpose",
                purpose_id.get_ref()
            );
            checker.fault(Rule::FieldWithoutPurpose, clause, &purpose_id.span(), message);
        }
        Some(purpose) if !purpose.uses.iter().any(|used| used.get_ref() == category_name) => {
            let message =
                format!("recipient `{name}` would get `{category_name}` for `{}`, which does not use it", purpose_id.get_ref());
            checker.fault(Rule::FieldNotUsed, clause, &category_id.span(), message);
        }
        Some(_) => {}
    }
}
