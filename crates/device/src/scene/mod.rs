//! Drawn scenes: each is painted and encoded once into a loop that is kept as an .mp4.

mod canvas;
mod encode;
mod test_card;

use std::path::Path;

use bytes::Bytes;
use domain::{Error, Kind, Result, StreamName};

use crate::config::{Progress, Scene};
use canvas::Canvas;

/// Moves with every change of what is drawn or how it is encoded, so that old caches are passed over.
const VERSION: u32 = 1;

/// How large, fast and long a scene is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    width: u16,
    height: u16,
    fps: u32,
    seconds: u32,
    gop_seconds: u32,
    bits_per_second: u32,
}

impl Shape {
    fn of(scene: Scene, stream: StreamName) -> Self {
        let test = Self { width: 320, height: 180, fps: 25, seconds: 2, gop_seconds: 1, bits_per_second: 400_000 };
        let full = Self { width: 1280, height: 720, fps: 25, seconds: 24, gop_seconds: 2, bits_per_second: 2_000_000 };
        match (scene, stream) {
            (Scene::Test, StreamName::Main) => test,
            (Scene::Test, StreamName::Sub) => Self { width: 160, height: 90, bits_per_second: 150_000, ..test },
            (_, StreamName::Main) => full,
            (_, StreamName::Sub) => Self { width: 640, height: 360, fps: 15, bits_per_second: 500_000, ..full },
        }
    }

    fn frames(self) -> u32 {
        self.fps * self.seconds
    }
}

/// One scene being painted: what never moves is painted once.
struct Painter {
    scene: Scene,
    still: Canvas,
    frame: Canvas,
}

impl Painter {
    fn new(scene: Scene, width: u16, height: u16) -> Self {
        let mut still = Canvas::new(width.into(), height.into());
        match scene {
            _ => test_card::still(&mut still),
        }
        Self { scene, frame: still.clone(), still }
    }

    /// The picture at `t` seconds into a loop of `length` seconds.
    fn paint(&mut self, t: f32, length: f32) -> &mut Canvas {
        self.frame.copy_from(&self.still);
        match self.scene {
            _ => test_card::moving(&mut self.frame, t, length),
        }
        &mut self.frame
    }
}

/// The scene's loop as an .mp4: from the cache, else drawn, encoded and put there. Blocks for seconds.
pub(crate) fn load(scene: Scene, stream: StreamName, cache_dir: Option<&Path>, progress: &dyn Fn(Progress)) -> Result<Bytes> {
    let shape = Shape::of(scene, stream);
    let Some(dir) = cache_dir else { return encode::encode(scene, shape, progress) };
    let path = dir.join(format!("{}-{}x{}-v{VERSION}.mp4", scene.as_str(), shape.width, shape.height));
    if let Ok(bytes) = std::fs::read(&path) {
        return Ok(bytes.into());
    }
    let bytes = encode::encode(scene, shape, progress)?;
    // Written aside and renamed: a cache never holds half a loop, whoever else starts at the same time.
    let keep = || {
        std::fs::create_dir_all(dir)?;
        let aside = dir.join(format!(".{}", uuid::Uuid::new_v4()));
        std::fs::write(&aside, &bytes)?;
        std::fs::rename(&aside, &path)
    };
    keep()
        .map_err(|e| Error::new(Kind::Unavailable, "device.cache_failed", "the scene cache cannot be written").with_source(e))?;
    Ok(bytes)
}
