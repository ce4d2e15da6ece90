use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::Result;
use crate::process::{command, output};

/// Footage in a file, as a camera would send it.
#[derive(Debug, Clone)]
pub struct Clip {
    /// An .mp4 without B-frames, a key frame every two seconds.
    pub file: PathBuf,
    /// `h264+aac` or `h265`.
    pub codecs: &'static str,
}

impl Clip {
    /// H.264 and AAC, `seconds` long: real footage where the folder [`footage`] has some, else drawn.
    pub fn h264_aac(dir: &Path, seconds: u32) -> Result<Self> {
        let drawn = "-f lavfi -i testsrc2=size=1280x720:rate=25 -f lavfi -i sine=frequency=440:sample_rate=16000 \
                     -c:v libx264 -preset veryfast -profile:v main -bf 0 -g 50 -b:v 2M -pix_fmt yuv420p -c:a aac -ac 1";
        Ok(Self { file: made(dir, "cam720.mp4", drawn, seconds)?, codecs: "h264+aac" })
    }

    /// H.264 and AAC that loop without a seam, 24 s long: the encoder's lead-in is cut off, and both tracks end together.
    pub fn endless(dir: &Path) -> Result<Self> {
        let (clip, file) = (Self::h264_aac(dir, 26)?, dir.join("endless.mp4"));
        let mut ffmpeg = command("ffmpeg");
        ffmpeg.args(["-v", "error", "-y", "-i"]).arg(&clip.file);
        ffmpeg.args(["-map", "0", "-c", "copy", "-bsf:a", "noise=drop=lt(n\\,1)", "-use_editlist", "0", "-t", "24"]).arg(&file);
        output(ffmpeg)?;
        Ok(Self { file, ..clip })
    }

    /// H.264 of noise at some 80 Mbit/s: seconds of it are more than sockets and queues hold.
    pub fn heavy(dir: &Path) -> Result<Self> {
        let file = dir.join("heavy.mp4");
        let mut ffmpeg = command("ffmpeg");
        let noise = "-v error -y -f lavfi -i testsrc2=size=640x360:rate=25,noise=alls=100:allf=t -t 2 -c:v libx264 -preset ultrafast \
                     -profile:v main -bf 0 -g 25 -qp 8 -pix_fmt yuv420p";
        ffmpeg.args(noise.split_whitespace()).arg(&file);
        output(ffmpeg)?;
        Ok(Self { file, codecs: "h264" })
    }

    /// H.265 without sound, `seconds` long.
    pub fn h265(dir: &Path, seconds: u32) -> Result<Self> {
        let drawn = "-f lavfi -i testsrc2=size=1280x720:rate=25 -c:v libx265 -preset ultrafast -x265-params bframes=0:keyint=50:log-level=none \
                     -b:v 1M -pix_fmt yuv420p -tag:v hvc1 -an";
        Ok(Self { file: made(dir, "cam720-h265.mp4", drawn, seconds)?, codecs: "h265" })
    }
}

/// A folder of real footage beside the checkout. Nothing depends on it: without it, clips are drawn.
fn footage() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/media")
}

/// `name` from the folder of footage, looped, or drawn by ffmpeg with `drawn`; `seconds` long, in `dir`.
fn made(dir: &Path, name: &str, drawn: &str, seconds: u32) -> Result<PathBuf> {
    let (real, to) = (footage().join(name), dir.join(name));
    let mut ffmpeg = command("ffmpeg");
    ffmpeg.args(["-v", "error", "-y"]);
    let short = dir.join(format!("short-{name}"));
    let source = if real.is_file() {
        real
    } else {
        // Drawn once, then looped like footage.
        let mut draw = command("ffmpeg");
        draw.args(["-v", "error", "-y"]).args(drawn.split_whitespace()).args(["-t", "30"]).arg(&short);
        output(draw)?;
        short
    };
    ffmpeg.args(["-stream_loop", "-1", "-i"]).arg(source).args(["-t", &seconds.to_string(), "-c", "copy", "-map", "0"]).arg(&to);
    output(ffmpeg)?;
    Ok(to)
}

/// What ffprobe tells about a file: `streams` and `format`.
pub fn probe(file: &Path) -> Result<Value> {
    let mut ffprobe = command("ffprobe");
    ffprobe.args(["-v", "error", "-show_streams", "-show_format", "-count_packets", "-of", "json"]).arg(file);
    Ok(serde_json::from_str(&output(ffprobe)?)?)
}

/// Decodes every picture and sound of a file; an error or a warning of a decoder is a failure.
pub fn decode(file: &Path) -> Result<()> {
    let mut ffmpeg = command("ffmpeg");
    ffmpeg.args(["-v", "warning", "-xerror", "-i"]).arg(file).args(["-f", "null", "-"]);
    let told = ffmpeg.output()?;
    let words = String::from_utf8_lossy(&told.stderr);
    if told.status.success() && words.trim().is_empty() { Ok(()) } else { Err(format!("{}: {words}", file.display()).into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_decodes_and_a_damaged_one_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let clip = Clip::h264_aac(dir.path(), 4).unwrap();
        decode(&clip.file).unwrap();
        let told = probe(&clip.file).unwrap();
        let codecs: Vec<_> = told["streams"].as_array().unwrap().iter().map(|s| s["codec_name"].as_str().unwrap()).collect();
        assert_eq!(codecs, ["h264", "aac"]);

        let mut bytes = std::fs::read(&clip.file).unwrap();
        let (from, to) = (bytes.len() / 3, bytes.len() / 3 + 4096);
        bytes[from..to].iter_mut().for_each(|byte| *byte = !*byte);
        let damaged = dir.path().join("damaged.mp4");
        std::fs::write(&damaged, bytes).unwrap();
        decode(&damaged).unwrap_err();
    }
}
