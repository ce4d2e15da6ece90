//! The Rust that the house is built with: a type a category, purpose, recipient and act, and the impls that allow combinations.

use std::fmt::Write as _;

use crate::compile::Compiled;
use crate::model::{Act, Agreement, ObjectKind, Policy, Purpose, Recipient, Retention, Who};
use crate::page::{Deployment, Evidence};
use crate::period::Period;

impl Compiled {
    /// The source of the modules `category`, `purpose`, `recipient`, `act`, `consent`, `point`, `retention` and `compiled`.
    /// It names what `crates/policy/src/rule.rs` declares.
    #[must_use]
    pub fn rust(&self) -> String {
        let policy = self.policy();
        let modules = [
            (
                "category",
                "Categories of personal data. A type each, never made: they mark [`crate::Sealed`] and [`crate::Pd`].",
                categories(policy),
            ),
            ("purpose", "What data are used for, and which purpose may use which category.", purposes(policy)),
            ("recipient", "Who outside may get what, for which purpose.", recipients(policy)),
            ("act", "What can be asked: what it is for, on what, who may.", acts(policy)),
            ("consent", "What a person may agree to, apart from everything else.", consents(policy)),
            ("point", "Where the code keeps a clause.", points(policy)),
            ("retention", "How long data are kept, as data.", retention(policy)),
            ("compiled", "The policy that this build keeps.", self.compiled()),
        ];
        modules.into_iter().fold(String::new(), |mut out, (name, doc, body)| {
            write(&mut out, format_args!("#[doc = {doc:?}]\npub mod {name} {{\n{body}}}\n\n"));
            out
        })
    }

    fn compiled(&self) -> String {
        let policy = self.policy();
        let mut out = String::new();
        for (name, doc, value) in [
            ("VERSION", "Its version: what an agreement names.", policy.version.as_str()),
            ("HASH", "The SHA-256 of [`JSON`], as `sha256:…`.", self.hash()),
            ("UPDATED", "The day it was last changed.", &policy.updated),
            ("JSON", "Its canonical JSON (RFC 8785), texts included.", self.canonical()),
        ] {
            write(&mut out, format_args!("#[doc = {doc:?}]\npub const {name}: &str = {value:?};\n"));
        }
        out.push_str("/// Language tag and text (Markdown: headings, paragraphs and lists only), governing language first.\n");
        out.push_str("pub const TEXTS: &[(&str, &str)] = &[\n");
        for language in &policy.languages {
            let text = self.page(language, &Deployment::default(), &Evidence::default()).markdown();
            write(&mut out, format_args!("    ({language:?}, {text:?}),\n"));
        }
        out.push_str("];\n");
        let regions = list(&policy.residency.used);
        write(&mut out, format_args!("/// Regions where data may be used.\npub const REGIONS: &[&str] = {regions};\n"));
        out
    }
}

/// Appends; a String takes everything.
fn write(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

/// `video.live` as a type: `VideoLive`.
pub(crate) fn type_name(id: &str) -> String {
    id.split(['.', '_'])
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
        })
        .collect()
}

/// `gate.agreement` as a constant: `GATE_AGREEMENT`.
fn const_name(id: &str) -> String {
    id.replace('.', "_").to_ascii_uppercase()
}

/// The English name of an item, for a doc comment.
fn doc(policy: &Policy, section: &str, id: &str, clauses: &[String]) -> String {
    let name = policy.text_if("en", section, id).unwrap_or(id);
    let clauses = if clauses.is_empty() { String::new() } else { format!(" ({})", clauses.join(", ")) };
    format!("#[doc = {:?}]\n", format!("`{id}`: {name}{clauses}."))
}

fn list(items: &[String]) -> String {
    format!("&{items:?}")
}

/// `pub const ALL: &[&T] = &[A::RULE, …]`.
fn all(doc: &str, rule: &str, ids: impl Iterator<Item = String>) -> String {
    let ids: Vec<_> = ids.map(|id| format!("{id}::RULE")).collect();
    format!("#[doc = {doc:?}]\npub const ALL: &[&crate::{rule}] = &[{}];\n", ids.join(", "))
}

