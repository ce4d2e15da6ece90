//! From a source to a checked policy.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use toml::value::Datetime;

use crate::canonical::{canonical, hash};
use crate::check;
use crate::fault::Faults;
use crate::model::{
    Act, Agreement, Basis, Category, Class, Clause, Field, Finding, Function, Minors, Permission, Policy, Purpose, Recipient,
    Residency, Retention, Right, VendorField,
};
use crate::source::{Accepted, Document, Id, Map, Source, in_order};

/// A policy that keeps every rule, with its canonical spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    policy: Policy,
    json: String,
    hash: String,
}

/// Checks a source and compiles it. Agreements with recipients are judged on the day `on`.
///
/// # Errors
/// Every rule that it breaks.
pub fn compile(source: &Source, on: NaiveDate) -> Result<Compiled, Faults> {
    let faults = check::check(source, on);
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    Ok(Compiled::of(policy(source)))
}

impl Compiled {
    fn of(policy: Policy) -> Self {
        // A policy holds nothing that JSON cannot.
        let json = canonical(&policy).unwrap_or_default();
        Self { hash: hash(&json), policy, json }
    }

    /// A version that was compiled before.
    ///
    /// # Errors
    /// JSON of another shape.
    pub fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json).map(Self::of)
    }

    /// What it says.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Its canonical JSON (RFC 8785), texts included.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.json
    }

    /// The SHA-256 of its canonical JSON, as `sha256:…`.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// A date, where it is one.
pub(crate) fn date(value: &Datetime) -> Option<NaiveDate> {
    let date = value.date?;
    NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
}

fn words(ids: &[Id]) -> Vec<String> {
    ids.iter().map(|id| id.get_ref().clone()).collect()
}

fn word(id: Option<&Id>) -> String {
    id.map(|id| id.get_ref().clone()).unwrap_or_default()
}

fn policy(source: &Source) -> Policy {
    let Source { doc, accepted, texts, .. } = source;
    let head = &doc.policy;
    let texts = texts.iter().filter(|(language, _)| head.languages.iter().any(|known| known.get_ref() == *language)).map(
        |(language, texts)| {
            let sections = texts.iter().map(|(section, entries)| {
                let entries = entries.iter().map(|(key, text)| (key.get_ref().clone(), text.get_ref().clone()));
                (section.get_ref().clone(), entries.collect())
            });
            (language.clone(), sections.collect())
        },
    );
    let function = |(id, state): (&Id, &_)| Function { id: id.get_ref().clone(), state: *state };
    Policy {
        id: head.id.clone(),
        version: head.version.clone(),
        updated: head.updated.get_ref().to_string(),
        based_on: head.based_on.to_string(),
        languages: words(&head.languages),
        previous: head.previous.clone(),
        notice: head.notice,
        points: words(&head.points),
        functions: in_order(&doc.function).into_iter().map(function).collect(),
        permissions: permissions(doc),
        categories: categories(doc),
        purposes: purposes(doc),
        acts: acts(doc),
        recipients: recipients(doc),
        vendor_fields: vendor_fields(doc),
        shred_classes: in_order(&doc.shred_class).into_iter().map(|(id, _)| id.get_ref().clone()).collect(),
        retention: retention(doc),
        terms: doc.term.iter().map(|(id, period)| (id.get_ref().clone(), period.get_ref().clone())).collect(),
        residency: Residency {
            store: doc.residency.store.clone(),
            used: doc.residency.used.clone(),
            export: doc.residency.export.get_ref().clone(),
            inform: doc.residency.on_export.inform.clone(),
            consent: doc.residency.on_export.consent.clone(),
            clauses: words(&doc.residency.clause),
        },
        rights: rights(doc),
        changes: changes(doc),
        clauses: clauses(doc),
        findings: findings(doc, accepted),
        texts: texts.collect(),
    }
}

fn permissions(doc: &Document) -> Vec<Permission> {
    let permission = |(id, entry): (&Id, &crate::source::PermissionEntry)| Permission {
        id: id.get_ref().clone(),
        group: entry.group,
        android: entry.android.clone(),
        ask: entry.ask.clone(),
        clause: entry.clause.get_ref().clone(),
    };
    in_order(&doc.permission).into_iter().map(permission).collect()
}

fn categories(doc: &Document) -> Vec<Category> {
    let category = |(id, entry): (&Id, &crate::source::CategoryEntry)| Category {
        id: id.get_ref().clone(),
        sensitive: entry.sensitive,
        permission: word(entry.permission.as_ref()),
        given: entry.given,
        made: entry.made,
        platform: entry.platform.clone(),
        retention: word(entry.retention.as_ref()),
        shred: word(entry.shred.as_ref()),
        stored: entry.stored,
    };
    in_order(&doc.category).into_iter().map(category).collect()
}

