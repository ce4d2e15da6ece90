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

/// What memory may grow by after the first sixth of the time.
const GROWTH_MAX: i64 = 5 * 1024 * 1024;

/// Descriptors that come and go by themselves: a segment that is being closed while the next one is open, a client's kept connection.
const FILES_SLACK: usize = 8;

/// How long memory and descriptors of those who left may take to return.
const SETTLE: Duration = Duration::from_secs(8);

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
    complaints: Vec<String>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(server: &'a Server, start: Instant) -> Self {
        let minute = Window::open(Tree(server.process.id())).ok().map(|window| (start, window));
        Self { server, start, minute, early: None, late: None, rows: Vec::new(), complaints: Vec::new() }
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
        self.rows.push(("live parts at steady viewers, lost", format!("{}, {}", saw.parts, saw.parts_lost)));
        self.rows.push(("RTP packets at steady viewers, lost", format!("{}, {}", saw.packets, saw.packets_lost)));
        self.rows
            .push(("sound from picture by WebRTC, worst", saw.lag_ms.map_or_else(String::new, |lag| format!("{lag:+.1} ms"))));
        self.complaints.extend(saw.complaints());
    }

    pub(crate) fn recordings(&mut self, found: Recordings, early_lag: f64) {
        let units = format!("{}, {}", found.pictures, found.sounds);
        self.rows.push(("pictures, sounds compared in recordings", units));
        let late = found.lag_ms.map_or_else(String::new, |lag| format!("{lag:+.1} ms"));
        self.rows.push(("sound from picture in recordings, early, late", format!("{early_lag:+.1} ms, {late}")));
        self.complaints.extend(found.complaints);
    }

    /// Takes the server's own counters of loss.
    pub(crate) fn counters(&mut self, numbers: &str) {
        for name in ["atipcam_recording_units_lost", "atipcam_recording_fragments_lost"] {
            let lost = numbers.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok()).unwrap_or(0.0);
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
        if let Some(path) = &plan.json {
            let rows: serde_json::Map<_, _> = self.rows.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            let told = json!({
                "seconds": plan.length.as_secs(), "cameras": plan.cameras, "visitors": plan.visitors,
                "memory_bytes": [self.early.map(|look| look.memory), self.late.map(|look| look.memory)],
                "files": [self.early.map(|look| look.files), self.late.map(|look| look.files)],
                "found": rows, "complaints": self.complaints,
            });
            path.parent().map(std::fs::create_dir_all).transpose()?;
            std::fs::write(path, serde_json::to_string_pretty(&told)?)?;
        }
        if self.complaints.is_empty() { Ok(()) } else { Err(self.server.process.failure(&self.complaints.join("; "))) }
    }
}
