//! What tests stand on: a clock moved by hand, seeded homes, the server as a process, cameras and a mail server that are not
//! ours, a listener that keeps count, and the tools that judge what came out. For tests and rigs only: nothing that is shipped
//! depends on it.

mod bell;
pub mod budget;
mod client;
mod clip;
mod clock;
mod edits;
mod filed;
pub mod footage;
pub mod fragment;
mod held;
mod listener;
pub mod machine;
mod network_manager;
mod process;
mod rtsp_server;
mod rtsp_viewer;
mod seed;
mod server;
mod smtp_server;
mod whep_viewer;

pub use bell::ring;
pub use client::{Client, LiveView, Told};
pub use clip::{Clip, decode, probe};
pub use clock::ManualClock;
pub use filed::{Filed, Shape};
pub use held::Held;
pub use listener::{Listener, Seen};
pub use network_manager::{Air, NetworkManager};
pub use process::{Process, command, output};
pub use rtsp_server::RtspServer;
pub use rtsp_viewer::RtspViewer;
pub use seed::{Person, Town, facts_of};
pub use server::Server;
pub use smtp_server::{Letter, Smtp, SmtpSecurity, SmtpServer};
pub use whep_viewer::{Lane, Seen as ViewerSeen, WhepViewer};

/// What a test tells when it fails: a sentence is enough.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// `Result` with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
