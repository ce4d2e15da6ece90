//! The list of channels, and what a channel is given.

use std::future::Future;
use std::pin::Pin;

use policy::Recipient as _;
use policy::recipient::MailOperator;

use crate::gateway::Config;
use crate::mail;

/// What leaves: fields with their categories, and texts that are about nobody.
pub(crate) struct Parcel {
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
