use super::{JoinError, Network, Patience, Seen};

/// Wireless networks, in a binary that was built without: there is no value of it.
#[derive(Debug)]
pub enum Wireless {}

impl Wireless {
    /// `NotBuiltIn`.
    pub async fn connect(_: Option<&str>, _: Patience) -> Result<Self, JoinError> {
        Err(JoinError::NotBuiltIn)
    }

    /// Not to be called.
    pub async fn networks(&self) -> Result<Vec<Seen>, JoinError> {
        match *self {}
    }

    /// Not to be called.
    pub async fn join(&self, _: &Network) -> Result<(), JoinError> {
        match *self {}
    }

    pub(super) fn patience(&self) -> Patience {
        match *self {}
    }
}
