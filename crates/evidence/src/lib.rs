//! What tests prove about the policy, noted as they prove it.
//!
//! A test that shows a clause being kept says so in its first line:
//!
//! ```no_run
//! let _proof = evidence::proves("C-4.4.2", "gate.consent");
//! ```
//!
//! If it ends without a panic, one line of JSON goes to `evidence.jsonl` in the folder that `CLAUSE_EVIDENCE` names; without
//! that variable nothing is written. `cargo xtask evidence` then runs the same test with that enforcement point switched off:
//! there it must fail, or it proved nothing. For tests only: no room may use this in what is shipped.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

/// Held by a test while it proves something.
#[derive(Debug)]
#[must_use = "the proof is noted when this is dropped at the end of the test"]
pub struct Proof {
    clause: &'static str,
    point: &'static str,
}

/// Says that the running test proves that `point` enforces `clause`; ids as in the policy's source.
pub fn proves(clause: &'static str, point: &'static str) -> Proof {
    Proof { clause, point }
}

impl Drop for Proof {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if let Some(folder) = std::env::var_os("CLAUSE_EVIDENCE") {
            // A test whose proof is lost must not pass in silence.
            #[allow(clippy::expect_used, reason = "for tests alone")]
            note(Path::new(&folder), self).expect("evidence is written");
        }
    }
}

fn note(folder: &Path, Proof { clause, point }: &Proof) -> std::io::Result<()> {
    let thread = std::thread::current();
    let line = serde_json::json!({
        "clause": clause,
        "point": point,
        // The harness names the thread after the test.
        "test": thread.name().unwrap_or_default(),
        "package": std::env::var("CARGO_PKG_NAME").unwrap_or_default(),
        "binary": std::env::current_exe()?,
    });
    std::fs::create_dir_all(folder)?;
    let mut file = OpenOptions::new().create(true).append(true).open(folder.join("evidence.jsonl"))?;
    // One write: lines of tests that end at once stay whole.
    file.write_all(format!("{line}\n").as_bytes())
}
