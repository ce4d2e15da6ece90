//! Settings: one list of keys makes the flags, the environment's names, the file's keys and their manual.

mod keys;
mod mail;
mod storage;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Arg, ArgAction, ArgMatches, Command};
use egress::MailServer;
use policyc::Deployment;
use relay::StorageConfig;
use toml::{Table, Value};

pub(crate) use keys::KEYS;

/// One setting.
#[derive(Debug)]
pub(crate) struct Key {
    /// In the file `webrtc_port`, and in the environment `ATIPCAM_WEBRTC_PORT`.
    name: &'static str,
    /// On the command line `--webrtc-port`; empty for a secret.
    flag: &'static str,
    kind: Kind,
    /// As text; empty: not set.
    default: &'static str,
    doc: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A value, by what it is.
    One(&'static str),
    /// Several values, by comma, as an array, or by repeating the flag.
    Many(&'static str),
    /// True or false.
    Switch,
    /// A secret: a variable of the environment and nothing else, since command lines and settings files are read by others.
    Secret,
}

/// A port for RTSP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RtspListen {
    pub(crate) address: SocketAddr,
    /// Somebody set another than the default: then a port that is taken is an error.
    pub(crate) chosen: bool,
}

/// The settings of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) data: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) advertise: Vec<IpAddr>,
    pub(crate) webrtc_port: u16,
    /// Where other software gets live pictures; `None`: nowhere.
    pub(crate) rtsp: Option<RtspListen>,
    pub(crate) quota_bytes: Option<u64>,
    /// Where footage goes besides the data folder.
    pub(crate) storages: Vec<StorageConfig>,
    pub(crate) keep_days: Option<u32>,
    /// Certificate chain and key.
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) log: String,
    pub(crate) log_json: bool,
    /// Whose server it is, and where it stands.
    pub(crate) deployment: Deployment,
    /// The server for outgoing mail.
    pub(crate) mail: Option<MailServer>,
}

/// A setting that is wrong: where, which, why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong(String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

/// The file that is read where it exists and none is named.
const FILE: &str = "/etc/atipcam.toml";

/// Variables of the environment that are no settings: which file to read, and the root key, which is a secret of the store.
const ELSEWHERE: [&str; 2] = ["config", "root_key"];

/// Gives a command a flag for each setting, and `--config`.
pub(crate) fn flags(command: Command) -> Command {
    let file = Arg::new("config").long("config").value_name("FILE").help(format!("Settings file (TOML) [default: {FILE}]"));
    let flag = |key: &'static Key| {
        let arg = Arg::new(key.name).long(key.flag).help(format!("{}{}", key.doc, key.default_note()));
        match key.kind {
            Kind::One(value) => arg.value_name(value).action(ArgAction::Set),
            Kind::Many(value) => arg.value_name(value).action(ArgAction::Append),
            Kind::Switch | Kind::Secret => arg.action(ArgAction::SetTrue),
        }
    };
    let typed = KEYS.iter().filter(|key| key.kind != Kind::Secret);
    command.arg(file.env("ATIPCAM_CONFIG")).args(typed.map(flag))
}

impl Settings {
    /// Reads them: flags win over the environment, which wins over the file, which wins over the defaults.
    pub(crate) fn read(matches: &ArgMatches, environment: impl Iterator<Item = (String, String)>) -> Result<Self, Wrong> {
        Texts::read(matches, environment)?.settings()
    }
}

