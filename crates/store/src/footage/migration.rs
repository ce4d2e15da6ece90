//! The schema of `index.db`, version by version. A version that shipped is never edited.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, Index, MigrationName, MigrationTrait, MigratorTrait, SchemaManager, Table};
use sea_orm_migration::schema::{big_integer, big_integer_null, blob_null, boolean, pk_uuid, string, uuid, uuid_null};

use super::migration_v3::V3;

/// Every version, oldest first.
#[derive(Debug)]
pub(crate) struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(V1), Box::new(V2), Box::new(V3), Box::new(super::migration_v4::V4), Box::new(super::migration_v5::V5)]
    }
}

struct V1;

impl MigrationName for V1 {
    fn name(&self) -> &'static str {
        "v1"
    }
}

#[async_trait]
impl MigrationTrait for V1 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut segment = Table::create();
        segment
            .table("segment")
            .col(pk_uuid("id"))
            .col(uuid("camera"))
            .col(string("stream"))
            .col(uuid("key_id"))
            .col(big_integer("start_at"))
            .col(big_integer("end_at"))
            .col(big_integer("bytes"))
            .col(boolean("has_audio"))
            .col(boolean("clean"));
        manager.create_table(segment).await?;
        let mut timeline = Index::create();
        timeline.name("segment_camera_start").table("segment").col("camera").col("start_at");
        manager.create_index(timeline).await?;
        manager.create_index(Index::create().name("segment_start").table("segment").col("start_at").take()).await?;
        let mut gap = Table::create();
        gap.table("gap").col(uuid("camera")).col(string("cause")).col(big_integer("from_at")).col(big_integer_null("to_at"));
        gap.primary_key(Index::create().col("camera").col("cause").col("from_at"));
        manager.create_table(gap).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Where a segment lies, why it is kept, how it came, and which one it follows.
struct V2;

impl MigrationName for V2 {
    fn name(&self) -> &'static str {
        "v2"
    }
}

#[async_trait]
impl MigrationTrait for V2 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut class = string("class");
        class.default("continuous");
        let mut origin = string("origin");
        origin.default("live");
        for column in [uuid_null("storage"), class, origin, uuid_null("previous"), blob_null("tail")] {
            manager.alter_table(Table::alter().table("segment").add_column(column).take()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
