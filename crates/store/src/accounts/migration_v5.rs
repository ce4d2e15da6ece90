//! Version 5: footage that stays until somebody unlocks it.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, Index, MigrationName, MigrationTrait, SchemaManager, Table};
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, pk_uuid, uuid};

use super::migration::of;

pub(super) struct V5;

impl MigrationName for V5 {
    fn name(&self) -> &'static str {
        "v5"
    }
}

#[async_trait]
impl MigrationTrait for V5 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut lock = Table::create();
        lock.table("footage_lock")
            .col(pk_uuid("id"))
            .col(uuid("home"))
            // Who set it may be gone: the footage stays locked.
            .col(uuid("subject"))
            .col(blob("sealed_reason"))
            .col(big_integer("from_at"))
            .col(big_integer("to_at"))
            .col(big_integer("created"))
            .col(big_integer_null("expires"))
            .foreign_key(&mut of("footage_lock", "home", "home"));
        manager.create_table(lock).await?;
        manager.create_index(Index::create().name("footage_lock_home").table("footage_lock").col("home").take()).await?;

        let mut camera = Table::create();
        camera
            .table("footage_lock_camera")
            .col(uuid("footage_lock"))
            .col(uuid("camera"))
            .primary_key(Index::create().col("footage_lock").col("camera"))
            .foreign_key(&mut of("footage_lock_camera", "footage_lock", "footage_lock"))
            .foreign_key(&mut of("footage_lock_camera", "camera", "camera"));
        manager.create_table(camera).await?;
        let mut of_camera = Index::create();
        of_camera.name("footage_lock_camera_camera").table("footage_lock_camera").col("camera");
        manager.create_index(of_camera).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
