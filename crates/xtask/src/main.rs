//! The project's own checks: `cargo xtask tidy`, `cargo xtask evidence`.
//!
//! A law of the architecture is a crate wall plus a test; this is the test.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod evidence;
mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tidy"] => match tidy::run() {
            Ok(findings) => report(&findings),
            Err(error) => {
                eprintln!("tidy: {error}");
                ExitCode::FAILURE
            }
        },
        ["evidence"] => proven(false),
        ["evidence", "--renew"] => proven(true),
        _ => {
            eprintln!(
                "usage: cargo xtask tidy               compares the tree with the laws of the house (docs/architecture.md, CONTRIBUTING.md)\n       \
                        cargo xtask evidence [--renew] joins what the tests proved with the policy's clauses, negative controls included"
            );
            ExitCode::from(2)
        }
    }
}

fn report(findings: &[tidy::Finding]) -> ExitCode {
    for finding in findings {
        eprintln!("{finding}");
    }
    let errors = findings.iter().filter(|f| !f.warning).count();
    println!("tidy: {} errors, {} warnings", errors, findings.len() - errors);
    if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn proven(renew: bool) -> ExitCode {
    let metadata = match cargo_metadata::MetadataCommand::new().no_deps().exec() {
        Ok(metadata) => metadata,
        Err(error) => {
            eprintln!("evidence: {error}");
            return ExitCode::FAILURE;
        }
    };
    match evidence::run(metadata.workspace_root.as_std_path(), metadata.target_directory.as_std_path(), renew) {
        Ok(wrong) if wrong.is_empty() => ExitCode::SUCCESS,
        Ok(wrong) => {
            wrong.iter().for_each(|line| eprintln!("evidence: {line}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("evidence: {error}");
            ExitCode::FAILURE
        }
    }
}
