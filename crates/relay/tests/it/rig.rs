//! A relay with one home and one camera in a folder of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use device::{Camera, Config as DeviceConfig, Running, Scene};
use domain::{AudioMode, CameraId, Clock, HomeId, Role, SessionId, StreamName, SubjectId, SystemClock, TimeRange, Timestamp};
use policy::act::{AddCamera, ReadAccessHistory, ViewRecorded};
use policy::{
    Act, Ask, ConsentSet, Facts, FactsFuture, FactsSource, HomeFacts, KeyFacts, Object, Permit, Principal, SessionFacts,
    SubjectFacts, consent, decide,
};
use relay::{Archive, Relay, Timeline};
use store::{CameraAccess, CameraDraft, Change, NewAccount, Store};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// Longest wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// Everybody is the owner of the one home; an object exists as long as its row does.
#[derive(Debug)]
pub(crate) struct OwnerFacts {
    withdrawn: AtomicBool,
    /// Whether the owner consents to sound.
    sound: AtomicBool,
    store: Store,
    home: HomeId,
    subject: SubjectId,
}

impl FactsSource for OwnerFacts {
    fn facts(&self, principal: Principal, object: Object) -> FactsFuture<'_> {
        Box::pin(async move {
            let exists = match object {
                Object::Camera(id) => self.store.camera_or_gone(id).await?.is_some(),
                Object::Home(id) => id == self.home,
                Object::Account(_) => true,
            };
            let session = matches!(principal, Principal::Session(_))
                .then_some(SessionFacts { subject: self.subject, expires: SystemClock.now() + Duration::from_secs(3600) });
            let key = match principal {
                Principal::StreamKey(id) => self.store.stream_key(id).await?,
                _ => None,
            };
            let key = key.map(|row| KeyFacts { subject: row.subject, camera: row.camera });
            let asker = session.map(|session| session.subject).or(key.map(|key| key.subject));
            let home = exists.then_some(HomeFacts {
                home: self.home,
                role: asker.filter(|_| !self.withdrawn.load(Ordering::SeqCst)).map(|_| Role::Owner),
                agreed: true,
                consents: if self.sound.load(Ordering::SeqCst) {
                    ConsentSet::NONE.with(consent::VIDEO_SOUND)
                } else {
                    ConsentSet::NONE
                },
            });
            let subject = asker.map(SubjectFacts::settled);
            Ok(Facts { revision: *self.store.bus().revision().borrow(), session, subject, home, region_ok: true, key })
        })
    }
}

pub(crate) struct Rig {
    pub(crate) relay: Relay,
    pub(crate) store: Store,
    pub(crate) camera: CameraId,
    device: Mutex<Option<Running>>,
    facts: Arc<OwnerFacts>,
    session: SessionId,
    folder: TempDir,
}

impl Rig {
    /// A server that records one virtual camera.
    pub(crate) async fn start() -> Self {
        Self::of(DeviceConfig::scene(Scene::Test), AudioMode::Off).await
    }

    /// The same with a camera that is heard.
    pub(crate) async fn with_sound() -> Self {
        let config = DeviceConfig { audio: device::Audio::Pcmu, ..DeviceConfig::scene(Scene::Test) };
        Self::of(config, AudioMode::Live).await
    }

    /// A server that records this camera.
    pub(crate) async fn of(config: DeviceConfig, audio: AudioMode) -> Self {
        let sign_in = config.credentials.clone();
        let access = |device: &Running| CameraAccess {
            name: "Door".into(),
            main_url: device.url(StreamName::Main),
            sub_url: Some(device.url(StreamName::Sub)),
            onvif_url: device.onvif_url(),
            username: sign_in.as_ref().map(|(user, _)| user.clone()),
            password: sign_in.map(|(_, password)| password.expose().to_owned()),
            ..CameraAccess::default()
        };
        Self::by(config, audio, access).await
    }

