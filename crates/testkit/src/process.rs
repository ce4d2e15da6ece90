use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use domain::{Clock, SystemClock};

use crate::Result;

/// Lines of output that a failure shows.
const TAIL_LINES: usize = 40;

/// A command that starts `program`.
#[allow(clippy::disallowed_methods, reason = "the one place where tests start programs")]
#[must_use]
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    Command::new(program)
}

/// Runs `command` to its end and returns what it wrote to standard output; its standard error is in the failure.
pub fn output(mut command: Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{}: {e}", name(&command)))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{} ended with {}: {}", name(&command), output.status, String::from_utf8_lossy(&output.stderr)).into())
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// A program that runs beside a test, and ends with it.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    lines: Receiver<String>,
    tail: Arc<Mutex<VecDeque<String>>>,
}

impl Process {
    /// Starts it; its standard input stays open for as long as this value lives.
    pub fn start(mut command: Command) -> Result<Self> {
        let name = name(&command);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{name}: {e}"))?;
        let (sender, lines) = channel();
        let tail = Arc::default();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        read_lines(stdout.ok_or("no standard output")?, Some(sender), Arc::clone(&tail));
        read_lines(stderr.ok_or("no standard error")?, None, Arc::clone(&tail));
        Ok(Self { name, child, lines, tail })
    }

    /// Waits for the first line of standard output that `pick` takes.
    pub fn line<T>(&self, within: Duration, pick: impl Fn(&str) -> Option<T>) -> Result<T> {
        let deadline = SystemClock.mono() + within;
        loop {
            match self.lines.recv_timeout(deadline.since(SystemClock.mono())) {
                Ok(line) => {
                    if let Some(found) = pick(&line) {
                        return Ok(found);
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Err(self.failure("did not say what was waited for")),
                Err(RecvTimeoutError::Disconnected) => return Err(self.failure("ended too early")),
            }
        }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory, in bytes.
    pub fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        Ok(kib.ok_or("no VmRSS")? * 1024)
    }

    /// Asks it to end, as a service manager does, and waits.
    pub fn terminate(&mut self, within: Duration) -> Result<ExitStatus> {
        let mut kill = command("kill");
        kill.args(["-TERM", &self.id().to_string()]);
        output(kill)?;
        let deadline = SystemClock.mono() + within;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            // Its output ends when it does; nothing else is worth waking up for.
            let left = deadline.since(SystemClock.mono()).min(Duration::from_millis(20));
            if left.is_zero() {
                return Err(self.failure("did not end when asked to"));
            }
            let _ = self.lines.recv_timeout(left);
        }
    }

    /// Ends it at once, as a power cut or the system does that runs out of memory: it hears nothing of it (SIGKILL).
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// An error with the end of what it wrote.
    #[must_use]
    pub fn failure(&self, what: &str) -> crate::Error {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let written: Vec<&str> = tail.iter().map(String::as_str).collect();
        format!("{} {what}; it wrote:\n{}", self.name, written.join("\n")).into()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_lines(from: impl Read + Send + 'static, to: Option<Sender<String>>, tail: Arc<Mutex<VecDeque<String>>>) {
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(std::io::Result::ok) {
            {
                let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
                if tail.len() == TAIL_LINES {
                    tail.pop_front();
                }
                tail.push_back(line.clone());
            }
            // Whoever waited may be gone; the program must still be able to write.
            if let Some(to) = &to {
                let _ = to.send(line);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut shell = command("sh");
        shell.args(["-c", script]);
        shell
    }

    #[test]
    fn a_program_that_ends_early_is_told_with_what_it_wrote() {
        let process = Process::start(shell("echo one; echo two >&2; exit 3")).unwrap();
        let error = process.line(Duration::from_secs(10), |line| (line == "three").then_some(())).unwrap_err().to_string();
        assert!(error.contains("ended too early") && error.contains("one"), "{error}");
    }

    #[test]
    fn a_program_ends_when_asked_or_is_named() {
        let mut polite = Process::start(shell("echo up; exec cat")).unwrap();
        polite.line(Duration::from_secs(10), |line| (line == "up").then_some(())).unwrap();
        polite.terminate(Duration::from_secs(10)).unwrap();

        let mut killed = Process::start(shell("trap '' TERM; echo up; exec sleep 60")).unwrap();
        killed.line(Duration::from_secs(10), |line| (line == "up").then_some(())).unwrap();
        killed.kill().unwrap();
        assert!(killed.child.try_wait().unwrap().is_some_and(|status| !status.success()));

        let mut deaf = Process::start(shell("trap '' TERM; echo up; while read x; do :; done; exec sleep 60")).unwrap();
        deaf.line(Duration::from_secs(10), |line| (line == "up").then_some(())).unwrap();
        let error = deaf.terminate(Duration::from_millis(50)).unwrap_err().to_string();
        assert!(error.contains("did not end when asked to"), "{error}");
    }

    #[test]
    fn a_failing_tool_is_told_with_its_own_words() {
        assert_eq!(output(shell("echo fine")).unwrap(), "fine\n");
        let error = output(shell("echo broken >&2; exit 1")).unwrap_err().to_string();
        assert!(error.contains("broken"), "{error}");
    }
}
