//! What a change between two versions means for people: a row a kind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests may fail them")]

use std::collections::BTreeSet;
use std::path::Path;

use policyc::{
    Active, Agreement, Basis, ChangeKind, Class, Clause, Compiled, Deployment, Duty, Field, Minors, Policy, Purpose, Right,
    State, Then, Transform, Who, compile, diff, diff_deployments, load,
};

fn fixture() -> Compiled {
    let source = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture")).unwrap();
    compile(&source, source.updated()).unwrap()
}

fn with(change: impl FnOnce(&mut Policy)) -> Compiled {
    let mut policy = fixture().policy().clone();
    change(&mut policy);
    Compiled::from_json(&serde_json::to_string(&policy).unwrap()).unwrap()
}

fn field(category: &str, purpose: &str) -> Field {
    Field { category: category.into(), purpose: purpose.into(), transform: Transform::None }
}

fn purpose<'a>(policy: &'a mut Policy, id: &str) -> &'a mut Purpose {
    policy.purposes.iter_mut().find(|purpose| purpose.id == id).unwrap()
}

fn clause<'a>(policy: &'a mut Policy, id: &str) -> &'a mut Clause {
    policy.clauses.iter_mut().find(|clause| clause.id == id).unwrap()
}

fn right(policy: &mut Policy) -> &mut Right {
    &mut policy.rights[0]
}

fn reword(policy: &mut Policy, section: &str, key: &str) {
    policy.texts.get_mut("en").unwrap().get_mut(section).unwrap().insert(key.into(), "Reworded".into());
}

type Row = (&'static str, fn(&mut Policy), &'static [(&'static str, &'static str)], Class);

