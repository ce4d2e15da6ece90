//! Recording search and replay (ONVIF Recording Search, section 5; Replay Control, section 5), as much as profile G asks for.

use domain::Timestamp;

use super::WireError;
use crate::xml::{Element, escape};

/// Recordings of one answer that are read: a 64-channel recorder.
const RECORDINGS_MAX: usize = 64;

/// Tracks of one of them.
const TRACKS_MAX: usize = 16;

/// Asks for a search of all recordings.
pub const FIND: &str = "<tse:FindRecordings><tse:Scope/><tse:KeepAliveTime>PT30S</tse:KeepAliveTime></tse:FindRecordings>";

/// Something that a camera kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Its token: the camera's, to be given back as it is.
    pub token: String,
    /// When the oldest of it was taken, by the camera's clock.
    pub from: Option<Timestamp>,
    /// When the newest.
    pub to: Option<Timestamp>,
    /// It has pictures.
    pub video: bool,
}

/// What a search has found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Results {
    /// Recordings that were not told before.
    pub recordings: Vec<Recording>,
    /// Nothing more will be found.
    pub completed: bool,
}

/// Asks what a search found.
#[must_use]
pub fn get_results(search: &str) -> String {
    format!(
        "<tse:GetRecordingSearchResults><tse:SearchToken>{}</tse:SearchToken><tse:MaxResults>{RECORDINGS_MAX}</tse:MaxResults>\
         <tse:WaitTime>PT3S</tse:WaitTime></tse:GetRecordingSearchResults>",
        escape(search)
    )
}

/// Ends a search.
#[must_use]
pub fn end(search: &str) -> String {
    format!("<tse:EndSearch><tse:SearchToken>{}</tse:SearchToken></tse:EndSearch>", escape(search))
}

/// Asks where a recording is replayed.
#[must_use]
pub fn get_replay(recording: &str) -> String {
    format!(
        "<trp:GetReplayUri><trp:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol>\
         </tt:Transport></trp:StreamSetup><trp:RecordingToken>{}</trp:RecordingToken></trp:GetReplayUri>",
        escape(recording)
    )
}

/// The token of a search that was begun.
///
/// # Errors
/// [`WireError::Lacks`].
pub fn search(answer: &Element) -> Result<String, WireError> {
    token(answer, "SearchToken").ok_or(WireError::Lacks("a search's token"))
}

/// What a search found.
#[must_use]
pub fn results(answer: &Element) -> Results {
    let Some(list) = answer.child("ResultList") else { return Results { completed: true, ..Results::default() } };
    let recordings = list.all("RecordingInformation").filter_map(recording).take(RECORDINGS_MAX).collect();
    Results { recordings, completed: list.text_at("SearchState").is_none_or(|state| state == "Completed") }
}

fn recording(element: &Element) -> Option<Recording> {
    let time = |element: &Element, name: &str| element.text_at(name).and_then(|text| Timestamp::parse(text).ok());
    let tracks = || element.all("Track").take(TRACKS_MAX).filter(|track| track.text_at("TrackType") == Some("Video"));
    // Some tell the times of their tracks alone.
    let from = time(element, "EarliestRecording").or_else(|| tracks().filter_map(|track| time(track, "DataFrom")).min());
    let to = time(element, "LatestRecording").or_else(|| tracks().filter_map(|track| time(track, "DataTo")).max());
    Some(Recording { token: token(element, "RecordingToken")?, from, to, video: tracks().next().is_some() })
}

fn token(element: &Element, name: &str) -> Option<String> {
    element.text_at(name).filter(|token| token.len() <= 128).map(str::to_owned)
}
