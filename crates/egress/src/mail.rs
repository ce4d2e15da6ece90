//! Mail to a person, through the SMTP server that the operator named (RFC 5321, RFC 8314).

use std::time::Duration;

use domain::Secret;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use policy::Category as _;
use policy::category::AccountEmail;

use crate::channel::{Failure, Parcel};
use crate::gateway::Config;

/// How long the server may take for one letter, from connecting to its last answer.
const SEND_TIME_MAX: Duration = Duration::from_secs(30);

/// The operator's server for outgoing mail.
#[derive(Debug, Clone)]
pub struct MailServer {
    /// Its name or address; its certificate must be for it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is kept private.
    pub security: Security,
    /// User name and password, where it asks for them.
    pub login: Option<(String, Secret)>,
    /// What stands in From.
    pub from: String,
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

/// Where letters go next.
pub(crate) fn host(config: &Config) -> Option<String> {
    config.mail.as_ref().map(|server| server.host.clone())
}

/// Sends a parcel as a letter: its one field is the address, its words are the letter.
pub(crate) async fn send(config: &Config, parcel: &Parcel) -> Result<(), Failure> {
    let server = config.mail.as_ref().ok_or(Failure("mail.not_configured"))?;
    let letter = letter(server, parcel)?;
    let sent = tokio::time::timeout(SEND_TIME_MAX, transport(server)?.send(letter)).await;
    match sent {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => {
            // The server's answer may quote the address: it is told apart, not told.
            tracing::warn!(permanent = error.is_permanent(), timeout = error.is_timeout(), "a letter was not taken");
            Err(Failure(if error.is_permanent() { "mail.refused" } else { "mail.unreachable" }))
        }
        Err(_) => Err(Failure("mail.timeout")),
    }
}

fn letter(server: &MailServer, parcel: &Parcel) -> Result<Message, Failure> {
    let address = parcel.field(AccountEmail::ID).ok_or(Failure("mail.no_address"))?;
    let to: Address = std::str::from_utf8(address).ok().and_then(|text| text.parse().ok()).ok_or(Failure("mail.bad_address"))?;
    let from: Mailbox = server.from.parse().map_err(|_| Failure("mail.bad_from"))?;
    let (subject, body) = parcel.words();
    MessageBuilder::new()
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(subject)
        .header(ContentType::TEXT_PLAIN)
        .body(body)
        .map_err(|_| Failure("mail.bad_letter"))
}

fn transport(server: &MailServer) -> Result<AsyncSmtpTransport<Tokio1Executor>, Failure> {
    let tls = || TlsParameters::new(server.host.clone()).map_err(|_| Failure("mail.bad_host"));
    let builder =
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host).port(server.port).timeout(Some(SEND_TIME_MAX));
    let builder = match server.security {
        Security::Tls => builder.tls(Tls::Wrapper(tls()?)),
        Security::StartTls => builder.tls(Tls::Required(tls()?)),
        Security::Loopback if is_loopback(&server.host) => builder.tls(Tls::None),
        Security::Loopback => return Err(Failure("mail.insecure")),
    };
    Ok(match &server.login {
        Some((user, password)) => builder.credentials(Credentials::new(user.clone(), password.expose().to_owned())).build(),
        None => builder.build(),
    })
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
