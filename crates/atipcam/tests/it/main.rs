//! The binary, as people and service managers use it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may fail them")]

mod commands;
mod journey;
mod letters;
mod set_up;
mod tls;

use std::path::Path;

/// The program under test.
fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_atipcam"))
}

/// Runs it to its end: how it ended, and what it wrote to standard output and error.
fn run(arguments: &[&str], input: &str) -> (bool, String, String) {
    use std::io::Write as _;
    use std::process::Stdio;

    let mut command = testkit::command(binary());
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}
