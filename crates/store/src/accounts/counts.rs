//! How much is kept about a person, for that person to see.

use domain::{Result, SubjectId};
use policy::act::{CancelAccount, ReadAccessHistory, ReadPrivacy};
use policy::category::AccountEmail;
use policy::{Pd, Permit};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use super::entity::{credential, event, member};
use super::{EventKind, uuid};
use crate::Store;
use crate::db::error;

impl Store {
    /// Events about the permit's person, by kind.
    pub async fn count_events(&self, permit: &Permit<ReadPrivacy>) -> Result<Vec<(EventKind, u64)>> {
        let rows: Vec<(String, i64)> = event::Entity::find()
            .select_only()
            .column(event::Column::Kind)
            .column_as(event::Column::Id.count(), "n")
            .filter(event::Column::Subject.eq(uuid!(permit.object())))
            .group_by(event::Column::Kind)
            .into_tuple()
            .all(self.accounts().read())
            .await
            .map_err(error)?;
        Ok(rows.into_iter().filter_map(|(kind, n)| Some((EventKind::parse(&kind)?, n.unsigned_abs()))).collect())
    }

    /// The e-mail address of somebody who is of the permit's home; `None` where they are not, or not any more.
    pub async fn open_member_email(&self, permit: &Permit<ReadAccessHistory>, of: SubjectId) -> Result<Option<Pd<AccountEmail>>> {
        let row = member::Entity::find_by_id((uuid!(permit.object()), uuid!(of)));
        if row.count(self.accounts().read()).await.map_err(error)? == 0 {
            return Ok(None);
        }
        self.open_email_of(permit, of).await.map(Some)
    }

    /// What the password of the permit's own account is checked against.
    pub async fn password_hash(&self, permit: &Permit<CancelAccount>) -> Result<Option<String>> {
        let row = credential::Entity::find_by_id(uuid!(permit.object())).one(self.accounts().read()).await.map_err(error)?;
        Ok(row.map(|row| row.password_hash))
    }
}
