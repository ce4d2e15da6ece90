//! Version 3: stream keys, and which of them a view was by.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, Index, MigrationName, MigrationTrait, SchemaManager, Table};
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, pk_uuid, uuid, uuid_null};

use super::migration::of;

pub(super) struct V3;

impl MigrationName for V3 {
    fn name(&self) -> &'static str {
        "v3"
    }
}

#[async_trait]
impl MigrationTrait for V3 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut key = Table::create();
        key.table("stream_key")
            .col(pk_uuid("id"))
            .col(uuid("camera"))
            .col(uuid("subject"))
            .col(blob("sealed_secret"))
            .col(big_integer("created"))
            .col(big_integer_null("last_used"))
            .foreign_key(&mut of("stream_key", "camera", "camera"))
            .foreign_key(&mut of("stream_key", "subject", "subject"));
        manager.create_table(key).await?;
        manager.create_index(Index::create().name("stream_key_camera").table("stream_key").col("camera").take()).await?;
        manager.create_index(Index::create().name("stream_key_subject").table("stream_key").col("subject").take()).await?;

        let mut by = Table::alter();
        by.table("access").add_column(uuid_null("stream_key"));
        manager.alter_table(by).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
