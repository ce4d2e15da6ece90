//! The schema of `accounts.db`, version by version. A version that shipped is never edited.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{
    DbErr, ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement, Index, MigrationName, MigrationTrait, MigratorTrait,
    SchemaManager, Table,
};
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, boolean, integer, pk_uuid, string, string_null, uuid};

/// Every version, oldest first.
#[derive(Debug)]
pub(crate) struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        use super::{
            migration_v2::V2, migration_v3::V3, migration_v4::V4, migration_v5::V5, migration_v6::V6, migration_v7::V7,
            migration_v8::V8,
        };
        vec![Box::new(V1), Box::new(V2), Box::new(V3), Box::new(V4), Box::new(V5), Box::new(V6), Box::new(V7), Box::new(V8)]
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
        people(manager).await?;
        homes(manager).await?;
        verdicts(manager).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

async fn people(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut subject = Table::create();
    subject.table("subject").col(pk_uuid("id")).col(big_integer("created")).col(big_integer_null("adult_declared"));
    manager.create_table(subject).await?;

    let mut setup = Table::create();
    setup.table("setup").col(integer("id").primary_key()).col(uuid("subject")).col(big_integer("at"));
    manager.create_table(setup).await?;

    let mut identifier = Table::create();
    identifier
        .table("identifier")
        .col(pk_uuid("id"))
        .col(uuid("subject"))
        .col(string("kind"))
        .col(blob("blind_index"))
        .col(blob("sealed_value"))
        .foreign_key(&mut of("identifier", "subject", "subject"));
    manager.create_table(identifier).await?;
    let mut found_by = Index::create();
    found_by.unique().name("identifier_blind_index").table("identifier").col("blind_index");
    manager.create_index(found_by).await?;
    manager.create_index(Index::create().name("identifier_subject").table("identifier").col("subject").take()).await?;

    let mut credential = Table::create();
    credential
        .table("credential")
        .col(pk_uuid("subject"))
        .col(string("password_hash"))
        .col(big_integer("changed"))
        .foreign_key(&mut of("credential", "subject", "subject"));
    manager.create_table(credential).await?;

    let mut agreement = Table::create();
    agreement
        .table("agreement")
        .col(uuid("subject"))
        .col(string("version"))
        .col(string_null("language"))
        .col(big_integer("at"))
        .primary_key(Index::create().col("subject").col("version"))
        .foreign_key(&mut of("agreement", "subject", "subject"));
    manager.create_table(agreement).await?;

    let mut session = Table::create();
    session
        .table("session")
        .col(pk_uuid("id"))
        .col(blob("token_hash"))
        .col(uuid("subject"))
        .col(big_integer("created"))
        .col(big_integer("last_used"))
        .col(big_integer("expires"))
        .foreign_key(&mut of("session", "subject", "subject"));
    manager.create_table(session).await?;
    let mut proven_by = Index::create();
    proven_by.unique().name("session_token_hash").table("session").col("token_hash");
    manager.create_index(proven_by).await?;
    manager.create_index(Index::create().name("session_subject").table("session").col("subject").take()).await?;
    manager.create_index(Index::create().name("session_expires").table("session").col("expires").take()).await
}

async fn homes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager.create_table(Table::create().table("home").col(pk_uuid("id")).col(big_integer("created")).take()).await?;

    let mut member = Table::create();
    member
        .table("member")
        .col(uuid("home"))
        .col(uuid("subject"))
        .col(string("role"))
        .col(big_integer("since"))
        .primary_key(Index::create().col("home").col("subject"))
        .foreign_key(&mut of("member", "home", "home"))
        .foreign_key(&mut of("member", "subject", "subject"));
    manager.create_table(member).await?;
    manager.create_index(Index::create().name("member_subject").table("member").col("subject").take()).await?;

    let mut camera = Table::create();
    camera
        .table("camera")
        .col(pk_uuid("id"))
        .col(uuid("home"))
        .col(blob("sealed_access"))
        .col(string("audio"))
        .col(boolean("recording"))
        .col(big_integer("created"))
        .col(big_integer("revision"))
        .foreign_key(&mut of("camera", "home", "home"));
    manager.create_table(camera).await?;
    manager.create_index(Index::create().name("camera_home").table("camera").col("home").take()).await
}

async fn verdicts(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut verdict = Table::create();
    verdict
        .table("verdict")
        .col(big_integer("minute"))
        .col(uuid("session"))
        .col(string("act"))
        .col(uuid("object"))
        .col(string("answer"))
        .col(uuid("subject"))
        .col(big_integer("first"))
        .col(big_integer("last"))
        .col(big_integer("times"))
        // The minute leads, so that the retention of the log deletes one end of the key.
        .primary_key(Index::create().col("minute").col("session").col("act").col("object").col("answer"));
    manager.create_table(verdict).await
}

/// `table.column` is a row of `parent`, and goes with it.
pub(super) fn of(table: &'static str, column: &'static str, parent: &'static str) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.name(format!("{table}_of_{parent}")).from(table, column).to(parent, "id").on_delete(ForeignKeyAction::Cascade);
    key
}
