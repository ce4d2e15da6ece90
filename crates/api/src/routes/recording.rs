use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::CameraId;
use policy::act::{Download, ReadCamera};

use crate::auth::Caller;
use crate::disposition;
use crate::extract::{Path, Query, RangeQuery};
use crate::problem::{Problem, Result};
use crate::range::{self, Answer};
use crate::state::ApiState;

/// What the file of the same range is known by, as `sha256sum` writes it. Reads all of it, so it takes as long as the download.
#[utoipa::path(
    get, path = "/cameras/{id}/recording.mp4.sha256", operation_id = "readDownloadHash", tag = "recorded",
    params(("id" = Uuid, Path), ("from" = String, Query, format = DateTime), ("to" = String, Query, format = DateTime)),
    responses((status = 200, content_type = "text/plain", body = String))
)]
pub(crate) async fn hash(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Query(query): Query<RangeQuery>,
) -> Result<impl IntoResponse> {
    let time = query.range()?;
    let permit = api.control.ask::<Download>(caller.principal(), id).await?;
    let (sha256, _) = api.relay.download_hash(permit, time).await?;
    let permit = api.control.ask::<ReadCamera>(caller.principal(), id).await?;
    let name = disposition::footage(&api.control.camera(permit).await?.name, time.from());
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{sha256}  {name}\n")))
}

/// A range as one MP4 file, at most a day. Serves byte ranges, so that a broken download goes on where it was.
#[utoipa::path(
    get, path = "/cameras/{id}/recording.mp4", operation_id = "download", tag = "recorded",
    params(
        ("id" = Uuid, Path), ("from" = String, Query, format = DateTime), ("to" = String, Query, format = DateTime),
        ("Range" = Option<String>, Header), ("If-Range" = Option<String>, Header),
    ),
    responses(
        (status = 200, content_type = "video/mp4", description = "The whole file"),
        (status = 206, content_type = "video/mp4", description = "The bytes that were asked for"),
    )
)]
pub(crate) async fn download(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Query(query): Query<RangeQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    let time = query.range()?;
    let permit = api.control.ask::<Download>(caller.principal(), id).await?;
    let file = api.relay.download(permit, time).await?;
    let (length, etag) = (file.len(), file.etag().to_owned());

    let permit = api.control.ask::<ReadCamera>(caller.principal(), id).await?;
    let name = disposition::footage(&api.control.camera(permit).await?.name, time.from());
    let part = match Saved::new(&headers, etag, length) {
        Ok(part) => part,
        Err(refused) => return Ok(*refused),
    };
    let body = Body::from_stream(file.read(part.part.start, part.part.end));
    part.answer("video/mp4", &name, body)
}

/// What of a file that is saved is answered with.
pub(crate) struct Saved {
    status: StatusCode,
    pub(crate) part: std::ops::Range<u64>,
    etag: String,
    length: u64,
}

impl Saved {
    /// As the request's headers ask; the answer to give where they ask for what there is not.
    pub(crate) fn new(headers: &HeaderMap, etag: String, length: u64) -> Result<Self, Box<Response>> {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let (status, part) = match range::answer(text(header::RANGE), text(header::IF_RANGE), &etag, length) {
            Answer::Whole => (StatusCode::OK, 0..length),
            Answer::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
            Answer::Unsatisfiable => {
                let bounds = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
                return Err(Box::new((bounds, Problem::of_status(StatusCode::RANGE_NOT_SATISFIABLE)).into_response()));
            }
        };
        Ok(Self { status, part, etag, length })
    }

    pub(crate) fn answer(self, mime: &str, name: &str, body: Body) -> Result<Response> {
        let Self { status, part, etag, length } = self;
        let mut response = (
            status,
            [
                (header::CONTENT_TYPE, mime.to_owned()),
                (header::CONTENT_LENGTH, (part.end - part.start).to_string()),
                (header::CONTENT_DISPOSITION, disposition::attachment(name)),
                (header::ETAG, etag),
                (header::ACCEPT_RANGES, "bytes".to_owned()),
            ],
        )
            .into_response();
        if status == StatusCode::PARTIAL_CONTENT {
            let bounds = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            response.headers_mut().insert(header::CONTENT_RANGE, HeaderValue::try_from(bounds).map_err(domain::Error::internal)?);
        }
        *response.body_mut() = body;
        Ok(response)
    }
}
