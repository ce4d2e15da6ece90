//! What the cameras' recordings have, compared with what the cameras sent.

use std::path::Path;
use std::time::Duration;

use domain::{Clock as _, SystemClock, Timestamp};
use serde_json::Value;
use testkit::footage::{Original, Verdict};
use testkit::{Client, Result, decode};

use super::DRIFT_MAX_MS;
use super::cameras::{Cameras, audio};
use super::report::Offsets;

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
    /// How sound stood to its picture, early and late, in the recording where that changed most.
    pub(crate) sound: Offsets,
    pub(crate) complaints: Vec<String>,
}

/// How far sound is from its picture in the newest recording of each camera whose sound is compared.
pub(crate) async fn lags(owner: &Client, cameras: &Cameras, original: &Original) -> Result<Vec<Option<f64>>> {
    let mut lags = Vec::new();
    for (n, id) in cameras.ids().iter().enumerate() {
        let to = SystemClock.now() - OPEN;
        let heard = audio(n) == device::Audio::Own;
        lags.push(if heard { judge(owner, id, n, original, (to - EARLY, to)).await?.sound_lag_ms } else { None });
    }
    Ok(lags)
}

/// Looks at all cameras' recordings since `from`, as far as they are kept; `early` is what [`lags`] told early.
pub(crate) async fn whole(
    owner: &Client,
    cameras: &Cameras,
    original: &Original,
    (from, early): (Timestamp, &[Option<f64>]),
) -> Result<Recordings> {
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
        if verdict.pictures_lost + verdict.sounds_lost + verdict.repeated > 0 {
            found.complaints.push(format!("camera {n}'s recording: {verdict:?}"));
        }
        if let (Some(early), Some(late)) = (early.get(n).copied().flatten(), verdict.sound_lag_ms) {
            let offsets = Offsets::from([early, late]);
            if found.sound.is_empty() || offsets.drift_ms() > found.sound.drift_ms() {
                found.sound = offsets;
            }
        }
    }
    if found.sound.is_empty() {
        found.complaints.push("sound and picture were never compared in recordings".into());
    } else if found.sound.drift_ms() > DRIFT_MAX_MS {
        found.complaints.push(format!("sound and picture drifted apart in a recording: {}", found.sound));
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
