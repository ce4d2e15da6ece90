//! Version 4: cameras that call in by themselves, and what invites them.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, Index, MigrationName, MigrationTrait, SchemaManager, Table};
use sea_orm_migration::schema::{big_integer, blob, blob_null, pk_uuid, uuid, uuid_null};

use super::migration::of;

pub(super) struct V4;

impl MigrationName for V4 {
    fn name(&self) -> &'static str {
        "v4"
    }
}

#[async_trait]
impl MigrationTrait for V4 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut invitation = Table::create();
        invitation
            .table("invitation")
            .col(pk_uuid("id"))
            .col(uuid("home"))
            .col(uuid("session"))
            .col(blob("claim_hash"))
            .col(blob_null("sealed_name"))
            .col(big_integer("expires"))
            .col(uuid_null("camera"))
            .foreign_key(&mut of("invitation", "home", "home"))
            .foreign_key(&mut of("invitation", "session", "session"));
        manager.create_table(invitation).await?;
        let mut claimed_by = Index::create();
        claimed_by.unique().name("invitation_claim_hash").table("invitation").col("claim_hash");
        manager.create_index(claimed_by).await?;
        manager.create_index(Index::create().name("invitation_home").table("invitation").col("home").take()).await?;
        manager.create_index(Index::create().name("invitation_session").table("invitation").col("session").take()).await?;

        // The id is the key: a device has one row, and so one owner at a time.
        let mut device = Table::create();
        device
            .table("device")
            .col(pk_uuid("id"))
            .col(uuid_null("home"))
            .col(uuid_null("camera"))
            .col(blob_null("public_key"))
            .col(blob_null("claim_hash"))
            .foreign_key(&mut of("device", "home", "home"))
            .foreign_key(&mut of("device", "camera", "camera"));
        manager.create_table(device).await?;
        manager.create_index(Index::create().name("device_home").table("device").col("home").take()).await?;
        let mut of_camera = Index::create();
        of_camera.unique().name("device_camera").table("device").col("camera");
        manager.create_index(of_camera).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