/// Each setting as text, and where it comes from.
struct Texts(BTreeMap<&'static str, (String, String)>);

impl Texts {
    fn read(matches: &ArgMatches, environment: impl Iterator<Item = (String, String)>) -> Result<Self, Wrong> {
        let mut texts = Self(KEYS.iter().map(|key| (key.name, ("default".to_owned(), key.default.to_owned()))).collect());
        match matches.get_one::<String>("config") {
            Some(file) => texts.file(Path::new(file))?,
            None if Path::new(FILE).exists() => texts.file(Path::new(FILE))?,
            None => {}
        }
        texts.environment(environment)?;
        texts.flags(matches);
        Ok(texts)
    }

    fn set(&mut self, place: &str, name: &str, text: String) -> Result<(), Wrong> {
        let Some(key) = KEYS.iter().find(|key| key.name == name) else {
            return Err(Wrong(format!("{place}: there is no setting `{name}`; `atipcam config --help` lists them all")));
        };
        self.0.insert(key.name, (place.to_owned(), text));
        Ok(())
    }

    fn file(&mut self, path: &Path) -> Result<(), Wrong> {
        let place = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| Wrong(format!("{place}: {error}")))?;
        let table: Table = text.parse().map_err(|error| Wrong(format!("{place}: {error}")))?;
        for (name, value) in table {
            let text = if name == "storage" { storage::tables(&value) } else { plain(&value) };
            let text = text.ok_or_else(|| Wrong(format!("{place}: `{name}` is neither a value nor a list of values")))?;
            if KEYS.iter().any(|key| key.name == name && key.kind == Kind::Secret) {
                return Err(Wrong(format!("{place}: `{name}` is a secret and not kept in this file; set `{name}_file`")));
            }
            self.set(&place, &name, text)?;
        }
        Ok(())
    }

    fn environment(&mut self, variables: impl Iterator<Item = (String, String)>) -> Result<(), Wrong> {
        for (variable, text) in variables {
            let Some(name) = variable.strip_prefix("ATIPCAM_").map(str::to_ascii_lowercase) else { continue };
            if ELSEWHERE.contains(&name.as_str()) {
                continue;
            }
            self.set(&format!("environment, {variable}"), &name, text)?;
        }
        Ok(())
    }

    fn flags(&mut self, matches: &ArgMatches) {
        for key in KEYS {
            let text = match key.kind {
                Kind::Switch => matches.get_flag(key.name).then(|| "true".to_owned()),
                Kind::Secret => None,
                Kind::One(_) => matches.get_one::<String>(key.name).cloned(),
                Kind::Many(_) => matches.get_many::<String>(key.name).map(|all| all.cloned().collect::<Vec<_>>().join(",")),
            };
            if let Some(text) = text {
                self.0.insert(key.name, (format!("--{}", key.flag), text));
            }
        }
    }

    fn settings(&self) -> Result<Settings, Wrong> {
        let settings = Settings {
            data: self.one("data")?,
            listen: self.one("listen")?,
            advertise: self.many("advertise")?,
            webrtc_port: self.one("webrtc_port")?,
            rtsp: self.rtsp()?,
            quota_bytes: self.option("quota")?.map(|Size(bytes)| bytes),
            storages: self.storages()?,
            keep_days: self.option("keep_days")?,
            tls: match (self.option("tls_cert")?, self.option("tls_key")?) {
                (Some(cert), Some(key)) => Some((cert, key)),
                (None, None) => None,
                (Some(_), None) => return Err(self.wrong("tls_cert", "needs tls_key beside it")),
                (None, Some(_)) => return Err(self.wrong("tls_key", "needs tls_cert beside it")),
            },
            metrics: if self.text("metrics") == "off" { None } else { self.option("metrics")? },
            log: self.one("log")?,
            log_json: self.one("log_json")?,
            deployment: self.deployment()?,
            mail: self.mail()?,
        };
        if settings.metrics.is_some_and(|address| !address.ip().is_loopback()) {
            return Err(self.wrong("metrics", "is served on loopback only: it asks nobody to sign in"));
        }
        if settings.quota_bytes == Some(0) || settings.keep_days == Some(0) {
            let name = if settings.keep_days == Some(0) { "keep_days" } else { "quota" };
            return Err(self.wrong(name, "would keep nothing; turn recording off camera by camera instead"));
        }
        Ok(settings)
    }

    /// Where `listen` takes a free port, so does what nobody set: several servers of one machine are not in each other's way.
    fn rtsp(&self) -> Result<Option<RtspListen>, Wrong> {
        let (text, listen) = (self.text("rtsp_listen").trim(), self.one::<SocketAddr>("listen")?);
        let chosen = text != keys::RTSP_LISTEN;
        if text.is_empty() || text == "off" {
            return Ok(None);
        }
        let address = match text.strip_prefix(':') {
            Some(_) if !chosen && listen.port() == 0 => listen,
            Some(port) => SocketAddr::new(listen.ip(), self.parse("rtsp_listen", port)?),
            None => self.parse("rtsp_listen", text)?,
        };
        Ok(Some(RtspListen { address, chosen }))
    }

    fn deployment(&self) -> Result<Deployment, Wrong> {
        let text = |name| self.text(name).trim().to_owned();
        Ok(Deployment {
            operator: text("operator"),
            contact: text("contact"),
            region: text("region"),
            footage_room: self.footage_room()?,
            footage_days: self.option("keep_days")?,
            // The page must not claim what is not there.
            off: if self.text("smtp_host").is_empty() { vec!["mail".to_owned()] } else { Vec::new() },
        })
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |(_, text)| text)
    }

    fn wrong(&self, name: &str, why: impl fmt::Display) -> Wrong {
        let place = self.0.get(name).map_or("", |(place, _)| place);
        Wrong(format!("{place}: `{name}` {why}"))
    }

    fn one<T: FromStr<Err: fmt::Display>>(&self, name: &str) -> Result<T, Wrong> {
        self.parse(name, self.text(name))
    }

    fn option<T: FromStr<Err: fmt::Display>>(&self, name: &str) -> Result<Option<T>, Wrong> {
        Some(self.text(name)).filter(|text| !text.is_empty()).map(|text| self.parse(name, text)).transpose()
    }

    fn many<T: FromStr<Err: fmt::Display>>(&self, name: &str) -> Result<Vec<T>, Wrong> {
        let texts = self.text(name).split(',').map(str::trim).filter(|text| !text.is_empty());
        texts.map(|text| self.parse(name, text)).collect()
    }

    fn parse<T: FromStr<Err: fmt::Display>>(&self, name: &str, text: &str) -> Result<T, Wrong> {
        text.parse().map_err(|error| self.wrong(name, format_args!("is {text:?}: {error}")))
    }
}