    /// The same, reached as it says.
    pub(crate) async fn by(config: DeviceConfig, audio: AudioMode, access: impl FnOnce(&Running) -> CameraAccess) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let device = Camera::start(config, Arc::clone(&clock)).await.unwrap();
        let store = Store::open(folder.path(), Arc::clone(&clock)).await.unwrap();
        let subject = SubjectId::random();
        let account =
            NewAccount { subject, email: "owner@example.org", password_hash: String::new(), adult: true, agreement: agreement() };
        let home = store.set_up(account).await.unwrap();
        let facts = Arc::new(OwnerFacts {
            withdrawn: AtomicBool::new(false),
            sound: AtomicBool::new(true),
            store: store.clone(),
            home,
            subject,
        });
        let session = SessionId::random();
        let access = access(&device);
        let permit = permit_of::<AddCamera>(&facts, session, home).await;
        let draft = CameraDraft { access, audio, recording: true };
        let camera = store.add_camera(&permit, draft).await.unwrap().id;
        let relay = start_relay(&store, &facts).await;
        Self { relay, store, camera, device: Mutex::new(Some(device)), facts, session, folder }
    }

    /// A camera that speaks ONVIF and wants a password.
    pub(crate) async fn with_password(user: &str, password: &str) -> Self {
        let onvif = Some(device::Onvif::new(SocketAddr::from(([127, 0, 0, 1], 0))));
        let credentials = Some((user.to_owned(), password.into()));
        Self::of(DeviceConfig { onvif, credentials, ..DeviceConfig::scene(Scene::Test) }, AudioMode::Off).await
    }

    /// A camera that speaks ONVIF and can be moved.
    pub(crate) async fn with_onvif() -> Self {
        let onvif = Some(device::Onvif::new(SocketAddr::from(([127, 0, 0, 1], 0))));
        Self::of(DeviceConfig { onvif, ..DeviceConfig::scene(Scene::Test) }, AudioMode::Off).await
    }

    /// Whether the camera moves.
    pub(crate) fn moves(&self) -> bool {
        self.device.lock().unwrap().as_ref().and_then(Running::ptz).is_some_and(|(_, moves)| moves)
    }

    /// A look at the camera itself.
    pub(crate) fn device<T>(&self, look: impl FnOnce(&Running) -> T) -> T {
        look(self.device.lock().unwrap().as_ref().unwrap())
    }

    /// Where the camera speaks ONVIF.
    pub(crate) fn onvif_url(&self) -> String {
        self.device.lock().unwrap().as_ref().and_then(Running::onvif_url).unwrap()
    }

    /// All that is kept, to look at or to make the index from.
    pub(crate) fn archive(&self) -> Archive {
        let facts = Arc::clone(&self.facts) as Arc<dyn FactsSource>;
        Archive::new(self.store.clone(), facts, Arc::new(SystemClock), Vec::new())
    }

    /// The home.
    pub(crate) fn home(&self) -> HomeId {
        self.facts.home
    }

    /// A permit of the owner.
    pub(crate) async fn permit<A: Act>(&self, object: A::Object) -> Permit<A> {
        permit_of(&self.facts, self.session, object).await
    }

    pub(crate) async fn timeline(&self) -> Timeline {
        let permit = self.permit::<ViewRecorded>(self.camera).await;
        self.relay.timeline(permit, last_minutes()).await.unwrap()
    }

    /// A further camera of the home, which is never there.
    pub(crate) async fn add_another(&self) -> CameraId {
        let main_url = "rtsp://127.0.0.1:9/main".into();
        let access = CameraAccess { name: "Gate".into(), main_url, sub_url: None, ..CameraAccess::default() };
        let draft = CameraDraft { access, audio: AudioMode::Off, recording: false };
        self.store.add_camera(&self.permit::<AddCamera>(self.facts.home).await, draft).await.unwrap().id
    }

    /// The person is no longer of the home.
    pub(crate) fn withdraw(&self) {
        self.facts.withdrawn.store(true, Ordering::SeqCst);
        self.store.bus().publish(Change::Facts);
    }

    /// The person is of the home again.
    pub(crate) fn restore(&self) {
        self.facts.withdrawn.store(false, Ordering::SeqCst);
        self.store.bus().publish(Change::Facts);
    }

    /// The owner takes the consent to sound back.
    pub(crate) fn withdraw_sound(&self) {
        self.facts.sound.store(false, Ordering::SeqCst);
        self.store.bus().publish(Change::Facts);
    }

    /// Who looked, as the owner sees it.
    pub(crate) async fn accesses(&self) -> Vec<(CameraId, store::How)> {
        let permit = self.permit::<ReadAccessHistory>(self.facts.home).await;
        let rows = self.store.access_history(&permit, None, 10).await.unwrap();
        rows.into_iter().map(|row| (row.camera, row.how)).collect()
    }

    /// The camera loses its power.
    pub(crate) async fn stop_device(&self) {
        let device = self.device.lock().unwrap().take();
        device.unwrap().shutdown().await;
    }

    /// Waits until so much has been recorded without a gap; the last span.
    pub(crate) async fn recorded(&self, length: Duration) -> TimeRange {
        until("footage", async || self.timeline().await.spans.last().copied().filter(|span| span.length() >= length)).await
    }

    /// What the disk holds right now, as if the power had been cut.
    pub(crate) fn image_after_power_cut(&self) -> TempDir {
        let image = tempfile::tempdir().unwrap();
        copy(self.folder.path(), image.path());
        image
    }

    /// Gives a copy of the data the keyring as it is now.
    pub(crate) fn keyring_into(&self, image: &TempDir) {
        let keyring = image.path().join("keyring");
        std::fs::remove_dir_all(&keyring).unwrap();
        std::fs::create_dir(&keyring).unwrap();
        copy(&self.folder.path().join("keyring"), &keyring);
    }

    /// Names of the files, in all the data, that hold these bytes.
    pub(crate) fn files_with(&self, bytes: &[u8]) -> Vec<String> {
        let mut found = vec![];
        search(self.folder.path(), bytes, &mut found);
        found
    }

    /// Leaves bytes in clear in a file of their own.
    pub(crate) fn leave(&self, bytes: &[u8]) {
        std::fs::write(self.folder.path().join("canary"), bytes).unwrap();
    }

    /// A server on another folder of data, with the same camera and owner.
    pub(crate) async fn restart_on(self, image: TempDir) -> Self {
        self.relay.shutdown().await;
        let store = Store::open(image.path(), Arc::new(SystemClock)).await.unwrap();
        let facts = Arc::new(OwnerFacts {
            withdrawn: AtomicBool::new(false),
            sound: AtomicBool::new(true),
            store: store.clone(),
            home: self.facts.home,
            subject: self.facts.subject,
        });
        let relay = start_relay(&store, &facts).await;
        Self { relay, store, facts, folder: image, ..self }
    }
}

