//! The binary: command line and composition root. It alone decides what is plugged in.

mod camera;
mod commands;
mod config;
mod console;
mod demo;
mod doctor;
mod http;
mod memory;
mod metrics;
mod owner;
mod serve;
mod signals;
mod tls;

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use console::{complain, say};

/// How a command ends where it does not end well: a sentence for the person who typed it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    memory::few_heaps();
    // Before anything speaks TLS: several providers may be linked, one is used.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        complain("another cryptography provider was installed first");
        return ExitCode::FAILURE;
    }
    let matches = command().get_matches();
    match run(&matches) {
        Ok(code) => code,
        Err(failure) => {
            complain(failure);
            ExitCode::FAILURE
        }
    }
}

fn command() -> Command {
    let serve = config::flags(Command::new("serve").about("Serves the app, records and relays cameras"));
    let demo =
        config::flags(Command::new("demo").about("Serves with four virtual cameras, which come once you have made your account"))
            .arg(Arg::new("file").long("file").value_name("MP4").help("What the fourth camera plays; a drawn scene without it"));
    let doctor = config::flags(Command::new("doctor").about("Looks whether this machine is fit: ports, disk, clock, memory"));
    let config = config::flags(Command::new("config").about("Prints the settings that hold, and where each comes from"))
        .override_help(config::manual())
        .disable_help_flag(false);
    let reset = config::flags(Command::new("reset").about("Sets a new password, read from standard input; all sessions end"))
        .arg(Arg::new("email").long("email").value_name("EMAIL").required(true).action(ArgAction::Set).help("Whose"));
    Command::new("atipcam")
        .about("A private camera cloud: live, recorded, yours")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([serve, demo, camera::command(), doctor, config])
        .subcommands(commands::all())
        .subcommand(Command::new("owner").about("The owner's account").subcommand_required(true).subcommand(reset))
}

fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    match matches.subcommand() {
        Some(("serve", flags)) => serve::run(&settings(flags)?, None),
        Some(("demo", flags)) => serve::run(&settings(flags)?, Some(demo::Plan::new(flags.get_one::<String>("file")))),
        Some(("camera", flags)) => camera::run(flags),
        Some(("doctor", flags)) => Ok(doctor::run(&settings(flags)?)),
        Some(("config", flags)) => {
            say(config::effective(flags, std::env::vars())?.trim_end());
            Ok(ExitCode::SUCCESS)
        }
        Some(("owner", owner)) => match owner.subcommand() {
            Some(("reset", flags)) => owner::reset(&settings(flags)?, flags),
            _ => Ok(ExitCode::FAILURE),
        },
        Some((name, flags)) => commands::run(name, flags),
        None => Ok(ExitCode::FAILURE),
    }
}

fn settings(flags: &ArgMatches) -> Result<config::Settings, config::Wrong> {
    config::Settings::read(flags, std::env::vars())
}

#[cfg(test)]
mod tests {
    /// The settings that flags make.
    pub(crate) fn settings(flags: &[&str]) -> super::config::Settings {
        let command = super::config::flags(clap::Command::new("serve"));
        let matches = command.try_get_matches_from([&["serve"], flags].concat()).unwrap();
        super::config::Settings::read(&matches, std::iter::empty()).unwrap()
    }

    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