fn categories(policy: &Policy) -> String {
    let mut out = "pub use crate::rule::Category;\n\nuse crate::rule::seal;\n\n".to_owned();
    for category in &policy.categories {
        let (name, id) = (type_name(&category.id), &category.id);
        write(
            &mut out,
            format_args!(
                "{}#[derive(Debug)]\npub enum {name} {{}}\nimpl seal::Listed for {name} {{}}\nimpl Category for {name} {{\n    \
                 const ID: &'static str = {id:?};\n    const SENSITIVE: bool = {};\n    const RETENTION: &'static crate::Retention = &crate::retention::{};\n}}\n\n",
                doc(policy, "category", id, &[]),
                category.sensitive,
                const_name(&category.retention),
            ),
        );
    }
    out
}

fn purposes(policy: &Policy) -> String {
    let mut out =
        "pub use crate::rule::{Purpose, PurposeRule, Uses};\n\nuse crate::{Basis, Minors, category, consent, rule::seal};\n\n"
            .to_owned();
    for purpose in &policy.purposes {
        write(&mut out, format_args!("{}", one_purpose(policy, purpose)));
    }
    out + &all("Every purpose.", "PurposeRule", policy.purposes.iter().map(|purpose| type_name(&purpose.id)))
}

fn one_purpose(policy: &Policy, purpose: &Purpose) -> String {
    let Purpose { id, function, basis, uses, sensitive, minors, commercial, without_agreement, while_held, clauses } = purpose;
    let name = type_name(id);
    let consent = match policy.consents().any(|consent| consent.id == *id) {
        true => format!("Some(consent::{})", const_name(id)),
        false => "None".to_owned(),
    };
    let rule = format!(
        "PurposeRule {{ id: {id:?}, function: {function:?}, in_use: {}, basis: Basis::{:?}, consent: {consent}, sensitive: {sensitive}, \
         minors: Minors::{:?}, commercial: {commercial}, without_agreement: {without_agreement}, while_held: {while_held}, uses: {}, clauses: {} }}",
        policy.in_use(function),
        basis,
        minors,
        list(uses),
        list(clauses),
    );
    let head = format!(
        "{}#[derive(Debug)]\npub enum {name} {{}}\nimpl seal::Listed for {name} {{}}\nimpl Purpose for {name} {{\n    const ID: &'static str = {id:?};\n    \
         const RULE: &'static PurposeRule = &{rule};\n}}\n",
        doc(policy, "purpose", id, clauses)
    );
    let uses = uses.iter().map(|category| format!("impl Uses<category::{}> for {name} {{}}\n", type_name(category)));
    head + &uses.collect::<String>() + "\n"
}

fn recipients(policy: &Policy) -> String {
    let mut out =
        "pub use crate::rule::{Receives, Recipient, RecipientRule};\n\nuse crate::{Agreement, FieldRule, category, purpose, rule::seal};\nuse domain::Timestamp;\n\n".to_owned();
    for recipient in &policy.recipients {
        out.push_str(&one_recipient(policy, recipient));
    }
    out + &all("Every recipient.", "RecipientRule", policy.recipients.iter().map(|recipient| type_name(&recipient.id)))
}

fn one_recipient(policy: &Policy, recipient: &Recipient) -> String {
    let Recipient { id, region, function, clause, .. } = recipient;
    let name = type_name(id);
    let agreement = match &recipient.agreement {
        Some(Agreement { reference, expires }) => {
            format!("Some(Agreement {{ reference: {reference:?}, until: Timestamp::from_micros({}) }})", end_of_day(expires))
        }
        None => "None".to_owned(),
    };
    // Without an agreement the list is empty: what may not be sent cannot be written down either.
    let fields = if recipient.agreement.is_some() { recipient.fields.as_slice() } else { &[] };
    let rows = fields
        .iter()
        .map(|f| format!("FieldRule {{ category: {:?}, purpose: {:?} }}", f.category, f.purpose))
        .collect::<Vec<_>>();
    let impls = fields.iter().map(|f| {
        format!("impl Receives<category::{}, purpose::{}> for {name} {{}}\n", type_name(&f.category), type_name(&f.purpose))
    });
    format!(
        "{}#[derive(Debug)]\npub enum {name} {{}}\nimpl seal::Listed for {name} {{}}\nimpl Recipient for {name} {{\n    const ID: &'static str = {id:?};\n    \
         const RULE: &'static RecipientRule = &RecipientRule {{ id: {id:?}, function: {function:?}, in_use: {}, region: {region:?}, agreement: {agreement}, \
         fields: &[{}], clause: {clause:?} }};\n}}\n{}\n",
        doc(policy, "recipient", id, std::slice::from_ref(clause)),
        policy.in_use(function),
        rows.join(", "),
        impls.collect::<String>(),
    )
}

