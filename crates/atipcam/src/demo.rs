//! `atipcam demo`: four virtual cameras in this process, which come to the home of whoever signs in first as an owner.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use control::{CameraEdit, Control, NewCamera};
use device::{Audio, Camera, Config, Running, Scene, Source};
use domain::{CameraId, Clock, Error, HomeId, Kind, Secret, SessionId, StreamName};
use policy::Principal;
use policy::act::{AddCamera, EditCamera};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::console::{Drawing, say};

/// What the demo shows.
#[derive(Debug)]
pub(crate) struct Plan {
    cameras: Vec<(String, Source)>,
}

impl Plan {
    /// Three scenes, and `file` or a fourth one.
    pub(crate) fn new(file: Option<&String>) -> Self {
        let scenes = [
            ("Street", Scene::StreetDay),
            ("Street at night", Scene::StreetNight),
            ("Yard", Scene::Yard),
            ("Living room", Scene::Room),
        ];
        let mut cameras: Vec<_> = scenes.map(|(name, scene)| (name.to_owned(), Source::Scene(scene))).into();
        if let (Some(file), Some(last)) = (file.map(PathBuf::from), cameras.last_mut()) {
            let name = file.file_stem().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
            *last = (name, Source::File(file));
        }
        Self { cameras }
    }

    /// Starts the demo: a task to spawn, and the router with an eye on who comes, because cameras are added in a person's name.
    pub(crate) fn start(
        self,
        router: Router,
        data: PathBuf,
        control: Control,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> (impl Future<Output = ()> + Send + 'static, Router) {
        let (comers, tokens) = mpsc::channel(1);
        let demo = Demo { data, control, clock };
        let run = async move {
            stop.run_until_cancelled(Box::pin(demo.run(self.cameras, tokens))).await;
        };
        (run, router.layer(from_fn_with_state(comers, look)))
    }
}

/// Passes on the proof that a request carries, until the demo has what it needs.
async fn look(State(comers): State<mpsc::Sender<Secret>>, request: Request, next: Next) -> Response {
    if let Some(token) = api::session_token(request.headers()) {
        // Full or over: another request will do.
        let _ = comers.try_send(token);
    }
    next.run(request).await
}

/// Where a demo camera was the last time, so that a restart finds it there again and a removed one stays removed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Place {
    camera: CameraId,
    port: u16,
}

/// A demo camera that plays.
struct Playing {
    name: String,
    camera: Running,
    has_sub: bool,
}

struct Demo {
    data: PathBuf,
    control: Control,
    clock: Arc<dyn Clock>,
}

impl Demo {
    async fn run(self, cameras: Vec<(String, Source)>, tokens: mpsc::Receiver<Secret>) {
        let places = self.places();
        if places.is_empty() {
            say("Make your account there; the demo cameras appear in your home as soon as each is drawn.");
        }
        let (started, running) = mpsc::channel(cameras.len().max(1));
        let ((), kept) = tokio::join!(self.start(cameras, &places, started), self.add(running, places.clone(), tokens));
        // The cameras play for as long as somebody holds them: until the server stops.
        let _kept = kept;
        std::future::pending().await
    }

    /// Draws what must be drawn and starts the cameras, one after the other: the first are seen while the last are drawn.
    async fn start(&self, cameras: Vec<(String, Source)>, places: &BTreeMap<String, Place>, started: mpsc::Sender<Playing>) {
        for (name, source) in cameras {
            let port = places.get(&name).map_or(0, |place| place.port);
            let has_sub = matches!(source, Source::Scene(_));
            match self.camera(source, port).await {
                Ok(camera) => {
                    say(format_args!("demo camera \"{name}\" plays at {}", camera.url(StreamName::Main)));
                    let _ = started.send(Playing { name, camera, has_sub }).await;
                }
                Err(error) => say(format_args!("demo camera \"{name}\" cannot play: {}", error.detail())),
            }
        }
    }

