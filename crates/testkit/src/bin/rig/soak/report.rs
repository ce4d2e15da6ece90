//! What the soak found, minute by minute and at its end.

use std::time::Duration;

use serde_json::json;
use testkit::machine::{Tree, Window};
use testkit::{Result, Server};
use tokio::time::{Instant, sleep};

use super::Plan;
use super::footage::Recordings;
use super::steady::Saw;
use super::visitors::Visits;
use crate::numbers::Numbers;

/// What memory may grow by after the first sixth of the time.
const GROWTH_MAX: i64 = 5 * 1024 * 1024;

/// Descriptors that come and go by themselves: a segment that is being closed while the next one is open, a client's kept connection.
const FILES_SLACK: usize = 8;

/// How long memory and descriptors of those who left may take to return.
const SETTLE: Duration = Duration::from_secs(8);

/// How far sound was from its picture, look after look, in milliseconds; more than nothing where it came late.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) struct Offsets {
    looks: usize,
    sum: f64,
    least: f64,
    most: f64,
}

impl Offsets {
    pub(crate) fn push(&mut self, ms: f64) {
        let first = self.looks == 0;
        self.least = if first { ms } else { self.least.min(ms) };
        self.most = if first { ms } else { self.most.max(ms) };
        self.looks += 1;
        self.sum += ms;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.looks == 0
    }

    /// How much it changed.
    pub(crate) fn drift_ms(&self) -> f64 {
        self.most - self.least
    }

    /// What of it stayed.
    fn constant_ms(&self) -> f64 {
        self.sum / self.looks.max(1) as f64
    }

    fn json(&self) -> serde_json::Value {
        json!({ "looks": self.looks, "drift_ms": self.drift_ms(), "constant_ms": self.constant_ms() })
    }
}

impl<const N: usize> From<[f64; N]> for Offsets {
    fn from(looks: [f64; N]) -> Self {
        let mut offsets = Self::default();
        looks.into_iter().for_each(|ms| offsets.push(ms));
        offsets
    }
}

impl std::fmt::Display for Offsets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (drift, constant) = (self.drift_ms(), self.constant_ms());
        write!(f, "{drift:.1} ms of drift in {} looks, {constant:+.1} ms constant", self.looks)
    }
}

/// What the server holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    memory: u64,
    files: usize,
}

impl Look {
    fn now(server: &Server) -> Result<Self> {
        Ok(Self { memory: server.process.memory()?, files: Tree(server.process.id()).files()? })
    }

    /// The least of some seconds, when nobody comes or goes.
    pub(crate) async fn least(server: &Server) -> Result<Self> {
        let mut least = Self::now(server)?;
        let end = Instant::now() + SETTLE;
        while Instant::now() < end {
            sleep(Duration::from_millis(500)).await;
            let look = Self::now(server)?;
            least = Self { memory: least.memory.min(look.memory), files: least.files.min(look.files) };
        }
        Ok(least)
    }
}

