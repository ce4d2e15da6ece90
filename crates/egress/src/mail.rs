//! Mail to a person, through the SMTP server that the operator named (RFC 5321, RFC 8314).

use std::error::Error as _;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::{Secret, Timestamp};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use policy::Category as _;
use policy::category::AccountEmail;
use policy::point;

use crate::channel::{Failure, Parcel};
use crate::gateway::Config;

/// The operator's server for outgoing mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Its name or address; its certificate must be for it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is kept private.
    pub security: Security,
    /// User name and password, where it asks for them.
    pub login: Option<(String, Secret)>,
    /// What stands in From: an address, or `Name <address>`.
    pub from: String,
    /// A file (PEM) of a certificate to trust beside the public authorities: a household's own.
    pub ca: Option<PathBuf>,
    /// How long it may take for one letter, from connecting to its last answer; usually [`MailServer::TIME_MAX`].
    pub time_max: Duration,
}

/// How the way to the mail server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314 section 3.3), usually on port 465.
    Tls,
    /// STARTTLS, refused where the server does not offer it, usually on port 587.
    StartTls,
    /// In clear: to this very machine only.
    Loopback,
}

impl MailServer {
    /// Servers that look a sender up before they answer take seconds; half a minute is no longer an answer.
    pub const TIME_MAX: Duration = Duration::from_secs(30);

    /// Whether what is written down makes sense. The code of what is wrong: `mail.bad_from`, or `mail.insecure` (in clear to another
    /// machine).
    pub fn check_settings(&self) -> Result<(), &'static str> {
        self.sender().map_err(|Failure(code)| code)?;
        if self.is_private() { Ok(()) } else { Err("mail.insecure") }
    }

    /// Whether letters could be sent by it, without asking it: also `mail.bad_host`, and `mail.bad_ca` where no certificate can be
    /// read.
    pub async fn check(&self) -> Result<(), &'static str> {
        self.check_settings()?;
        self.transport().await.map(drop).map_err(|Failure(code)| code)
    }

    /// Connects, signs in where there is a login, and leaves; nothing about anybody is said. The code of what went wrong, as
    /// deliveries have them.
    pub async fn probe(&self) -> Result<(), &'static str> {
        self.check().await?;
        let transport = self.transport().await.map_err(|Failure(code)| code)?;
        match tokio::time::timeout(self.time_max, transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err("mail.unreachable"),
            Ok(Err(error)) => Err(code(&error)),
            Err(_) => Err("mail.timeout"),
        }
    }

    fn sender(&self) -> Result<Mailbox, Failure> {
        self.from.parse().map_err(|_| Failure("mail.bad_from"))
    }

    /// Nobody on the way reads along.
    fn is_private(&self) -> bool {
        self.security != Security::Loopback || is_loopback(&self.host) || !point::TRANSPORT_TLS.holds()
    }

    async fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, Failure> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&self.host).port(self.port);
        let builder = builder.timeout(Some(self.time_max));
        let builder = match self.security {
            Security::Tls => builder.tls(Tls::Wrapper(self.tls().await?)),
            Security::StartTls => builder.tls(Tls::Required(self.tls().await?)),
            Security::Loopback if !self.is_private() => return Err(Failure("mail.insecure")),
            Security::Loopback => builder.tls(Tls::None),
        };
        Ok(match &self.login {
            Some((user, password)) => builder.credentials(Credentials::new(user.clone(), password.expose().to_owned())).build(),
            None => builder.build(),
        })
    }

    async fn tls(&self) -> Result<TlsParameters, Failure> {
        let mut tls = TlsParameters::builder(self.host.clone());
        if let Some(file) = &self.ca {
            let pem = tokio::fs::read(file).await.map_err(|_| Failure("mail.bad_ca"))?;
            tls = tls.add_root_certificate(Certificate::from_pem(&pem).map_err(|_| Failure("mail.bad_ca"))?);
        }
        tls.build().map_err(|_| Failure("mail.bad_host"))
    }
}

/// Where letters go next.
pub(crate) fn host(config: &Config) -> Option<String> {
    config.mail.as_ref().map(|server| server.host.clone())
}

/// Sends a parcel as a letter: its one field is the address, its words are the letter.
pub(crate) async fn send(config: &Config, parcel: &Parcel) -> Result<(), Failure> {
    let server = config.mail.as_ref().ok_or(Failure("mail.not_configured"))?;
    let letter = letter(server, parcel)?;
    let transport = server.transport().await?;
    match tokio::time::timeout(server.time_max, transport.send(letter)).await {
        Ok(Ok(_)) => Ok(()),
        // The server's answer may quote the address: it is told apart, not told.
        Ok(Err(error)) => Err(Failure(code(&error))),
        Err(_) => Err(Failure("mail.timeout")),
    }
}

/// What stands for an error. 530, 534, 535 and 538 are about signing in (RFC 4954 section 6); any other 5xx is for ever, a 4xx
/// for now.
fn code(error: &Error) -> &'static str {
    match error.status().map(u16::from) {
        Some(530 | 534 | 535 | 538) => "mail.login",
        _ if error.is_permanent() => "mail.refused",
        _ if error.is_transient() => "mail.later",
        _ if error.is_timeout() => "mail.timeout",
        _ if error.is_tls() || broke_in_tls(error) => "mail.tls",
        // Ours: what was needed is not offered.
        _ if error.is_client() => "mail.insecure",
        _ => "mail.unreachable",
    }
}

/// A handshake that fails comes as bytes that make no sense.
fn broke_in_tls(error: &Error) -> bool {
    let sources = std::iter::successors(error.source(), |&cause| cause.source());
    sources.filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|cause| cause.kind() == io::ErrorKind::InvalidData)
}

fn letter(server: &MailServer, parcel: &Parcel) -> Result<Message, Failure> {
    let address = parcel.field(AccountEmail::ID).ok_or(Failure("mail.no_address"))?;
    let to: Address = std::str::from_utf8(address).ok().and_then(|text| text.parse().ok()).ok_or(Failure("mail.bad_address"))?;
    let from = server.sender()?;
    // Random: it says nothing about this machine, and whoever has the letter can show that it is the one that was noted.
    let id = format!("<{:032x}@{}>", u128::from_be_bytes(parcel.salt), from.email.domain());
    let (subject, body) = parcel.words();
    let auto = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    MessageBuilder::new()
        .date(date(parcel.at))
        .message_id(Some(id))
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(subject)
        // No machine answers it (RFC 3834 section 5).
        .raw_header(auto)
        .header(ContentType::TEXT_PLAIN)
        .body(body)
        .map_err(|_| Failure("mail.bad_letter"))
}

fn date(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(at.micros().try_into().unwrap_or(0))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
