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

table! {
    /// What was recorded of a camera on a UTC day: start and end of each span in microseconds, eight bytes each, big-endian.
    day "day" {
        #[sea_orm(primary_key, auto_increment = false)] camera: Uuid,
        #[sea_orm(primary_key, auto_increment = false)] day: i64,
        #[sea_orm(column_type = "Blob")] spans: Vec<u8>,
    }
}

table! {
    /// What is known of the index as a whole, and since when.
    known "known" {
        #[sea_orm(primary_key, auto_increment = false)] name: String,
        at: i64,
    }
}

table! {
    /// Something that happened in front of a camera.
    mark "mark" {
        #[sea_orm(primary_key, auto_increment = false)] camera: Uuid,
        #[sea_orm(primary_key, auto_increment = false)] kind: String,
        #[sea_orm(primary_key, auto_increment = false)] from_at: i64,
        to_at: Option<i64>,
    }
}
