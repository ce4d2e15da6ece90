//! Version 4: what cameras told while they were recorded.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, Index, MigrationName, MigrationTrait, SchemaManager, Table};
use sea_orm_migration::schema::{big_integer, big_integer_null, string, uuid};

pub(super) struct V4;

impl MigrationName for V4 {
    fn name(&self) -> &'static str {
        "v4"
    }
}

#[async_trait]
impl MigrationTrait for V4 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut mark = Table::create();
        mark.table("mark").col(uuid("camera")).col(string("kind")).col(big_integer("from_at")).col(big_integer_null("to_at"));
        mark.primary_key(Index::create().col("camera").col("kind").col("from_at"));
        manager.create_table(mark).await?;
        let mut timeline = Index::create();
        timeline.name("mark_camera_from").table("mark").col("camera").col("from_at");
        manager.create_index(timeline).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
