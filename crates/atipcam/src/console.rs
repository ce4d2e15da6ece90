//! What a person in front of the terminal reads. The log goes to standard error, this to standard output.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the one place that speaks to the terminal")]

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use device::Progress;
use tracing_subscriber::EnvFilter;

use crate::config::Settings;

/// Says a line. A terminal that is gone is no reason to end.
pub(crate) fn say(line: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Says what went wrong.
pub(crate) fn complain(what: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "atipcam: {what}");
}

/// How far long work is, in one line of a terminal that is written over; nothing where nobody watches.
#[derive(Debug)]
pub(crate) struct Bar {
    watched: bool,
    /// Thousandths that were shown last.
    shown: Option<u64>,
}

impl Bar {
    /// One that is shown if it is `wanted` and somebody watches.
    pub(crate) fn new(wanted: bool) -> Self {
        Self { watched: wanted && std::io::stderr().is_terminal(), shown: None }
    }

    /// Shows where it is, if that is elsewhere than before.
    pub(crate) fn show(&mut self, thousandths: u64, text: impl FnOnce() -> String) {
        if self.watched && self.shown != Some(thousandths) {
            self.shown = Some(thousandths);
            let _ = write!(std::io::stderr().lock(), "\r{}   ", text());
        }
    }

    /// Makes room for a line of another kind.
    pub(crate) fn clear(&mut self) {
        if self.shown.take().is_some() {
            let _ = write!(std::io::stderr().lock(), "\r{:78}\r", "");
        }
    }
}

/// Starts the log.
pub(crate) fn log(settings: &Settings) -> Result<(), crate::Failure> {
    // What the database's tools find worth telling is not; a filter that names them wins.
    let filter = format!("sea_orm_migration=warn,sqlx=warn,{}", settings.log);
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("`log` is {:?}: {error}", settings.log))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if settings.log_json {
        log.json().init();
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).init();
    }
    Ok(())
}

/// Shows how far the drawing of scenes is: a line for each tenth, so that it reads well in a log too.
#[derive(Debug, Default)]
pub(crate) struct Drawing {
    tenths: Mutex<BTreeMap<String, u32>>,
}

impl Drawing {
    /// What a camera tells its progress to.
    pub(crate) fn progress() -> Arc<dyn Fn(Progress) + Send + Sync> {
        let drawing = Self::default();
        Arc::new(move |progress| drawing.show(&progress))
    }

    fn show(&self, Progress { what, done, of }: &Progress) {
        let tenth = done.saturating_mul(10) / (*of).max(1);
        let mut tenths = self.tenths.lock().unwrap_or_else(PoisonError::into_inner);
        if tenths.insert(what.clone(), tenth) != Some(tenth) {
            say(format_args!("drawing {what}: {} %", tenth * 10));
        }
    }
}
