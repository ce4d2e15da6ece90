//! Texts that do not belong into the project: one machine's paths, registries' hosts, work left open, tests switched off.

use super::{File, Finding};

/// Text by text, put together here so that this file keeps its own rules.
struct Words {
    /// Folders of one machine or one person.
    machine: Vec<String>,
    /// Hosts of package registries: a lock file that names one does not work behind another.
    registries: Vec<String>,
    /// Marks of work left open.
    open: Vec<String>,
    /// Ways to switch a test off.
    off: Vec<String>,
}

impl Words {
    fn new() -> Self {
        let joined = |by: &str, parts: &[&[&str]]| parts.iter().map(|p| p.join(by)).collect();
        Self {
            machine: joined("/", &[&["", "work", ""], &["", "root", ""], &["", "home", ""], &["", "Users", ""]]),
            registries: joined(
                ".",
                &[
                    &["registry", "npmjs", "org"],
                    &["registry", "yarnpkg", "com"],
                    &["index", "crates", "io"],
                    &["static", "crates", "io"],
                    &["pypi", "org"],
                    &["files", "pythonhosted", "org"],
                    &["deb", "debian", "org"],
                ],
            ),
            open: joined("", &[&["TO", "DO"], &["FIX", "ME"], &["XX", "X"]]),
            off: joined(
                "",
                &[
                    &["#[", "ignore"],
                    &["it", ".skip"],
                    &["it", ".only"],
                    &["test", ".skip"],
                    &["test", ".only"],
                    &["describe", ".skip"],
                    &["describe", ".only"],
                ],
            ),
        }
    }
}

/// Lines that hold such a text.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let words = Words::new();
    let mut findings = Vec::new();
    for file in files {
        let code =
            matches!(file.extension(), "rs" | "ts" | "js" | "mjs" | "svelte" | "css" | "py" | "sh" | "toml" | "yml" | "service")
                || !file.path.contains('.')
                || file.path.starts_with("scripts/");
        for (number, line) in file.lines() {
            let mut found = |what: &str, list: &[String]| {
                for word in list.iter().filter(|word| has_word(line, word)) {
                    findings.push(Finding::error(format!("{}:{number}", file.path), format!("{what} {word:?}")));
                }
            };
            found("names a path of one machine:", &words.machine);
            found("names a registry's host:", &words.registries);
            if code {
                found("leaves work open:", &words.open);
                found("switches a test off:", &words.off);
            }
        }
    }
    findings
}

/// Whether `word` stands in `line` on its own, not as part of a longer name or path.
fn has_word(line: &str, word: &str) -> bool {
    let part_of_a_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let open_left = word.starts_with(|c: char| c.is_alphanumeric() || c == '/');
        let open_right = word.ends_with(char::is_alphanumeric);
        !(open_left && before.is_some_and(part_of_a_name) || open_right && after.is_some_and(part_of_a_name))
    })
}

#[cfg(test)]
mod tests {
    use super::super::{file, said};
    use super::*;

    #[test]
    fn each_unwanted_text_is_found_where_it_stands() {
        let words = Words::new();
        for word in words.machine.iter().chain(&words.registries).chain(&words.open).chain(&words.off) {
            let said = said(&check(&[file("a.rs", &format!("fine\n// see {word}\n"))]));
            assert!(said.starts_with("error: a.rs:2: ") && said.contains(word.as_str()), "{word}: {said}");
        }
    }

    #[test]
    fn documents_are_held_to_paths_and_hosts_only() {
        let words = Words::new();
        assert_ne!(said(&check(&[file("a.md", &words.machine[0])])), "");
        assert_ne!(said(&check(&[file("web/package-lock.json", &format!("\"https://{}/x\"", words.registries[0]))])), "");
        assert_eq!(said(&check(&[file("a.md", &words.open[0])])), "");
    }

    #[test]
    fn parts_of_longer_names_are_left_alone() {
        let words = Words::new();
        let paths = words.machine.iter().flat_map(|path| [format!("api{path}x"), format!("{}s/1", path.trim_end_matches('/'))]);
        let names = words.open.iter().chain(&words.off).map(|word| format!("my{word}s"));
        for line in paths.chain(names) {
            assert_eq!(said(&check(&[file("a.rs", &line)])), "", "{line}");
        }
    }
}
