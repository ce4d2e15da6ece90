//! The build in which an enforcement point can be switched off, and the tests that must fail there.
#![allow(clippy::disallowed_methods, reason = "a tool of ours starts cargo and the tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use cargo_metadata::Message;

use super::{Note, Result};

/// What a test harness ends with where a test failed. Any other end is no verdict.
const FAILED: i32 = 101;

/// Longest run of one test; a test that hangs with its point off has not failed as it must.
const TEST_TIME_MAX_S: &str = "120";

/// Test binaries built with `cfg(faults)`.
pub(super) struct Faults {
    /// By package and target name, with the package's folder.
    binaries: BTreeMap<(String, String), (PathBuf, PathBuf)>,
}

impl Faults {
    /// Builds them. The wrapper is for the crates of the workspace alone, so that everything else is used as it was built.
    pub(super) fn build(root: &Path, target: &Path) -> Result<Self> {
        println!("building the tests with enforcement points that can be switched off");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["test", "--locked", "--workspace", "--no-run", "--message-format=json-render-diagnostics"]);
        cargo.current_dir(root).env("CARGO_TARGET_DIR", target).env("RUSTC_WORKSPACE_WRAPPER", root.join("scripts/rustc-faults"));
        let mut child = cargo.stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().ok_or("cargo has no output")?;
        let mut binaries = BTreeMap::new();
        for message in Message::parse_stream(std::io::BufReader::new(out)) {
            let Message::CompilerArtifact(artifact) = message? else { continue };
            let Some(executable) = artifact.executable.filter(|_| artifact.profile.test) else { continue };
            let folder = artifact.manifest_path.parent().ok_or("a manifest without a folder")?;
            let package = folder.file_name().unwrap_or_default().to_owned();
            binaries.insert((package, artifact.target.name), (executable.into(), folder.into()));
        }
        if !child.wait()?.success() {
            return Err("the build with faults failed".into());
        }
        Ok(Self { binaries })
    }

    /// The notes whose test fails with its point off. What cannot be judged is added to `wrong`.
    pub(super) fn failing(&self, notes: &BTreeSet<Note>, wrong: &mut Vec<String>) -> Result<BTreeSet<Note>> {
        // One run a test and point, whatever number of clauses it speaks for.
        let runs: BTreeSet<(&str, &Path, &str, &str)> = notes.iter().map(run_of).collect();
        let (runs, verdicts) = (Mutex::new(runs.into_iter()), Mutex::new(BTreeMap::new()));
        let work = || -> std::result::Result<(), String> {
            loop {
                let Some(run) = runs.lock().map_err(|e| e.to_string())?.next() else { return Ok(()) };
                let code = self.run(run).map_err(|e| e.to_string())?;
                verdicts.lock().map_err(|e| e.to_string())?.insert(run, code);
            }
        };
        std::thread::scope(|scope| {
            let workers = [scope.spawn(work), scope.spawn(work)];
            workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a worker panicked".to_owned())?)
        })?;
        let verdicts = verdicts.into_inner().map_err(|e| e.to_string())?;
        for ((package, _, test, point), code) in &verdicts {
            match code {
                Some(FAILED) => {}
                Some(0) => wrong.push(format!("{package}: {test} passes with {point} switched off: it proves nothing of it")),
                code => {
                    wrong.push(format!("{package}: {test} with {point} switched off ended with {code:?}, which is no verdict"))
                }
            }
        }
        Ok(notes.iter().filter(|note| verdicts.get(&run_of(note)) == Some(&Some(FAILED))).cloned().collect())
    }

    fn run(&self, (package, binary, test, point): (&str, &Path, &str, &str)) -> Result<Option<i32>> {
        let key = (package.to_owned(), target_name(binary));
        let (executable, folder) =
            self.binaries.get(&key).ok_or_else(|| format!("{package}: the build with faults has no test binary {}", key.1))?;
        let mut run = Command::new("timeout");
        run.arg(TEST_TIME_MAX_S).arg(executable).args(["--exact", test]).current_dir(folder);
        run.env("CLAUSE_FAULT", point)
            .env("CARGO_PKG_NAME", package)
            .env("CARGO_MANIFEST_DIR", folder)
            .env_remove("CLAUSE_EVIDENCE");
        run.stdout(Stdio::null()).stderr(Stdio::null());
        Ok(run.status()?.code())
    }
}

fn run_of(note: &Note) -> (&str, &Path, &str, &str) {
    (&note.package, &note.binary, &note.test, &note.point)
}

/// `it` of `…/deps/it-0123456789abcdef`: cargo ends a test binary's name with its hash.
fn target_name(binary: &Path) -> String {
    let stem = binary.file_stem().unwrap_or_default().to_string_lossy();
    stem.rsplit_once('-').map_or(stem.as_ref(), |(name, _)| name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binarys_hash_is_not_its_name() {
        assert_eq!(target_name(Path::new("/t/debug/deps/it-0123abcd")), "it");
        assert_eq!(target_name(Path::new("it")), "it");
    }
}
