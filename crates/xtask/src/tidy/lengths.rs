//! Files that a person can hold in the head.

use super::{File, Finding};

/// Production lines at which a file must be split.
const LINES_MAX: usize = 600;

/// Production lines at which a split is worth a thought.
const LINES_WARN: usize = 400;

/// Rust, TypeScript and Svelte files with too many lines. Tests and generated files may be long: a table is read by the row.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        if !matches!(file.extension(), "rs" | "ts" | "svelte") || is_test(&file.path) || file.path.ends_with(".d.ts") {
            continue;
        }
        let lines = production_lines(&file.text);
        if lines > LINES_MAX {
            findings.push(Finding::error(&*file.path, format!("{lines} production lines, more than {LINES_MAX}: split it")));
        } else if lines > LINES_WARN {
            findings.push(Finding::warning(&*file.path, format!("{lines} production lines, more than {LINES_WARN}")));
        }
    }
    findings
}

fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.split('/').any(|folder| matches!(folder, "tests" | "e2e"))
        || name == "tests.rs"
        || name.ends_with("_tests.rs")
        || name.ends_with(".test.ts")
        || name.ends_with(".spec.ts")
}

/// Lines before the file's own test module, which by custom comes last.
fn production_lines(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    lines
        .windows(2)
        .position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{'))
        .unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::super::{file, said};
    use super::*;

    fn said_of(path: &str, text: &str) -> String {
        said(&check(&[file(path, text)]))
    }

    #[test]
    fn long_files_are_found_at_the_limit() {
        let lines = |n: usize| "x\n".repeat(n);
        assert_eq!(said_of("a.rs", &lines(LINES_WARN)), "");
        assert_eq!(said_of("a.rs", &lines(LINES_WARN + 1)), "warning: a.rs: 401 production lines, more than 400");
        for path in ["a.rs", "web/src/a.ts", "web/src/A.svelte"] {
            assert_eq!(said_of(path, &lines(LINES_MAX)), format!("warning: {path}: 600 production lines, more than 400"));
            assert_eq!(
                said_of(path, &lines(LINES_MAX + 1)),
                format!("error: {path}: 601 production lines, more than 600: split it")
            );
        }
    }

    #[test]
    fn tests_and_generated_files_may_be_long() {
        let long = "x\n".repeat(LINES_MAX + 1);
        for path in [
            "crates/a/tests/it.rs",
            "crates/a/src/a_tests.rs",
            "web/src/a.test.ts",
            "web/src/schema.d.ts",
            "web/e2e/a.ts",
            "a.md",
        ] {
            assert_eq!(said_of(path, &long), "", "{path}");
        }
        assert_eq!(said_of("a.rs", &format!("x\n#[cfg(test)]\nmod tests {{\n{long}}}\n")), "");
        assert_ne!(
            said_of("a.rs", &format!("x\n#[cfg(test)]\nmod tests;\n{long}")),
            "",
            "a module in its own file hides nothing"
        );
    }
}
