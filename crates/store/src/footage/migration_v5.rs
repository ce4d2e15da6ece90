//! Version 5: what was fetched from a camera afterwards is found without looking at the rest.

use sea_orm::ExprTrait as _;
use sea_orm::sea_query::{ConditionalStatement as _, Expr};
use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, Index, MigrationName, MigrationTrait, SchemaManager};

pub(super) struct V5;

impl MigrationName for V5 {
    fn name(&self) -> &'static str {
        "v5"
    }
}

#[async_trait]
impl MigrationTrait for V5 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut fetched = Index::create();
        fetched.name("segment_fetched").table("segment").col("camera").col("start_at");
        fetched.and_where(Expr::col("origin").eq("backfill"));
        manager.create_index(fetched).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
