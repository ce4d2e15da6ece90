//! `atipcam policy`: what this binary keeps, clause by clause; whether a policy keeps its rules; what changed between two; its
//! page.

mod check;
mod difference;
mod entry;
mod render;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, NaiveDate};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command, value_parser};
use domain::{Clock, SystemClock, Timestamp};
use policyc::{Compiled, Faults, Files, Policy, Source};

use super::chosen;
use crate::Failure;
use crate::console::say;

/// A text of the policy's folder, as it was when this was built.
macro_rules! embedded {
    ($file:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../policy/", $file))
    };
}

/// What the tests proved, as `cargo xtask evidence` wrote it before this was built.
const EVIDENCE: &str = embedded!("clause-evidence.json");

/// The source that this binary was built from.
fn embedded() -> Files {
    let texts = [("zh-CN", embedded!("text/zh-CN.toml")), ("en", embedded!("text/en.toml"))];
    Files {
        dir: "policy".to_owned(),
        policy: embedded!("atipcam.toml").to_owned(),
        accepted: embedded!("accepted.toml").to_owned(),
        texts: texts.map(|(language, text)| (language.to_owned(), text.to_owned())).into(),
    }
}

/// Its part of the command line.
pub(super) fn command() -> Command {
    Command::new("policy")
        .about("The privacy policy that this binary keeps: check, show, compare, render")
        .long_about(
            "The privacy policy is the source of this server: page, types, gate and tests are made from it. These commands read\n\
             the policy inside this binary, or one in a folder (--dir), and need no server.",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([check_command(), show_command(), diff_command(), render_command()])
}

fn dir() -> Arg {
    Arg::new("dir")
        .long("dir")
        .value_name("DIR")
        .value_parser(value_parser!(PathBuf))
        .help("A folder with atipcam.toml, accepted.toml and text/, instead of the policy inside this binary")
}

fn language() -> Arg {
    Arg::new("language").long("language").value_name("TAG").help("A language of the policy: zh-CN or en")
}

fn check_command() -> Command {
    Command::new("check")
        .about("Checks a policy against every rule of the compiler")
        .long_about(
            "Checks a policy against every rule of the compiler, and says its version, its fingerprint and how its clauses stand.\n\
             A fault is a line of its own, `file:line: rule: clause: what is wrong`. Exit status 0: no fault; 1: faults.",
        )
        .after_help("Example:\n  atipcam policy check --dir policy --on 2028-01-01")
        .arg(dir())
        .arg(
            Arg::new("on")
                .long("on")
                .value_name("DATE")
                .value_parser(value_parser!(NaiveDate))
                .help("The day on which agreements with recipients are judged, as in 2028-01-01 [default: today]"),
        )
}

fn show_command() -> Command {
    Command::new("show")
        .about("Shows one entry: text, state, what keeps it, what it uses")
        .long_about(
            "Shows one clause, purpose, recipient, category, right or finding: its text, how it stands, where the program keeps\n\
             it, which tests showed so. Without an id: every entry, a line each.",
        )
        .after_help("Examples:\n  atipcam policy show C-1.3.6\n  atipcam policy show video.sound --language zh-CN")
        .arg(Arg::new("entry").value_name("ID").help("As in C-1.3.6, video.sound, mail.operator, account.email, X-3"))
        .arg(language().default_value("en"))
        .arg(dir())
}

fn diff_command() -> Command {
    Command::new("diff")
        .about("What changed between two versions, and what people must be told")
        .long_about(
            "Compares what two versions mean, not how they are written, and says in both languages what changed for people, and\n\
             in which class: silent, posted, prominent, or express (it holds only for those who agree). A version is canonical\n\
             JSON, as `atipcam policy render --format canonical` writes it, or a folder with a source.",
        )
        .after_help("Example:\n  atipcam policy render --format canonical > 1.0.0.json\n  atipcam policy diff 1.0.0.json")
        .arg(Arg::new("old").value_name("OLD").required(true).value_parser(value_parser!(PathBuf)).help("The version before"))
        .arg(
            Arg::new("new")
                .value_name("NEW")
                .value_parser(value_parser!(PathBuf))
                .help("The version after; the policy inside this binary without it"),
        )
}

fn render_command() -> Command {
    let command = Command::new("render")
        .about("Writes the policy's page, or its data, to standard output")
        .long_about(
            "Writes the policy to standard output. markdown and html are the page that people read; html is one file that needs\n\
             nothing else, for a phone or for paper. json is the same page as data. record is the record of processing that a\n\
             controller keeps. canonical is the whole policy in the one spelling that its fingerprint is of.",
        )
        .after_help("Example:\n  atipcam policy render --language zh-CN --format html --operator 某某 > privacy.html");
    let command = crate::config::flags(command).mut_args(|arg| {
        let shown = ["config", "operator", "contact", "region", "keep_days", "quota"].contains(&arg.get_id().as_str());
        arg.hide(!shown)
    });
    command
        .arg(language().help("A language of the policy: zh-CN or en [default: the governing one]"))
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .value_parser(PossibleValuesParser::new(render::FORMATS))
                .default_value("markdown")
                .help("What to write"),
        )
        .arg(dir())
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let (name, flags) = chosen(matches)?;
    let path = |name: &str| flags.try_get_one::<PathBuf>(name).ok().flatten().map(PathBuf::as_path);
    let text = match name {
        "check" => {
            let on = flags.get_one::<NaiveDate>("on").copied().unwrap_or_else(|| day(SystemClock.now()));
            check::check(path("dir"), on)
        }
        "show" => {
            let policy = version(path("dir"))?;
            let language = flags.get_one::<String>("language").map_or("", String::as_str);
            Ok(entry::show(&policy, flags.get_one::<String>("entry").map(String::as_str), language)?)
        }
        "diff" => {
            let old = path("old").ok_or("which version before?")?;
            Ok(difference::difference(&difference::read(old)?, &path("new").map_or_else(|| version(None), difference::read)?))
        }
        _ => Ok(render::render(&version(path("dir"))?, flags)?),
    };
    match text {
        Ok(text) => {
            say(text.trim_end());
            Ok(ExitCode::SUCCESS)
        }
        // A line a fault, as editors and continuous builds read them.
        Err(faults) => {
            say(&faults);
            Ok(ExitCode::FAILURE)
        }
    }
}

