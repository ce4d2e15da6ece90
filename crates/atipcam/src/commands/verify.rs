//! `atipcam verify`: whether a receipt or a log is what it says. Needs no network, and for a receipt no server either.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use store::ledger::{Checkpoint, Verified, VerifierKey, verify_receipt, verify_receipt_of};
use store::{EventKind, LogReport};

use super::{chosen, data};
use crate::Failure;
use crate::console::say;

/// More than any receipt or checkpoint has; a longer file is none.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Its part of the command line.
pub(super) fn command() -> Command {
    let receipt = Command::new("receipt")
        .about("Checks a receipt with nothing but its own text")
        .long_about(
            "Checks a receipt with nothing but its own text: that what it says happened is what was written, that this is in the\n\
             log, and that the log's head is signed. It asks no server, so it works after the server or the account is gone.\n\n\
             A signature says which key signed, not whose key that is. --key gives the key that you know to be your server's: its\n\
             operator reads it from `atipcam verify log`. Exit status 0: genuine; 1: forged or altered, with the reason.",
        )
        .after_help("Example:\n  atipcam verify receipt consent.txt")
        .arg(Arg::new("file").value_name("FILE").required(true).help("The receipt; - reads standard input"))
        .arg(Arg::new("key").long("key").value_name("KEY").help("The log's key (name+hash+key), or a file that holds it"));
    let log = Command::new("log")
        .about("Checks the whole log of a data folder")
        .long_about(
            "Checks the whole log of a data folder against itself: every entry is hashed again and held against what it commits\n\
             to, no number of any person's chain is missing, every signed head is met, and consents are what the entries come\n\
             to. --checkpoint adds heads that somebody kept: who put back an older log, or another one, is found out.\n\n\
             It opens the folder as a start does, so the server must be stopped, and what a crash left unfinished is finished\n\
             first. Nothing else is changed.\n\
             Exit status 0: whole; 1: not, with what is wrong.",
        )
        .after_help("Example:\n  atipcam verify log --data /var/lib/atipcam --checkpoint kept-in-march.txt");
    let log = data::flags(log).arg(
        Arg::new("checkpoint")
            .long("checkpoint")
            .value_name("FILE")
            .num_args(1..)
            .action(ArgAction::Append)
            .value_parser(value_parser!(PathBuf))
            .help("A head that was kept, as GET /api/v1/log/checkpoint gives it; several are taken"),
    );
    Command::new("verify")
        .about("Checks a receipt, or the whole log")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([receipt, log])
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let (name, flags) = chosen(matches)?;
    if name == "log" {
        let dir = data::existing(flags)?.data;
        let notes = flags.get_many::<PathBuf>("checkpoint").into_iter().flatten();
        let notes: Vec<String> = notes.map(|file| read(file)).collect::<Result<_, _>>()?;
        let (key, report) = data::block_on(check(&dir, &notes))?;
        say(log_text(&key, &report, notes.len())?.trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let file = flags.get_one::<String>("file").ok_or("which file?")?;
    let key = flags.get_one::<String>("key").map(|key| read_key(key)).transpose()?;
    let text = read(Path::new(file))?;
    let genuine = receipt(&text, key.as_deref()).map_err(|why| format!("{file}: NOT a genuine receipt: {why}"))?;
    say(genuine.trim_end());
    Ok(ExitCode::SUCCESS)
}

/// A file of text, or standard input.
fn read(file: &Path) -> Result<String, Failure> {
    let name = file.display();
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| format!("{name}: {error}"))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("{name}: more than {FILE_BYTES_MAX} bytes: neither a receipt nor a checkpoint").into());
    }
    String::from_utf8(bytes).map_err(|_| format!("{name}: not text: neither a receipt nor a checkpoint, or altered").into())
}

/// A verifier key, as it is or in a file.
fn read_key(given: &str) -> Result<String, Failure> {
    if VerifierKey::parse(given.trim()).is_ok() {
        return Ok(given.trim().to_owned());
    }
    let file = Path::new(given);
    let text = if file.exists() { read(file)? } else { String::new() };
    match VerifierKey::parse(text.trim()) {
        Ok(_) => Ok(text.trim().to_owned()),
        Err(error) => Err(format!("--key: {given:?} is neither a key nor a file with one: {error}").into()),
    }
}

/// What a receipt proves, in words.
fn receipt(text: &str, key: Option<&str>) -> Result<String, Failure> {
    let verified = match key {
        Some(key) => verify_receipt_of(text, key)?,
        None => verify_receipt(text)?,
    };
    Ok(receipt_text(&verified, key.is_some()))
}

