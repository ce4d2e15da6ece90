//! `atipcam backup` and `atipcam restore`: copies, and the way back. docs/backup.md says what to keep where, and why.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use domain::{Clock, SystemClock, Timestamp};
use store::backup::{self, Backup, Restore};

use super::data;
use crate::console::{complain, say};
use crate::{Failure, settings};

fn path(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).value_parser(value_parser!(PathBuf)).help(help)
}

/// Its part of the command line.
pub(super) fn backup_command() -> Command {
    let command = Command::new("backup")
        .about("Copies accounts and index; the keyring only where you say, apart")
        .long_about(
            "Copies accounts.db and index.db into a folder, with a manifest of their hashes. The server may run meanwhile.\n\n\
             The copy alone opens nothing: all that tells about a person is sealed, and the keys are in the keyring, which is\n\
             never copied to the same place. --keyring-to copies it to a folder of its own; it opens only together with\n\
             keyring/root.key, which is in no copy: keep that in a third place. Footage (segments/) is sealed too, and is copied\n\
             with any tool. docs/backup.md has the whole plan.",
        )
        .after_help("Example:\n  atipcam backup --data /var/lib/atipcam --to /mnt/a/2026-11-23 --keyring-to /mnt/b/keyring");
    data::flags(command)
        .arg(path("to", "DIR", "Where the copy goes: a folder that is empty or not there yet").required(true))
        .arg(path("keyring-to", "DIR", "Where a copy of the keyring goes, likewise; on another disk or machine than --to"))
}

/// Its part of the command line.
pub(super) fn restore_command() -> Command {
    let command = Command::new("restore")
        .about("Puts a backup back, without what was erased since it was made")
        .long_about(
            "Puts a backup into a data folder that has no accounts. Whoever was erased since the backup was made stays erased:\n\
             the list of tombstones is read first, what it names is destroyed in the keyring and taken out of the rows, and only\n\
             then is anything put into its place. With a copy of the keyring the list is required.\n\n\
             Where the data folder still has its own keyring, leave --keyring out: the keyring itself knows what was erased.\n\
             The server must be stopped.",
        )
        .after_help(
            "Example, on a new machine:\n  atipcam restore --from /mnt/a/2026-11-23 --keyring /mnt/b/keyring \\\n    \
             --tombstones /mnt/elsewhere/tombstones.txt --data /var/lib/atipcam\n  \
             install -m 600 /mnt/c/root.key /var/lib/atipcam/keyring/root.key",
        );
    data::flags(command)
        .arg(path("from", "DIR", "The backup's folder").required(true))
        .arg(path("keyring", "DIR", "The folder with the copy of the keyring; without it the data folder must have its own"))
        .arg(path("tombstones", "FILE", "The newest list of what was erased, by `atipcam keys tombstones`"))
}

pub(super) fn run_backup(flags: &ArgMatches) -> Result<ExitCode, Failure> {
    let dir = data::existing(flags)?.data;
    let out = flags.get_one::<PathBuf>("to").cloned().ok_or("where to? Name a folder with --to")?;
    let plan = Backup { dir, out, keyring_out: flags.get_one::<PathBuf>("keyring-to").cloned() };
    complain(format_args!("copying {} to {}", plan.dir.display(), plan.out.display()));
    say(data::block_on(make(&plan, SystemClock.now()))?.trim_end());
    Ok(ExitCode::SUCCESS)
}

pub(super) fn run_restore(flags: &ArgMatches) -> Result<ExitCode, Failure> {
    let into = settings(flags)?.data;
    data::may_write(&into)?;
    let from = flags.get_one::<PathBuf>("from").cloned().ok_or("from where? Name the backup's folder with --from")?;
    let keyring = flags.get_one::<PathBuf>("keyring").map(|dir| keyring_file(dir));
    let plan = Restore { backup: from, keyring, tombstones: flags.get_one::<PathBuf>("tombstones").cloned(), into };
    complain(format_args!("putting {} into {}", plan.backup.display(), plan.into.display()));
    let said = data::block_on(put_back(&plan, SystemClock.now()))?;
    data::give_back(&plan.into)?;
    say(said.trim_end());
    Ok(ExitCode::SUCCESS)
}

/// The folder that `backup` made, or the file in it.
fn keyring_file(given: &Path) -> PathBuf {
    if given.is_dir() { given.join("keyring.db") } else { given.to_owned() }
}

async fn make(plan: &Backup, now: Timestamp) -> Result<String, Failure> {
    let manifest = data::patiently("still copying", backup::backup(plan, now)).await.map_err(data::told)?;
    let mut lines = vec![format!("Copied as of {} to {}:", manifest.made, plan.out.display())];
    lines.extend(
        manifest.files.iter().map(|file| format!("  {:<12} {:>10} bytes  sha256 {}", file.name, file.bytes, file.sha256)),
    );
    lines.push("It opens nothing without the keyring.".to_owned());
    let root = plan.dir.join("keyring/root.key");
    match &plan.keyring_out {
        Some(out) => {
            lines.push(format!("The keyring is in {}, with the list of what was erased until now.", out.display()));
            if root.exists() {
                lines.push(format!("It opens only with {}: keep a copy of that in a third place.", root.display()));
            } else {
                lines.push("It opens only with the root key that the environment gave: keep that in a third place.".to_owned());
            }
            lines.push("Destroy the copy of the keyring from before: it still opens what was erased since.".to_owned());
        }
        None => lines.push("The keyring was not copied: --keyring-to DIR does, to a place apart.".to_owned()),
    }
    Ok(lines.join("\n"))
}

async fn put_back(plan: &Restore, now: Timestamp) -> Result<String, Failure> {
    let restored = data::patiently("still restoring", backup::restore(plan, now)).await.map_err(data::told)?;
    let mut lines = vec![
        format!("{}: as it was at {}. What came later is not in it.", plan.into.display(), restored.made),
        format!(
            "Left out because it was erased since: {} keys, {} people, homes and cameras.",
            restored.keys_destroyed, restored.rows_removed
        ),
    ];
    if let Some(until) = restored.erased_until {
        lines.push(format!("The list of what was erased ends at {until}. Erasures after that must be asked for again."));
    }
    let root = plan.into.join("keyring/root.key");
    if !root.exists() {
        lines.push(format!("Before the start: put root.key to {} (mode 600), or set ATIPCAM_ROOT_KEY.", root.display()));
    }
    let segments = plan.into.join("segments");
    lines.push(format!("Footage of that time, where you kept it, goes to {}: before the start, too.", segments.display()));
    Ok(lines.join("\n"))
}

#[cfg(test)]
#[path = "copies_tests.rs"]
mod tests;
