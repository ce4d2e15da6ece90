//! One database: a writer connection and readers beside it. SQLite's own words stand here and nowhere else.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use domain::{Error, Kind, Result};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement};
use sea_orm_migration::MigratorTrait;
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};

/// Reads in flight at a time. SQLite reads take well under a millisecond, so more would only hold memory.
const READERS: u32 = 4;

/// KiB of pages that a connection keeps, of SQLite's 2000: what is read again soon. The system keeps the file's pages anyway, once for
/// all connections, so that more would be the same pages a second time, and a server that grows for hours while it fills them.
const PAGES_KIB: i32 = 512;

/// How long a call may wait for a connection before it fails.
const ACQUIRE_TIME_MAX: Duration = Duration::from_secs(10);

/// How long a connection waits for another process's lock; only a database tool could hold one.
const BUSY_TIME_MAX: Duration = Duration::from_secs(5);

/// What a power cut may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Nothing that was answered, and deleted content is wiped.
    Full,
    /// Nothing that was answered either; what is deleted is not wiped, for it is times and sizes. A segment's file leaves the place
    /// where a start looks once its row is there: a row that a power cut took would take the file with it.
    Normal,
    /// There is nothing to take: whatever would write fails.
    Nothing,
}

/// A database of the data directory.
#[derive(Debug)]
pub(crate) struct Db {
    read: DatabaseConnection,
    write: DatabaseConnection,
}

impl Db {
    /// Opens the file, creates it where it is missing (mode 0600), and brings its schema up to date.
    pub(crate) async fn open<M: MigratorTrait>(path: &Path, durability: Durability) -> Result<Self> {
        Self::connect::<M>(path, durability).await.map_err(error)
    }

    /// As [`Db::open`], for a database that can be rebuilt: one that is no database any more is replaced by an empty one.
    /// The flag says whether it is empty.
    pub(crate) async fn open_or_renew<M: MigratorTrait>(path: &Path, durability: Durability) -> Result<(Self, bool)> {
        let existed = path.exists();
        match Self::connect::<M>(path, durability).await {
            Ok(db) => Ok((db, !existed)),
            Err(e) if matches!(sqlite_code(&e), Some(CORRUPT | NOT_A_DATABASE)) => {
                tracing::warn!(file = %path.display(), "is damaged and is made anew");
                for suffix in ["", "-wal", "-shm"] {
                    let mut file = path.as_os_str().to_owned();
                    file.push(suffix);
                    match fs::remove_file(&file) {
                        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(Error::internal(e)),
                        _ => {}
                    }
                }
                Ok((Self::open::<M>(path, durability).await?, true))
            }
            Err(e) => Err(error(e)),
        }
    }

    async fn connect<M: MigratorTrait>(path: &Path, durability: Durability) -> Result<Self, DbErr> {
        // SQLite would create it with the umask's mode; its -wal and -shm files copy the mode that they find here.
        let created = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
        created.map_err(|e| DbErr::Custom(format!("{}: {e}", path.display())))?;
        let write = Database::connect(options(path, durability, 1)).await?;
        // Each step of the schema is whole or not there, and the first row's sync makes them durable with it: a sync for each
        // would only be waited for.
        write.execute_unprepared("PRAGMA synchronous = NORMAL").await?;
        M::up(&write, None).await?;
        write.execute_unprepared("PRAGMA synchronous = FULL").await?;
        let read = Database::connect(options(path, durability, READERS)).await?;
        Ok(Self { read, write })
    }

    /// Opens a database as it is, beside whoever has it open, and only to read.
    pub(crate) async fn look(path: &Path) -> Result<Self> {
        if !path.exists() {
            let detail = format!("{}: missing", path.display());
            return Err(Error::new(Kind::NotFound, "storage.missing", detail));
        }
        let read = Database::connect(options(path, Durability::Nothing, READERS)).await.map_err(error)?;
        Ok(Self { write: read.clone(), read })
    }

