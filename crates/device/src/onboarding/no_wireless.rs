use std::net::Ipv4Addr;

use super::{JoinError, Network, OwnNetwork, Patience, Seen};

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

    /// Not to be called.
    pub async fn has_network(&self) -> Result<bool, JoinError> {
        match *self {}
    }

    /// Not to be called.
    pub async fn look(&self) -> Result<Vec<Seen>, JoinError> {
        match *self {}
    }

    /// Not to be called.
    pub async fn open(&self, _: &OwnNetwork, _: Ipv4Addr) -> Result<Opened, JoinError> {
        match *self {}
    }

    pub(super) fn patience(&self) -> Patience {
        match *self {}
    }
}

/// A network of this machine's own: there is no value of it either.
#[derive(Debug)]
pub enum Opened {}

impl Opened {
    /// Not to be called.
    pub async fn close(self) {
        match self {}
    }
}
