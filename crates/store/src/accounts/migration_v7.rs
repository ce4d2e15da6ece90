//! Version 7: how long and how much of a camera's footage is kept, where that is another than the server's rule.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, Index, MigrationName, MigrationTrait, SchemaManager, Table};
use sea_orm_migration::schema::{big_integer_null, integer_null, string, uuid};

use super::migration::of;

pub(super) struct V7;

impl MigrationName for V7 {
    fn name(&self) -> &'static str {
        "v7"
    }
}

#[async_trait]
impl MigrationTrait for V7 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut keep = Table::create();
        keep.table("keep")
            .col(uuid("camera"))
            .col(string("class"))
            .col(integer_null("days"))
            .col(big_integer_null("bytes"))
            .primary_key(Index::create().col("camera").col("class"))
            .foreign_key(&mut of("keep", "camera", "camera"));
        manager.create_table(keep).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
