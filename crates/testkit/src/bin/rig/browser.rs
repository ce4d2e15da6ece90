//! Scripts that drive Chromium: `web/e2e/*.mjs`, each told where to go by its environment.

use std::path::Path;

use testkit::{Client, Result, Server, command};

/// Runs a script to its end; what it prints is seen at once. It finds the owner's account in `E2E_EMAIL` and `E2E_PASSWORD`.
pub(crate) fn run(name: &str, server: &Server, environment: &[(&str, String)]) -> Result<()> {
    run_at(name, server.base(), environment).map_err(|error| server.process.failure(&error.to_string()))
}

/// The same against whoever is at `base`.
pub(crate) fn run_at(name: &str, base: &str, environment: &[(&str, String)]) -> Result<()> {
    let status = script(name, base, environment).status().map_err(|e| format!("node: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("was tried by {name}, which failed").into()) }
}

/// The same, for who starts it.
pub(crate) fn script(name: &str, base: &str, environment: &[(&str, String)]) -> std::process::Command {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web");
    let mut node = command("node");
    node.arg(format!("e2e/{name}")).current_dir(web);
    node.env("E2E_URL", base).env("E2E_EMAIL", Client::EMAIL).env("E2E_PASSWORD", Client::PASSWORD);
    node.envs(environment.iter().map(|(name, value)| (*name, value)));
    node
}
