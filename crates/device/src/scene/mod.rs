//! Drawn scenes: each is painted and encoded once into a loop that is kept as an .mp4.

mod actors;
mod canvas;
mod encode;
mod font;
mod room;
mod street;
mod test_card;
mod yard;

use std::path::Path;

use bytes::Bytes;
use domain::{Error, Kind, Result, StreamName};

use crate::config::{Progress, Scene};
use actors::Light;
use canvas::{Canvas, rgb};

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
}

impl Shape {
    fn of(scene: Scene, stream: StreamName) -> Self {
        let test = Self { width: 320, height: 180, fps: 25, seconds: 2, gop_seconds: 1 };
        let full = Self { width: 1280, height: 720, fps: 25, seconds: 24, gop_seconds: 2 };
        match (scene, stream) {
            (Scene::Test, StreamName::Main) => test,
            (Scene::Test, StreamName::Sub) => Self { width: 160, height: 90, ..test },
            (_, StreamName::Main) => full,
            (_, StreamName::Sub) => Self { width: 640, height: 360, fps: 15, ..full },
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
            Scene::StreetDay => street::still(&mut still, Light::Day),
            Scene::StreetNight => street::still(&mut still, Light::Night),
            Scene::Yard => yard::still(&mut still),
            Scene::Room => room::still(&mut still),
            Scene::Test => test_card::still(&mut still),
        }
        // The marks are luma only; here they stay without colour.
        still.rect(0.0, 0.0, 480.0, 32.0, 0.0, rgb(0));
        Self { scene, frame: still.clone(), still }
    }

    /// The picture at `t` seconds into a loop of `length` seconds.
    fn paint(&mut self, t: f32, length: f32) -> &mut Canvas {
        let frame = &mut self.frame;
        frame.copy_from(&self.still);
        // What the picture says: a caption, and the second of the day at which the loop begins.
        let (caption, begins) = match self.scene {
            Scene::StreetDay => {
                street::moving(frame, t, length, Light::Day);
                ("STREET", 15 * 3600 + 42 * 60 + 5)
            }
            Scene::StreetNight => {
                street::moving(frame, t, length, Light::Night);
                ("STREET NIGHT", 22 * 3600 + 18 * 60 + 31)
            }
            Scene::Yard => {
                yard::moving(frame, t, length);
                ("YARD", 9 * 3600 + 27 * 60 + 12)
            }
            Scene::Room => {
                room::moving(frame, t, length);
                ("LIVING ROOM", 16 * 3600 + 24 * 60)
            }
            Scene::Test => {
                test_card::moving(frame, t, length);
                return frame;
            }
        };
        font::write(frame, caption, 28.0, 680.0, 3.0);
        font::write(frame, &font::clock(begins + t as u32), -28.0, 20.0, 3.0);
        frame
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

#[cfg(test)]
mod tests;