    async fn camera(&self, source: Source, port: u16) -> domain::Result<Running> {
        let (sub, audio) = match source {
            Source::Scene(scene) => (Some(Source::Scene(scene)), Audio::Pcmu),
            Source::File(_) => (None, Audio::Own),
        };
        let config = Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            sub,
            audio,
            cache_dir: Some(self.data.join("scenes")),
            progress: Some(Drawing::progress()),
            ..Config::new(source)
        };
        match Camera::start(config.clone(), Arc::clone(&self.clock)).await {
            // Somebody else took the port meanwhile: another one will do, and the camera's address is changed.
            Err(error) if error.kind() == Kind::Unavailable && port != 0 => {
                let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                Camera::start(Config { listen, ..config }, Arc::clone(&self.clock)).await
            }
            started => started,
        }
    }

    /// Adds each camera once it plays and an owner is there.
    async fn add(
        &self,
        mut running: mpsc::Receiver<Playing>,
        mut places: BTreeMap<String, Place>,
        mut tokens: mpsc::Receiver<Secret>,
    ) -> Vec<Playing> {
        let (mut kept, mut owner) = (Vec::new(), None);
        while let Some(playing) = running.recv().await {
            let (name, port) = (&playing.name, playing.camera.rtsp_addr().port());
            let known = places.get(name).copied();
            if known.is_none_or(|place| place.port != port) {
                if owner.is_none() {
                    owner = self.owner(&mut tokens).await;
                }
                let Some((session, home)) = owner else { break };
                match self.put(known, Principal::Session(session), home, &playing).await {
                    Ok(id) => {
                        places.insert(name.clone(), Place { camera: id, port });
                        self.keep(&places);
                    }
                    // Removed by its owner: it stays removed.
                    Err(error) if error.kind() == Kind::NotFound => {}
                    Err(error) => say(format_args!("demo camera \"{name}\" was not added: {}", error.detail())),
                }
            }
            kept.push(playing);
        }
        kept
    }

    /// Adds a camera, or tells its home where it is now.
    async fn put(&self, known: Option<Place>, owner: Principal, home: HomeId, playing: &Playing) -> domain::Result<CameraId> {
        let Playing { name, camera, has_sub } = playing;
        let url = |stream| Secret::new(camera.url(stream));
        let (main_url, sub_url) = (url(StreamName::Main), has_sub.then(|| url(StreamName::Sub)));
        if let Some(Place { camera: id, .. }) = known {
            let permit = self.control.ask::<EditCamera>(owner, id).await?;
            let edit = CameraEdit { main_url: Some(main_url), sub_url: Some(sub_url), ..CameraEdit::default() };
            return self.control.edit_camera(permit, edit).await.map(|camera| camera.id);
        }
        let permit = self.control.ask::<AddCamera>(owner, home).await?;
        let new = NewCamera { name: name.clone(), main_url, sub_url, ..NewCamera::default() };
        let camera = self.control.add_camera(permit, new).await?;
        Ok(camera.id)
    }

    /// The first that comes and may add cameras to a home.
    async fn owner(&self, tokens: &mut mpsc::Receiver<Secret>) -> Option<(SessionId, HomeId)> {
        loop {
            let token = tokens.recv().await?;
            let Ok(Some(session)) = self.control.session(token.expose()).await else { continue };
            for home in self.control.homes_of(session).await.unwrap_or_default() {
                if self.control.ask::<AddCamera>(Principal::Session(session), home).await.is_ok() {
                    return Some((session, home));
                }
            }
        }
    }

    fn file(&self) -> PathBuf {
        self.data.join("demo.json")
    }

    fn places(&self) -> BTreeMap<String, Place> {
        std::fs::read(self.file()).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
    }

    fn keep(&self, places: &BTreeMap<String, Place>) {
        let kept = serde_json::to_vec_pretty(places).map_err(Error::internal).and_then(|json| {
            let new = self.file().with_extension("new");
            std::fs::write(&new, json).and_then(|()| std::fs::rename(&new, self.file())).map_err(Error::internal)
        });
        if let Err(error) = kept {
            tracing::warn!(%error, "the next start will add the demo cameras again");
        }
    }
}
