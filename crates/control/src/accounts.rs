use std::net::IpAddr;

use domain::{HomeId, Result, Role, Secret, SessionId, SubjectId, Timestamp};
use policy::Permit;
use policy::act::ReadAccount;

use crate::Control;

/// Whether first run is still to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetupState {
    /// Nobody has an account yet.
    pub needed: bool,
    /// First run must show the code that the server printed.
    pub code_needed: bool,
}

/// First run: the owner's account.
#[derive(Debug)]
pub struct SetUp {
    /// E-mail address.
    pub email: String,
    /// Password, at least 10 characters.
    pub password: Secret,
    /// The person declares to be of age.
    pub adult: bool,
    /// The policy version that the person read and agreed to.
    pub policy_version: String,
    /// The code that the server printed, where it asks for one.
    pub code: Option<Secret>,
    /// The language it was read in.
    pub language: Option<String>,
}

/// A person's own account, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Who.
    pub subject: SubjectId,
    /// E-mail address.
    pub email: String,
    /// The homes that the person is a member of.
    pub homes: Vec<HomeRole>,
}

/// A home and what one is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HomeRole {
    /// Which home.
    pub id: HomeId,
    /// The person's role in it.
    pub role: Role,
}

/// A new session.
#[derive(Debug)]
pub struct SignedIn {
    /// Its id.
    pub session: SessionId,
    /// What proves it, known to the client only.
    pub token: Secret,
    /// When it ends unless used.
    pub expires: Timestamp,
    /// Whose it is.
    pub account: Account,
}

#[allow(unused_variables, clippy::todo, clippy::unused_async, missing_docs)]
impl Control {
    pub async fn setup_state(&self) -> Result<SetupState> {
        todo!()
    }

    pub async fn set_up(&self, r: SetUp) -> Result<SignedIn> {
        todo!()
    }

    pub async fn sign_in(&self, email: &str, password: &Secret, from: IpAddr) -> Result<SignedIn> {
        todo!()
    }

    pub async fn session(&self, token: &str) -> Result<Option<SessionId>> {
        todo!()
    }

    pub async fn account(&self, permit: Permit<ReadAccount>) -> Result<Account> {
        todo!()
    }

    pub async fn subject_of(&self, session: SessionId) -> Result<Option<SubjectId>> {
        todo!()
    }

    /// When the session ends unless used; `None` where it is over.
    pub async fn expires(&self, session: SessionId) -> Result<Option<Timestamp>> {
        todo!()
    }

    pub async fn sign_out(&self, session: SessionId) -> Result<()> {
        todo!()
    }

    pub async fn recover_owner(&self, email: &str, password: &Secret) -> Result<()> {
        todo!()
    }

    pub async fn homes_of(&self, session: SessionId) -> Result<Vec<HomeId>> {
        todo!()
    }

    /// A further account. No route serves this yet.
    pub async fn create_account(&self, r: SetUp) -> Result<SubjectId> {
        todo!()
    }

    /// A further home. No route serves this yet.
    pub async fn create_home(&self, owner: SubjectId) -> Result<HomeId> {
        todo!()
    }

    /// No route serves this yet.
    pub async fn add_member(&self, home: HomeId, subject: SubjectId, role: Role) -> Result<()> {
        todo!()
    }

    /// No route serves this yet.
    pub async fn remove_member(&self, home: HomeId, subject: SubjectId) -> Result<()> {
        todo!()
    }
}
