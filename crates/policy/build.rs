//! Compiles the policy: what it does not allow does not build.
#![allow(clippy::print_stdout, reason = "how a build script speaks to cargo")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../policy");
    println!("cargo::rerun-if-changed={}", dir.display());
    let source = policyc::load(&dir)?;
    // A build reads no clock: agreements are judged on the day of the policy, and again whenever something is sent.
    let compiled = policyc::compile(&source, source.updated())?;
    let generated = compiled.rust() + &versions(&dir.join("versions"))?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("policy.rs"), generated)?;
    Ok(())
}

/// The archive: every version that was in force, by name, oldest first.
fn versions(dir: &Path) -> Result<String, Box<dyn Error>> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.sort();
    let mut out = "/// The archive.\npub mod archive {\n    /// Version and canonical JSON, oldest first.\n    pub const VERSIONS: &[(&str, &str)] = &[\n".to_owned();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        writeln!(out, "        ({name:?}, include_str!({:?})),", fs::canonicalize(&file)?)?;
    }
    out.push_str("    ];\n}\n");
    Ok(out)
}
