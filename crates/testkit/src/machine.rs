//! What programs and the machine spent, from `/proc` (Linux, proc_pid_stat(5)).

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use crate::Result;

/// Clock ticks a second in `/proc`: 100 on every architecture that Debian has.
const TICKS_PER_SECOND: u64 = 100;

/// A program with all that it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tree(pub u32);

impl Tree {
    /// Processor time so far, user and system, with that of ended children.
    pub fn cpu(self) -> Result<Duration> {
        let all = stats()?;
        Ok(ticks(self.members(&all).iter().filter_map(|id| all.get(id)).map(|stat| stat.ticks).sum()))
    }

    /// Resident memory together, in bytes.
    pub fn memory(self) -> Result<u64> {
        let all = stats()?;
        let resident = |id: &u32| {
            let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        };
        Ok(self.members(&all).iter().filter_map(resident).sum::<u64>() * 1024)
    }

    /// Open file descriptors of the program itself.
    pub fn files(self) -> Result<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.0))?.count())
    }

    /// The program and its descendants that live.
    fn members(self, all: &HashMap<u32, Stat>) -> Vec<u32> {
        let mut members = vec![self.0];
        let mut at = 0;
        while let Some(parent) = members.get(at).copied() {
            members.extend(all.iter().filter(|(_, stat)| stat.parent == parent).map(|(id, _)| *id));
            at += 1;
        }
        members
    }
}

struct Stat {
    parent: u32,
    ticks: u64,
}

fn stats() -> Result<HashMap<u32, Stat>> {
    let mut all = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // It may have ended since it was listed.
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok().and_then(|text| stat(&text));
        all.extend(stat.map(|stat| (id, stat)));
    }
    Ok(all)
}

/// The name stands in brackets and may hold anything, brackets too.
fn stat(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let times = fields.get(11..15)?.iter().map(|field| field.parse::<u64>().unwrap_or(0));
    Some(Stat { parent: fields.get(1)?.parse().ok()?, ticks: times.sum() })
}

fn ticks(count: u64) -> Duration {
    Duration::from_millis(count * 1000 / TICKS_PER_SECOND)
}

/// Where the processors' time went between two looks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Load {
    /// Share of all processors that was not idle, 0 to 1.
    pub busy: f64,
    /// Share that neither the program measured nor this one took.
    pub others: f64,
    /// Share that the machine's host kept.
    pub steal: f64,
}

/// A stretch of time that runs: what a program and everybody else spend in it.
#[derive(Debug)]
pub struct Window {
    of: Tree,
    cpu: Duration,
    own: Duration,
    machine: Machine,
}

/// What was spent in a [`Window`].
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    /// By the program measured.
    pub cpu: Duration,
    /// By this program and all that it started besides.
    pub own: Duration,
    /// How busy the machine was.
    pub load: Load,
}

#[derive(Debug, Clone, Copy)]
struct Machine {
    all: u64,
    idle: u64,
    steal: u64,
}

impl Window {
    /// Begins now.
    pub fn open(of: Tree) -> Result<Self> {
        Ok(Self { of, cpu: of.cpu()?, own: Tree(std::process::id()).cpu()?, machine: machine()? })
    }

    /// Ends now.
    pub fn close(&self) -> Result<Spent> {
        let (cpu, own, now) = (self.of.cpu()?, Tree(std::process::id()).cpu()?, machine()?);
        let cpu = cpu.saturating_sub(self.cpu);
        // A server that this program started is among its descendants.
        let with_measured = own.saturating_sub(self.own);
        let all = ticks(now.all - self.machine.all).as_secs_f64().max(1e-9);
        let busy = all - ticks(now.idle.saturating_sub(self.machine.idle)).as_secs_f64();
        let load = Load {
            busy: busy / all,
            others: ((busy - with_measured.max(cpu).as_secs_f64()) / all).max(0.0),
            steal: ticks(now.steal.saturating_sub(self.machine.steal)).as_secs_f64() / all,
        };
        Ok(Spent { cpu, own: with_measured.saturating_sub(cpu), load })
    }
}

/// The first line of `/proc/stat`: user, nice, system, idle, waiting, two kinds of interrupts, steal.
fn machine() -> Result<Machine> {
    let text = fs::read_to_string("/proc/stat")?;
    let line = text.lines().next().ok_or("an empty /proc/stat")?;
    let fields: Vec<u64> = line.split_ascii_whitespace().skip(1).take(8).filter_map(|field| field.parse().ok()).collect();
    let [.., idle, waiting, _, _, steal] = fields[..] else { return Err("a short /proc/stat".into()) };
    Ok(Machine { all: fields.iter().sum(), idle: idle + waiting, steal })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{Process, command};

    #[test]
    fn a_program_is_counted_with_what_it_started() {
        let text = "7 (a) b) S 3 7 7 0 -1 4194560 100 200 0 0 5 6 7 8 20 0 1 0 100 1000 10";
        let Stat { parent, ticks } = stat(text).unwrap();
        assert_eq!((parent, ticks), (3, 26));

        let mut shell = command("sh");
        shell.args(["-c", "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo up; cat' & cat"]);
        let window = Window::open(Tree(std::process::id())).unwrap();
        let process = Process::start(shell).unwrap();
        process.line(Duration::from_secs(60), |line| (line == "up").then_some(())).unwrap();
        let tree = Tree(process.id());
        assert!(tree.cpu().unwrap() >= Duration::from_millis(10), "the child's loop is counted");
        assert!(tree.memory().unwrap() > 100_000 && tree.files().unwrap() >= 3);
        let spent = window.close().unwrap();
        assert!(spent.cpu >= Duration::from_millis(10) && spent.load.busy > 0.0 && spent.load.busy <= 1.0, "{spent:?}");
    }
}
