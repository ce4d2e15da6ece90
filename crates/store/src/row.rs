//! What the rooms above get to see of a row.

use std::fmt;

use domain::{AudioMode, CameraId, FootageClass, HomeId, Origin, SegmentId, StorageId, StreamName, Timestamp};
use media::record::MediaKeyId;
use policy::{Sealed, category};
use serde::{Deserialize, Serialize};

/// A camera. What it is called and how to reach it stays sealed; [`crate::Store::open_access`] opens it.
#[derive(Debug, Clone)]
pub struct CameraRow {
    /// Which camera.
    pub id: CameraId,
    /// The home that it belongs to.
    pub home: HomeId,
    /// A [`CameraAccess`] under the home's key.
    pub access: Sealed<category::CameraAccess>,
    /// What happens to its sound.
    pub audio: AudioMode,
    /// Whether footage is kept.
    pub recording: bool,
    /// When it was added.
    pub created: Timestamp,
    /// Counts the edits, from 1.
    pub revision: i64,
    /// When it was removed and its footage kept; `None` for a camera that is there.
    pub gone: Option<Timestamp>,
}

/// What a camera is called and how to reach it. Its `Debug` shows no value.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraAccess {
    /// What people call it.
    pub name: String,
    /// URL of the main stream, without user name and password.
    pub main_url: String,
    /// URL of the sub stream, likewise.
    pub sub_url: Option<String>,
    /// User name on the camera.
    pub username: Option<String>,
    /// Password on the camera.
    pub password: Option<String>,
    /// URL of its ONVIF device service at the main stream's host, by which it is moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onvif_url: Option<String>,
    /// Its ONVIF endpoint reference, where it was found and not typed: by it one knows it again at another address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Its serial number, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
}

impl fmt::Debug for CameraAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CameraAccess(..)")
    }
}

/// A closed segment file, as the index knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRow {
    /// Which file.
    pub id: SegmentId,
    /// Whose footage.
    pub camera: CameraId,
    /// Which of the camera's streams.
    pub stream: StreamName,
    /// The key that it is sealed under.
    pub key: MediaKeyId,
    /// When its first picture was taken.
    pub start: Timestamp,
    /// When its last picture ends.
    pub end: Timestamp,
    /// Size of the file.
    pub bytes: u64,
    /// Whether sound was kept with it.
    pub has_audio: bool,
    /// Whether it was closed in order; if not, a scan found its end.
    pub clean: bool,
    /// Which storage the file is on; none for the data directory's own.
    pub storage: Option<StorageId>,
    /// Why it is kept.
    pub class: FootageClass,
    /// How it came here.
    pub origin: Origin,
    /// The file that the camera's recorder wrote before it, where its header says so.
    pub previous: Option<SegmentId>,
    /// The tag of its last record's samples: what the next file's header repeats.
    pub tail: Option<[u8; 16]>,
}
