//! Instructions a unit of the stages of the media path, counted by valgrind and compared with the budget.

use std::path::Path;

use testkit::budget::Budget;
use testkit::{Result, command, output};

/// Small programs that do one stage so and so often, as `cargo build --all-targets` leaves them beside this one.
const PROGRAMS: [&str; 2] = ["stages", "decisions"];

/// What may be spent.
const BUDGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/budget.json");

/// Turns of the shorter of two runs: the difference of both has no start-up in it, and nothing that is done once.
const TURNS: u64 = 2;

/// Units that the longer run does besides.
const UNITS: u64 = 400;

/// Has the C library copy memory in steps that are counted: with `rep movsb`, where a processor prefers that, each byte would count.
const COPYING: &str = "glibc.cpu.x86_rep_movsb_threshold=1000000000:glibc.cpu.x86_rep_stosb_threshold=1000000000";

pub(crate) fn run(renew: bool) -> Result<()> {
    let mut rustc = command("rustc");
    rustc.arg("--version");
    let compiler = output(rustc)?.trim().to_owned();
    let mut counted = Budget { compiler, machine: std::env::consts::ARCH.to_owned(), ..Budget::default() };
    let programs = std::env::current_exe()?.with_file_name("examples");
    for name in PROGRAMS {
        let program = programs.join(name);
        for line in output(command(&program))?.lines() {
            let (units, stage) = line.split_once(' ').ok_or("a program that does not name its stages")?;
            let units: u64 = units.parse()?;
            let more = UNITS.div_ceil(units.max(1));
            let instructions = instructions(&program, stage, TURNS + more)? - instructions(&program, stage, TURNS)?;
            counted.stages.insert(stage.to_owned(), instructions / (more * units).max(1));
        }
    }
    let file = Path::new(BUDGET);
    if renew {
        counted.write(file)?;
    }
    let budget = Budget::read(file)?;
    println!("{:<24} {:>12} {:>12}", "instructions a unit", "counted", "budget");
    for (stage, count) in &counted.stages {
        println!("{stage:<24} {count:>12} {:>12}", budget.stages.get(stage).map_or_else(String::new, u64::to_string));
    }
    if budget.tolerance_percent(&counted).is_none() {
        println!("NOT COMPARED: the budget is of {}, this machine is {}", budget.machine, counted.machine);
    } else if budget.compiler != counted.compiler {
        println!("the budget is of {}, this is {}: more is allowed", budget.compiler, counted.compiler);
    }
    let complaints = budget.complaints(&counted);
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("; ").into()) }
}

/// All instructions of one run.
fn instructions(program: &Path, stage: &str, turns: u64) -> Result<u64> {
    let mut valgrind = command("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program).args([stage, &turns.to_string()]);
    let told = valgrind.env("GLIBC_TUNABLES", COPYING).output().map_err(|e| format!("valgrind: {e}"))?;
    let words = String::from_utf8_lossy(&told.stderr);
    let count = words.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    match count.filter(|_| told.status.success()) {
        Some(count) => Ok(count),
        None => Err(format!("{stage}: valgrind ended with {}: {words}", told.status).into()),
    }
}