fn agreement() -> store::Agreement {
    store::Agreement { version: policy::compiled::VERSION.into(), language: None }
}

async fn start_relay(store: &Store, facts: &Arc<OwnerFacts>) -> Relay {
    let config = relay::Config { loopback_only: true, search_loopback: true, ..relay::Config::default() };
    Relay::start(config, store.clone(), Arc::clone(facts) as Arc<dyn FactsSource>, Arc::new(SystemClock)).await.unwrap()
}

async fn permit_of<A: Act>(facts: &Arc<OwnerFacts>, session: SessionId, object: A::Object) -> Permit<A> {
    let ask = Ask::<A> { principal: Principal::Session(session), object, at: SystemClock.now() };
    let facts = facts.facts(ask.principal, object.into()).await.unwrap();
    decide(&ask, &facts).unwrap()
}

pub(crate) fn last_minutes() -> TimeRange {
    let now = SystemClock.now();
    TimeRange::new(now - Duration::from_secs(600), now + Duration::from_secs(60)).unwrap()
}

/// Asks again until there is an answer.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let answered = timeout(PATIENCE, async {
        loop {
            match ask().await {
                Some(answer) => return answer,
                None => sleep(Duration::from_millis(50)).await,
            }
        }
    });
    answered.await.unwrap_or_else(|_| panic!("waited {PATIENCE:?} for {what}"))
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target: PathBuf = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn search(folder: &Path, bytes: &[u8], found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            search(&entry.path(), bytes, found);
        } else if std::fs::read(entry.path()).is_ok_and(|file| file.windows(bytes.len()).any(|window| window == bytes)) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
}

/// A moment as text, for messages.
pub(crate) fn at(t: Timestamp) -> String {
    t.to_string()
}
