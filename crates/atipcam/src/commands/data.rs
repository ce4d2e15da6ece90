//! What the commands that touch a data folder share: its flag, opening it, waiting, and words for what can go wrong.

use std::error::Error as _;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use clap::{ArgMatches, Command};
use domain::{Kind, SystemClock};
use store::Store;

use crate::config::{self, Settings};
use crate::console::complain;
use crate::{Failure, settings};

/// How often a person who waits hears that it goes on.
const PATIENCE: Duration = Duration::from_secs(5);

/// What to do about an error of the store, beside what it says itself.
const ADVICE: &[(&str, &str)] = &[
    ("store.in_use", "Stop the server first: this cannot be done beside it"),
    (
        "storage.missing",
        "If it is index.db, `atipcam recordings rebuild` makes it from the files; else put it back from a backup",
    ),
    ("keyring.missing", "Put the keyring back from its own copy (`atipcam restore --keyring`)"),
    ("keyring.root_missing", "Put root.key back from where it is kept, or set ATIPCAM_ROOT_KEY"),
    ("keyring.root_wrong", "The key must be the one that was in use when this keyring was last written"),
    ("keyring.root_given", "Change it there, or keep the root key in the keyring's own file"),
    ("backup.not_empty", "Name a folder that is empty or not there yet"),
    ("backup.not_apart", "Name a folder for --keyring-to that is neither in nor around that of --to"),
    ("restore.keyring_missing", "Name its folder with --keyring"),
    ("restore.tombstones_missing", "Name it with --tombstones; `atipcam keys tombstones` writes it"),
    ("restore.tombstones_old", "Take a list that was written after the backup"),
    ("restore.tombstones_invalid", "Take another copy of it, as `atipcam keys tombstones` wrote it"),
    ("restore.not_empty", "Restore into a folder of its own, or move what is there away first"),
    ("restore.damaged", "Take another backup: this one would put back what nobody wrote"),
];

/// Gives a command `--data` and `--config`. The other settings are taken as well, and not shown: they do nothing here.
pub(super) fn flags(command: Command) -> Command {
    config::flags(command).mut_args(|arg| {
        let shown = ["data", "config"].contains(&arg.get_id().as_str());
        arg.hide(!shown)
    })
}

/// The settings, and with them the data folder, which must be one.
pub(super) fn existing(flags: &ArgMatches) -> Result<Settings, Failure> {
    let settings = settings(flags)?;
    is_data(&settings.data)?;
    Ok(settings)
}

/// Opening would make an empty folder of whatever was typed.
fn is_data(dir: &Path) -> Result<(), Failure> {
    if dir.join("accounts.db").is_file() {
        return Ok(());
    }
    Err(format!("{}: holds no data of atipcam (there is no accounts.db). Name the folder with --data", dir.display()).into())
}

/// What this process makes there must be the server's to read: it runs as the server's user, or as root, who gives it back.
pub(super) fn may_write(dir: &Path) -> Result<(), Failure> {
    match fs::metadata(dir) {
        Ok(about) => same_user(dir, about.uid(), rustix::process::geteuid().as_raw()),
        // It will be made, and will be ours.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!("{}: {error}", dir.display()).into()),
    }
}

fn same_user(dir: &Path, owner: u32, us: u32) -> Result<(), Failure> {
    if us == 0 || us == owner {
        return Ok(());
    }
    let (dir, why) = (dir.display(), "it could not read the keys that this would write");
    Err(format!("{dir}: belongs to user {owner}, and this runs as user {us}. Run it as the server's own user, or root: {why}")
        .into())
}

/// Gives what root made in a data folder to the folder's owner. Footage was not touched.
pub(super) fn give_back(dir: &Path) -> Result<(), Failure> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let owner = fs::metadata(dir)?;
    for folder in [dir.to_owned(), dir.join("keyring")] {
        let entries = fs::read_dir(&folder)?;
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        for path in paths.chain([Ok(folder)]) {
            let path = path?;
            if fs::symlink_metadata(&path)?.uid() != owner.uid() {
                lchown(&path, Some(owner.uid()), Some(owner.gid())).map_err(|error| format!("{}: {error}", path.display()))?;
            }
        }
    }
    Ok(())
}