/// What is done, to which kinds and ids it comes, and of which class the whole is.
const ROWS: &[Row] = &[
    ("nothing", |_| {}, &[], Class::Silent),
    ("a version and a date alone", |p| p.version = "3.0.0".into(), &[], Class::Silent),
    ("raised by hand", |p| p.notice = Some(Class::Prominent), &[], Class::Prominent),
    ("a purpose dropped", |p| p.purposes.retain(|x| x.id != "ads.deliver"), &[("purpose.removed", "ads.deliver")], Class::Silent),
    (
        "a purpose added",
        |p| {
            let added = Purpose { id: "ads.more".into(), ..purpose(p, "ads.deliver").clone() };
            p.purposes.push(added);
        },
        &[("purpose.added", "ads.more"), ("use.added", "ads.more device.oaid")],
        Class::Prominent,
    ),
    (
        "a category dropped",
        |p| p.categories.retain(|x| x.id != "location.precise"),
        &[("category.removed", "location.precise")],
        Class::Silent,
    ),
    (
        "a category added",
        |p| {
            let added = policyc::Category { id: "account.phone".into(), ..p.categories[0].clone() };
            p.categories.push(added);
        },
        &[("category.added", "account.phone")],
        Class::Prominent,
    ),
    (
        "a category read by another permission",
        |p| p.categories[2].permission = "".into(),
        &[("category.added", "location.precise")],
        Class::Prominent,
    ),
    (
        "a category sensitive no longer",
        |p| p.categories[1].sensitive = false,
        &[("gate.loosened", "camera.access")],
        Class::Express,
    ),
    (
        "a category sensitive from now on",
        |p| p.categories[0].sensitive = true,
        &[("wording.changed", "account.email")],
        Class::Posted,
    ),
    (
        "a use added",
        |p| purpose(p, "notice.mail").uses.push("device.oaid".into()),
        &[("use.added", "notice.mail device.oaid")],
        Class::Prominent,
    ),
    (
        "a sensitive use added",
        |p| purpose(p, "notice.mail").uses.push("camera.access".into()),
        &[("sensitive_use.added", "notice.mail camera.access")],
        Class::Express,
    ),
    ("a use dropped", |p| purpose(p, "notice.mail").uses.clear(), &[("use.removed", "notice.mail account.email")], Class::Silent),
    (
        "consent dropped",
        |p| purpose(p, "notice.mail").basis = Basis::Contract,
        &[("consent.dropped", "notice.mail")],
        Class::Express,
    ),
    ("consent needed", |p| purpose(p, "video.live").basis = Basis::Consent, &[("wording.changed", "video.live")], Class::Posted),
    (
        "minors let in",
        |p| purpose(p, "ads.deliver").minors = Minors::Guardian,
        &[("minor_rule.weakened", "ads.deliver")],
        Class::Express,
    ),
    ("minors kept out", |p| purpose(p, "video.live").minors = Minors::Forbidden, &[], Class::Silent),
    (
        "no agreement asked",
        |p| purpose(p, "video.live").without_agreement = true,
        &[("gate.loosened", "video.live")],
        Class::Express,
    ),
    ("used after cancelling", |p| purpose(p, "video.live").while_held = true, &[("gate.loosened", "video.live")], Class::Express),
    ("somebody earns by it", |p| purpose(p, "video.live").commercial = true, &[("gate.loosened", "video.live")], Class::Express),
    ("an act for the server itself", |p| p.acts[0].who = Who::System, &[("gate.loosened", "view_live")], Class::Express),
    ("an act for owners alone", |p| p.acts[0].who = Who::Owner, &[], Class::Silent),
    ("a recipient dropped", |p| p.recipients.truncate(1), &[("recipient.removed", "ads.network")], Class::Silent),
    (
        "a recipient added",
        |p| {
            let added = policyc::Recipient { id: "ads.other".into(), fields: Vec::new(), ..p.recipients[1].clone() };
            p.recipients.push(added);
        },
        &[("recipient.added", "ads.other")],
        Class::Prominent,
    ),
    (
        "an agreement made",
        |p| p.recipients[1].agreement = Some(Agreement { reference: "a".into(), expires: "2031-01-01".into() }),
        &[("recipient.agreed", "ads.network"), ("recipient.changed", "ads.network")],
        Class::Prominent,
    ),
    (
        "a recipient's terms moved",
        |p| p.recipients[1].policy_url = "https://other.example".into(),
        &[("recipient.changed", "ads.network")],
        Class::Posted,
    ),
    (
        "a field added",
        |p| p.recipients[0].fields.push(field("device.oaid", "ads.deliver")),
        &[("field.added", "mail.operator device.oaid ads.deliver")],
        Class::Prominent,
    ),
    (
        "a sensitive field added",
        |p| p.recipients[0].fields.push(field("camera.access", "video.live")),
        &[
            ("sensitive_use.added", "mail.operator camera.access video.live"),
            ("field.added", "mail.operator camera.access video.live"),
        ],
        Class::Express,
    ),
    (
        "a field dropped",
        |p| p.recipients[0].fields.clear(),
        &[("field.removed", "mail.operator account.email notice.mail")],
        Class::Silent,
    ),
    ("a function built", |p| p.functions[2].state = State::InUse, &[("function.in_use", "ads")], Class::Prominent),
    ("a function gone", |p| p.functions[0].state = State::NotBuilt, &[("function.not_built", "live")], Class::Silent),
    (
        "kept as evidence",
        |p| p.retention[0].then = Then::Evidence,
        &[("retention.lengthened", "account.email"), ("retention.lengthened", "camera.access")],
        Class::Express,
    ),
    (
        "moved to a longer class",
        |p| p.categories[3].retention = "history".into(),
        &[("retention.lengthened", "device.oaid")],
        Class::Express,
    ),
    ("stored from now on", |p| p.categories[2].stored = true, &[("retention.lengthened", "location.precise")], Class::Express),
    (
        "never stored from now on",
        |p| p.retention[1].active = Active::Never,
        &[("retention.shortened", "device.oaid")],
        Class::Silent,
    ),
    ("export", |p| p.residency.export = "consent".into(), &[("export.enabled", "residency")], Class::Express),
    ("a further region", |p| p.residency.used.push("SG".into()), &[("export.enabled", "residency")], Class::Express),
    ("told less before an export", |p| p.residency.inform.clear(), &[("right.reduced", "residency")], Class::Express),
    ("a later answer", |p| right(p).days = 30, &[("right.reduced", "access")], Class::Express),
    ("a further ground to refuse", |p| right(p).refuse.push("mood".into()), &[("right.reduced", "access")], Class::Express),
    ("a way to ask gone", |p| right(p).channels.truncate(1), &[("right.reduced", "access")], Class::Express),
    ("a fee", |p| right(p).fee = "cost".into(), &[("right.reduced", "access")], Class::Express),
    ("a right gone", |p| p.rights.clear(), &[("right.reduced", "access")], Class::Express),
    ("a sooner answer", |p| right(p).days = 7, &[("right.changed", "access")], Class::Prominent),
    (
        "another term",
        |p| {
            p.terms.insert("cut".into(), "PT9S".into());
        },
        &[("right.changed", "terms")],
        Class::Prominent,
    ),
    (
        "a right added",
        |p| {
            let added = Right { id: "copy".into(), ..right(p).clone() };
            p.rights.push(added);
        },
        &[("right.added", "copy")],
        Class::Posted,
    ),
    (
        "a promise added",
        |p| {
            let added = Clause { id: "C-5.2".into(), ..clause(p, "C-5.1").clone() };
            p.clauses.push(added);
        },
        &[("clause.added", "C-5.2")],
        Class::Posted,
    ),
    ("a promise gone", |p| p.clauses.retain(|x| x.id != "C-5.1"), &[("clause.removed", "C-5.1")], Class::Prominent),
    ("a promise kept by less", |p| clause(p, "C-3.1").points.clear(), &[("gate.loosened", "C-3.1")], Class::Express),
    (
        "a promise left to people",
        |p| clause(p, "C-3.1").duty = Duty::Organisation,
        &[("gate.loosened", "C-3.1"), ("clause.changed", "C-3.1")],
        Class::Express,
    ),
    ("a promise kept by more", |p| clause(p, "C-3.1").points.push("egress.row".into()), &[], Class::Silent),
    ("a promise in other words", |p| reword(p, "clause", "C-1.1"), &[("text.changed", "C-1.1")], Class::Posted),
    ("other words", |p| reword(p, "category", "account.email"), &[("wording.changed", "category account.email")], Class::Posted),
    (
        "a finding",
        |p| p.findings.push(policyc::Finding { id: "X-15".into(), ..p.findings[0].clone() }),
        &[("finding.added", "X-15")],
        Class::Posted,
    ),
    (
        "a class raised by the new version",
        |p| {
            p.changes.insert("wording.changed".into(), Class::Prominent);
            reword(p, "category", "account.email");
        },
        &[("wording.changed", "category account.email")],
        Class::Prominent,
    ),
    (
        "a kind that the new version does not list",
        |p| {
            p.changes.remove("wording.changed");
            reword(p, "category", "account.email");
        },
        &[("wording.changed", "category account.email")],
        Class::Express,
    ),
];

