//! Decisions, so and so many: `decisions decide TURNS`. Without arguments, the name and how many decisions one turn takes.
//! `make test` counts its instructions under valgrind.
#![allow(clippy::print_stdout, reason = "a command-line tool")]

#[path = "../benches/asks/mod.rs"]
mod asks;

use std::process::ExitCode;

use asks::Asked;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, turns] = &arguments[..] else {
        println!("1 decide");
        return ExitCode::SUCCESS;
    };
    let (true, Ok(turns)) = (name == "decide", turns.parse::<u32>()) else { return ExitCode::FAILURE };
    let asked = Asked::new();
    if (0..turns).all(|_| asked.decide()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