pub(crate) struct Report<'a> {
    server: &'a Server,
    start: Instant,
    minute: Option<(Instant, Window)>,
    early: Option<Look>,
    late: Option<Look>,
    rows: Vec<(&'static str, String)>,
    sound: [Offsets; 2],
    complaints: Vec<String>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(server: &'a Server, start: Instant) -> Self {
        let minute = Window::open(Tree(server.process.id())).ok().map(|window| (start, window));
        Self {
            server,
            start,
            minute,
            early: None,
            late: None,
            rows: Vec::new(),
            sound: [Offsets::default(); 2],
            complaints: Vec::new(),
        }
    }

    /// One line of how things are.
    pub(crate) fn line(&mut self, watching: usize, lag_ms: Option<f64>) -> Result<()> {
        let (now, look) = (Instant::now(), Look::now(self.server)?);
        let spent =
            self.minute.as_ref().map(|(since, window)| Ok::<_, testkit::Error>((now - *since, window.close()?))).transpose()?;
        self.minute = Some((now, Window::open(Tree(self.server.process.id()))?));
        let cpu = spent.map_or(String::new(), |(wall, spent)| {
            let share = spent.cpu.as_secs_f64() / wall.as_secs_f64().max(1e-9) * 100.0;
            format!(", server {share:.0} % of a core, machine {:.0} % busy", spent.load.busy * 100.0)
        });
        let lag = lag_ms.map_or(String::new(), |lag| format!(", sound {lag:+.1} ms from picture"));
        println!(
            "{:>5} s: {} KiB, {} files, {watching} visitors{cpu}{lag}",
            (now - self.start).as_secs(),
            look.memory / 1024,
            look.files
        );
        Ok(())
    }

    pub(crate) fn note_early(&mut self, look: Look) {
        self.early = Some(look);
    }

    pub(crate) fn note_late(&mut self, look: Look) {
        self.late = Some(look);
        let Some(early) = self.early else { return };
        let growth = look.memory.cast_signed() - early.memory.cast_signed();
        self.rows.push(("memory after a sixth, without visitors", format!("{} KiB", early.memory / 1024)));
        self.rows.push(("memory at the end, without visitors", format!("{} KiB ({:+} KiB)", look.memory / 1024, growth / 1024)));
        self.rows.push(("open files after a sixth, at the end", format!("{}, {}", early.files, look.files)));
        if growth > GROWTH_MAX {
            self.complaints.push(format!("memory grew by {} KiB", growth / 1024));
        }
        if look.files > early.files + FILES_SLACK {
            self.complaints.push(format!("open files grew from {} to {}", early.files, look.files));
        }
    }

    pub(crate) fn visits(&mut self, visits: &Visits) {
        self.rows.push(("visits", format!("{}, the slowest first picture after {} ms", visits.visits, visits.slowest_ms)));
    }

    pub(crate) fn steady(&mut self, saw: &Saw) {
        let row = |all: u64, lost: u64, again: u64| format!("{all}, {lost}, {again}");
        self.rows.push(("live parts at steady viewers, lost, repeated", row(saw.parts, saw.parts_lost, saw.parts_repeated)));
        self.rows
            .push(("RTP packets at steady viewers, lost, repeated", row(saw.packets, saw.packets_lost, saw.packets_repeated)));
        self.rows.push(("sound from picture by WebRTC, at its worst", saw.sound.to_string()));
        self.sound[0] = saw.sound;
        self.complaints.extend(saw.complaints());
    }

    pub(crate) fn recordings(&mut self, found: Recordings) {
        let units = format!("{}, {}", found.pictures, found.sounds);
        self.rows.push(("pictures, sounds compared in recordings", units));
        self.rows.push(("sound from picture in recordings, at its worst", found.sound.to_string()));
        self.sound[1] = found.sound;
        self.complaints.extend(found.complaints);
    }

    pub(crate) fn complain(&mut self, what: &str) {
        self.complaints.push(what.to_owned());
    }

    /// Takes the server's own counters of loss.
    pub(crate) fn counters(&mut self, numbers: &Numbers) {
        for name in ["atipcam_recording_units_lost", "atipcam_recording_fragments_lost"] {
            let lost = numbers.get(name);
            if lost > 0.0 {
                self.complaints.push(format!("{name} is {lost}"));
            }
        }
    }

    /// The table, the file, and whether all is well.
    pub(crate) fn finish(self, plan: &Plan) -> Result<()> {
        for (name, value) in &self.rows {
            println!("{name:<46} {value}");
        }
        let verdict = if self.complaints.is_empty() { "held" } else { "failed" };
        println!("soak: {verdict}{}{}", if self.complaints.is_empty() { "" } else { ": " }, self.complaints.join("; "));
        if let Some(path) = &plan.json {
            let rows: serde_json::Map<_, _> = self.rows.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            let told = json!({
                "verdict": verdict, "seconds": plan.length.as_secs(), "cameras": plan.cameras, "visitors": plan.visitors,
                "memory_bytes": [self.early.map(|look| look.memory), self.late.map(|look| look.memory)],
                "files": [self.early.map(|look| look.files), self.late.map(|look| look.files)],
                "sound": { "webrtc": self.sound[0].json(), "recordings": self.sound[1].json() },
                "found": rows, "complaints": self.complaints,
            });
            path.parent().map(std::fs::create_dir_all).transpose()?;
            std::fs::write(path, serde_json::to_string_pretty(&told)?).map_err(|e| format!("{}: {e}", path.display()))?;
        }
        if self.complaints.is_empty() { Ok(()) } else { Err(self.server.process.failure(&self.complaints.join("; "))) }
    }
}
