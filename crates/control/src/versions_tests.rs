use serde_json::Value;

use super::*;

/// The policy in force, as another version with something changed in it.
fn other(version: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut policy: Value = serde_json::from_str(compiled::JSON).unwrap();
    policy["version"] = version.into();
    change(&mut policy);
    policy.to_string()
}

/// What passing from that version to the one in force is.
fn to_current(version: &str, change: impl FnOnce(&mut Value)) -> Diff {
    let old = other(version, change);
    history(&[(version, &old)], compiled::JSON).remove(0).to_current.unwrap()
}

fn without(list: &mut Value, id: &str) {
    list.as_array_mut().unwrap().retain(|item| item["id"] != id);
}

#[test]
fn the_version_in_force_is_archived_as_it_is() {
    let _proof = evidence::proves("C-5.2", "policy.version");
    let archived = archive::VERSIONS.iter().find(|(version, _)| *version == compiled::VERSION);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policy/versions/");
    if std::env::var_os("UPDATE_POLICY").is_some() {
        std::fs::write(format!("{path}{}.json", compiled::VERSION), compiled::JSON).unwrap();
        return;
    }
    assert_eq!(
        archived.map(|(_, json)| *json),
        Some(compiled::JSON),
        "a published version never changes: give this one a new number, or, before it is published, run with UPDATE_POLICY=1"
    );
    // What the page shows of it: every version, and what differs.
    let old = other("0.9.0", |policy| without(&mut policy["purposes"], "notice.mail"));
    let all = history(&[("0.9.0", &old)], compiled::JSON);
    assert_eq!(all.iter().map(|version| version.version.as_str()).collect::<Vec<_>>(), ["0.9.0", compiled::VERSION]);
    assert!(all[0].since_before.is_none() && all[1].to_current.is_none());
    assert!(!all[1].since_before.as_ref().unwrap().changes.is_empty());
}

#[test]
fn a_new_purpose_is_a_change_that_matters() {
    let _proof = evidence::proves("C-5.3.1", "policy.version");
    let diff = to_current("0.9.0", |policy| without(&mut policy["purposes"], "notice.mail"));
    assert!(diff.class >= Class::Prominent, "{diff:?}");
    assert!(diff.changes.iter().any(|change| change.kind.id() == "purpose.added" && change.id == "notice.mail"));
}

#[test]
fn a_new_recipient_is_a_change_that_matters() {
    let _proof = evidence::proves("C-5.3.3", "policy.version");
    let diff = to_current("0.9.0", |policy| without(&mut policy["recipients"], "mail.operator"));
    assert!(diff.class >= Class::Prominent, "{diff:?}");
    assert!(diff.changes.iter().any(|change| change.kind.id().starts_with("recipient.")), "{diff:?}");
}

#[test]
fn a_right_that_changes_is_a_change_that_matters() {
    let _proof = evidence::proves("C-5.3.4", "policy.version");
    let diff = to_current("0.9.0", |policy| {
        let rights = policy["rights"].as_array_mut().unwrap();
        rights.iter_mut().find(|right| right["id"] == "access").unwrap()["channels"] = serde_json::json!(["email"]);
    });
    assert!(diff.class >= Class::Prominent, "{diff:?}");
}

#[test]
fn a_right_that_shrinks_holds_for_nobody_who_did_not_agree() {
    let _proof = evidence::proves("C-5.1", "policy.version");
    let days = |policy: &mut Value, days: u64| {
        let rights = policy["rights"].as_array_mut().unwrap();
        rights.iter_mut().find(|right| right["id"] == "access").unwrap()["days"] = days.into();
    };
    let diff = to_current("0.9.0", |policy| days(policy, 7));
    assert_eq!(diff.class, Class::Express, "15 days where it was 7: {diff:?}");
    assert!(!needs_no_new_agreement("0.9.0"), "a version that nobody knows is no agreement");
}
