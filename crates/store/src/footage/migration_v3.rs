//! Version 3: what was recorded on each day in sum, and whether the index holds every file.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, Index, MigrationName, MigrationTrait, SchemaManager, Table};
use sea_orm_migration::schema::{big_integer, blob, string, uuid};

pub(super) struct V3;

impl MigrationName for V3 {
    fn name(&self) -> &'static str {
        "v3"
    }
}

#[async_trait]
impl MigrationTrait for V3 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut day = Table::create();
        day.table("day").col(uuid("camera")).col(big_integer("day")).col(blob("spans"));
        day.primary_key(Index::create().col("camera").col("day"));
        manager.create_table(day).await?;
        let mut known = Table::create();
        known.table("known").col(string("name")).col(big_integer("at")).primary_key(Index::create().col("name"));
        manager.create_table(known).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
