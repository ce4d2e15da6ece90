//! The mail server, of nine settings.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use domain::Secret;
use egress::{MailServer, Security};

use super::{Texts, Wrong};

/// A password is one line; nobody's is longer.
const PASSWORD_BYTES_MAX: u64 = 4096;

/// Settings that say nothing without a mail server.
const NEEDS_HOST: [&str; 6] = ["smtp_port", "smtp_from", "smtp_user", "smtp_password_file", "smtp_password", "smtp_ca"];

impl Texts {
    /// The server for outgoing mail, where one is named.
    pub(super) fn mail(&self) -> Result<Option<MailServer>, Wrong> {
        let Some(host) = self.option::<String>("smtp_host")? else {
            let alone = NEEDS_HOST.into_iter().find(|name| !self.text(name).is_empty());
            return alone.map_or(Ok(None), |name| Err(self.wrong(name, "needs smtp_host beside it")));
        };
        let Kind(security) = self.one("smtp_security")?;
        let port = match security {
            Security::Tls => 465,
            Security::StartTls => 587,
            Security::Loopback => 25,
        };
        let server = MailServer {
            host,
            port: self.option("smtp_port")?.unwrap_or(port),
            security,
            login: self.login()?,
            from: self.option("smtp_from")?.ok_or_else(|| self.wrong("smtp_host", "needs smtp_from beside it"))?,
            ca: self.option::<PathBuf>("smtp_ca")?,
            time_max: MailServer::TIME_MAX,
        };
        server.check_settings().map_err(|code| match code {
            "mail.bad_from" => self.wrong("smtp_from", "is no address, as in camera@example.com or Camera <camera@example.com>"),
            "mail.insecure" => self.wrong("smtp_security", "sends in clear, which is for a mail server on this machine alone"),
            code => self.wrong("smtp_host", code),
        })?;
        Ok(Some(server))
    }

    fn login(&self) -> Result<Option<(String, Secret)>, Wrong> {
        let file = self.option::<PathBuf>("smtp_password_file")?;
        let password = match (self.text("smtp_password"), &file) {
            ("", None) => None,
            ("", Some(file)) => Some(read(file).map_err(|error| self.wrong("smtp_password_file", error))?),
            (password, None) => Some(password.into()),
            (_, Some(_)) => return Err(self.wrong("smtp_password_file", "stands beside smtp_password: one of them is enough")),
        };
        match (self.option("smtp_user")?, password) {
            (Some(user), Some(password)) => Ok(Some((user, password))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(self.wrong("smtp_user", "needs smtp_password_file beside it")),
            (None, Some(_)) if file.is_some() => Err(self.wrong("smtp_password_file", "needs smtp_user beside it")),
            (None, Some(_)) => Err(self.wrong("smtp_password", "needs smtp_user beside it")),
        }
    }
}

/// What the file holds, less the end of its line. What goes wrong is told without a byte of it.
fn read(file: &Path) -> Result<Secret, String> {
    let told = |error: std::io::Error| format!("{}: {error}", file.display());
    if fs::metadata(file).map_err(told)?.len() > PASSWORD_BYTES_MAX {
        return Err(format!("{}: too long for a password", file.display()));
    }
    let text = fs::read_to_string(file).map_err(told)?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(format!("{}: it is empty", file.display())),
        password => Ok(password.into()),
    }
}

/// How the way to the server is kept private, as people write it.
struct Kind(Security);

impl FromStr for Kind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "tls" => Ok(Self(Security::Tls)),
            "starttls" => Ok(Self(Security::StartTls)),
            "loopback" => Ok(Self(Security::Loopback)),
            _ => Err("expected tls, starttls or loopback"),
        }
    }
}