/// A size in bytes, as people write it.
pub(crate) struct Size(pub(crate) u64);

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const UNITS: [(&str, u64); 8] = [
            ("TiB", 1 << 40),
            ("GiB", 1 << 30),
            ("MiB", 1 << 20),
            ("TB", 1_000_000_000_000),
            ("GB", 1_000_000_000),
            ("MB", 1_000_000),
            ("B", 1),
            ("", 1),
        ];
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
        let unit = text[digits.len()..].trim();
        let factor = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, factor)| *factor);
        let bytes = digits.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
        bytes.map(Size).ok_or("expected a whole number and a unit, as in 500GB, 2TB or 750GiB")
    }
}

/// As the privacy policy says it: nobody counts the bytes beyond.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const TB: u64 = 1_000_000_000_000;
        match self.0 {
            bytes if bytes >= TB && bytes.is_multiple_of(TB) => write!(f, "{} TB", bytes / TB),
            bytes if bytes >= 1_000_000_000 => write!(f, "{} GB", bytes / 1_000_000_000),
            bytes => write!(f, "{} MB", bytes / 1_000_000),
        }
    }
}

/// A TOML value as text; `None` for tables and lists of lists.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        Value::Array(values) => values.iter().map(plain).collect::<Option<Vec<_>>>().map(|texts| texts.join(",")),
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => None,
    }
}

impl Key {
    fn default_note(&self) -> String {
        match self.default {
            "" => String::new(),
            default => format!(" [default: {default}]"),
        }
    }
}

/// The manual of all settings: what `atipcam config --help` shows and docs/configuration.md holds.
pub(crate) fn manual() -> String {
    let mut text = format!(
        "A setting is a flag of `atipcam serve`, a variable of the environment, or a key of the settings file (TOML).\n\
         Flags win over the environment, which wins over the file. The file is `--config FILE`, `ATIPCAM_CONFIG`, or\n\
         `{FILE}` where it exists. A name that is none of these is an error.\n\n"
    );
    for key in KEYS {
        let value = match key.kind {
            Kind::One(value) => format!(" {value}"),
            Kind::Many(value) => format!(" {value} ..."),
            Kind::Switch | Kind::Secret => String::new(),
        };
        let variable = key.name.to_ascii_uppercase();
        // Writing to a String cannot fail.
        let _ = match key.kind {
            Kind::Secret => writeln!(text, "ATIPCAM_{variable}"),
            _ => writeln!(text, "{}    --{}{value}    ATIPCAM_{variable}", key.name, key.flag),
        };
        let _ = writeln!(text, "    {}{}\n", key.doc, key.default_note());
    }
    text
}

/// The settings that hold, as a file would say them, and where each comes from.
pub(crate) fn effective(matches: &ArgMatches, environment: impl Iterator<Item = (String, String)>) -> Result<String, Wrong> {
    let texts = Texts::read(matches, environment)?;
    texts.settings()?;
    let set = texts.0.iter().filter(|(_, (_, text))| !text.is_empty());
    let line = |(name, (place, text)): (&&str, &(String, String))| {
        if KEYS.iter().any(|key| key.name == *name && key.kind == Kind::Secret) {
            format!("# {name} is set  # {place}\n")
        } else {
            format!("{name} = {}  # {place}\n", Value::from(text.as_str()))
        }
    };
    Ok(set.map(line).collect())
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