fn day(now: Timestamp) -> NaiveDate {
    DateTime::from_timestamp_micros(now.micros()).map(|time| time.date_naive()).unwrap_or_default()
}

/// A policy's source: in a folder, or the one inside this binary. Faults name files so that they can be opened.
fn source(dir: Option<&Path>) -> Result<Source, Faults> {
    match dir {
        None => Source::parse(embedded()),
        Some(dir) => policyc::load(dir).map_err(|faults| placed(faults, Some(dir))),
    }
}

/// Faults with the folder as it was typed, not by its last part.
fn placed(mut faults: Faults, dir: Option<&Path>) -> Faults {
    let Some(dir) = dir else { return faults };
    for fault in &mut faults.0 {
        if let Some((_, file)) = fault.file.split_once('/') {
            fault.file = dir.join(file).display().to_string();
        }
    }
    faults
}

/// A policy that keeps its rules. As a build does, this judges agreements on the day of the policy.
fn version(dir: Option<&Path>) -> Result<Compiled, Failure> {
    match dir {
        None => Ok(Compiled::from_json(::policy::compiled::JSON)?),
        Some(_) => {
            let compiled = source(dir).and_then(|source| policyc::compile(&source, source.updated()));
            compiled
                .map_err(|faults| format!("the policy has faults; `policy check` lists them:\n{}", placed(faults, dir)).into())
        }
    }
}

/// A language that the policy has.
fn known<'a>(policy: &'a Policy, language: &str) -> Result<&'a str, Failure> {
    let known = policy.languages.iter().find(|known| known.eq_ignore_ascii_case(language));
    known.map(String::as_str).ok_or_else(|| {
        let all = policy.languages.join(", ");
        format!("--language: the policy is not written in {language:?}; it is in {all}").into()
    })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
