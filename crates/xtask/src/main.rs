//! The project's own checks: `cargo xtask tidy`.
//!
//! A law of the architecture is a crate wall plus a test; this is the test.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

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
        _ => {
            eprintln!(
                "usage: cargo xtask tidy   compares the tree with the laws of the house (docs/architecture.md, CONTRIBUTING.md)"
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
