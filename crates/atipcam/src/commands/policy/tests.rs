use std::fs;

use policyc::Rule;
use tempfile::TempDir;

use super::*;

/// Our own policy in a folder, with the first `from` after `after` replaced in one of its files. Says the line of it, too.
fn broken(file: &str, after: &str, from: &str, to: &str) -> (TempDir, usize) {
    let dir = tempfile::tempdir().unwrap();
    let files = embedded();
    fs::create_dir(dir.path().join("text")).unwrap();
    let texts = files.texts.into_iter().map(|(language, text)| (format!("text/{language}.toml"), text));
    let own = [(Files::POLICY.to_owned(), files.policy), (Files::ACCEPTED.to_owned(), files.accepted)];
    let mut line = 0;
    for (name, mut text) in own.into_iter().chain(texts) {
        if name == file {
            let start = text.find(after).unwrap();
            let at = start + text[start..].find(from).unwrap();
            line = 1 + text[..at].matches('\n').count();
            text.replace_range(at..at + from.len(), to);
        }
        fs::write(dir.path().join(name), text).unwrap();
    }
    (dir, line)
}

fn on() -> NaiveDate {
    "2026-12-01".parse().unwrap()
}

fn ran(arguments: &[&str]) -> Result<ExitCode, String> {
    let matches = crate::command().try_get_matches_from([&["atipcam"], arguments].concat()).map_err(|e| e.to_string())?;
    crate::run(&matches).map_err(|e| e.to_string())
}

fn ours() -> Compiled {
    version(None).unwrap()
}

#[test]
fn the_source_inside_is_the_one_that_the_gate_was_built_from_and_has_no_fault() {
    let said = check::check(None, on()).unwrap();
    assert!(said.contains(::policy::compiled::HASH) && said.ends_with("no fault"), "{said}");
    assert!(said.contains(" in use, ") && said.contains("14 accepted of 14"), "{said}");
    assert_eq!(ours().hash(), ::policy::compiled::HASH);
    assert_eq!(ran(&["policy", "check", "--on", "2026-12-01"]), Ok(ExitCode::SUCCESS));
}

#[test]
fn a_broken_copy_is_refused_with_file_line_rule_and_clause() {
    for (file, after, from, to, rule, clause) in [
        (Files::POLICY, "[purpose.\"video.live\"]", "camera.access", "camera.axcess", Rule::UnknownId, "C-1.3.6"),
        (Files::POLICY, "id = \"C-1.3.6\"", "functions", "colour", Rule::Syntax, "C-5.0"),
        ("text/en.toml", "[clause]", "\"C-0.2\"", "\"C-9.9\"", Rule::TextUnused, "C-0.4"),
    ] {
        let (dir, line) = broken(file, after, from, to);
        let faults = check::check(Some(dir.path()), on()).unwrap_err();
        let path = dir.path().join(file).display().to_string();
        let fault = faults.0.iter().find(|fault| fault.rule == rule && fault.line == line).unwrap_or_else(|| panic!("{faults}"));
        assert_eq!((fault.clause.as_str(), &fault.file), (clause, &path), "{fault}");
        assert!(faults.to_string().contains(&format!("{path}:{line}: {}: {clause}: ", rule.id())), "{faults}");
        assert_eq!(ran(&["policy", "check", "--dir", dir.path().to_str().unwrap()]), Ok(ExitCode::FAILURE));
        let shown = version(Some(dir.path())).unwrap_err().to_string();
        assert!(shown.contains(&path), "{shown}");
    }
}

#[test]
fn an_agreement_is_judged_on_the_day_that_is_asked_for() {
    assert_eq!(ran(&["policy", "check", "--on", "2126-12-01"]), Ok(ExitCode::FAILURE));
    let faults = check::check(None, "2126-12-01".parse().unwrap()).unwrap_err();
    assert!(faults.0.iter().all(|fault| fault.rule == Rule::AgreementExpired), "{faults}");
    assert!(ran(&["policy", "check", "--on", "soon"]).is_err());
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let faults = check::check(Some(Path::new("/nonexistent/policy")), on()).unwrap_err().to_string();
    assert!(faults.starts_with("/nonexistent/policy/atipcam.toml:1: syntax: ") && faults.contains("cannot be read"), "{faults}");
}

