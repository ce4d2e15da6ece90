//! The schema of `keyring.db`, version by version. A version that shipped is never edited.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, Index, MigrationName, MigrationTrait, MigratorTrait, SchemaManager, Table};
use sea_orm_migration::schema::{big_integer, blob, pk_uuid, string, uuid};

/// Every version, oldest first.
#[derive(Debug)]
pub(crate) struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(V1), Box::new(V2)]
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
        let mut key = Table::create();
        key.table("key")
            .col(pk_uuid("id"))
            .col(string("kind"))
            .col(uuid("owner"))
            .col(string("period"))
            .col(uuid("wrapped_by"))
            .col(blob("wrapped"))
            .col(big_integer("created"));
        manager.create_table(key).await?;
        let mut one_each = Index::create();
        one_each.unique().name("key_owner").table("key").col("owner").col("kind").col("period");
        manager.create_index(one_each).await?;
        let mut tombstone = Table::create();
        manager.create_table(tombstone.table("tombstone").col(pk_uuid("id")).col(big_integer("at")).take()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

struct V2;

impl MigrationName for V2 {
    fn name(&self) -> &'static str {
        "v2"
    }
}

#[async_trait]
impl MigrationTrait for V2 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut root = Table::create();
        root.table("root").col(pk_uuid("id")).col(big_integer("created")).col(big_integer("tombstones"));
        manager.create_table(root).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
