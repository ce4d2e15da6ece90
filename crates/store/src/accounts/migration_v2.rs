//! Version 2: the log, consents, disclosures, accesses, and what the end of an account and of a retention time needs.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{ColumnDef, DbErr, Index, MigrationName, MigrationTrait, SchemaManager, Table};
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, integer, pk_uuid, string, string_null, uuid, uuid_null};

use super::migration::of;

pub(super) struct V2;

impl MigrationName for V2 {
    fn name(&self) -> &'static str {
        "v2"
    }
}

#[async_trait]
impl MigrationTrait for V2 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        subjects(manager).await?;
        log(manager).await?;
        events(manager).await?;
        upkeep(manager).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// SQLite adds one column a statement.
async fn subjects(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut cancelled = Table::alter();
    cancelled.table("subject").add_column(big_integer_null("cancelled"));
    manager.alter_table(cancelled).await?;
    let mut chain = Table::alter();
    chain.table("subject").add_column(ColumnDef::new("sealed_chain").blob().null().take());
    manager.alter_table(chain).await
}

async fn log(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut leaf = Table::create();
    leaf.table("leaf").col(big_integer("number").primary_key()).col(blob("hash")).col(string("entry"));
    manager.create_table(leaf).await?;

    let mut node = Table::create();
    node.table("node")
        .col(integer("level"))
        .col(big_integer("number"))
        .col(blob("hash"))
        .primary_key(Index::create().col("level").col("number"));
    manager.create_table(node).await?;

    let mut checkpoint = Table::create();
    checkpoint.table("checkpoint").col(big_integer("size").primary_key()).col(string("note")).col(big_integer("at"));
    manager.create_table(checkpoint).await
}

async fn events(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut event = Table::create();
    event
        .table("event")
        .col(pk_uuid("id"))
        .col(big_integer("leaf"))
        .col(uuid_null("subject"))
        .col(big_integer("seq"))
        .col(string("kind"))
        .col(big_integer("at"))
        .col(ColumnDef::new("sealed_payload").blob().null().take())
        .col(string_null("clear_payload"))
        .foreign_key(&mut of("event", "subject", "subject"));
    manager.create_table(event).await?;
    manager.create_index(Index::create().unique().name("event_leaf").table("event").col("leaf").take()).await?;
    let mut in_order = Index::create();
    in_order.unique().name("event_subject_leaf").table("event").col("subject").col("leaf");
    manager.create_index(in_order).await?;

    let mut consent = Table::create();
    consent
        .table("consent")
        .col(uuid("subject"))
        .col(string("purpose"))
        .col(string("state"))
        .col(string("version"))
        .col(big_integer("at"))
        .col(uuid("event"))
        .primary_key(Index::create().col("subject").col("purpose"))
        .foreign_key(&mut of("consent", "subject", "subject"));
    manager.create_table(consent).await?;

    let mut disclosure = Table::create();
    disclosure
        .table("disclosure")
        .col(pk_uuid("event"))
        .col(uuid("subject"))
        .col(string("outcome"))
        .col(string_null("reason"))
        .foreign_key(&mut of("disclosure", "event", "event"))
        .foreign_key(&mut of("disclosure", "subject", "subject"));
    manager.create_table(disclosure).await?;
    manager.create_index(Index::create().name("disclosure_subject").table("disclosure").col("subject").take()).await?;
    manager.create_index(Index::create().name("disclosure_outcome").table("disclosure").col("outcome").take()).await?;

    let mut access = Table::create();
    access
        .table("access")
        .col(big_integer("leaf").primary_key())
        .col(uuid("home"))
        .col(uuid("camera"))
        .col(uuid("subject"))
        .col(string("how"))
        .col(big_integer("from_at"))
        .col(big_integer("to_at"))
        .foreign_key(&mut of("access", "home", "home"))
        .foreign_key(&mut of("access", "subject", "subject"));
    manager.create_table(access).await?;
    manager.create_index(Index::create().name("access_home").table("access").col("home").col("leaf").take()).await?;
    manager.create_index(Index::create().name("access_subject").table("access").col("subject").take()).await?;
    manager.create_index(Index::create().name("access_to_at").table("access").col("to_at").take()).await
}

async fn upkeep(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut doomed = Table::create();
    manager.create_table(doomed.table("doomed").col(pk_uuid("id")).col(big_integer("at")).take()).await?;

    let mut run = Table::create();
    run.table("retention_run")
        .col(big_integer("at"))
        .col(string("class"))
        .col(big_integer("scanned"))
        .col(big_integer("removed"))
        .col(big_integer("keys_destroyed"))
        .primary_key(Index::create().col("at").col("class"));
    manager.create_table(run).await
}
