//! The one way to third parties.
//!
//! Floor 4 of the house. What leaves is an [`Outbound`](policy::Outbound): a permit's purpose, a recipient of the policy, and only
//! the fields that the policy lets that recipient have for that purpose; anything else does not compile. [`Gateway::send`] then
//! asks what types cannot know (is there an agreement today, does the recipient's region fit, is the consent still there), writes
//! the disclosure row, and only then speaks to anybody: no row, no send. A refusal is a row too.
//!
//! A channel is a file here and a line in `CHANNELS`. No other crate may depend on a client crate (`cargo xtask tidy`).

mod channel;
mod gateway;
mod mail;

pub use gateway::{Config, Delivery, Gateway};
pub use mail::{MailServer, Security};
