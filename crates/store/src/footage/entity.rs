//! The tables of `index.db`.

use crate::table::table;

table! {
    /// A closed segment file.
    segment "segment" {
        #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
        camera: Uuid,
        stream: String,
        key_id: Uuid,
        start_at: i64,
        end_at: i64,
        bytes: i64,
        has_audio: bool,
        clean: bool,
        storage: Option<Uuid>,
        class: String,
        origin: String,
        previous: Option<Uuid>,
        #[sea_orm(column_type = "Blob", nullable)] tail: Option<Vec<u8>>,
    }
}

table! {
    /// A time without footage, and why.
    gap "gap" {
        #[sea_orm(primary_key, auto_increment = false)] camera: Uuid,
        #[sea_orm(primary_key, auto_increment = false)] cause: String,
        #[sea_orm(primary_key, auto_increment = false)] from_at: i64,
        to_at: Option<i64>,
    }
}