#[test]
fn every_entry_can_be_shown_in_both_languages() {
    let ours = ours();
    for language in ["zh-CN", "en"] {
        let list = entry::show(&ours, None, language).unwrap();
        assert!(list.lines().count() > 250, "clauses, purposes, recipients, categories, rights, findings");
        for line in list.lines() {
            let mut words = line.split_whitespace();
            let (kind, id) = (words.next().unwrap(), words.next().unwrap());
            let shown = entry::show(&ours, Some(id), language).unwrap();
            assert!(shown.contains(&format!("{kind} {id}: ")) && shown.lines().count() > 3, "{shown}");
            assert!(!shown.contains(['{', '}']) && !shown.contains("()"), "{shown}");
        }
    }
}

#[test]
fn a_clause_tells_its_state_and_what_keeps_it() {
    let shown = entry::show(&ours(), Some("c-1.3.6"), "EN").unwrap();
    for word in ["clause C-1.3.6: in use", "kept by", "gate.", "needs", "restates", "explains    purpose video.live"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let shown = entry::show(&ours(), Some("mail.operator"), "en").unwrap();
    assert!(shown.contains("recipient mail.operator: may get") && shown.contains("account.email"), "{shown}");
}

#[test]
fn what_is_not_there_is_told_with_what_is_like_it() {
    let error = entry::show(&ours(), Some("video"), "en").unwrap_err().to_string();
    assert!(error.contains("video.live") && error.contains("video.sound"), "{error}");
    let error = entry::show(&ours(), Some("zebra"), "en").unwrap_err().to_string();
    assert!(error.contains("`atipcam policy show` lists all"), "{error}");
    let error = entry::show(&ours(), None, "fr").unwrap_err().to_string();
    assert_eq!(error, "--language: the policy is not written in \"fr\"; it is in zh-CN, en");
}

#[test]
fn a_difference_says_its_class_and_a_sentence_in_each_language() {
    let (dir, _) = broken(Files::POLICY, "[purpose.\"video.live\"]", "uses = [", "uses = [\"account.email\", ");
    let old = dir.path().join("old.json");
    fs::write(&old, ours().canonical()).unwrap();
    let (old, new) = (difference::read(&old).unwrap(), difference::read(dir.path()).unwrap());
    let said = difference::difference(&old, &new);
    assert!(said.contains("class  prominent: everyone is told") && said.contains("use.added"), "{said}");
    assert!(said.contains("\n    zh-CN ") && said.contains("\n    en "), "{said}");
    assert!(said.contains("names another version before it") && said.contains("both call themselves"), "{said}");
    assert!(difference::difference(&old, &ours()).ends_with("the same, word for word"));

    let page = dir.path().join("page.json");
    fs::write(&page, "{\"version\":\"1\"}").unwrap();
    let error = difference::read(&page).unwrap_err().to_string();
    assert!(error.contains("page.json: not a version") && error.contains("--format canonical"), "{error}");
}

fn rendered(flags: &[&str]) -> Result<String, String> {
    let matches = render_command().try_get_matches_from([&["render"], flags].concat()).map_err(|e| e.to_string())?;
    render::render(&ours(), &matches).map_err(|e| e.to_string())
}

#[test]
fn every_format_is_written_for_the_deployment_that_the_flags_name() {
    let who = ["--operator", "OPERATOR", "--contact", "c@example.com", "--region", "CN", "--keep-days", "7", "--quota", "500GB"];
    for format in render::FORMATS {
        for language in ["zh-CN", "en"] {
            let text = rendered(&[&["--format", format, "--language", language], &who[..]].concat()).unwrap();
            let canonical = format == "canonical";
            assert_ne!(text.contains("OPERATOR"), canonical, "{format} {language}");
            if ["markdown", "html", "json"].contains(&format) {
                assert!(text.contains("500 GB") && text.contains(::policy::compiled::HASH), "{format} {language}");
            }
            if ["json", "record", "canonical"].contains(&format) {
                let value: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert_eq!(value["version"], ::policy::compiled::VERSION);
            }
        }
    }
    assert!(rendered(&[]).unwrap().starts_with("# "), "the governing language, as Markdown");
    assert_eq!(rendered(&["--format", "canonical"]).unwrap(), ::policy::compiled::JSON);
    assert!(rendered(&["--language", "fr"]).unwrap_err().contains("it is in zh-CN, en"));
    assert!(rendered(&["--format", "pdf"]).unwrap_err().contains("markdown, html, json, record, canonical"));
}
