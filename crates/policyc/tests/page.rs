//! The page and the record of the small policy, as committed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests may fail them")]

use std::path::Path;

use policyc::{Compiled, Deployment, Evidence, compile, load};

fn fixture() -> Compiled {
    let source = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture")).unwrap();
    compile(&source, source.updated()).unwrap()
}

fn deployment() -> Deployment {
    Deployment {
        operator: "Corner Shop".into(),
        contact: "privacy@shop.example".into(),
        region: "CN".into(),
        ..Deployment::default()
    }
}

fn evidence() -> Evidence {
    Evidence::from_json(
        r#"{"clauses":[
            {"id":"C-0.1","state":"in_use","enforced_by":["gate.agreement"],"tests":["a","b"],"negative_control":["a"]},
            {"id":"C-1.1","state":"in_use","enforced_by":["gate.consent"],"tests":["c"],"negative_control":false},
            {"id":"C-2.2","state":"not_yet","enforced_by":[],"tests":["d"],"negative_control":true}]}"#,
    )
    .unwrap()
}

#[test]
fn the_page_is_as_committed() {
    let page = fixture().page("en", &deployment(), &evidence());
    insta::assert_snapshot!("page", serde_json::to_string_pretty(&page).unwrap());
}

#[test]
fn the_texts_are_as_committed() {
    for language in ["zh-CN", "en"] {
        insta::assert_snapshot!(format!("markdown_{language}"), fixture().page(language, &deployment(), &evidence()).markdown());
    }
}

#[test]
fn the_record_of_processing_is_as_committed() {
    let record = fixture().processing_record("en", &deployment());
    insta::assert_snapshot!("record", serde_json::to_string_pretty(&record).unwrap());
}

#[test]
fn the_generated_rust_is_as_committed() {
    let rust = fixture().rust();
    let texts = rust.find("pub const JSON").unwrap();
    insta::assert_snapshot!("rust", &rust[..texts]);
}

#[test]
fn an_unknown_language_gets_the_governing_one() {
    assert_eq!(fixture().page("de", &deployment(), &evidence()).language, "zh-CN");
}

#[test]
fn a_function_that_is_off_here_is_not_claimed() {
    let off = Deployment { off: vec!["live".into()], ..deployment() };
    let page = fixture().page("en", &off, &evidence());
    let clause = page.parts.iter().flat_map(|part| &part.clauses).find(|clause| clause.id == "C-1.1").unwrap();
    assert_eq!((clause.state, clause.tests, clause.points.len()), (policyc::ClauseState::NotYet, 0, 0));
    let purpose = page.purposes.iter().find(|purpose| purpose.id == "video.live").unwrap();
    assert_eq!(purpose.state, policyc::PurposeState::NotYet);
}
