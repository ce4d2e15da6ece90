//! The schema: as committed, the same from every version, and what the entities say it is.

use std::collections::BTreeMap;
use std::path::Path;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Schema, Statement};
use sea_orm_migration::MigratorTrait;
use tempfile::TempDir;

use crate::db::{Db, Durability};
use crate::{accounts, footage, keyring};

async fn rows(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Every table and index as SQLite has it written down.
async fn schema(db: &DatabaseConnection) -> String {
    rows(db, "select sql from sqlite_master where sql is not null and tbl_name <> 'seaql_migrations' order by tbl_name, type desc, name")
        .await
        .join("\n")
}

async fn fresh<M: MigratorTrait>(file: &Path) -> Db {
    Db::open::<M>(file, Durability::Full).await.unwrap()
}

/// The schema of a fresh file, after each earlier version was found to upgrade to the very same.
async fn settled<M: MigratorTrait>() -> String {
    let dir = TempDir::new().unwrap();
    let db = fresh::<M>(&dir.path().join("fresh.db")).await;
    let expected = schema(db.write()).await;
    for version in 1..=u32::try_from(M::migrations().len()).unwrap() {
        let db = sea_orm::Database::connect("sqlite::memory:").await.unwrap();
        M::up(&db, Some(version)).await.unwrap();
        M::up(&db, None).await.unwrap();
        assert_eq!(schema(&db).await, expected, "upgraded from version {version}");
    }
    expected
}

#[tokio::test]
async fn the_schema_is_as_committed_and_the_same_from_every_version() {
    insta::assert_snapshot!("accounts", settled::<accounts::Migrator>().await);
    insta::assert_snapshot!("index", settled::<footage::Migrator>().await);
    insta::assert_snapshot!("keyring", settled::<keyring::Migrator>().await);
}

/// Name, type, NOT NULL and primary-key flag of each column, by table.
async fn columns(db: &DatabaseConnection) -> BTreeMap<String, Vec<String>> {
    let mut tables = BTreeMap::new();
    for table in rows(db, "select name from sqlite_master where type = 'table' and name <> 'seaql_migrations'").await {
        let sql = format!(
            "select name || ' ' || type || ' ' || \"notnull\" || ' ' || (pk > 0) from pragma_table_info('{table}') order by name"
        );
        tables.insert(table, rows(db, &sql).await);
    }
    tables
}

macro_rules! derived {
    ($($table:path),+) => {{
        let db = sea_orm::Database::connect("sqlite::memory:").await.unwrap();
        $({
            use $table as table;
            db.execute(&Schema::new(DbBackend::Sqlite).create_table_from_entity(table::Entity)).await.unwrap();
        })+
        columns(&db).await
    }};
}

async fn migrated<M: MigratorTrait>() -> BTreeMap<String, Vec<String>> {
    let dir = TempDir::new().unwrap();
    columns(fresh::<M>(&dir.path().join("migrated.db")).await.write()).await
}

#[tokio::test]
async fn entities_and_migrations_name_the_same_columns() {
    use accounts::entity as a;
    use keyring::entity as k;

    let derived_accounts = derived!(
        a::setup,
        a::subject,
        a::identifier,
        a::credential,
        a::agreement,
        a::home,
        a::member,
        a::session,
        a::camera,
        a::verdict,
        a::leaf,
        a::node,
        a::checkpoint,
        a::event,
        a::consent,
        a::disclosure,
        a::access,
        a::stream_key,
        a::invitation,
        a::device,
        a::keep,
        a::footage_lock,
        a::footage_lock_camera,
        a::plan,
        a::zone,
        a::private,
        a::doomed,
        a::retention_run
    );
    assert_eq!(migrated::<accounts::Migrator>().await, derived_accounts);
    assert_eq!(migrated::<footage::Migrator>().await, {
        use footage::entity as f;
        derived!(f::segment, f::gap, f::day, f::known, f::mark)
    });
    assert_eq!(migrated::<keyring::Migrator>().await, derived!(k::key, k::tombstone, k::root));
}
