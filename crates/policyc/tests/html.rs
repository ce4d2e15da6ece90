//! The page as HTML: complete in itself, well-formed, every anchor there once.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::Path;

use policyc::{Deployment, Evidence, compile, load};

fn pages() -> Vec<(&'static str, String)> {
    let source = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy")).unwrap();
    let ours = compile(&source, source.updated()).unwrap();
    let deployment = Deployment { operator: "<b>O&O</b>".into(), ..Deployment::default() };
    ["zh-CN", "en"].map(|language| (language, ours.page(language, &deployment, &Evidence::default()).html())).into()
}

/// The text after each `before`, up to the next quote.
fn values<'a>(html: &'a str, before: &str) -> Vec<&'a str> {
    html.split(before).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn every_anchor_is_there_once_and_every_link_inside_leads_to_one() {
    for (language, html) in pages() {
        let ids = values(&html, " id=\"");
        let set: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(set.len(), ids.len(), "{language}: an id stands twice");
        let links = values(&html, "href=\"#");
        assert!(links.len() > 150, "{language}: a link a clause");
        for link in links {
            assert!(set.contains(link), "{language}: #{link} leads nowhere");
        }
    }
}

#[test]
fn every_tag_is_closed_in_its_turn() {
    const VOID: [&str; 2] = ["meta", "!doctype"];
    for (language, html) in pages() {
        let mut open = Vec::new();
        for tag in html.split('<').skip(1) {
            let name = tag.split(['>', ' ', '\n']).next().unwrap();
            match name.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name), "{language}: {tag}"),
                None if VOID.contains(&name) => {}
                None => open.push(name),
            }
        }
        assert!(open.is_empty(), "{language}: {open:?}");
    }
}

#[test]
fn it_loads_nothing_and_runs_nothing_and_names_stay_text() {
    for (language, html) in pages() {
        assert!(html.starts_with(&format!("<!doctype html>\n<html lang=\"{language}\">")));
        for word in ["<script", "<img", "<link", "src=", "@import", "url(", "javascript:", "<b>"] {
            assert!(!html.contains(word), "{language}: {word}");
        }
        assert!(html.contains("&lt;b&gt;O&amp;O&lt;/b&gt;"), "{language}: the operator");
        let words = html.split_once("</style>").unwrap().1;
        assert!(!words.contains(['{', '}']), "{language}: a brace is left");
    }
}
