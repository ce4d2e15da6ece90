//! The rigs: the whole product, as people and outside tools meet it. `make test`, `make bench` and `make soak` run these.
#![allow(clippy::print_stdout, reason = "a command-line tool")]

mod all;
mod backfill;
mod bench;
mod browser;
mod cases;
mod codes;
mod count;
mod crash;
mod cuts;
mod demo;
mod disks;
mod foreign;
mod lan;
mod link;
mod modes;
mod namespaces;
mod numbers;
mod players;
mod privacy;
mod soak;
mod steer;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about)]
struct Arguments {
    #[command(subcommand)]
    rig: Rig,
    /// The server to try.
    #[arg(long, global = true, default_value = "target/debug/atipcam")]
    server: PathBuf,
}

#[derive(Subcommand)]
enum Rig {
    /// Every journey that `make test` runs, two at a time.
    All,
    /// A newcomer's journey in Chromium with the demo's four cameras.
    Demo,
    /// The same with cameras that are not ours.
    Foreign,
    /// Other makers' players, GStreamer and the client of VLC, at our cameras and at our server's outlet.
    Players,
    /// A session that ends and a camera that is removed cut what runs within a second: WebRTC, live parts, downloads.
    Cuts,
    /// The server is killed at random moments while cameras record: at most a second is lost, and nothing is taken for what it is not.
    Crash {
        /// How often.
        #[arg(long, default_value_t = 5)]
        rounds: u32,
        /// Cameras that are recorded.
        #[arg(long, default_value_t = 6)]
        cameras: usize,
    },
    /// Disks that fill, fail, turn read-only, hang and go away while a camera is recorded: what is lost, and when people are told; as
    /// root.
    Disks,
    /// Consents withdrawn while streams run, the log, receipts that verify without the server.
    Privacy,
    /// A case of two cameras: the page that checks it, offline, believes it until any byte of it changes.
    Cases,
    /// A camera is turned, set and restarted from its page; it stops when the browser that turns it is killed.
    Steer,
    /// A camera on events keeps what is around one; privacy cuts what runs and stands on the timeline.
    Modes,
    /// Cameras that record, viewers who come and go, one that reads nothing, a camera that flaps: nobody else loses a picture, and
    /// memory, open files and the way between sound and picture stay as they are.
    Soak {
        /// How long.
        #[arg(long, default_value_t = 30)]
        seconds: u64,
        /// Cameras that all record.
        #[arg(long, default_value_t = 40)]
        cameras: usize,
        /// Viewers who come and go.
        #[arg(long, default_value_t = 20)]
        visitors: usize,
        /// A file for the figures.
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// Eight cameras on a LAN segment are found by multicast, two behind a router by a sweep; in network namespaces, as root.
    Lan,
    /// Somebody adds the eight by the wizard, in Chromium, each with live video; in network namespaces, as root.
    Add,
    /// A camera behind NAT calls in and is live, recorded and played; its address changes, another server takes the server's place,
    /// and what passes the router is read; in network namespaces, as root.
    Link,
    /// The network between a camera and the server is cut: what the camera kept is fetched afterwards, to the picture; one that keeps
    /// nothing has a gap. In network namespaces, as root.
    Backfill {
        /// How long it is cut.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Cameras that are added by codes, in Chromium; in network namespaces, as root.
    Codes,
    /// What of that happens in the namespace of whoever searches.
    #[command(hide = true)]
    AddHere,
    /// One camera of that LAN.
    #[command(hide = true)]
    LanCamera {
        /// Its serial number.
        #[arg(long)]
        serial: String,
        /// Where scenes are kept.
        #[arg(long)]
        cache: PathBuf,
    },
    /// Who searches in it.
    #[command(hide = true)]
    LanSearch {
        /// How long to listen to the link.
        #[arg(long)]
        seconds: u64,
        /// What to sweep.
        #[arg(long)]
        sweep: Option<cameras::discovery::Range>,
    },
    /// Instructions a unit of the stages of the media path, against their budget; needs valgrind.
    Count {
        /// Make what is counted the budget.
        #[arg(long)]
        renew: bool,
    },
    /// What the media path costs and how quick it is, beside ffmpeg, GStreamer and nginx with the same input.
    Bench {
        /// First frames, and connections, to take the percentiles of.
        #[arg(long, default_value_t = 8)]
        tries: u32,
        /// Cameras that are recorded.
        #[arg(long, default_value_t = 20)]
        cameras: usize,
        /// Viewers at once.
        #[arg(long, default_value_t = 100)]
        viewers: usize,
        /// One section alone: startup, recording, fanout, download or live.
        #[arg(long)]
        only: Option<String>,
        /// A folder for the figures.
        #[arg(long)]
        json: Option<PathBuf>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { rig, server } = Arguments::parse();
    let done = match rig {
        Rig::All => all::run(&server).await,
        Rig::Demo => demo::run(&server),
        Rig::Cuts => cuts::run(&server).await,
        Rig::Crash { rounds, cameras } => crash::run(&server, crash::Plan { rounds, cameras }).await,
        Rig::Disks => disks::run(&server).await,
        Rig::Foreign => foreign::run(&server).await,
        Rig::Lan => lan::run(),
        Rig::Add => lan::add(&server),
        Rig::AddHere => lan::add_here(&server).await,
        Rig::LanCamera { serial, cache } => lan::camera(serial, &cache).await,
        Rig::LanSearch { seconds, sweep } => lan::look(seconds, sweep).await,
        Rig::Codes => codes::run(&server).await,
        Rig::Link => link::run(&server).await,
        Rig::Cases => cases::run(&server).await,
        Rig::Modes => modes::run(&server).await,
        Rig::Players => players::run(&server).await,
        Rig::Backfill { seconds } => backfill::run(&server, Duration::from_secs(seconds)).await,
        Rig::Privacy => privacy::run(&server).await,
        Rig::Steer => steer::run(&server).await,
        Rig::Soak { seconds, cameras, visitors, json } => {
            soak::run(&server, &soak::Plan { length: Duration::from_secs(seconds), cameras, visitors, json }).await
        }
        Rig::Count { renew } => count::run(renew),
        Rig::Bench { tries, cameras, viewers, only, json } => {
            bench::run(&server, &bench::Plan { tries, cameras, viewers, only, json }).await
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("rig: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A port that nobody has at this moment.
fn free_port() -> testkit::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