/// Opens the store, lets `work` use it, closes it.
pub(super) async fn with_store<T>(dir: &Path, work: impl AsyncFnOnce(&Store) -> domain::Result<T>) -> Result<T, Failure> {
    let store = Box::pin(Store::open(dir, Arc::new(SystemClock))).await.map_err(told)?;
    let done = work(&store).await;
    let closed = store.close().await;
    give_back(dir)?;
    let done = done.map_err(told)?;
    closed.map_err(told)?;
    Ok(done)
}

/// Runs to the end, on this thread.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Waits for work that may be long, and says now and then that it goes on.
pub(super) async fn patiently<T>(what: &str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut waited = Duration::ZERO;
    loop {
        match tokio::time::timeout(PATIENCE, &mut work).await {
            Ok(done) => return done,
            Err(_) => {
                waited += PATIENCE;
                complain(format_args!("{what} ({} s)", waited.as_secs()));
            }
        }
    }
}

/// An error of the store for the person who typed the command: what, where, and what to do.
pub(super) fn told(error: domain::Error) -> Failure {
    // Here the person is the operator: what servers keep in their log is for them.
    let detail = match (error.kind(), error.source()) {
        (Kind::Internal, Some(source)) => source.to_string(),
        _ => error.detail().to_owned(),
    };
    match ADVICE.iter().find(|(code, _)| *code == error.code()) {
        Some((code, advice)) => format!("{code}: {detail}. {advice}").into(),
        None => format!("{}: {detail}", error.code()).into(),
    }
}

#[cfg(test)]
mod tests {
    use domain::Error;

    use super::*;

    #[test]
    fn a_folder_without_data_is_refused_and_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let error = is_data(dir.path()).unwrap_err().to_string();
        assert!(error.contains("no accounts.db") && error.contains("--data"), "{error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn another_users_folder_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        may_write(dir.path()).unwrap();
        may_write(&dir.path().join("not there yet")).unwrap();
        same_user(dir.path(), 61184, 0).unwrap();
        let error = same_user(dir.path(), 61184, 1000).unwrap_err().to_string();
        assert!(error.contains("belongs to user 61184") && error.contains("runs as user 1000"), "{error}");
    }

    #[test]
    fn what_root_made_belongs_to_the_folders_owner() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("keyring")).unwrap();
        let made = ["accounts.db", "keyring/root.key"].map(|name| dir.path().join(name));
        made.iter().for_each(|path| fs::write(path, "x").unwrap());
        let us = rustix::process::geteuid();
        // Only root can give; everybody else's files are their own already.
        let owner = if us.is_root() { 61184 } else { us.as_raw() };
        lchown(dir.path(), Some(owner), None).unwrap();
        give_back(dir.path()).unwrap();
        for path in made.iter().chain([&dir.path().join("keyring")]) {
            assert_eq!(fs::metadata(path).unwrap().uid(), owner, "{}", path.display());
        }
    }

    #[test]
    fn an_error_says_what_where_and_what_to_do() {
        let error = Error::new(Kind::Conflict, "store.in_use", "data/lock: another process has this data directory open");
        let said = told(error).to_string();
        assert_eq!(
            said,
            "store.in_use: data/lock: another process has this data directory open. \
             Stop the server first: this cannot be done beside it"
        );
        let said = told(Error::internal(std::io::Error::other("root.key: no room"))).to_string();
        assert_eq!(said, "internal: root.key: no room", "the operator reads what a server would keep in its log");
    }

    #[tokio::test(start_paused = true)]
    async fn long_work_is_waited_for() {
        let long = async {
            tokio::time::sleep(PATIENCE * 3).await;
            7
        };
        assert_eq!(patiently("counting", long).await, 7);
    }
}
