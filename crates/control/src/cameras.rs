use domain::{AudioMode, CameraId, HomeId, Result, Secret, Timestamp};
use policy::Permit;
use policy::act::{AddCamera, EditCamera, ListCameras, ReadCamera, RemoveCamera};

use crate::Control;

/// A camera as people who may see it see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Camera {
    /// Which camera.
    pub id: CameraId,
    /// Whose.
    pub home: HomeId,
    /// What people call it.
    pub name: String,
    /// URL of the main stream with `…` in place of what may be secret; for reading, not for connecting.
    pub main_address: String,
    /// URL of the sub stream, likewise.
    pub sub_address: Option<String>,
    /// User name on the camera.
    pub username: Option<String>,
    /// Whether a password is kept. It never leaves.
    pub has_password: bool,
    /// What happens to its sound.
    pub audio: AudioMode,
    /// Whether footage is kept.
    pub recording: bool,
    /// When it was added.
    pub created: Timestamp,
}

/// A camera to add.
#[derive(Debug, Clone, Default)]
pub struct NewCamera {
    /// What people call it: 1 to 64 characters.
    pub name: String,
    /// rtsp or rtsps URL of the main stream; user name and password in it are taken out and sealed apart.
    pub main_url: Secret,
    /// URL of the sub stream.
    pub sub_url: Option<Secret>,
    /// User name on the camera.
    pub username: Option<String>,
    /// Password on the camera.
    pub password: Option<Secret>,
    /// What happens to its sound.
    pub audio: AudioMode,
}

/// What to change: `None` leaves a field as it is, `Some(None)` clears it.
#[derive(Debug, Clone, Default)]
pub struct CameraEdit {
    /// New name.
    pub name: Option<String>,
    /// New URL of the main stream.
    pub main_url: Option<Secret>,
    /// New URL of the sub stream.
    pub sub_url: Option<Option<Secret>>,
    /// New user name.
    pub username: Option<Option<String>>,
    /// New password.
    pub password: Option<Option<Secret>>,
    /// What happens to its sound.
    pub audio: Option<AudioMode>,
    /// Whether footage is kept.
    pub recording: Option<bool>,
}

#[allow(unused_variables, clippy::todo, clippy::unused_async, missing_docs)]
impl Control {
    pub async fn cameras(&self, permit: Permit<ListCameras>) -> Result<Vec<Camera>> {
        todo!()
    }

    pub async fn camera(&self, permit: Permit<ReadCamera>) -> Result<Camera> {
        todo!()
    }

    pub async fn add_camera(&self, permit: Permit<AddCamera>, new: NewCamera) -> Result<Camera> {
        todo!()
    }

    pub async fn edit_camera(&self, permit: Permit<EditCamera>, edit: CameraEdit) -> Result<Camera> {
        todo!()
    }

    pub async fn remove_camera(&self, permit: Permit<RemoveCamera>) -> Result<()> {
        todo!()
    }
}
