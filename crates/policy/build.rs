//! Compiles the policy: what it does not allow does not build.
#![allow(clippy::print_stdout, reason = "how a build script speaks to cargo")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../policy");
    println!("cargo::rerun-if-changed={}", dir.display());
    let source = policyc::load(&dir)?;
    // A build reads no clock: agreements are judged on the day of the policy, and again whenever something is sent.
    let compiled = policyc::compile(&source, source.updated())?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("policy.rs"), compiled.rust())?;
    Ok(())
}
