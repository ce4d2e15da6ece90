use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use domain::{Error, Kind, Secret};

use crate::faults::Faults;
use crate::identity::Identity;
use crate::link::Redial;
use crate::onvif::Onvif;
use crate::ring::Keep;

/// What a camera is.
#[derive(Clone)]
pub struct Config {
    /// Where RTSP listens; by default a free port of 127.0.0.1.
    pub listen: SocketAddr,
    /// User and password; `None`: those of its identity, and without one anybody may play.
    pub credentials: Option<(String, Secret)>,
    /// What `/main` plays.
    pub source: Source,
    /// What `/sub` plays; `None`: there is no `/sub`. A scene is drawn smaller here.
    pub sub: Option<Source>,
    /// What is heard with both.
    pub audio: Audio,
    /// How it speaks ONVIF, with the same user and password; `None`: not at all.
    pub onvif: Option<Onvif>,
    /// Who it is. With that it can be paired by its label where it speaks ONVIF, and calls the server that invited it; `None`:
    /// it is somebody else at every start, and nobody's.
    pub identity: Option<Identity>,
    /// What it keeps of its main stream, to be replayed; `None`: nothing.
    pub keep: Option<Keep>,
    /// How it calls again.
    pub redial: Redial,
    /// How it misbehaves from the start.
    pub faults: Faults,
    /// Where encoded scenes are kept, so that later starts are instant; `None`: nowhere.
    pub cache_dir: Option<PathBuf>,
    /// Told while scenes are drawn and encoded, from several threads.
    pub progress: Option<Arc<dyn Fn(Progress) + Send + Sync>>,
}

impl Config {
    /// A camera without password, sound and sub stream, on a free loopback port.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            credentials: None,
            source,
            sub: None,
            audio: Audio::Off,
            onvif: None,
            identity: None,
            keep: None,
            redial: Redial::default(),
            faults: Faults::default(),
            cache_dir: None,
            progress: None,
        }
    }

    /// A scene with both streams.
    #[must_use]
    pub fn scene(scene: Scene) -> Self {
        Self { sub: Some(Source::Scene(scene)), ..Self::new(Source::Scene(scene)) }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listen, source, sub, audio, .. } = self;
        f.debug_struct("Config")
            .field("listen", listen)
            .field("source", source)
            .field("sub", sub)
            .field("audio", audio)
            .finish_non_exhaustive()
    }
}

/// Where pictures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A drawn scene: H.264, 1280x720 at 25 fps as main stream, 640x360 at 15 fps as sub stream, GOP 2 s.
    Scene(Scene),
    /// An .mp4 or .mov of at most 512 MiB, not fragmented: H.264 or H.265, and AAC or G.711. Passed through untouched.
    File(PathBuf),
}

/// The drawn scenes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scene {
    /// A street by day.
    StreetDay,
    /// The same street by night.
    StreetNight,
    /// A house door with its yard.
    Yard,
    /// A living room with a cat.
    Room,
    /// For tests: 320x180 and 160x90 at 25 fps, GOP 1 s, encoded in well under a second.
    Test,
}

impl Scene {
    /// The scenes that are made to be looked at.
    pub const ALL: [Self; 4] = [Self::StreetDay, Self::StreetNight, Self::Yard, Self::Room];

    /// As it stands on command lines and in file names.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StreetDay => "street-day",
            Self::StreetNight => "street-night",
            Self::Yard => "yard",
            Self::Room => "room",
            Self::Test => "test",
        }
    }
}

impl FromStr for Scene {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = Self::ALL.into_iter().chain([Self::Test]).find(|scene| scene.as_str() == text);
        known.ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            Error::new(Kind::Invalid, "device.scene_unknown", format!("there is no scene {text:?}; there are {names}"))
        })
    }
}

/// What is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Audio {
    /// Nothing, even where a file has sound.
    #[default]
    Off,
    /// What the file has; scenes are silent.
    Own,
    /// A soft chime over a little noise as G.711 mu-law.
    Pcmu,
    /// The same as G.711 A-law.
    Pcma,
}

/// How far drawing and encoding a scene is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Which scene, and how large.
    pub what: String,
    /// Pictures done.
    pub done: u32,
    /// Pictures in all.
    pub of: u32,
}