/// The end of a day in UTC, in microseconds since 1970. A date that is none is long past.
fn end_of_day(date: &str) -> i64 {
    date.parse::<chrono::NaiveDate>()
        .ok()
        .and_then(|day| day.succ_opt()?.and_hms_opt(0, 0, 0))
        .map_or(0, |midnight| midnight.and_utc().timestamp_micros())
}

fn acts(policy: &Policy) -> String {
    let mut out = "pub use crate::rule::{Act, ActRule, Object, ObjectKind, Who};\n\nuse crate::{Purpose, purpose, rule::seal};\nuse domain::{CameraId, HomeId, Role, SubjectId};\n\n".to_owned();
    for act in &policy.acts {
        out.push_str(&one_act(policy, act));
    }
    out + &all("Every act.", "ActRule", policy.acts.iter().map(|act| type_name(&act.id)))
}

fn one_act(policy: &Policy, act: &Act) -> String {
    let Act { id, purpose, object, who, clauses } = act;
    let (name, label, purpose) = (type_name(id), id.replace('_', " "), type_name(purpose));
    let who = match who {
        Who::Member => "Who::Role(Role::Member)",
        Who::Owner => "Who::Role(Role::Owner)",
        Who::Oneself => "Who::Oneself",
        Who::System => "Who::System",
        Who::StreamKey => "Who::StreamKey",
    };
    let object_type = match object {
        ObjectKind::Home => "HomeId",
        ObjectKind::Camera => "CameraId",
        ObjectKind::Account => "SubjectId",
    };
    format!(
        "{}#[derive(Debug)]\npub enum {name} {{}}\nimpl seal::Listed for {name} {{}}\nimpl Act for {name} {{\n    type Purpose = purpose::{purpose};\n    \
         type Object = {object_type};\n    const RULE: &'static ActRule = &ActRule {{ name: {label:?}, who: {who}, object: ObjectKind::{:?}, \
         purpose: <purpose::{purpose} as Purpose>::RULE, clauses: {} }};\n}}\n\n",
        doc(policy, "act", &label, clauses),
        object,
        list(clauses),
    )
}

fn consents(policy: &Policy) -> String {
    let mut out = "use crate::Consent;\n\n".to_owned();
    for (bit, purpose) in policy.consents().enumerate() {
        let head = doc(policy, "purpose", &purpose.id, &purpose.clauses);
        write(
            &mut out,
            format_args!("{head}pub const {}: Consent = Consent::new({:?}, {bit});\n", const_name(&purpose.id), purpose.id),
        );
    }
    let names: Vec<_> = policy.consents().map(|purpose| const_name(&purpose.id)).collect();
    write(
        &mut out,
        format_args!("/// Every consent, in the order of its bits.\npub const ALL: &[Consent] = &[{}];\n", names.join(", ")),
    );
    out
}

fn points(policy: &Policy) -> String {
    let mut out = "use crate::Point;\n\n".to_owned();
    for point in &policy.points {
        let clauses: Vec<String> =
            policy.clauses.iter().filter(|clause| clause.points.contains(point)).map(|clause| clause.id.clone()).collect();
        let head = doc(policy, "point", point, &clauses);
        write(
            &mut out,
            format_args!("{head}pub const {}: Point = Point::new({point:?}, {});\n", const_name(point), list(&clauses)),
        );
    }
    let names: Vec<_> = policy.points.iter().map(|point| const_name(point)).collect();
    write(&mut out, format_args!("/// Every enforcement point.\npub const ALL: &[Point] = &[{}];\n", names.join(", ")));
    out
}

fn retention(policy: &Policy) -> String {
    let mut out = "use crate::{Active, Retention, Then};\n\n".to_owned();
    for class in &policy.retention {
        let Retention { id, active, then, period, clauses, .. } = class;
        let days = period.parse::<Period>().ok().and_then(Period::days);
        let categories: Vec<String> = policy.categories.iter().filter(|c| c.retention == *id).map(|c| c.id.clone()).collect();
        write(
            &mut out,
            format_args!(
                "{}pub const {}: Retention = Retention {{ id: {id:?}, active: Active::{active:?}, then: Then::{then:?}, days: {days:?}, categories: {}, clauses: {} }};\n",
                doc(policy, "retention", id, clauses),
                const_name(id),
                list(&categories),
                list(clauses),
            ),
        );
    }
    let names: Vec<_> = policy.retention.iter().map(|class| const_name(&class.id)).collect();
    write(&mut out, format_args!("/// Every class.\npub const ALL: &[Retention] = &[{}];\n", names.join(", ")));
    out
}
