//! Our own policy: that it keeps every rule, and how its page reads.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests may fail them")]

use std::path::Path;

use policyc::{Compiled, Deployment, Evidence, compile, load};

fn ours() -> Compiled {
    let source = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy")).unwrap();
    compile(&source, source.updated()).unwrap()
}

#[test]
fn our_policy_keeps_every_rule_and_survives_its_own_json() {
    let ours = ours();
    let again = Compiled::from_json(ours.canonical()).unwrap();
    assert_eq!(again, ours);
    assert!(policyc::diff(&again, &ours).changes.is_empty());
}

#[test]
fn no_text_of_the_page_keeps_a_brace() {
    let ours = ours();
    let deployment =
        Deployment { operator: "O".into(), contact: "c@example.com".into(), region: "CN".into(), ..Deployment::default() };
    for deployment in [Deployment::default(), deployment] {
        for language in ["zh-CN", "en"] {
            let page = ours.page(language, &deployment, &Evidence::default());
            let braces = |text: &str| text.matches(['{', '}']).count();
            assert_eq!(braces(&page.markdown()), 0, "{language}");
            assert_eq!(
                texts(&serde_json::to_value(&page).unwrap()).into_iter().map(|text| braces(&text)).sum::<usize>(),
                0,
                "{language}"
            );
        }
    }
}

/// Every text of a JSON value.
fn texts(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::String(text) => vec![text.clone()],
        serde_json::Value::Array(items) => items.iter().flat_map(texts).collect(),
        serde_json::Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}
