//! From access units to sealed segments, and back to playlists, parts and downloads.

mod key;

pub use key::{MediaKey, MediaKeyId};
