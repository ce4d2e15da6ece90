//! Version 6: how cameras are recorded, by which clock, and when they are private.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, Index, MigrationName, MigrationTrait, SchemaManager, Table};
use sea_orm_migration::schema::{big_integer, big_integer_null, pk_uuid, string, uuid, uuid_null};

use super::migration::of;

pub(super) struct V6;

impl MigrationName for V6 {
    fn name(&self) -> &'static str {
        "v6"
    }
}

#[async_trait]
impl MigrationTrait for V6 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Without a row a camera is recorded all the time, as before there were plans.
        let mut plan = Table::create();
        plan.table("plan")
            .col(pk_uuid("camera"))
            .col(string("mode"))
            .col(string("week"))
            .col(big_integer("pre_s"))
            .col(big_integer("post_s"))
            .foreign_key(&mut of("plan", "camera", "camera"));
        manager.create_table(plan).await?;

        let mut zone = Table::create();
        zone.table("zone").col(pk_uuid("home")).col(string("name")).foreign_key(&mut of("zone", "home", "home"));
        manager.create_table(zone).await?;

        // The id is the camera's, or the home's where all its cameras are meant.
        let mut private = Table::create();
        private
            .table("private")
            .col(pk_uuid("id"))
            .col(uuid("home"))
            .col(uuid_null("camera"))
            .col(big_integer("since"))
            .col(big_integer_null("until"))
            .foreign_key(&mut of("private", "home", "home"))
            .foreign_key(&mut of("private", "camera", "camera"));
        manager.create_table(private).await?;
        manager.create_index(Index::create().name("private_home").table("private").col("home").take()).await?;
        manager.create_index(Index::create().name("private_camera").table("private").col("camera").take()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
