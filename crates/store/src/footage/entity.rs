//! The table of `index.db`.

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
    }
}
