use std::io::{IsTerminal as _, Read as _};
use std::process::ExitCode;
use std::sync::Arc;

use clap::ArgMatches;
use control::Control;
use domain::{Clock, Secret, SystemClock};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use store::Store;

use crate::Failure;
use crate::config::Settings;
use crate::console::{complain, say};

/// A password is one line; nobody types more.
const INPUT_BYTES_MAX: u64 = 4096;

/// Sets a new password for an owner who lost the old one. Whoever can read the data folder has the last word.
pub(crate) fn reset(settings: &Settings, flags: &ArgMatches) -> Result<ExitCode, Failure> {
    let email = flags.get_one::<String>("email").ok_or("whose password?")?;
    let password = read_password()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Store::open(&settings.data, Arc::clone(&clock)).await?;
        let control = Control::new(store.clone(), clock, control::Config::default());
        let set = control.recover_owner(email, &password).await;
        control.close().await;
        store.close().await?;
        set
    })?;
    say("The password is set, and all sessions of the owner have ended.");
    Ok(ExitCode::SUCCESS)
}

fn read_password() -> Result<Secret, Failure> {
    let stdin = std::io::stdin();
    let before = if stdin.is_terminal() { tcgetattr(&stdin).ok() } else { None };
    if let Some(before) = &before {
        complain("new password (it is not shown):");
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&stdin, OptionalActions::Flush, &silent)?;
    }
    let mut line = String::new();
    let read =
        if before.is_some() { stdin.read_line(&mut line) } else { stdin.lock().take(INPUT_BYTES_MAX).read_to_string(&mut line) };
    if let Some(before) = &before {
        tcsetattr(&stdin, OptionalActions::Flush, before)?;
    }
    read?;
    Ok(line.trim_end_matches(['\r', '\n']).into())
}
