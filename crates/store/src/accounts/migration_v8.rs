//! Version 8: a camera may be gone and its footage kept.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, Table};
use sea_orm_migration::schema::big_integer_null;

pub(super) struct V8;

impl MigrationName for V8 {
    fn name(&self) -> &'static str {
        "v8"
    }
}

#[async_trait]
impl MigrationTrait for V8 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Without a time a camera is there, as every one was before.
        manager.alter_table(Table::alter().table("camera").add_column(big_integer_null("gone")).take()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