    pub(crate) fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    pub(crate) fn write(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Empties the write-ahead log into the file, so that nothing deleted lives on in the log.
    pub(crate) async fn checkpoint(&self) -> Result<()> {
        if self.write.get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let pragma = Statement::from_string(DbBackend::Sqlite, "PRAGMA wal_checkpoint(TRUNCATE)");
        let row = self.write.query_one_raw(pragma).await.map_err(error)?;
        match row.map(|row| row.try_get_by_index::<i32>(0)).transpose().map_err(error)? {
            Some(0) => Ok(()),
            _ => Err(Error::internal("the write-ahead log is held by a reader")),
        }
    }

    /// Closes every connection; the last one moves the write-ahead log into the file.
    pub(crate) async fn close(&self) -> Result<()> {
        self.read.close_by_ref().await.map_err(error)?;
        self.write.close_by_ref().await.map_err(error)
    }
}

/// Opens a database as it is: nothing is created, and no schema is changed.
pub(crate) async fn attach(path: &Path) -> Result<DatabaseConnection> {
    if !path.exists() {
        let detail = format!("{}: missing", path.display());
        return Err(Error::new(Kind::NotFound, "storage.missing", detail));
    }
    Database::connect(options(path, Durability::Full, 1)).await.map_err(error)
}

/// Copies a database, consistently and while others write to it, into a file that is not there yet. Nothing deleted is in
/// the copy.
pub(crate) async fn copy(from: &Path, to: &Path) -> Result<()> {
    let into = to.to_str().ok_or_else(|| Error::internal(format!("{}: is not UTF-8", to.display())))?;
    // SQLite writes into an empty file, and leaves its mode.
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let file = made.map_err(|e| Error::internal(format!("{}: {e}", to.display())))?;
    let db = attach(from).await?;
    let done = db.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [into.into()])).await;
    db.close_by_ref().await.map_err(error)?;
    done.map_err(error)?;
    file.sync_all().map_err(Error::internal)
}

fn options(path: &Path, durability: Durability, connections: u32) -> ConnectOptions {
    let path = path.to_owned();
    // The name is replaced below: a path is not a URL and may hold any byte.
    let mut options = ConnectOptions::new("sqlite:unnamed");
    options
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(ACQUIRE_TIME_MAX)
        .test_before_acquire(false)
        // Statements carry blind indexes and token hashes, and are nobody's business.
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = sqlite
                .filename(&path)
                .create_if_missing(true)
                .foreign_keys(true)
                .busy_timeout(BUSY_TIME_MAX)
                // Negative: in KiB, not in pages.
                .pragma("cache_size", format!("-{PAGES_KIB}"))
                .journal_mode(SqliteJournalMode::Wal);
            match durability {
                Durability::Full => sqlite.synchronous(SqliteSynchronous::Full).pragma("secure_delete", "ON"),
                Durability::Normal => sqlite.synchronous(SqliteSynchronous::Full),
                Durability::Nothing => sqlite.pragma("query_only", "ON"),
            }
        });
    options
}

/// SQLITE_CORRUPT.
const CORRUPT: i32 = 11;
/// SQLITE_FULL.
const FULL: i32 = 13;
/// SQLITE_NOTADB.
const NOT_A_DATABASE: i32 = 26;
/// SQLITE_IOERR, the low byte of its many forms.
const IO: i32 = 10;

/// The primary result code of SQLite, where the error has one.
fn sqlite_code(error: &DbErr) -> Option<i32> {
    let (DbErr::Conn(RuntimeErr::SqlxError(e)) | DbErr::Exec(RuntimeErr::SqlxError(e)) | DbErr::Query(RuntimeErr::SqlxError(e))) =
        error
    else {
        return None;
    };
    let extended: i32 = e.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xff)
}

/// The house's error for one of the database: a full or failing disk is said, the rest is ours.
pub(crate) fn error(e: DbErr) -> Error {
    match sqlite_code(&e) {
        Some(FULL) => Error::new(Kind::Unavailable, "storage.full", "the disk is full").with_source(e),
        Some(IO) => Error::new(Kind::Unavailable, "storage.failed", "the disk fails").with_source(e),
        _ => Error::internal(e),
    }
}