fn purposes(doc: &Document) -> Vec<Purpose> {
    let purpose = |(id, entry): (&Id, &crate::source::PurposeEntry)| Purpose {
        id: id.get_ref().clone(),
        function: word(entry.function.as_ref()),
        // Both are there: the rules ask for them. What were not would be strict.
        basis: entry.basis.unwrap_or(Basis::Consent),
        minors: entry.minors.unwrap_or(Minors::Forbidden),
        uses: words(&entry.uses),
        sensitive: entry.sensitive,
        commercial: entry.commercial,
        without_agreement: entry.without_agreement,
        while_held: entry.while_held,
        clauses: words(&entry.clause),
    };
    in_order(&doc.purpose).into_iter().map(purpose).collect()
}

fn acts(doc: &Document) -> Vec<Act> {
    let act = |(id, entry): (&Id, &crate::source::ActEntry)| Act {
        id: id.get_ref().clone(),
        purpose: word(entry.purpose.as_ref()),
        object: entry.object,
        who: entry.who,
        clauses: words(&entry.clause),
    };
    in_order(&doc.act).into_iter().map(act).collect()
}

fn recipients(doc: &Document) -> Vec<Recipient> {
    let field = |entry: &crate::source::FieldEntry| Field {
        category: word(entry.cat.as_ref()),
        purpose: word(entry.purpose.as_ref()),
        transform: entry.transform,
    };
    let agreement = |entry: &crate::source::AgreementEntry| Agreement {
        reference: entry.reference.clone(),
        expires: entry.expires.get_ref().to_string(),
    };
    let recipient = |entry: &crate::source::RecipientEntry| Recipient {
        id: entry.id.get_ref().clone(),
        parent: word(entry.parent.as_ref()),
        region: entry.region.get_ref().clone(),
        agreement: entry.agreement.as_ref().map(agreement),
        policy_url: entry.policy_url.clone(),
        more_urls: entry.more_urls.clone(),
        clause: entry.clause.get_ref().clone(),
        function: word(entry.function.as_ref()),
        fields: entry.fields.iter().map(|entry| field(entry.get_ref())).collect(),
        could_ask: words(&entry.could_ask),
    };
    doc.recipient.iter().map(recipient).collect()
}

fn vendor_fields(doc: &Document) -> Vec<VendorField> {
    let field = |(id, entry): (&Id, &crate::source::VendorFieldEntry)| VendorField {
        id: id.get_ref().clone(),
        platform: entry.platform.clone(),
        readable_until: entry.readable_until.clone(),
        sensitive: entry.sensitive,
    };
    in_order(&doc.vendor_field).into_iter().map(field).collect()
}

fn retention(doc: &Document) -> Vec<Retention> {
    let class = |(id, entry): (&Id, &crate::source::RetentionEntry)| Retention {
        id: id.get_ref().clone(),
        active: entry.active,
        then: entry.then,
        period: word(entry.period.as_ref()),
        basis: word(entry.basis.as_ref()),
        clauses: words(&entry.clause),
    };
    in_order(&doc.retention).into_iter().map(class).collect()
}

fn rights(doc: &Document) -> Vec<Right> {
    let right = |(id, entry): (&Id, &crate::source::RightEntry)| Right {
        id: id.get_ref().clone(),
        days: entry.deadline.days,
        kind: entry.deadline.kind,
        from: entry.deadline.from,
        channels: entry.channels.clone(),
        refuse: words(&entry.refuse),
        fee: entry.fee.clone(),
        function: word(entry.function.as_ref()),
        clauses: words(&entry.clause),
    };
    in_order(&doc.right).into_iter().map(right).collect()
}

fn changes(doc: &Document) -> BTreeMap<String, Class> {
    let of = |class: Class, ids: &[Id]| ids.iter().map(|id| (id.get_ref().clone(), class)).collect::<Vec<_>>();
    let change = &doc.change;
    [
        of(Class::Silent, &change.silent),
        of(Class::Posted, &change.posted),
        of(Class::Prominent, &change.prominent),
        of(Class::Express, &change.express),
    ]
    .concat()
    .into_iter()
    .collect()
}

fn clauses(doc: &Document) -> Vec<Clause> {
    let clause = |entry: &crate::source::ClauseEntry| Clause {
        id: entry.id.get_ref().clone(),
        seed: words(&entry.seed),
        part: entry.part,
        principle: words(&entry.principle),
        functions: words(&entry.functions),
        duty: entry.duty,
        points: words(&entry.points),
    };
    doc.clause.iter().map(clause).collect()
}

fn findings(doc: &Document, accepted: &Map<Accepted>) -> Vec<Finding> {
    let finding = |entry: &crate::source::FindingEntry| {
        let accepted = accepted.get(entry.id.get_ref().as_str());
        Finding {
            id: entry.id.get_ref().clone(),
            clauses: words(&entry.clauses),
            owner: accepted.map(|a| a.owner.clone()).unwrap_or_default(),
            date: accepted.and_then(|a| a.date).map(|date| date.to_string()).unwrap_or_default(),
            reason: accepted.map(|a| a.reason.clone()).unwrap_or_default(),
        }
    };
    doc.finding.iter().map(finding).collect()
}