#[test]
fn each_change_has_its_kind_and_class() {
    let old = fixture();
    for (what, change, expected, class) in ROWS {
        let found = diff(&old, &with(change));
        let changes: Vec<_> = found.changes.iter().map(|change| (change.kind.id(), change.id.as_str())).collect();
        assert_eq!((changes.as_slice(), found.class), (*expected, *class), "{what}");
    }
}

#[test]
fn every_kind_that_comparing_can_find_has_a_row() {
    let by_hand = [ChangeKind::Ownership, ChangeKind::Contact, ChangeKind::AssessmentHigh, ChangeKind::Manual];
    let mut kinds: BTreeSet<&str> = ROWS.iter().flat_map(|row| row.2.iter().map(|(kind, _)| *kind)).collect();
    kinds.extend(by_hand.map(ChangeKind::id));
    assert_eq!(kinds, ChangeKind::ALL.iter().map(|kind| kind.id()).collect());
}

#[test]
fn a_change_is_a_sentence_in_each_language() {
    let new = with(|p| p.recipients[0].fields.push(field("device.oaid", "ads.deliver")));
    let sentence = &diff(&fixture(), &new).changes[0].sentence;
    assert_eq!(sentence["en"], "Mail server may receive for “Showing ads”: OAID.");
    assert!(sentence["zh-CN"].contains("邮件服务器") && sentence["zh-CN"].contains("展示广告"), "{sentence:?}");
    for (what, change, ..) in ROWS {
        for change in diff(&fixture(), &with(change)).changes {
            assert!(change.sentence.values().all(|sentence| !sentence.contains('{')), "{what}: {change:?}");
        }
    }
}

#[test]
fn another_operator_contact_or_region_is_told() {
    let old = Deployment { operator: "A".into(), contact: "a@example.com".into(), region: "CN".into(), ..Deployment::default() };
    let new = Deployment { operator: "B".into(), contact: "b@example.com".into(), region: "SG".into(), ..Deployment::default() };
    let kinds: Vec<_> = diff_deployments(&fixture(), &old, &new).iter().map(|change| (change.kind.id(), change.class)).collect();
    assert_eq!(kinds, [("ownership", Class::Prominent), ("contact", Class::Prominent), ("export.enabled", Class::Express)]);
    assert!(diff_deployments(&fixture(), &old, &old).is_empty());
}
