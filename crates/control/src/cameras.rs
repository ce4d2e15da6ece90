//! Cameras: the desired state. The relay hears of each change and follows it.

use domain::onboarding::{DeviceId, link};
use domain::{AudioMode, CameraId, Error, HomeId, Kind, Result, Secret, Timestamp};
use policy::act::{AddCamera, EditCamera, ListCameras, ReadCamera, RemoveCamera};
use policy::purpose::VideoSound;
use policy::{Object, Permit, Principal, Purpose as _, consent, point};
use store::{CameraAccess, CameraDraft, CameraRow};
use url::Url;

use crate::validation::{CameraUrl, camera_credential, camera_identity, camera_url, given_name, onvif_url};
use crate::{Control, address};

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
    /// Whether its ONVIF address is known, by which it may be moved.
    pub onvif: bool,
    /// Whether footage is kept.
    pub recording: bool,
    /// Which device it is, where it calls in by itself.
    pub device: Option<DeviceId>,
    /// When it was added.
    pub created: Timestamp,
    /// When it was removed and its footage kept; `None` for a camera that is there.
    pub gone: Option<Timestamp>,
}

/// What becomes of a camera's footage when the camera is removed. There is no default: who removes one says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Footage {
    /// It stays, under the rules that held for it, for those who may see it now.
    Keep,
    /// Its keys are destroyed.
    Erase {
        /// Also what somebody locked.
        even_locked: bool,
    },
}

/// A camera to add. User name and password may stand in a URL; the fields of their own win.
#[derive(Debug, Clone, Default)]
pub struct NewCamera {
    /// What people call it: 1 to 64 characters.
    pub name: String,
    /// rtsp or rtsps URL of the main stream.
    pub main_url: Secret,
    /// URL of the sub stream.
    pub sub_url: Option<Secret>,
    /// User name on the camera.
    pub username: Option<String>,
    /// Password on the camera.
    pub password: Option<Secret>,
    /// URL of its ONVIF device service, at the host of `main_url`.
    pub onvif_url: Option<Secret>,
    /// What happens to its sound.
    pub audio: AudioMode,
    /// Its ONVIF endpoint reference, as a search told it: the next search knows it again at another address.
    pub endpoint: Option<String>,
    /// Its serial number, likewise.
    pub serial: Option<String>,
}

/// What to change: `None` leaves a field as it is, `Some(None)` clears it.
#[derive(Debug, Clone, Default)]
pub struct CameraEdit {
    /// New name.
    pub name: Option<String>,
    /// New URL of the main stream; a user name or password in it replaces the one that is kept.
    pub main_url: Option<Secret>,
    /// New URL of the sub stream, likewise.
    pub sub_url: Option<Option<Secret>>,
    /// New user name.
    pub username: Option<Option<String>>,
    /// New password.
    pub password: Option<Option<Secret>>,
    /// New URL of its ONVIF device service. A main stream at another host clears it.
    pub onvif_url: Option<Option<Secret>>,
    /// What happens to its sound.
    pub audio: Option<AudioMode>,
    /// Whether footage is kept.
    pub recording: Option<bool>,
}

impl Control {
    /// The cameras of the permit's home, oldest first.
    pub async fn cameras(&self, permit: Permit<ListCameras>) -> Result<Vec<Camera>> {
        let rows = self.inner.store.cameras_of(permit.object()).await?;
        let mut cameras = Vec::with_capacity(rows.len());
        for row in rows {
            let access = self.inner.store.open_access(&permit, &row).await?;
            cameras.push(camera(row, access));
        }
        Ok(cameras)
    }

    /// The permit's camera, also one that is gone and left footage.
    pub async fn camera(&self, permit: Permit<ReadCamera>) -> Result<Camera> {
        let found = self.inner.store.camera_or_gone(permit.object()).await?;
        let row = found.ok_or_else(|| Error::new(Kind::NotFound, "not_found", "no such camera, or none that you may see"))?;
        let access = self.inner.store.open_access(&permit, &row).await?;
        Ok(camera(row, access))
    }

    /// Adds a camera to the permit's home; it records from the start.
    pub async fn add_camera(&self, permit: Permit<AddCamera>, new: NewCamera) -> Result<Camera> {
        let mut draft = CameraDraft { access: CameraAccess::default(), audio: new.audio, recording: true };
        let edit = CameraEdit {
            name: Some(new.name),
            main_url: Some(new.main_url),
            sub_url: new.sub_url.map(Some),
            username: new.username.map(Some),
            password: new.password.map(Some),
            onvif_url: new.onvif_url.map(Some),
            ..CameraEdit::default()
        };
        self.may_hear(permit.object().into(), Some(new.audio)).await?;
        Checked::new(edit)?.apply(&mut draft)?;
        draft.access.endpoint = new.endpoint.map_or(Ok(None), |text| camera_identity("endpoint", &text))?;
        draft.access.serial = new.serial.map_or(Ok(None), |text| camera_identity("serial", &text))?;
        let row = self.inner.store.add_camera(&permit, draft.clone()).await?;
        Ok(camera(row, draft.access))
    }

    /// Changes the permit's camera.
    pub async fn edit_camera(&self, permit: Permit<EditCamera>, edit: CameraEdit) -> Result<Camera> {
        let checked = Checked::new(edit)?;
        self.may_hear(permit.object().into(), checked.audio).await?;
        let mut access = None;
        let change = |draft: &mut CameraDraft| {
            checked.apply(draft)?;
            access = Some(draft.access.clone());
            Ok(())
        };
        let row = self.inner.store.edit_camera(&permit, change).await?;
        let access = access.ok_or_else(|| Error::internal("an edit that did not happen"))?;
        Ok(camera(row, access))
    }

