//! `atipcam keys`: the root key, and the list of what was erased.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use domain::{Clock, SystemClock, Timestamp};
use store::backup;

use super::{chosen, data};
use crate::Failure;
use crate::console::say;

/// Its part of the command line.
pub(super) fn command() -> Command {
    let rotate = Command::new("rotate")
        .about("Makes a new root key; copies of the keyring from before open nothing any more")
        .long_about(
            "Makes a new root key, wraps every key of the keyring under it, and destroys the old one. Footage and accounts are\n\
             not written again: they stay under their own keys.\n\n\
             Do this when somebody may have seen root.key, or a copy of the keyring. The server must be stopped. Afterwards copy\n\
             the keyring and root.key anew: earlier copies of the keyring open only with the key that is now gone. The server\n\
             does the same by itself after data were erased.",
        );
    let rotate = data::flags(rotate);
    let tombstones = Command::new("tombstones")
        .about("Lists what was erased, so that no backup can bring it back")
        .long_about(
            "Lists the ids of what was erased, and when: random ids that name nobody. `atipcam restore` asks for this list, and\n\
             leaves out of an old backup what it names. Write it often, at least daily, to a place apart from the backups; the\n\
             server may run meanwhile.",
        )
        .after_help(
            "Example, from a timer:\n  atipcam keys tombstones --data /var/lib/atipcam --to /mnt/elsewhere/tombstones.txt",
        );
    let tombstones = data::flags(tombstones).arg(
        Arg::new("to")
            .long("to")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help("Where it goes; it is replaced as a whole. Standard output without it"),
    );
    Command::new("keys")
        .about("Root key and list of what was erased")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([rotate, tombstones])
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let (name, flags) = chosen(matches)?;
    let dir = data::existing(flags)?.data;
    let text = match name {
        "rotate" => {
            data::may_write(&dir)?;
            data::block_on(rotate(&dir))?
        }
        _ => data::block_on(tombstones(&dir, flags.get_one::<PathBuf>("to").map(PathBuf::as_path), SystemClock.now()))?,
    };
    say(text.trim_end());
    Ok(ExitCode::SUCCESS)
}

async fn rotate(dir: &Path) -> Result<String, Failure> {
    let rotated = data::with_store(dir, async |store| store.rotate_root().await);
    data::patiently("wrapping every key anew", rotated).await?;
    Ok(format!(
        "Every key is wrapped under a new root key, {}, and the old one is destroyed.\n\
         Copies of the keyring from before open nothing any more. Copy root.key and the keyring anew.",
        dir.join("keyring/root.key").display()
    ))
}

async fn tombstones(dir: &Path, to: Option<&Path>, now: Timestamp) -> Result<String, Failure> {
    let Some(file) = to else { return backup::tombstones(dir, now).await.map_err(data::told) };
    backup::write_tombstones(dir, file, now).await.map_err(data::told)?;
    Ok(format!("{}: what was erased, complete up to {now}", file.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use policy::Principal;
    use policy::act::CancelAccount;
    use store::Store;
    use testkit::Town;

    use super::*;

    #[tokio::test]
    async fn a_new_root_opens_the_data_and_the_old_one_does_not() {
        let town = Town::build().await.unwrap();
        let dir = town.dir.path();
        let error = rotate(dir).await.unwrap_err().to_string();
        assert!(error.starts_with("store.in_use: "), "{error}");
        town.control.close().await;
        town.store.close().await.unwrap();
        let root = dir.join("keyring/root.key");
        let old = fs::read(&root).unwrap();
        let said = rotate(dir).await.unwrap();
        assert!(said.contains("the old one is destroyed") && said.contains("Copy root.key and the keyring anew"), "{said}");
        let new = fs::read(&root).unwrap();
        assert_ne!(new, old);
        Store::open(dir, Arc::new(town.clock.clone())).await.unwrap().close().await.unwrap();
        fs::write(&root, old).unwrap();
        let error = rotate(dir).await.unwrap_err().to_string();
        assert!(error.starts_with("keyring.root_wrong: "), "{error}");
    }

    #[tokio::test]
    async fn what_was_erased_is_listed_beside_a_running_server() {
        let town = Town::build().await.unwrap();
        let dir = town.dir.path();
        let list = async || tombstones(dir, None, town.clock.now()).await.unwrap();
        assert_eq!(list().await.lines().count(), 1, "the head alone");
        let who = Principal::Session(town.neighbour.session);
        let permit = town.control.ask::<CancelAccount>(who, town.neighbour.subject).await.unwrap();
        town.store.cancel(permit).await.unwrap();
        let text = list().await;
        assert!(text.contains(&town.neighbour.subject.to_string()), "{text}");
        assert!(!text.contains(town.neighbour.email), "a random id, and no name");
        let file = dir.join("list.txt");
        let said = tombstones(dir, Some(&file), town.clock.now()).await.unwrap();
        assert!(said.contains("complete up to 20"), "{said}");
        assert_eq!(fs::read_to_string(file).unwrap(), text);
    }
}
