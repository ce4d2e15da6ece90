//! What the camera kept: recording search and replay control (profile G), of its one recording.

use cameras::xml::escape;

use super::{Answer, Ask, NOT_SUPPORTED, Refusal};
use crate::recall;

/// The one recording, and its one track.
const RECORDING: &str = "main";
const TRACK: &str = "VIDEO001";

/// The one search: there is nothing to go on looking for.
const SEARCH: &str = "all";

const NO_RECORDING: Refusal = Refusal("InvalidArgVal", "There is no such recording");
const NO_SEARCH: Refusal = Refusal("InvalidToken", "There is no such search");

pub(super) fn search(ask: &Ask<'_>) -> Answer {
    let ring = ask.state.ring.as_ref().ok_or(NOT_SUPPORTED)?;
    Ok(match ask.body.name.as_str() {
        "GetServiceCapabilities" => "<tse:GetServiceCapabilitiesResponse><tse:Capabilities MetadataSearch=\"false\" \
             GeneralStartEvents=\"false\"/></tse:GetServiceCapabilitiesResponse>"
            .into(),
        "GetRecordingSummary" => {
            let (from, to) = ring.span().unwrap_or((ask.state.now(), ask.state.now()));
            format!(
                "<tse:GetRecordingSummaryResponse><tse:Summary><tt:DataFrom>{from}</tt:DataFrom><tt:DataUntil>{to}</tt:DataUntil>\
                 <tt:NumberRecordings>{}</tt:NumberRecordings></tse:Summary></tse:GetRecordingSummaryResponse>",
                u8::from(ring.span().is_some())
            )
        }
        "FindRecordings" => {
            format!("<tse:FindRecordingsResponse><tse:SearchToken>{SEARCH}</tse:SearchToken></tse:FindRecordingsResponse>")
        }
        "GetRecordingSearchResults" => {
            known_search(ask)?;
            let found = ring.span().map(|_| information(ask, "tt:RecordingInformation")).unwrap_or_default();
            format!(
                "<tse:GetRecordingSearchResultsResponse><tse:ResultList><tt:SearchState>Completed</tt:SearchState>{found}\
                 </tse:ResultList></tse:GetRecordingSearchResultsResponse>"
            )
        }
        "GetRecordingInformation" => {
            known_recording(ask)?;
            let found = information(ask, "tse:RecordingInformation");
            format!("<tse:GetRecordingInformationResponse>{found}</tse:GetRecordingInformationResponse>")
        }
        "EndSearch" => {
            known_search(ask)?;
            format!("<tse:EndSearchResponse><tse:Endpoint>{}</tse:Endpoint></tse:EndSearchResponse>", ask.state.now())
        }
        _ => return Err(NOT_SUPPORTED),
    })
}

pub(super) fn replay(ask: &Ask<'_>) -> Answer {
    ask.state.ring.as_ref().ok_or(NOT_SUPPORTED)?;
    Ok(match ask.body.name.as_str() {
        "GetServiceCapabilities" => "<trp:GetServiceCapabilitiesResponse><trp:Capabilities ReversePlayback=\"false\" \
             SessionTimeoutRange=\"60 60\" RTP_RTSP_TCP=\"true\"/></trp:GetServiceCapabilitiesResponse>"
            .into(),
        "GetReplayConfiguration" => "<trp:GetReplayConfigurationResponse><trp:Configuration><tt:SessionTimeout>PT60S\
             </tt:SessionTimeout></trp:Configuration></trp:GetReplayConfigurationResponse>"
            .into(),
        "GetReplayUri" => {
            known_recording(ask)?;
            let address = std::net::SocketAddr::new(ask.local.ip(), ask.state.rtsp_port);
            let url = format!("rtsp://{address}{}", recall::PATH);
            format!("<trp:GetReplayUriResponse><trp:Uri>{url}</trp:Uri></trp:GetReplayUriResponse>")
        }
        _ => return Err(NOT_SUPPORTED),
    })
}

fn known_recording(ask: &Ask<'_>) -> Result<(), Refusal> {
    if ask.body.text_at("RecordingToken") == Some(RECORDING) { Ok(()) } else { Err(NO_RECORDING) }
}

fn known_search(ask: &Ask<'_>) -> Result<(), Refusal> {
    if ask.body.text_at("SearchToken") == Some(SEARCH) { Ok(()) } else { Err(NO_SEARCH) }
}

/// The one recording, as an element of that name.
fn information(ask: &Ask<'_>, element: &str) -> String {
    let now = ask.state.now();
    let (from, to) = ask.state.ring.as_ref().and_then(|ring| ring.span()).unwrap_or((now, now));
    let name = escape(&ask.state.config.name);
    format!(
        "<{element}><tt:RecordingToken>{RECORDING}</tt:RecordingToken><tt:Source><tt:SourceId>{RECORDING}</tt:SourceId>\
         <tt:Name>{name}</tt:Name><tt:Location/><tt:Description/><tt:Address/></tt:Source><tt:EarliestRecording>{from}\
         </tt:EarliestRecording><tt:LatestRecording>{to}</tt:LatestRecording><tt:Content>{name}</tt:Content><tt:Track>\
         <tt:TrackToken>{TRACK}</tt:TrackToken><tt:TrackType>Video</tt:TrackType><tt:Description/><tt:DataFrom>{from}</tt:DataFrom>\
         <tt:DataTo>{to}</tt:DataTo></tt:Track><tt:RecordingStatus>Recording</tt:RecordingStatus></{element}>"
    )
}