    /// Sound takes an owner's consent of its own (C-7.3): `consent.needed` where none stands, for the app to ask.
    async fn may_hear(&self, object: Object, wanted: Option<AudioMode>) -> Result<()> {
        if wanted.is_none_or(|wanted| wanted == AudioMode::Off) {
            return Ok(());
        }
        let facts = self.inner.facts.snapshot().await?.facts(Principal::System, object);
        if point::GATE_CONSENT.holds() && !facts.home.is_some_and(|home| home.consents.has(consent::VIDEO_SOUND)) {
            return Err(Error::new(Kind::Forbidden, "consent.needed", VideoSound::ID));
        }
        Ok(())
    }

    /// Removes the permit's camera: it is disconnected, and how it was reached is erased. Its footage is kept, or its keys are
    /// destroyed and the relay deletes the files. What a camera left that is gone can be erased later by the same call.
    ///
    /// `camera.locked` where footage of it is to be erased and somebody locked some, unless that was asked and answered.
    pub async fn remove_camera(&self, permit: Permit<RemoveCamera>, footage: Footage) -> Result<()> {
        let Footage::Erase { even_locked } = footage else { return self.inner.store.let_camera_go(&permit).await };
        let locked = self.inner.store.locked(permit.object(), self.inner.clock.now()).await?;
        if !locked.is_empty() && !even_locked {
            let detail = "footage of this camera is locked: say that it may go too";
            return Err(Error::new(Kind::Conflict, "camera.locked", detail));
        }
        self.inner.store.remove_camera(&permit).await
    }
}

fn camera(row: CameraRow, access: CameraAccess) -> Camera {
    Camera {
        id: row.id,
        home: row.home,
        name: access.name,
        device: link::parse(&access.main_url).map(|(device, _)| device),
        // A camera that is gone has none.
        main_address: if row.gone.is_some() { String::new() } else { address::shown(&access.main_url) },
        sub_address: access.sub_url.as_deref().map(address::shown),
        username: access.username,
        has_password: access.password.is_some(),
        onvif: access.onvif_url.is_some(),
        audio: row.audio,
        recording: row.recording,
        created: row.created,
        gone: row.gone,
    }
}

/// A [`CameraEdit`] in which nothing can be wrong any more.
struct Checked {
    name: Option<String>,
    main_url: Option<CameraUrl>,
    sub_url: Option<Option<CameraUrl>>,
    username: Option<Option<String>>,
    password: Option<Option<String>>,
    onvif_url: Option<Option<String>>,
    audio: Option<AudioMode>,
    recording: Option<bool>,
}

impl Checked {
    fn new(edit: CameraEdit) -> Result<Self> {
        let username = edit.username.map(|text| text.map_or(Ok(None), |text| camera_credential("username", &text)));
        let password = edit.password.map(|text| text.map_or(Ok(None), |text| camera_credential("password", text.expose())));
        Ok(Self {
            name: edit.name.as_deref().map(given_name).transpose()?,
            main_url: edit.main_url.as_ref().map(camera_url).transpose()?,
            sub_url: edit.sub_url.map(|url| url.as_ref().map(camera_url).transpose()).transpose()?,
            username: username.transpose()?,
            password: password.transpose()?,
            onvif_url: edit.onvif_url.map(|url| url.as_ref().map(onvif_url).transpose()).transpose()?,
            audio: edit.audio,
            recording: edit.recording,
        })
    }

    /// The sub stream's URL first, the main stream's next, the fields of their own last: the last word counts.
    fn apply(self, draft: &mut CameraDraft) -> Result<()> {
        let access = &mut draft.access;
        let moved = self.main_url.is_some() || self.sub_url.is_some() || matches!(self.onvif_url, Some(Some(_)));
        if moved && link::parse(&access.main_url).is_some() {
            let detail = "this camera calls in by itself: it has no address that one could type";
            return Err(Error::new(Kind::Invalid, "camera.url_invalid", detail));
        }
        if let Some(url) = self.sub_url {
            access.sub_url = url.map(|url| take(url, &mut access.username, &mut access.password));
        }
        if let Some(url) = self.main_url {
            let url = take(url, &mut access.username, &mut access.password);
            // At another address it may be another camera: then what the former one called itself is not its.
            if !same_host(&url, &access.main_url) {
                (access.endpoint, access.serial) = (None, None);
            }
            access.main_url = url;
        }
        access.name = self.name.unwrap_or_else(|| std::mem::take(&mut access.name));
        access.username = self.username.unwrap_or_else(|| access.username.take());
        access.password = self.password.unwrap_or_else(|| access.password.take());
        draft.audio = self.audio.unwrap_or(draft.audio);
        draft.recording = self.recording.unwrap_or(draft.recording);
        match self.onvif_url {
            Some(Some(url)) if !same_host(&url, &access.main_url) => {
                return Err(Error::new(Kind::Invalid, "camera.url_invalid", "onvif_url: another host than the main stream's"));
            }
            Some(url) => access.onvif_url = url,
            // Commands go to the camera that was configured, and to no former one.
            None => access.onvif_url = access.onvif_url.take().filter(|url| same_host(url, &access.main_url)),
        }
        Ok(())
    }
}

fn same_host(one: &str, other: &str) -> bool {
    let host = |text: &str| Some(Url::parse(text).ok()?.host_str()?.trim_matches(['[', ']']).to_ascii_lowercase());
    host(one).is_some_and(|one| host(other) == Some(one))
}

/// The bare URL; a user name and password that stood in it go to where they are kept.
fn take(url: CameraUrl, username: &mut Option<String>, password: &mut Option<String>) -> String {
    if url.username.is_some() || url.password.is_some() {
        (*username, *password) = (url.username, url.password);
    }
    url.url
}
