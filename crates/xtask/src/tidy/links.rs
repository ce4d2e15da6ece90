//! Links that lead somewhere: in Markdown, in doc comments, and wherever a text names a document.

use std::collections::BTreeSet;

use super::{File, Finding};

/// Relative links that lead nowhere. `paths` is all that belongs to the project, pictures too.
pub(super) fn check(files: &[File], paths: &[String]) -> Vec<Finding> {
    let mut known: BTreeSet<&str> = paths.iter().map(String::as_str).collect();
    for path in paths {
        known.extend(path.match_indices('/').map(|(at, _)| &path[..at]));
    }
    let mut findings = Vec::new();
    for file in files {
        let mut dead = |number: usize, target: &str| {
            findings.push(Finding::error(format!("{}:{number}", file.path), format!("dead link: {target}")));
        };
        let markdown = file.extension() == "md";
        let mut fenced = false;
        for (number, line) in file.lines() {
            if markdown && line.trim_start().starts_with("```") {
                fenced = !fenced;
            }
            let text = if markdown { line } else { comment(line) };
            for target in link_targets(text).filter(|_| !fenced) {
                // In a doc comment, `[text](Type::method)` is rustdoc's to check.
                if (markdown || target.contains('/') || target.ends_with(".md")) && !leads_somewhere(file, target, &known, files)
                {
                    dead(number, target);
                }
            }
            for target in document_names(text) {
                if !known.contains(target) && !leads_somewhere(file, target, &known, files) {
                    dead(number, target);
                }
            }
        }
    }
    findings
}

/// What follows a comment mark; nothing where the line has none.
fn comment(line: &str) -> &str {
    let line = line.trim_start();
    ["//", "#", "*", "<!--"].iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or("")
}

/// Targets of `](target)` and `](target "title")`.
fn link_targets(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("](").filter_map(|(at, mark)| {
        let rest = &text[at + mark.len()..];
        rest[..rest.find(')')?].split_whitespace().next()
    })
}

/// Names of documents in running text: `docs/` and on, up to `.md`.
fn document_names(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("docs/").filter_map(|(at, _)| {
        let outside = text[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_'));
        let name = text[at..].split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_'))).next()?;
        let name = name.trim_end_matches('.');
        (!outside && name.ends_with(".md")).then_some(name)
    })
}

fn leads_somewhere(from: &File, target: &str, known: &BTreeSet<&str>, files: &[File]) -> bool {
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    if path.contains(':') {
        return true;
    }
    let path = if path.is_empty() { Some(from.path.clone()) } else { resolve(&from.path, path) };
    let Some(path) = path.filter(|path| path.is_empty() || known.contains(path.as_str())) else { return false };
    let Some(anchor) = anchor else { return true };
    files.iter().find(|f| f.path == path && f.extension() == "md").is_none_or(|f| headings(&f.text).any(|slug| slug == anchor))
}

/// `target` as seen from the file `from`, as a path from the root; `None` where it leaves the root.
fn resolve(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The anchors that a page of Markdown has, by the rule that forges use.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        words
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::super::{file, said};
    use super::*;

    fn said_of(path: &str, text: &str) -> String {
        let files = [file(path, text), file("docs/there.md", "# Two words, one anchor\n")];
        let mut paths: Vec<String> = files.iter().map(|f| f.path.clone()).collect();
        paths.push("docs/img/grid.png".to_owned());
        said(&check(&files, &paths))
    }

    #[test]
    fn links_that_lead_somewhere_are_fine() {
        for (path, text) in [
            ("README.md", "[a](docs/there.md) ![b](docs/img/grid.png \"title\") [c](https://example.org/x) [d](docs/)"),
            ("README.md", "# Top\n[up](#top) [a](docs/there.md#two-words-one-anchor)"),
            ("docs/here.md", "[a](there.md) [b](./img/grid.png) [c](../README2.md)\n".replace("[c](../README2.md)", "").as_str()),
            ("docs/here.md", "```\n[a](nowhere.md)\n```"),
            ("crates/a/src/lib.rs", "/// See docs/there.md, or [it](../../../docs/there.md), or [`new`](Thing::new)."),
            ("crates/a/src/lib.rs", "let a = b[c](nowhere.md);"),
        ] {
            assert_eq!(said_of(path, text), "", "{path}: {text}");
        }
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        for (path, text, target) in [
            ("README.md", "[a](docs/gone.md)", "docs/gone.md"),
            ("README.md", "[a](#gone)", "#gone"),
            ("README.md", "[a](docs/there.md#gone)", "docs/there.md#gone"),
            ("README.md", "[a](../outside.md)", "../outside.md"),
            ("docs/here.md", "[a](docs/there.md)", "docs/there.md"),
            ("crates/a/src/lib.rs", "/// [a](gone/x.rs)", "gone/x.rs"),
            ("crates/a/src/lib.rs", "// why: docs/adr/0009-gone.md.", "docs/adr/0009-gone.md"),
            ("Cargo.toml", "# docs/gone.md", "docs/gone.md"),
        ] {
            let said = said_of(path, text);
            assert!(said.lines().any(|line| line == format!("error: {path}:1: dead link: {target}")), "{path}: {text}: {said:?}");
        }
    }
}
