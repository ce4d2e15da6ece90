//! What the cameras' recordings have, compared with what the cameras sent.

use std::path::Path;
use std::time::Duration;

use domain::{Clock as _, SystemClock, Timestamp};
use serde_json::Value;
use testkit::footage::{Original, Verdict};
use testkit::{Client, Result, decode};

use super::LAG_MAX_MS;
use super::cameras::{Cameras, audio};

/// How much of each camera's recording is compared unit by unit at the end.
const COMPARED_MAX: Duration = Duration::from_secs(60);

/// How far back gaps are looked for: what the quota keeps of forty cameras.
const KEPT: Duration = Duration::from_secs(300);

/// What is read early, for how sound and picture stand to each other.
const EARLY: Duration = Duration::from_secs(10);

/// The last half second may still be in an open fragment.
const OPEN: Duration = Duration::from_secs(2);

/// What all recordings have together.
#[derive(Debug, Default)]
pub(crate) struct Recordings {
    pub(crate) pictures: usize,
    pub(crate) sounds: usize,
    pub(crate) lag_ms: Option<f64>,
    pub(crate) complaints: Vec<String>,
}

/// How far sound is from its picture in the newest recording of the first camera.
pub(crate) async fn lag(owner: &Client, cameras: &Cameras, original: &Original) -> Result<f64> {
    let to = SystemClock.now() - OPEN;
    let verdict = judge(owner, cameras.first(), 0, original, (to - EARLY, to)).await?;
    Ok(verdict.sound_lag_ms.ok_or("a recording without sound")?)
}

/// Looks at all cameras' recordings since `from`, as far as they are kept.
pub(crate) async fn whole(owner: &Client, cameras: &Cameras, original: &Original, from: Timestamp) -> Result<Recordings> {
    let to = SystemClock.now() - OPEN;
    let mut found = Recordings::default();
    for (n, id) in cameras.ids().iter().enumerate() {
        let kept = from.max(to - KEPT);
        let timeline = owner.get(&format!("/cameras/{id}/timeline?from={kept}&to={to}")).await?;
        if !is_unbroken(&timeline) {
            found.complaints.push(format!("camera {n}'s recording has gaps: {timeline}"));
        }
        let verdict = judge(owner, id, n, original, (from.max(to - COMPARED_MAX), to)).await?;
        found.pictures += verdict.pictures;
        found.sounds += verdict.sounds;
        if verdict.pictures_lost + verdict.sounds_lost > 0 {
            found.complaints.push(format!("camera {n}'s recording: {verdict:?}"));
        }
        if let Some(lag) = verdict.sound_lag_ms {
            found.lag_ms = found.lag_ms.filter(|most| most.abs() > lag.abs()).or(Some(lag));
        }
    }
    if found.lag_ms.is_none_or(|lag| lag.abs() > LAG_MAX_MS) {
        found.complaints.push(format!("sound is {:?} ms from its picture in a recording", found.lag_ms));
    }
    Ok(found)
}

fn is_unbroken(timeline: &Value) -> bool {
    let (gaps, spans) = (timeline["gaps"].as_array(), timeline["spans"].as_array());
    gaps.is_some_and(Vec::is_empty) && spans.is_some_and(|spans| !spans.is_empty())
}

/// Downloads a stretch and compares it with the clip. Generated sound is not in the clip: there, pictures alone are compared.
async fn judge(owner: &Client, id: &str, n: usize, original: &Original, (from, to): (Timestamp, Timestamp)) -> Result<Verdict> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("recording.mp4");
    owner.save(&format!("/cameras/{id}/recording.mp4?from={from}&to={to}"), &file).await?;
    if n == 0 {
        decode(&file)?;
    }
    let compare = |file: &Path| {
        if audio(n) == device::Audio::Own { original.judge(file) } else { original.judge_pictures(file) }
    };
    compare(&file).map_err(|e| format!("camera {n}'s recording: {e}").into())
}
