//! What a camera kept, and where it replays it.

use url::Url;

use super::wire::recordings::{self, Recording};
use super::{Camera, Cause, OnvifError, Step, not_an_address};

/// Questions what a search found, at the most; each waits for up to 3 s.
const ASKED_MAX: usize = 8;

/// Recordings of one camera: more are not looked at.
const RECORDINGS_MAX: usize = 256;

impl Camera {
    /// Whether it says that what it kept can be found and replayed.
    #[must_use]
    pub const fn has_replay(&self) -> bool {
        self.services.search.is_some() && self.services.replay.is_some()
    }

    /// What it kept.
    ///
    /// # Errors
    /// [`Step::Recordings`].
    pub async fn recordings(&self) -> Result<Vec<Recording>, OnvifError> {
        let service = self.services.search.as_ref().ok_or_else(|| Cause::Unsupported.at(Step::Recordings))?;
        let begun = self.call.ask(Step::Recordings, service, recordings::FIND, "FindRecordingsResponse").await?;
        let search = recordings::search(&begun).map_err(|error| Cause::from_wire(error).at(Step::Recordings))?;
        let mut found = Vec::new();
        for _ in 0..ASKED_MAX {
            let question = recordings::get_results(&search);
            let answer = self.call.ask(Step::Recordings, service, &question, "GetRecordingSearchResultsResponse").await?;
            let mut results = recordings::results(&answer);
            found.append(&mut results.recordings);
            if results.completed || found.len() >= RECORDINGS_MAX {
                break;
            }
        }
        // Searches end by themselves; that this one is not missed is all that it would say.
        let _ = self.call.ask(Step::Recordings, service, &recordings::end(&search), "EndSearchResponse").await;
        Ok(found)
    }

    /// Where a recording is replayed: `rtsp://` at the configured host, without user and password.
    ///
    /// # Errors
    /// [`Step::Recordings`].
    pub async fn replay_url(&self, recording: &str) -> Result<Url, OnvifError> {
        let service = self.services.replay.as_ref().ok_or_else(|| Cause::Unsupported.at(Step::Recordings))?;
        let found = self.call.ask(Step::Recordings, service, &recordings::get_replay(recording), "GetReplayUriResponse").await?;
        let url = super::media::uri(&found).map_err(|error| Cause::from_wire(error).at(Step::Recordings))?;
        self.call.at_host(&url, &["rtsp"]).ok_or_else(|| not_an_address().at(Step::Recordings))
    }
}
