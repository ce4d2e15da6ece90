//! What can be asked. One line an act: what it is for, on what, who may.

use domain::{CameraId, HomeId, Role, SubjectId};

use crate::purpose::{AccountService, CameraManage, Purpose, VideoLive, VideoPlayback, VideoRecord};

/// What an act is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Object {
    /// A home as a whole.
    Home(HomeId),
    /// A camera of some home.
    Camera(CameraId),
    /// A person's own account.
    Account(SubjectId),
}

impl From<HomeId> for Object {
    fn from(id: HomeId) -> Self {
        Self::Home(id)
    }
}

impl From<CameraId> for Object {
    fn from(id: CameraId) -> Self {
        Self::Camera(id)
    }
}

impl From<SubjectId> for Object {
    fn from(id: SubjectId) -> Self {
        Self::Account(id)
    }
}

/// Who may do an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A person with at least this role in the object's home.
    Role(Role),
    /// The person whom the object is about.
    Oneself,
    /// The server itself, on behalf of a home whose owner set it up.
    System,
}

/// Something that can be allowed or refused.
pub trait Act: std::fmt::Debug + Send + Sync + 'static {
    /// What it is for.
    type Purpose: Purpose;
    /// What it is done to.
    type Object: Into<Object> + Copy + std::fmt::Debug + Send + Sync;
    /// Its name in the audit log and in the matrix.
    const NAME: &'static str;
    /// Who may.
    const WHO: Who;
    /// The clauses that a refusal names.
    const CLAUSES: &'static [&'static str];
}

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident: $label:literal, $purpose:ident on $object:ty, by $who:expr, $clauses:expr;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub enum $name {}

            impl Act for $name {
                type Purpose = $purpose;
                type Object = $object;
                const NAME: &'static str = $label;
                const WHO: Who = $who;
                const CLAUSES: &'static [&'static str] = &$clauses;
            }
        )+

        /// Name and rule of every act, for the matrix test and the documents.
        pub const ALL: &[(&str, Who)] = &[$(($label, $who)),+];
    };
}

acts! {
    /// See one's own account.
    ReadAccount: "read account", AccountService on SubjectId, by Who::Oneself, ["C-4.1.1"];
    /// See which cameras a home has and how they are.
    ListCameras: "list cameras", CameraManage on HomeId, by Who::Role(Role::Member), ["C-1.3.6"];
    /// Try an address before a camera is added.
    TestCamera: "test camera", CameraManage on HomeId, by Who::Role(Role::Owner), ["C-1.3.5"];
    /// Add a camera to a home.
    AddCamera: "add camera", CameraManage on HomeId, by Who::Role(Role::Owner), ["C-1.3.2"];
    /// See how a camera is set up (never its password).
    ReadCamera: "read camera", CameraManage on CameraId, by Who::Role(Role::Member), ["C-1.3.6"];
    /// Change a camera's name, addresses, sound or recording.
    EditCamera: "edit camera", CameraManage on CameraId, by Who::Role(Role::Owner), ["C-1.3.6"];
    /// Remove a camera and destroy the keys of its footage.
    RemoveCamera: "remove camera", CameraManage on CameraId, by Who::Role(Role::Owner), ["C-3.b.2"];
    /// Watch a camera live.
    ViewLive: "view live", VideoLive on CameraId, by Who::Role(Role::Member), ["C-1.3.6", "C-3.a.3.c"];
    /// See the timeline and play what was kept.
    ViewRecorded: "view recorded", VideoPlayback on CameraId, by Who::Role(Role::Member), ["C-1.3.6", "C-3.a.3.c"];
    /// Save a single picture.
    TakeSnapshot: "take snapshot", VideoPlayback on CameraId, by Who::Role(Role::Member), ["C-1.3.6", "C-3.a.3.c"];
    /// Save footage as a file.
    Download: "download", VideoPlayback on CameraId, by Who::Role(Role::Member), ["C-1.3.6", "C-3.a.3.c"];
    /// See how much room footage takes and how long it lasts.
    ReadStorage: "read storage", VideoRecord on HomeId, by Who::Role(Role::Member), ["C-3.b.2"];
    /// Connect to a camera, by the server.
    PullCamera: "pull camera", VideoLive on CameraId, by Who::System, ["C-1.3.6"];
    /// Keep a camera's footage, by the server.
    RecordCamera: "record camera", VideoRecord on CameraId, by Who::System, ["C-1.3.6", "C-3.b.2"];
}
