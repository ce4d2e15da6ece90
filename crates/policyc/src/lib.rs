//! The policy compiler: from what people write to what people read, what the code must use, and what the gate decides by.
//!
//! Beside the house: `policy` builds with it, the binary's `policy` command speaks through it, and nothing else. Pure
//! functions on strings, and [`load`], which reads a directory. The day on which agreements are judged is an argument.
//!
//! ```text
//! policy/atipcam.toml, text/*.toml, accepted.toml
//!   -> Source    parsed, with the place of every word
//!   -> Compiled  checked by every Rule; canonical JSON and its hash
//!   -> Rust types, page, Markdown, processing record; a Diff to another version
//! ```

mod canonical;
mod check;
mod compile;
mod diff;
mod fault;
mod markdown;
mod model;
mod page;
mod period;
mod record;
mod rust;
mod source;
mod texts;

pub use canonical::{canonical, hash};
pub use compile::{Compiled, compile};
pub use diff::{Change, ChangeKind, Diff, diff, diff_deployments};
pub use fault::{Fault, Faults, Rule};
pub use model::*;
pub use page::*;
pub use period::Period;
pub use record::ProcessingRecord;
pub use source::{Files, Source, load};
