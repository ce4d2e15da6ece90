//! Further accounts, homes and members. Tests and rigs use these; no route serves them yet, because inviting a person needs
//! the invitation's own acts and consent.

use domain::{HomeId, Result, Role, SubjectId};

use crate::accounts::agreement;
use crate::{Control, NewAccount};

impl Control {
    /// A further account, in no home yet. `account.exists` where the address has one.
    pub async fn create_account(&self, new: NewAccount) -> Result<SubjectId> {
        let person = self.prepare(new).await?;
        self.inner.store.add_account(person.row()).await?;
        Ok(person.subject)
    }

    /// A further home, owned by `owner`.
    pub async fn create_home(&self, owner: SubjectId) -> Result<HomeId> {
        self.inner.store.add_home(owner).await
    }

    /// Makes a person a member of a home, or gives a member another role. A home keeps at least one owner.
    pub async fn add_member(&self, home: HomeId, subject: SubjectId, role: Role) -> Result<()> {
        self.inner.store.set_member(home, subject, role).await
    }

    /// Ends a membership, and with it every view that runs by it. A home keeps at least one owner.
    pub async fn remove_member(&self, home: HomeId, subject: SubjectId) -> Result<()> {
        self.inner.store.remove_member(home, subject).await
    }

    /// Notes that a person agreed to the policy in force, as everyone must after a new version.
    pub async fn agree(&self, subject: SubjectId, policy_version: String, language: Option<String>) -> Result<()> {
        self.inner.store.add_agreement(subject, agreement(policy_version, language)?).await
    }
}
