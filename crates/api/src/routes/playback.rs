use std::str::FromStr;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use domain::{CameraId, SegmentId};
use policy::act::ViewRecorded;
use serde::{Deserialize, Deserializer, de};

use crate::auth::Caller;
use crate::extract::{Path, Query, RangeQuery};
use crate::problem::Result;
use crate::state::ApiState;

/// Recorded footage never changes, but a browser's copy of it is out of our reach: it is kept for one sitting.
const KEEP_PART: &str = "private, max-age=3600, immutable";

/// An HLS playlist (RFC 8216) of a range.
#[utoipa::path(
    get, path = "/cameras/{id}/playback.m3u8", operation_id = "readPlaylist", tag = "recorded",
    params(("id" = Uuid, Path), ("from" = String, Query, format = DateTime), ("to" = String, Query, format = DateTime)),
    responses((status = 200, content_type = "application/vnd.apple.mpegurl", body = String))
)]
pub(crate) async fn playlist(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Query(query): Query<RangeQuery>,
) -> Result<impl IntoResponse> {
    let range = query.range()?;
    let permit = api.control.ask::<ViewRecorded>(caller.principal(), id).await?;
    let playlist = api.relay.playlist(permit, range).await?;
    Ok(([(header::CONTENT_TYPE, "application/vnd.apple.mpegurl")], playlist))
}

/// A file that a playlist names: `init.mp4`, or `{first}-{last}.m4s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Init,
    Records { first: u32, last: u32 },
}

impl FromStr for Part {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        const NOT_A_PART: &str = "expected init.mp4 or {first}-{last}.m4s";
        if name == "init.mp4" {
            return Ok(Self::Init);
        }
        let (first, last) = name.strip_suffix(".m4s").and_then(|range| range.split_once('-')).ok_or(NOT_A_PART)?;
        let number = |text: &str| text.parse().ok().filter(|n: &u32| n.to_string() == text).ok_or(NOT_A_PART);
        Ok(Self::Records { first: number(first)?, last: number(last)? })
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

/// A piece of recorded footage, as the playlist names it.
#[utoipa::path(
    get, path = "/cameras/{id}/playback/{segment}/{part}", operation_id = "readPart", tag = "recorded",
    params(("id" = Uuid, Path), ("segment" = Uuid, Path), ("part" = String, Path, description = "`init.mp4` or `{first}-{last}.m4s`")),
    responses((status = 200, content_type = "video/mp4"))
)]
pub(crate) async fn part(
    State(api): State<ApiState>,
    caller: Caller,
    Path((id, segment, part)): Path<(CameraId, SegmentId, Part)>,
) -> Result<impl IntoResponse> {
    let permit = api.control.ask::<ViewRecorded>(caller.principal(), id).await?;
    let bytes = match part {
        Part::Init => api.relay.playback_init(permit, segment).await?,
        Part::Records { first, last } => api.relay.playback_part(permit, segment, first, last).await?,
    };
    Ok(([(header::CONTENT_TYPE, "video/mp4"), (header::CACHE_CONTROL, KEEP_PART)], bytes))
}

#[cfg(test)]
mod tests {
    use super::Part;

    #[test]
    fn names_of_parts() {
        assert_eq!("init.mp4".parse(), Ok(Part::Init));
        assert_eq!("0-12.m4s".parse(), Ok(Part::Records { first: 0, last: 12 }));
        for name in ["", "init.mp4x", "1.m4s", "a-b.m4s", "01-2.m4s", "+1-2.m4s", "1-2-3.m4s", "1-4294967296.m4s", "-.m4s"] {
            assert!(name.parse::<Part>().is_err(), "{name}");
        }
    }
}
