//! Figures, ours beside a peer's that did the same in the same run, and how busy the machine was meanwhile.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use testkit::Result;
use testkit::machine::{Load, Tree, Window};
use tokio::time::sleep;

/// One row.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) ours: f64,
    /// Who else, and with what; a reason where nobody was there to compare with.
    pub(crate) peer: Peer,
    pub(crate) load: Load,
}

/// What the same cost somebody else.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Peer {
    Did(&'static str, f64),
    /// It is not on this machine.
    Missing(&'static str),
    /// Nobody that Debian has does this.
    Nobody,
}

/// What programs took in a stretch of time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took {
    pub(crate) cpu: Duration,
    pub(crate) memory: u64,
    pub(crate) wall: Duration,
    pub(crate) load: Load,
}

impl Took {
    /// Watches programs for a while.
    pub(crate) async fn in_time(programs: &[Tree], wall: Duration) -> Result<Self> {
        let cpu = || programs.iter().map(|program| program.cpu()).sum::<Result<Duration>>();
        let (window, before) = (Window::open(Tree(std::process::id()))?, cpu()?);
        sleep(wall).await;
        let (cpu, load) = (cpu()?.saturating_sub(before), window.close()?.load);
        Ok(Self { cpu, memory: programs.iter().map(|program| program.memory()).sum::<Result<u64>>()?, wall, load })
    }

    /// Milliseconds of processor time a minute.
    pub(crate) fn cpu_ms_a_minute(&self) -> f64 {
        self.cpu.as_secs_f64() * 1000.0 / self.wall.as_secs_f64().max(1e-9) * 60.0
    }
}

/// Prints a section as a table and writes it to `NAME.json` in `folder`.
pub(crate) fn tell(name: &str, figures: &[Figure], folder: Option<&Path>) -> Result<()> {
    println!("\n{name}\n  {:<46} {:>10}  {:>10} {:<22} {:>5}   machine", "", "ours", "peer's", "", "ratio");
    let mut rows = Vec::new();
    for Figure { name, unit, ours, peer, load } in figures {
        let (busy, others) = (load.busy * 100.0, load.others * 100.0);
        let (theirs, who, ratio) = match peer {
            Peer::Did(who, theirs) => (format!("{theirs:.1}"), *who, format!("{:.3}", ours / theirs)),
            Peer::Missing(who) => ("MISSING".into(), *who, String::new()),
            Peer::Nobody => (String::new(), "", String::new()),
        };
        println!(
            "  {:<46} {ours:>10.1}  {theirs:>10} {who:<22} {ratio:>5}   {busy:.0} % busy, {others:.0} % by others",
            format!("{name}, {unit}")
        );
        let (peer, theirs) = match peer {
            Peer::Did(who, theirs) => (json!(who), json!(theirs)),
            Peer::Missing(who) => (json!(who), json!("missing")),
            Peer::Nobody => (json!(null), json!(null)),
        };
        rows.push(json!({
            "name": name, "unit": unit, "ours": ours, "peer": peer, "peers": theirs,
            "busy": load.busy, "others": load.others, "steal": load.steal,
        }));
    }
    if let Some(folder) = folder {
        std::fs::write(folder.join(format!("{name}.json")), serde_json::to_string_pretty(&rows)? + "\n")?;
    }
    Ok(())
}

/// The figure that so great a share of all stay under; 0.5 for the median.
pub(crate) fn percentile(figures: &[f64], share: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1).min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}
