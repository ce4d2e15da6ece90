//! The list of channels, and what a channel is given.

use std::future::Future;
use std::pin::Pin;

use domain::Timestamp;
use policy::Recipient as _;
use policy::recipient::MailOperator;

use crate::gateway::Config;
use crate::mail;

/// What leaves: fields with their categories, and texts that are about nobody.
pub(crate) struct Parcel {
    /// When.
    pub(crate) at: Timestamp,
    /// Random, and kept nowhere here: with it, and only with it, what was sent can be compared with what was noted.
    pub(crate) salt: [u8; 16],
    pub(crate) fields: Vec<(&'static str, Vec<u8>)>,
    pub(crate) said: Vec<String>,
}

impl Parcel {
    pub(crate) fn field(&self, category: &str) -> Option<&[u8]> {
        self.fields.iter().find(|(id, _)| *id == category).map(|(_, value)| value.as_slice())
    }

    /// Title and body: the texts in the order in which they were said.
    pub(crate) fn words(&self) -> (&str, String) {
        let (title, body) = self.said.split_first().map_or(("", &[][..]), |(title, body)| (title.as_str(), body));
        (title, body.join("\n\n"))
    }

    /// SHA-256 over the salt, the fields and the texts, each part after its length. What is noted of a disclosure outlives the
    /// account; without the salt, the hash of something as short as an address could be guessed.
    pub(crate) fn hash(&self) -> [u8; 32] {
        let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        let fields = self.fields.iter().flat_map(|(category, value)| [category.as_bytes(), value]);
        for part in std::iter::once(&self.salt[..]).chain(fields).chain(self.said.iter().map(String::as_bytes)) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut out = [0; 32];
        out.copy_from_slice(context.finish().as_ref());
        out
    }
}

/// Why a channel could not deliver: a stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure(pub(crate) &'static str);

type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// A way to one recipient.
pub(crate) struct Channel {
    pub(crate) recipient: &'static str,
    /// Where it connects to; `None` where it is not set up.
    pub(crate) host: fn(&Config) -> Option<String>,
    pub(crate) send: for<'a> fn(&'a Config, &'a Parcel) -> Sending<'a>,
}

/// A line a channel.
pub(crate) const CHANNELS: &[Channel] =
    &[Channel { recipient: MailOperator::ID, host: mail::host, send: |config, parcel| Box::pin(mail::send(config, parcel)) }];
