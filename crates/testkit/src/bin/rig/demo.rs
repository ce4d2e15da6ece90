//! The journey of `make run`: four demo cameras, a newcomer with a browser.

use std::path::Path;

use testkit::{Result, Server};

use crate::browser;

pub(crate) async fn run(binary: &Path) -> Result<()> {
    println!("journey: the demo's four cameras");
    let server = Server::start(binary, "demo")?;
    browser::run("run.mjs", &server, &[])
}