fn receipt_text(verified: &Verified, key_is_given: bool) -> String {
    let Verified { origin, verifier, kind, at, chain, seq, leaf, size, root, payload } = verified;
    let mut out = format!("The receipt is genuine.\n\nWhat    {} ({kind})\n", in_words(kind));
    for (name, value) in payload.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        write(&mut out, format_args!("          {name} = {value}\n"));
    }
    write(&mut out, format_args!("When    {at}\n"));
    write(&mut out, format_args!("Whose   event {seq} of chain {chain}; only that person's account tells whose chain it is\n"));
    write(&mut out, format_args!("Where   entry {} of {size} of the log {origin}\n", leaf.saturating_add(1)));
    write(&mut out, format_args!("Key     {verifier}\n\n"));
    out.push_str("Verified: what happened is what the entry committed to; ");
    write(&mut out, format_args!("the entry is in the tree of {size} entries whose root is {root}; "));
    out.push_str("that root is signed by the key above.\n");
    out.push_str(if key_is_given {
        "The key is the one that you gave.\n"
    } else {
        "Not verified: whose key that is. Compare it with the one that your server's operator tells, or give that with --key.\n"
    });
    out
}

/// What kind of event, for a person.
fn in_words(kind: &str) -> &str {
    use EventKind as Kind;
    match Kind::parse(kind) {
        Some(Kind::ConsentRequested) => "a consent was asked for",
        Some(Kind::ConsentGiven) => "a consent was given",
        Some(Kind::ConsentRefused) => "a consent was refused",
        Some(Kind::ConsentWithdrawn) => "a consent was withdrawn",
        Some(Kind::ConsentExpired) => "a consent ended by itself",
        Some(Kind::PolicyAgreed) => "a version of the policy was agreed to",
        Some(Kind::PolicyWithdrawn) => "the agreement to the policy was withdrawn",
        Some(Kind::Disclosure) => "data were about to go to a recipient, or were refused to one",
        Some(Kind::DisclosureResult) => "how a disclosure ended",
        Some(Kind::Access) => "somebody looked at a camera's pictures",
        Some(Kind::Erasure) => "data were erased",
        Some(Kind::PolicyVersion) => "a version of the policy came into force",
        Some(Kind::Export) => "a copy of what is kept was handed out",
        Some(Kind::FootageHead) => "how far a camera's footage reached",
        None => "something that this version of atipcam has no words for",
    }
}

/// The log's key, and what a check of it found.
async fn check(dir: &Path, notes: &[String]) -> Result<(String, LogReport), Failure> {
    let checked = data::with_store(dir, async |store| Ok((store.log_key(), store.check_log_against(notes).await?)));
    data::patiently("still checking the log", checked).await
}

/// What was verified, or everything that is wrong.
fn log_text(key: &str, report: &LogReport, kept: usize) -> Result<String, Failure> {
    if !report.faults.is_empty() {
        let mut out = format!("the log is NOT what it says; {} found:", report.faults.len());
        for fault in &report.faults {
            let place = fault.leaf.map_or_else(|| "the log".to_owned(), |leaf| format!("entry {}", leaf.saturating_add(1)));
            write(&mut out, format_args!("\n  {place}: {}", fault.what));
        }
        return Err(out.into());
    }
    let head = Checkpoint::open(&report.checkpoint, &VerifierKey::parse(key)?)?;
    let mut out = "The log is whole.\n\n".to_owned();
    write(&mut out, format_args!("Log       {}\nKey       {key}\n", head.origin));
    write(&mut out, format_args!("Entries   {}, each hashed again and held against its event\n", report.leaves));
    write(&mut out, format_args!("Head      {} entries, root {}\n\n", head.size, head.root));
    out.push_str("Verified: no entry was changed, dropped or put between; no chain has a gap; every signed head is met; ");
    out.push_str("consents are what the entries come to.\n");
    match kept {
        0 => out.push_str(
            "Not verified: that nobody put an older log in its place. Keep the head (below) elsewhere, and give it with --checkpoint \
             next time.\n",
        ),
        1 => out.push_str("The log holds all that was in it at the head that you gave.\n"),
        kept => write(&mut out, format_args!("The log holds all that was in it at the {kept} heads that you gave.\n")),
    }
    write(&mut out, format_args!("\n{}", report.checkpoint));
    Ok(out)
}

/// Appends; a String takes everything.
fn write(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
