//! One stage of the media path, so and so often: `stages NAME TURNS`. Without them, the names and how many units one turn takes.
//! `make test` counts its instructions under valgrind.
#![allow(clippy::print_stdout, reason = "a command-line tool")]

#[path = "../benches/footage/mod.rs"]
mod footage;

use std::process::ExitCode;

use footage::{Footage, STAGES, UNITS};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, turns] = &arguments[..] else {
        STAGES.iter().for_each(|(name, _)| println!("{UNITS} {name}"));
        return ExitCode::SUCCESS;
    };
    let stage = STAGES.iter().find(|(of, _)| of == name);
    let (Some((_, stage)), Ok(turns), Ok(footage)) = (stage, turns.parse::<u32>(), Footage::new()) else {
        return ExitCode::FAILURE;
    };
    let done = (0..turns).try_for_each(|_| stage(&footage).map(drop));
    if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
