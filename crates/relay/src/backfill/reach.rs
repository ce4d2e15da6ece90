//! Whether a camera replays, and the way to where it does.

use std::sync::Arc;

use cameras::rtsp::Target;
use domain::onboarding::link;
use domain::{CameraId, Error, Kind, Result, Secret};
use policy::act::PullCamera;

use crate::controls::{answer, reach};
use crate::fleet::Shared;
use crate::link::{Forwarder, Service};

/// A clock that is so far off, or less, may be right: it was told in whole seconds.
const SKEW_NONE_US: i64 = 1_000_000;

/// The way to what a camera kept.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) target: Target,
    /// How far the camera's clock is ahead of ours, about.
    pub(super) skew_us: i64,
    _door: Option<Forwarder>,
}

/// `None` where the camera does not replay, or keeps nothing.
pub(super) async fn find(shared: &Shared, camera: CameraId) -> Result<Option<Way>> {
    let permit = shared.permit::<PullCamera>(camera).await?;
    let row = shared.store.camera(camera).await?;
    let row = row.ok_or_else(|| Error::new(Kind::NotFound, "not_found", "no such camera"))?;
    let access = shared.store.open_access(&permit, &row).await?;
    let Some(reached) = reach(shared, &permit).await?.filter(|reached| reached.has_replay()) else { return Ok(None) };
    let recordings = reached.recordings().await.map_err(answer)?;
    // Where several have pictures, the one that goes on: cameras name that of their main stream first.
    let newest = recordings.iter().filter(|recording| recording.video).max_by_key(|recording| recording.to);
    let first = recordings.iter().find(|recording| recording.video && recording.to >= newest.and_then(|newest| newest.to));
    let Some(recording) = first.or(newest) else { return Ok(None) };
    let url = reached.replay_url(&recording.token).await.map_err(answer)?;
    let (door, url) = match link::parse(&access.main_url) {
        // Where the camera calls in, its addresses are its own; the path is all that counts.
        Some((device, _)) => {
            let door = Forwarder::start(shared.links.clone(), device, Service::Rtsp).map_err(Error::internal)?;
            let url = door.url("rtsp", &url[url::Position::BeforePath..]);
            (Some(door), url)
        }
        None => (None, url.to_string()),
    };
    let password = Secret::new(access.password.unwrap_or_default());
    let target = Target::parse(&url, access.username.as_deref(), Some(&password), false)?;
    let skew_us = Some(reached.skew_us()).filter(|skew| skew.abs() > SKEW_NONE_US).unwrap_or(0);
    Ok(Some(Way { target, skew_us, _door: door }))
}

impl Way {
    /// Our time as the camera's clock has it.
    pub(super) fn camera_time(&self, ours: domain::Timestamp) -> domain::Timestamp {
        domain::Timestamp::from_micros(ours.micros().saturating_add(self.skew_us))
    }
}

/// The clock that a replay is stamped with.
pub(super) fn clock(shared: &Shared) -> Arc<dyn domain::Clock> {
    Arc::clone(&shared.clock)
}
