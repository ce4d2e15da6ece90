//! Broken policies, one or more a rule: each is the fixture with one thing changed, and the fault says rule, clause and line.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests may fail them")]

use std::collections::BTreeSet;
use std::path::Path;

use chrono::NaiveDate;
use policyc::{Fault, Files, Rule, Source, compile, load};

const POLICY: &str = "atipcam.toml";
const ACCEPTED: &str = "accepted.toml";
const ZH: &str = "text/zh-CN.toml";
const EN: &str = "text/en.toml";

fn fixture() -> Files {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture")).unwrap().files().clone()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn faults(files: Files, on: NaiveDate) -> Vec<Fault> {
    match Source::parse(files).and_then(|source| compile(&source, on)) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.0,
    }
}

fn file<'a>(files: &'a mut Files, name: &str) -> &'a mut String {
    match name {
        POLICY => &mut files.policy,
        ACCEPTED => &mut files.accepted,
        _ => files.texts.get_mut(name.trim_start_matches("text/").trim_end_matches(".toml")).unwrap(),
    }
}

/// The fixture with the first `from` of a file after `after` replaced by `to`.
fn changed(name: &str, after: &str, from: &str, to: &str) -> Files {
    let mut files = fixture();
    let text = file(&mut files, name);
    let start = text.find(after).unwrap_or_else(|| panic!("{name} has no {after:?}"));
    let at = start + text[start..].find(from).unwrap_or_else(|| panic!("{name} has no {from:?} after {after:?}"));
    text.replace_range(at..at + from.len(), to);
    files
}

/// The line of the first `needle` after `after`, from 1.
fn line_of(text: &str, after: &str, needle: &str) -> usize {
    let start = text.find(after).unwrap();
    let at = start + text[start..].find(needle).unwrap_or_else(|| panic!("no {needle:?} after {after:?}"));
    text[..at].matches('\n').count() + 1
}

/// A change that breaks the fixture, and the fault that must follow.
struct Row {
    file: &'static str,
    /// Where in the file: the text before what changes.
    after: &'static str,
    from: &'static str,
    to: &'static str,
    rule: Rule,
    clause: &'static str,
    /// The file of the fault, and a text of its line, looked for from `after` in the file that was changed, else from the start.
    at: (&'static str, &'static str),
}

