use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::{Clock as _, SystemClock, Timestamp};
use tempfile::TempDir;

use crate::process::{Process, command};
use crate::{Client, Result};

/// How long a start may take: a debug build that draws the demo's scenes on a busy machine.
const START_TIME_MAX: Duration = Duration::from_secs(120);

/// The binary, serving on a loopback port of its own from a data folder of its own.
#[derive(Debug)]
pub struct Server {
    /// The program: its memory, its end.
    pub process: Process,
    binary: PathBuf,
    base: String,
    data: TempDir,
    settings: Vec<String>,
}

impl Server {
    /// Starts `binary MODE` (`serve`, or `demo` with its four cameras).
    pub fn start(binary: &Path, mode: &str) -> Result<Self> {
        Self::start_with(binary, mode, &[])
    }

    /// The same with further settings, as flags.
    pub fn start_with(binary: &Path, mode: &str, settings: &[&str]) -> Result<Self> {
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        Self::start_in(binary, mode, tempfile::tempdir()?, settings)
    }

    /// `serve` in a data folder that was made ready before.
    pub fn start_on(binary: &Path, data: TempDir, settings: &[&str]) -> Result<Self> {
        Self::start_in(binary, "serve", data, settings.iter().map(|setting| (*setting).to_owned()).collect())
    }

    fn start_in(binary: &Path, mode: &str, data: TempDir, settings: Vec<String>) -> Result<Self> {
        let mut atipcam = command(binary);
        atipcam.arg(mode).arg("--data").arg(data.path()).args(["--listen", "127.0.0.1:0"]).args(&settings);
        let process = Process::start(atipcam)?;
        let base = process.line(START_TIME_MAX, address)?;
        Ok(Self { process, binary: binary.to_owned(), base, data, settings })
    }

    /// Ends it as a service manager does, and starts it again with the same data.
    pub fn restart(self) -> Result<Self> {
        let Self { mut process, binary, data, settings, .. } = self;
        let status = process.terminate(Duration::from_secs(10))?;
        if !status.success() {
            return Err(process.failure(&format!("ended with {status}")));
        }
        Self::start_in(&binary, "serve", data, settings)
    }

    /// Kills it without a word and starts it again with the same data. Says when it was killed.
    pub fn crash(self) -> Result<(Self, Timestamp)> {
        let Self { mut process, binary, data, settings, .. } = self;
        let at = SystemClock.now();
        process.kill()?;
        Ok((Self::start_in(&binary, "serve", data, settings)?, at))
    }

    /// `http://127.0.0.1:PORT`
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// First run: the owner, as a tool.
    pub async fn set_up(&self) -> Result<Client> {
        Client::set_up(&self.base).await
    }
}

/// The address in the line that says where the server is.
fn address(line: &str) -> Option<String> {
    let from = line.find("http://127.0.0.1:")?;
    let mut parts = line[from..].split(|c: char| c.is_whitespace() || c == '"' || c == '/').filter(|part| !part.is_empty());
    let authority = parts.nth(1)?;
    Some(format!("http://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn the_address_is_found_in_what_is_printed() {
        for line in ["http://127.0.0.1:81", "Open http://127.0.0.1:81/", "{\"url\":\"http://127.0.0.1:81\"}"] {
            assert_eq!(address(line).as_deref(), Some("http://127.0.0.1:81"), "{line}");
        }
        assert_eq!(address("rtsp://127.0.0.1:81"), None);
    }
}
