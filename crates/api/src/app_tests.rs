use super::*;

const FILES: [&str; 6] = [
    "index.html",
    "index.html.br",
    "index.html.gz",
    "service-worker.js",
    "_app/immutable/entry/start.abc.js",
    "_app/immutable/entry/start.abc.js.gz",
];

fn find(path: &str) -> Option<File> {
    let name = FILES.into_iter().find(|name| *name == path)?;
    let mime = if name.ends_with(".html") { "text/html" } else { "text/javascript" };
    Some(File { bytes: Cow::Borrowed(name.as_bytes()), mime: mime.to_owned(), etag: format!("\"{name}\"") })
}

fn get(path: &str, pairs: &[(header::HeaderName, &'static str)]) -> Response {
    let headers = pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
    respond(&Method::GET, path, &headers, find)
}

fn text(response: &Response, name: header::HeaderName) -> &str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[test]
fn addresses_of_the_app_are_its_one_page() {
    for path in ["/", "/cameras/0b7d", "/sign-in", "/timeline"] {
        let response = get(path, &[]);
        assert_eq!((response.status(), text(&response, header::ETAG)), (StatusCode::OK, "\"index.html\""), "{path}");
        assert_eq!(text(&response, header::CACHE_CONTROL), "no-cache");
    }
    let response = get("/some.page", &[(header::ACCEPT, "text/html,*/*;q=0.8")]);
    assert_eq!(response.status(), StatusCode::OK);
}

#[test]
fn what_is_missing_is_missing() {
    for path in ["/_app/immutable/entry/old.js", "/_app/version.json", "/favicon.ico", "/api", "/api/v2/x"] {
        assert_eq!(get(path, &[]).status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(get("/_app/immutable/old.js", &[(header::ACCEPT, "text/html")]).status(), StatusCode::NOT_FOUND);
}

#[test]
fn hashed_names_are_kept_for_ever() {
    let response = get("/_app/immutable/entry/start.abc.js", &[]);
    assert_eq!(text(&response, header::CACHE_CONTROL), "public, max-age=31536000, immutable");
    assert_eq!(text(&get("/service-worker.js", &[]), header::CACHE_CONTROL), "no-cache");
}

#[test]
fn the_smallest_that_the_browser_reads_is_sent() {
    for (path, accepted, coding, tag) in [
        ("/", "gzip, deflate, br", "br", "\"index.html.br\""),
        ("/", "gzip", "gzip", "\"index.html.gz\""),
        ("/", "br;q=0, gzip;q=0.5", "gzip", "\"index.html.gz\""),
        ("/", "identity", "", "\"index.html\""),
        ("/service-worker.js", "br", "", "\"service-worker.js\""),
    ] {
        let response = get(path, &[(header::ACCEPT_ENCODING, accepted)]);
        assert_eq!((text(&response, header::CONTENT_ENCODING), text(&response, header::ETAG)), (coding, tag), "{accepted}");
        assert!(!text(&response, header::CONTENT_TYPE).is_empty());
        assert_eq!(text(&response, header::VARY), "Accept-Encoding");
    }
}

#[test]
fn what_the_browser_has_is_not_sent_again() {
    let response = get("/", &[(header::IF_NONE_MATCH, "\"x\", W/\"index.html\"")]);
    assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(get("/", &[(header::IF_NONE_MATCH, "\"x\"")]).status(), StatusCode::OK);
}

#[test]
fn the_app_is_only_read() {
    let response = respond(&Method::POST, "/", &HeaderMap::new(), find);
    assert_eq!((response.status(), text(&response, header::ALLOW)), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"));
}