const fn row(
    file: &'static str,
    (after, from, to): (&'static str, &'static str, &'static str),
    rule: Rule,
    clause: &'static str,
    at: (&'static str, &'static str),
) -> Row {
    Row { file, after, from, to, rule, clause, at }
}

/// The table.
const BROKEN: &[Row] = &[
    row(POLICY, ("[function]", "live = \"in_use\"", "live = \"soon\""), Rule::Syntax, "C-5.0", (POLICY, "live = \"soon\"")),
    row(
        POLICY,
        ("[category.\"account.email\"]", "given = true", "given = true\ncolour = 1"),
        Rule::Syntax,
        "C-5.0",
        (POLICY, "colour"),
    ),
    row(EN, ("[title]", "page = ", "page "), Rule::Syntax, "C-5.0", (EN, "page ")),
    row(
        POLICY,
        ("[purpose.\"video.live\"]", "\"camera.access\"", "\"camera.acces\""),
        Rule::UnknownId,
        "C-1.1",
        (POLICY, "camera.acces\""),
    ),
    row(POLICY, ("[category.\"device.oaid\"]", "\"location\"", "\"contacts\""), Rule::UnknownId, "C-3.b.1", (POLICY, "contacts")),
    row(POLICY, ("[category.\"device.oaid\"]", "\"withdrawn\"", "\"later\""), Rule::UnknownId, "C-3.b.1", (POLICY, "later")),
    row(POLICY, ("[category.\"device.oaid\"]", "\"subject\"", "\"home\""), Rule::UnknownId, "C-3.b.1", (POLICY, "home")),
    row(POLICY, ("[act.view_live]", "\"video.live\"", "\"video.life\""), Rule::UnknownId, "C-1.1", (POLICY, "video.life")),
    row(POLICY, ("[act.view_live]", "\"C-1.1\"", "\"C-9.9\""), Rule::UnknownId, "C-3.b.1", (POLICY, "C-9.9")),
    row(POLICY, ("id = \"ads.network\"", "\"device.imei\"", "\"device.mac\""), Rule::UnknownId, "C-2.2", (POLICY, "device.mac")),
    row(
        POLICY,
        ("id = \"ads.network\"", "region", "parent = \"ads.none\"\nregion"),
        Rule::UnknownId,
        "C-2.2",
        (POLICY, "ads.none"),
    ),
    row(
        POLICY,
        ("id = \"mail.operator\"", "recipient.mail.operator", "recipient.mail"),
        Rule::UnknownId,
        "C-2.1",
        (POLICY, "recipient.mail"),
    ),
    row(
        POLICY,
        ("id = \"C-1.1\"", "\"gate.consent\"", "\"gate.consent\", \"gate.luck\""),
        Rule::UnknownId,
        "C-1.1",
        (POLICY, "gate.luck"),
    ),
    row(POLICY, ("id = \"C-1.1\"", "\"choice\"", "\"choice\", \"luck\""), Rule::UnknownId, "C-1.1", (POLICY, "luck")),
    row(POLICY, ("[change]", "\"purpose.removed\"", "\"purpose.moved\""), Rule::UnknownId, "C-3.b.1", (POLICY, "purpose.moved")),
    row(POLICY, ("languages", "\"en\"", "\"en\", \"de\""), Rule::UnknownId, "C-3.b.1", (POLICY, "languages")),
    row(
        POLICY,
        ("id = \"X-14\"", "[[seed_heading]]", "[[finding]]\nid = \"X-15\"\n\n[[seed_heading]]"),
        Rule::UnknownId,
        "C-3.b.1",
        (POLICY, "X-15"),
    ),
    row(POLICY, ("[purpose.\"video.live\"]", "\"live\"", "\"life\""), Rule::UnknownFunction, "C-1.1", (POLICY, "\"life\"")),
    row(
        POLICY,
        ("[purpose.\"video.live\"]", "function = \"live\"\n", ""),
        Rule::UnknownFunction,
        "C-1.1",
        (POLICY, "[purpose.\"video.live\"]"),
    ),
    row(POLICY, ("id = \"C-2.2\"", "\"ads\"", "\"add\""), Rule::UnknownFunction, "C-2.2", (POLICY, "\"add\"")),
    row(
        POLICY,
        ("clause = \"C-2.2\"", "function = \"ads\"\n", ""),
        Rule::UnknownFunction,
        "C-2.2",
        (POLICY, "id = \"ads.network\""),
    ),
    row(
        POLICY,
        ("id = \"C-4.1\"", "\"C-4.1\"", "\"C-3.1\""),
        Rule::DuplicateId,
        "C-3.1",
        (POLICY, "id = \"C-3.1\"\nseed = [\"L7\"]"),
    ),
    row(
        POLICY,
        ("[[recipient]]\nid = \"ads", "\"ads.network\"", "\"mail.operator\""),
        Rule::DuplicateId,
        "C-5.0",
        (POLICY, "id = \"mail.operator\"\nregion"),
    ),
    row(POLICY, ("[act.view_live]", "act.view_live", "act.viewLive"), Rule::BadId, "C-5.0", (POLICY, "[act.viewLive]")),
    row(
        POLICY,
        ("[category.\"location.precise\"]", "location.precise", "location.*"),
        Rule::WildcardCategory,
        "C-3.b.1",
        (POLICY, "location.*"),
    ),
    row(
        POLICY,
        ("[category.\"location.precise\"]", "location.precise", "location.other"),
        Rule::WildcardCategory,
        "C-3.b.1",
        (POLICY, "location.other"),
    ),
    row(
        POLICY,
        ("[category.\"account.email\"]", "retention = \"account\"\n", ""),
        Rule::CategoryWithoutRetention,
        "C-3.a.1.1",
        (POLICY, "[category.\"account.email\"]"),
    ),
    row(POLICY, ("[retention.history]", "P180D", "180 days"), Rule::BadRetention, "C-3.1", (POLICY, "180 days")),
    row(
        POLICY,
        ("[retention.history]", "period = \"P180D\"\n", ""),
        Rule::BadRetention,
        "C-3.1",
        (POLICY, "[retention.history]"),
    ),
    row(
        POLICY,
        ("[category.\"location.precise\"]", "stored = false", "stored = true"),
        Rule::BadRetention,
        "C-3.b.2",
        (POLICY, "[category.\"location.precise\"]"),
    ),
    row(POLICY, ("[term]", "PT1S", "soon"), Rule::BadRetention, "C-3.b.2", (POLICY, "soon")),
    row(
        POLICY,
        ("[purpose.\"video.live\"]", "basis = \"contract\"\n", ""),
        Rule::PurposeWithoutBasis,
        "C-1.1",
        (POLICY, "[purpose.\"video.live\"]"),
    ),
    row(
        POLICY,
        ("[purpose.\"video.live\"]", "[\"C-1.1\"]", "[]"),
        Rule::PurposeWithoutClause,
        "C-1.1.0",
        (POLICY, "[purpose.\"video.live\"]"),
    ),
    row(
        POLICY,
        ("[purpose.\"notice.mail\"]", "\"off\"", "\"on\""),
        Rule::ConsentDefaultOn,
        "C-2.1",
        (POLICY, "default = \"on\""),
    ),
    row(
        POLICY,
        ("[purpose.\"ads.deliver\"]", "minors = \"forbidden\"\n", ""),
        Rule::MinorRuleMissing,
        "C-2.2",
        (POLICY, "[purpose.\"ads.deliver\"]"),
    ),
    row(
        POLICY,
        ("[purpose.\"ads.deliver\"]", "\"forbidden\"", "\"allowed\""),
        Rule::MinorRuleMissing,
        "C-2.2",
        (POLICY, "[purpose.\"ads.deliver\"]"),
    ),
    row(
        POLICY,
        ("[act.view_live]", "purpose = \"video.live\"\n", ""),
        Rule::ActWithoutPurpose,
        "C-1.1",
        (POLICY, "[act.view_live]"),
    ),
    row(
        POLICY,
        ("id = \"mail.operator\"", "cat = \"account.email\"", "cat = \"account.phone\""),
        Rule::FieldWithoutCategory,
        "C-2.1",
        (POLICY, "account.phone"),
    ),
    row(
        POLICY,
        ("id = \"mail.operator\"", "cat = \"account.email\", ", ""),
        Rule::FieldWithoutCategory,
        "C-2.1",
        (POLICY, "{ purpose"),
    ),
    row(
        POLICY,
        ("id = \"mail.operator\"", "purpose = \"notice.mail\"", "purpose = \"notice.fax\""),
        Rule::FieldWithoutPurpose,
        "C-2.1",
        (POLICY, "notice.fax"),
    ),
    row(
        POLICY,
        ("id = \"mail.operator\"", ", purpose = \"notice.mail\"", ""),
        Rule::FieldWithoutPurpose,
        "C-2.1",
        (POLICY, "{ cat"),
    ),
    row(
        POLICY,
        ("[category.\"device.oaid\"]", "permission = \"location\"\n", ""),
        Rule::FieldWithoutPermission,
        "C-2.2",
        (POLICY, "fields = [{ cat = \"device.oaid\""),
    ),
    row(
        POLICY,
        ("id = \"ads.network\"", "cat = \"device.oaid\"", "cat = \"account.email\""),
        Rule::FieldNotUsed,
        "C-2.2",
        (POLICY, "cat = \"account.email\""),
    ),
    row(
        POLICY,
        ("[vendor_field]", "\"device.imei\"", "\"device.oaid\" = {}\n\"device.imei\""),
        Rule::TextMissing,
        "C-0.8",
        (POLICY, "\"device.oaid\" = {}"),
    ),
    row(
        POLICY,
        ("id = \"mail.operator\"", "agreement = { ref = \"mail-1\", expires = 2031-12-31 }\n", ""),
        Rule::AgreementMissing,
        "C-2.1",
        (POLICY, "id = \"mail.operator\""),
    ),
    row(
        POLICY,
        ("id = \"mail.operator\"", "2031-12-31", "2030-05-31"),
        Rule::AgreementExpired,
        "C-2.1",
        (POLICY, "expires = 2030-05-31"),
    ),
    row(POLICY, ("id = \"ads.network\"", "\"CN\"", "\"US\""), Rule::RegionNotAllowed, "C-2.2", (POLICY, "region = \"US\"")),
    row(
        POLICY,
        ("[residency]", "store = [\"CN\"]", "store = [\"CN\", \"US\"]"),
        Rule::RegionNotAllowed,
        "C-3.1",
        (POLICY, "export = \"none\""),
    ),
    row(EN, ("[clause]", "\"C-2.2\" = \"No ads.\"\n", ""), Rule::TextMissing, "C-2.2", (POLICY, "id = \"C-2.2\"")),
    row(ZH, ("[effect]", "\"ads.deliver\" = ", "\"ads.other\" = "), Rule::TextUnused, "C-0.4", (ZH, "ads.other")),
    row(
        EN,
        ("[right]", "access = \"See", "access = \"   \"\nexcess = \"See"),
        Rule::TextMissing,
        "C-4.1",
        (POLICY, "[right.access]"),
    ),
    row(EN, ("[clause]", "Mail.", "Mail of {company}."), Rule::UnknownPlaceholder, "C-2.1", (EN, "{company}")),
    row(EN, ("[clause]", "{period:term.cut}", "{period:term.cot}"), Rule::UnknownPlaceholder, "C-3.1", (EN, "term.cot")),
    row(
        EN,
        ("[clause]", "{period:retention.history}", "{period:retention.account}"),
        Rule::UnknownPlaceholder,
        "C-3.1",
        (EN, "retention.account"),
    ),
    row(EN, ("[right]", "{days:right.access}", "{days:right.copy}"), Rule::UnknownPlaceholder, "C-0.4", (EN, "right.copy")),
    row(EN, ("[clause]", "within 15 days", "within 30 days"), Rule::FactsDiffer, "C-4.1", (EN, "30 days")),
    row(EN, ("[clause]", "of {updated}", "of {based_on}"), Rule::FactsDiffer, "C-0.1", (EN, "{based_on}")),
    row(ZH, ("[clause]", "没有广告", "2 个广告"), Rule::FactsDiffer, "C-2.2", (EN, "\"C-2.2\"")),
    row(POLICY, ("[policy]", "seed_lines = 9", "seed_lines = 10"), Rule::SeedLineUncovered, "C-0.4", (POLICY, "seed_lines")),
    row(POLICY, ("id = \"C-1.1\"", "L2-3", "L2"), Rule::SeedLineUncovered, "C-0.4", (POLICY, "seed_lines")),
    row(POLICY, ("id = \"C-2.1\"", "\"L4\"", "\"L4\", \"L12\""), Rule::SeedLineUnknown, "C-2.1", (POLICY, "L12")),
    row(POLICY, ("[[seed_heading]]", "\"L9\"", "\"L9-8\""), Rule::SeedLineUnknown, "C-0.4", (POLICY, "L9-8")),
    row(
        POLICY,
        ("id = \"X-7\"", "[[finding]]\nid = \"X-8\"\nclauses = [\"C-2.2\"]\n", ""),
        Rule::FindingMissing,
        "C-0.6",
        (POLICY, "seed_lines"),
    ),
    row(
        ACCEPTED,
        ("[X-7]", "[X-8]\n", ""),
        Rule::Syntax,
        "C-5.0",
        (ACCEPTED, "owner = \"maintainers\"\ndate = 2030-05-31\nreason = \"For the person.\"\n\n[X-9]"),
    ),
    row(ACCEPTED, ("[X-8]", "X-8", "X-88"), Rule::FindingNotAccepted, "C-2.2", (POLICY, "id = \"X-8\"")),
    row(ACCEPTED, ("[X-8]", "date = 2030-05-31\n", ""), Rule::FindingNotAccepted, "C-2.2", (POLICY, "id = \"X-8\"")),
    row(
        POLICY,
        ("id = \"C-0.1\"", "duty = \"software\"", "duty = \"software\"\npoints = []\n#"),
        Rule::Syntax,
        "C-5.0",
        (POLICY, "points = [\"gate.agreement\"]"),
    ),
    row(POLICY, ("id = \"C-0.1\"", "[\"gate.agreement\"]", "[]"), Rule::ClauseWithoutPoints, "C-0.1", (POLICY, "id = \"C-0.1\"")),
    row(
        POLICY,
        ("[function]", "ads = \"not_built\"", "ads = \"in_use\""),
        Rule::ClauseWithoutPoints,
        "C-2.2",
        (POLICY, "id = \"C-2.2\""),
    ),
    row(
        POLICY,
        ("id = \"C-2.1\"", "points = [\"egress.row\"]", "points = [\"gate.consent\"]"),
        Rule::PointWithoutClause,
        "C-0.6",
        (POLICY, "points = [\"gate.agreement\", "),
    ),
    row(POLICY, ("id = \"C-2.1\"", "[\"security\"]", "[]"), Rule::PrincipleWithoutClause, "C-0.6", (POLICY, "seed_lines")),
    row(POLICY, ("[change]", "silent = [", "silent = [\"field.added\", "), Rule::ClassLowered, "C-5.3.7", (POLICY, "silent = ")),
];

#[test]
fn the_unbroken_policy_has_no_fault() {
    assert_eq!(faults(fixture(), day("2030-06-01")), Vec::new());
}

#[test]
fn each_broken_policy_is_refused_with_rule_clause_and_line() {
    for Row { file: name, after, from, to, rule, clause, at: (fault_file, needle) } in BROKEN {
        let mut files = changed(name, after, from, to);
        let found = faults(files.clone(), day("2030-06-01"));
        let text = file(&mut files, fault_file).clone();
        // The place may lie before what changed.
        let start =
            if name == fault_file && text.find(after).is_some_and(|start| text[start..].contains(needle)) { after } else { "" };
        let line = line_of(&text, start, needle);
        let wanted = format!("fixture/{fault_file}:{line}: {}: {clause}: ", rule.id());
        assert!(
            found.iter().any(|fault| fault.to_string().starts_with(&wanted)),
            "{from:?} -> {to:?}: wanted {wanted}\nfound {:#?}",
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_field_that_never_goes_is_no_field() {
    let mut files = changed(POLICY, "[vendor_field]", "\"device.imei\"", "\"device.oaid\" = {}\n\"device.imei\"");
    files.policy = files.policy.replace("could_ask = [\"device.imei\"]", "could_ask = [\"device.imei\", \"device.oaid\"]");
    for text in files.texts.values_mut() {
        *text = text.replace("\"device.imei\" = ", "\"device.oaid\" = \"OAID\"\n\"device.imei\" = ");
    }
    let line = line_of(&files.policy, "id = \"ads.network\"", "fields");
    let found = faults(files, day("2030-06-01"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].to_string().starts_with(&format!("fixture/{POLICY}:{line}: field-also-denied: C-2.2: ")), "{}", found[0]);
}

#[test]
fn an_agreement_ends_with_its_last_day() {
    assert_eq!(faults(fixture(), day("2031-12-31")), Vec::new());
    let found = faults(fixture(), day("2032-01-01"));
    assert_eq!(found.iter().map(|fault| fault.rule).collect::<Vec<_>>(), [Rule::AgreementExpired]);
}

#[test]
fn every_rule_has_a_row() {
    let mut rows: BTreeSet<Rule> = BROKEN.iter().map(|row| row.rule).collect();
    rows.insert(Rule::FieldAlsoDenied); // takes two changes: a test of its own
    assert_eq!(rows.into_iter().collect::<Vec<_>>(), Rule::ALL);
}

#[test]
fn faults_come_in_the_order_of_the_files() {
    let mut files = changed(POLICY, "[act.view_live]", "purpose = \"video.live\"\n", "");
    files.policy = files.policy.replace("basis = \"contract\"\n", "");
    let found: Vec<_> = faults(files, day("2030-06-01")).into_iter().map(|fault| (fault.file, fault.line)).collect();
    assert!(found.is_sorted() && found.len() >= 2, "{found:?}");
}
