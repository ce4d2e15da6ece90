use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::{Clock, SystemClock};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;
use tempfile::TempDir;

use crate::Result;
use crate::process::{Process, command};

/// How often a letter is looked for.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// How a mail server for tests behaves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Smtp {
    /// How the way to it is kept private.
    pub security: SmtpSecurity,
    /// Whom alone it takes letters from: name and password.
    pub login: Option<(&'static str, &'static str)>,
    /// The code that it answers every recipient with, in place of taking the letter.
    pub refuse: Option<u16>,
}

/// How the way to a mail server for tests is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SmtpSecurity {
    /// Not at all.
    #[default]
    None,
    /// By STARTTLS, and it takes nothing without.
    StartTls,
    /// From the first byte.
    Tls,
}

/// A mail server that is not ours: aiosmtpd, at `localhost` and 127.0.0.1, with a certificate of an authority of its own.
#[derive(Debug)]
pub struct SmtpServer {
    process: Process,
    certificates: TempDir,
    port: u16,
}

/// A letter that it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What the sender called itself.
    pub hello: String,
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// Whether it came by TLS.
    pub tls: bool,
    /// Who signed in to send it.
    pub user: Option<String>,
    /// Its headers, names in lower case, values decoded, in their order.
    pub headers: Vec<(String, String)>,
    /// Its text, decoded.
    pub text: String,
    /// All of it, as it came.
    pub raw: String,
}

impl SmtpServer {
    /// Starts it, on a port that the system picks.
    pub fn start(how: Smtp) -> Result<Self> {
        let certificates = tempfile::tempdir()?;
        make_certificates(certificates.path())?;
        // Debian's own Python, which sees Debian's aiosmtpd.
        let mut python = command("/usr/bin/python3");
        python.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/smtp_server.py"));
        let security = match how.security {
            SmtpSecurity::None => "none",
            SmtpSecurity::StartTls => "starttls",
            SmtpSecurity::Tls => "tls",
        };
        python.args(["--security", security]);
        python.arg("--cert").arg(certificates.path().join("cert.pem"));
        python.arg("--key").arg(certificates.path().join("key.pem"));
        if let Some((user, password)) = how.login {
            python.args(["--user", user, "--password", password]);
        }
        if let Some(code) = how.refuse {
            python.args(["--refuse", &code.to_string()]);
        }
        let process = Process::start(python)?;
        let port = process.line(Duration::from_secs(20), |line| value(line)?.get("port")?.as_u64()?.try_into().ok())?;
        Ok(Self { process, certificates, port })
    }

    /// Where it listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The certificate (PEM) of the authority that vouches for it.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.certificates.path().join("authority.pem")
    }

    /// The next letter; an error where none comes within 20 s.
    pub async fn letter(&self) -> Result<Letter> {
        self.letter_within(Duration::from_secs(20)).await?.ok_or_else(|| self.process.failure("got no letter"))
    }

    /// The next letter; `None` where none comes in time.
    pub async fn letter_within(&self, within: Duration) -> Result<Option<Letter>> {
        let deadline = SystemClock.mono() + within;
        loop {
            if let Ok(letter) = self.process.line(Duration::ZERO, |line| value(line).map(|value| read(&value))) {
                return letter.map(Some).ok_or_else(|| self.process.failure("wrote what is no letter"));
            }
            if SystemClock.mono() >= deadline {
                return Ok(None);
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }
}

impl Letter {
    /// The names of its headers, sorted.
    #[must_use]
    pub fn header_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// A header's value; empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

fn value(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok()
}

fn read(value: &Value) -> Option<Letter> {
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let header = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned()));
    Some(Letter {
        hello: text("hello")?,
        from: text("from")?,
        to: value["to"].as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        tls: value["tls"].as_bool()?,
        user: text("user"),
        headers: value["headers"].as_array()?.iter().filter_map(header).collect(),
        text: text("text")?,
        raw: text("raw")?,
    })
}

/// An authority, and a certificate of it for this machine.
fn make_certificates(dir: &Path) -> Result<()> {
    let key = KeyPair::generate()?;
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    fs::write(dir.join("authority.pem"), authority.self_signed(&key)?.pem())?;
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate()?;
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    fs::write(dir.join("cert.pem"), CertificateParams::new(names)?.signed_by(&key, &issuer)?.pem())?;
    fs::write(dir.join("key.pem"), key.serialize_pem())?;
    Ok(())
}
