//! `atipcam recordings`: footage held against what was written, and the index made from the files alone.

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command};
use control::Control;
use domain::SystemClock;
use relay::{Archive, Depth, Finding, Progress, Rebuilt, Said, Severity, Verified};
use store::Store;

use super::{case, chosen, data};
use crate::Failure;
use crate::config::Settings;
use crate::console::{Bar, say};

/// Its part of the command line.
pub(super) fn command() -> Command {
    let verify = Command::new("verify")
        .about("Opens every record of the footage and says what is not as it was written")
        .long_about(
            "Walks all footage: each file is held against its name, its row in the index, its own seals, and the file that it\n\
             says it follows; each row against its file. It says what is changed, swapped, cut or gone, what that means, and what\n\
             to do. Times that retention took, and the ends that a crash leaves, are known and no fault.\n\n\
             It only reads, and the server may run meanwhile: what is being written is not looked at. It needs the keyring.\n\
             What it proves and what not stands in docs/segment-format.md (\"The chain across segments\").\n\
             Exit status 0: all is well; 1: it is not, with what is wrong.",
        )
        .after_help("Example:\n  atipcam recordings verify --data /var/lib/atipcam");
    let verify = data::flags(verify)
        .arg(
            Arg::new("quick")
                .long("quick")
                .action(ArgAction::SetTrue)
                .help("Opens headers, tables and trailers only: a hundredth of the bytes. Changed pictures are not found"),
        )
        .arg(
            Arg::new("json").long("json").action(ArgAction::SetTrue).help("A line of JSON for each finding, and one at the end"),
        );
    let rebuild = Command::new("rebuild")
        .about("Makes the index from the footage files alone")
        .long_about(
            "Makes index.db from the files alone: a row for each file, and none without a file. No file is changed or deleted.\n\
             Why there was no footage at a time stands in no file: what the index knew of that stays, and is lost with it.\n\n\
             The server must be stopped. It does the same by itself, beside its work and the newest footage first, when it starts\n\
             without a whole index. Do this where `atipcam recordings verify` says so.",
        )
        .after_help("Example:\n  atipcam recordings rebuild --data /var/lib/atipcam");
    Command::new("recordings")
        .about("Checks footage or a case, or makes the index anew")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([verify, data::flags(rebuild), case::command()])
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let (name, flags) = chosen(matches)?;
    if name == "verify-case" {
        return case::run(flags);
    }
    let settings = data::existing(flags)?;
    if name == "rebuild" {
        data::may_write(&settings.data)?;
        let rebuilt = data::block_on(rebuild(&settings))?;
        say(rebuilt_text(&rebuilt).trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let (quick, json) = (flags.get_flag("quick"), flags.get_flag("json"));
    let verified = data::block_on(verify(&settings, quick, json))?;
    if json {
        say(serde_json::to_string(&verified)?);
    } else {
        say(verified_text(&verified, quick).trim_end());
    }
    Ok(if verified.faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// All footage of a data folder, and on the other storages that are there.
fn archive(store: &Store, settings: &Settings) -> Archive {
    let facts = Control::facts_of(store.clone(), &settings.deployment.region);
    Archive::new(store.clone(), facts, Arc::new(SystemClock), relay::roots(&settings.storages))
}

async fn verify(settings: &Settings, quick: bool, json: bool) -> Result<Verified, Failure> {
    let store = Box::pin(Store::look(&settings.data, Arc::new(SystemClock))).await.map_err(data::told)?;
    let (depth, mut bar) = (if quick { Depth::Tables } else { Depth::Samples }, Bar::new(!json));
    let said = |said| match said {
        Said::Progress(progress) => show(&mut bar, "looked at", &progress),
        Said::Finding(finding) => {
            bar.clear();
            say(if json { serde_json::to_string(&finding).unwrap_or_default() } else { finding_text(&finding) });
        }
    };
    let verified = archive(&store, settings).verify(depth, said).await;
    bar.clear();
    store.close().await.map_err(data::told)?;
    verified.map_err(data::told)
}

async fn rebuild(settings: &Settings) -> Result<Rebuilt, Failure> {
    let mut bar = Bar::new(true);
    let rebuilt = data::with_store(&settings.data, async |store| {
        let rebuilt = archive(store, settings).rebuild(|progress| show(&mut bar, "read", &progress)).await;
        bar.clear();
        rebuilt
    });
    rebuilt.await
}

fn show(bar: &mut Bar, verb: &str, progress: &Progress) {
    let thousandths = progress.bytes.saturating_mul(1000) / progress.of_bytes.max(1);
    bar.show(thousandths, || progress_text(verb, progress));
}

fn progress_text(verb: &str, progress: &Progress) -> String {
    let Progress { files, of_files, bytes, of_bytes } = progress;
    let percent = bytes.saturating_mul(100) / (*of_bytes).max(1);
    format!("{verb} {files} of {of_files} files, {} of {}, {percent} %", size(*bytes), size(*of_bytes))
}

fn finding_text(finding: &Finding) -> String {
    let severity = if finding.severity == Severity::Fault { "FAULT" } else { "note " };
    let mut out = format!("{severity}  {}", finding.code);
    let named = [
        ("camera", finding.camera.map(|id| id.to_string())),
        ("segment", finding.segment.map(|id| id.to_string())),
        ("at", finding.at.map(|at| at.to_string())),
    ];
    for (name, value) in named {
        if let Some(value) = value {
            out += &format!("  {name} {value}");
        }
    }
    out += &format!("\n       {}", finding.what);
    if let Some(file) = &finding.file {
        out += &format!("\n       {}", file.display());
    }
    out + &format!("\n       {}.", finding.advice)
}

fn verified_text(verified: &Verified, quick: bool) -> String {
    let Verified { files, bytes, records, links, rows, faults, notes, took } = verified;
    let looked = format!(
        "{files} files of {}, {records} records, {links} links, {rows} rows, in {:.1} s",
        size(*bytes),
        took.as_secs_f64()
    );
    let notes = if *notes == 0 { String::new() } else { format!(" Notes, which are no faults: {notes}.") };
    match (*faults, quick) {
        (0, false) => format!("All is well: {looked}.{notes}"),
        (0, true) => {
            format!("All is well as far as tables tell: {looked}.{notes} Without --quick the pictures are opened as well.")
        }
        (faults, _) => format!("NOT all is well; {faults} found: {looked}.{notes}"),
    }
}

fn rebuilt_text(rebuilt: &Rebuilt) -> String {
    let Rebuilt { segments, bytes, unopened, left_out, of_nobody, rows_removed, took } = rebuilt;
    let mut out = format!(
        "The index has {segments} segments of {} from their files, in {:.2} s: {:.1} s for 100 GB.",
        size(*bytes),
        took.as_secs_f64(),
        rebuilt.seconds_per_100_gb()
    );
    for (count, what) in [
        (*unopened, "segments are in it by what stands in clear: their keys are not there"),
        (*rows_removed, "rows were taken out, for there is no file"),
        (*of_nobody, "files of cameras that there are no more were left out"),
    ] {
        if count > 0 {
            out += &format!("\n{count} {what}.");
        }
    }
    for (path, why) in left_out {
        out += &format!("\nLeft out: {}: {why}", path.display());
    }
    out
}

/// Bytes for a person.
fn size(bytes: u64) -> String {
    let (bytes, units) = (bytes as f64, ["B", "KB", "MB", "GB", "TB"]);
    let step = (0..units.len() - 1).find(|&step| bytes < 1000_f64.powi(step as i32 + 1)).unwrap_or(units.len() - 1);
    let digits = usize::from(step > 0);
    format!("{:.digits$} {}", bytes / 1000_f64.powi(step as i32), units[step])
}

#[cfg(test)]
#[path = "recordings_tests.rs"]
mod tests;
