//! What a person does at the terminal apart from serving: reads the policy, checks what was signed, keeps keys and copies.
//!
//! Each command is a function from its arguments and the time to the text that it says, so that tests need no terminal; what
//! goes on meanwhile, and what went wrong, goes to standard error.

mod case;
mod copies;
mod data;
mod keys;
mod policy;
mod recordings;
mod verify;

use std::process::ExitCode;

use clap::{ArgMatches, Command};

use crate::Failure;

/// One of the commands.
struct Entry {
    command: fn() -> Command,
    run: fn(&ArgMatches) -> Result<ExitCode, Failure>,
}

const ALL: &[Entry] = &[
    Entry { command: policy::command, run: policy::run },
    Entry { command: verify::command, run: verify::run },
    Entry { command: recordings::command, run: recordings::run },
    Entry { command: keys::command, run: keys::run },
    Entry { command: copies::backup_command, run: copies::run_backup },
    Entry { command: copies::restore_command, run: copies::run_restore },
];

/// Their parts of the command line.
pub(crate) fn all() -> impl Iterator<Item = Command> {
    ALL.iter().map(|entry| (entry.command)())
}

/// Runs the one of that name.
pub(crate) fn run(name: &str, flags: &ArgMatches) -> Result<ExitCode, Failure> {
    match ALL.iter().find(|entry| (entry.command)().get_name() == name) {
        Some(entry) => (entry.run)(flags),
        None => Ok(ExitCode::FAILURE),
    }
}

/// The subcommand that was asked for. Commands with subcommands cannot be called without one.
fn chosen(matches: &ArgMatches) -> Result<(&str, &ArgMatches), Failure> {
    matches.subcommand().ok_or_else(|| "which one? --help lists them".into())
}
