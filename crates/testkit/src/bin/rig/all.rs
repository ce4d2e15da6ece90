//! All journeys, in two lanes side by side, for most of what a rig does is waiting for cameras to play in real time; behind them those that
//! judge times.

use std::path::Path;
use std::process::{Command, Stdio};

use testkit::Result;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

/// Those with a browser that draws: they take what processor there is, so one at a time.
const DRAWN: &[&[&str]] = &[&["demo"], &["foreign"], &["privacy"], &["cases"], &["modes"], &["codes"]];

/// Those without, or with one that mostly waits.
const PLAIN: &[&[&str]] = &[
    &["cuts"],
    &["players"],
    &["link"],
    &["backfill", "--seconds", "15"],
    &["disks"],
    &["soak", "--seconds", "30", "--cameras", "6", "--visitors", "6"],
    &["add"],
];

/// Those that hold the server to fractions of a second: beside a browser that draws they would judge the machine.
const ALONE: &[&[&str]] = &[&["crash"], &["steer"]];

pub(crate) async fn run(server: &Path) -> Result<()> {
    let (drawn, plain) = tokio::join!(lane(server, DRAWN), lane(server, PLAIN));
    drawn.and(plain)?;
    lane(server, ALONE).await
}

/// One after the other, up to the first that fails. What a rig says is told in one piece, when it is over.
async fn lane(server: &Path, rigs: &[&[&str]]) -> Result<()> {
    for rig in rigs {
        let begin = Instant::now();
        #[allow(clippy::disallowed_methods, reason = "the rigs start programs")]
        let mut command = Command::new(std::env::current_exe()?);
        command.args(*rig).arg("--server").arg(server).stdin(Stdio::null());
        let output = spawn_blocking(move || command.output()).await??;
        let told = [output.stdout, output.stderr].concat();
        println!(
            "\n--> {} ({:.0} s)\n{}",
            rig.join(" "),
            begin.elapsed().as_secs_f64(),
            String::from_utf8_lossy(&told).trim_end()
        );
        if !output.status.success() {
            return Err(format!("{}: {}", rig.join(" "), output.status).into());
        }
    }
    Ok(())
}
