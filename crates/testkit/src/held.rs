use std::path::{Path, PathBuf};

use media::still::Luma;
use qrcode::{Color, EcLevel, QrCode};

use crate::Result;
use crate::process::{command, output};

/// A code that somebody holds before a camera.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// What the code says.
    pub says: &'a [u8],
    /// Columns and rows of the picture.
    pub picture: (usize, usize),
    /// Pixels of one module.
    pub module: f64,
    /// How far the phone is turned, in degrees.
    pub turned: f64,
    /// How much smaller its far side is than its near one: 0, or up to 0.5 for a sheet that leans.
    pub leaning: f64,
    /// Greatest deviation of a pixel, of 255.
    pub noise: u8,
}

impl<'a> Held<'a> {
    /// A phone held upright and still before a camera of 1280x720.
    #[must_use]
    pub const fn new(says: &'a [u8]) -> Self {
        Self { says, picture: (1280, 720), module: 6.0, turned: 0.0, leaning: 0.0, noise: 0 }
    }

    /// What the camera sees: a white sheet with the code in the middle, before a wall that gets darker to one side.
    pub fn seen(&self) -> Result<Luma> {
        let code = QrCode::with_error_correction_level(self.says, EcLevel::M)?;
        let modules = code.width() as f64;
        let colors = code.to_colors();
        // Black 40, white 200, the wall between: a display in a room, not a printer's proof.
        let brightness = |u: f64, v: f64| {
            let inside = |at: f64, by: f64| at > -by && at < modules + by;
            if inside(u, 0.0) && inside(v, 0.0) {
                let at = v as usize * code.width() + u as usize;
                return if colors.get(at) == Some(&Color::Dark) { 40.0 } else { 200.0 };
            }
            if inside(u, 4.0) && inside(v, 4.0) { 200.0 } else { 110.0 }
        };
        let (width, height) = self.picture;
        let (sin, cos) = self.turned.to_radians().sin_cos();
        let mut random = 0x9e37_79b9_u32;
        let mut samples = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let mut sum = 0.0;
                // Each pixel gathers light from a square of the scene.
                for part in 0..9 {
                    let dx = x as f64 + f64::from(part % 3) / 3.0 - width as f64 / 2.0;
                    let dy = y as f64 + f64::from(part / 3) / 3.0 - height as f64 / 2.0;
                    let far = self.module * (1.0 - self.leaning * dx / width as f64);
                    let (u, v) = ((dx * cos + dy * sin) / far, (dy * cos - dx * sin) / far);
                    sum += brightness(u + modules / 2.0, v + modules / 2.0);
                }
                let light = sum / 9.0 * (1.0 - 0.3 * x as f64 / width as f64);
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let deviation = (f64::from(random >> 16) / 32_768.0 - 1.0) * f64::from(self.noise);
                samples.push((light + deviation).clamp(0.0, 255.0) as u8);
            }
        }
        Ok(Luma { width, height, samples })
    }

    /// The same as an .mp4 of two seconds of H.264 in `dir`, a key picture each half second.
    pub fn film(&self, dir: &Path) -> Result<PathBuf> {
        let Luma { width, height, samples } = self.seen()?;
        let (image, film) = (dir.join("held.pgm"), dir.join("held.mp4"));
        std::fs::write(&image, [format!("P5 {width} {height} 255\n").as_bytes(), &samples].concat())?;
        let mut ffmpeg = command("ffmpeg");
        ffmpeg.args(["-v", "error", "-y", "-loop", "1", "-framerate", "10", "-i"]).arg(image);
        ffmpeg.args("-t 2 -c:v libx264 -preset veryfast -bf 0 -g 5 -b:v 2M -pix_fmt yuv420p -an".split(' ')).arg(&film);
        output(ffmpeg)?;
        Ok(film)
    }
}
