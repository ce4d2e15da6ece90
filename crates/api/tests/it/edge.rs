//! What every request passes, whatever it asks.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::json;

use crate::house::{Answer, House, PASSWORD, request};

#[tokio::test]
async fn a_cookie_is_good_for_our_own_pages_only() {
    let house = House::new().await;
    let form = json!({"email": "owner@one.example", "password": PASSWORD});
    let signed_in = house.json(None, Method::POST, "/session", &form).await;
    assert_eq!(signed_in.status, StatusCode::CREATED);
    let cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();

    let ask = async |method: Method, headers: &[(&str, &str)]| {
        let path = if method == Method::DELETE {
            format!("/cameras/{}?footage=keep", domain::CameraId::random())
        } else {
            "/session".into()
        };
        let mut request = request(method, &path, None).header(header::COOKIE, &cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = Answer::of(house.send(request.body(Body::empty()).unwrap()).await).await;
        (answer.status.as_u16(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(ask(Method::GET, &[]).await.0, 200);
    assert_eq!(ask(Method::DELETE, &[("origin", "http://127.0.0.1:8480")]).await, (404, "not_found".into()));
    for headers in [&[][..], &[("origin", "http://evil.example")], &[("sec-fetch-site", "cross-site")]] {
        assert_eq!(ask(Method::DELETE, headers).await, (403, "csrf".into()), "{headers:?}");
        if !headers.is_empty() {
            let upgrade = [headers, &[("upgrade", "websocket")]].concat();
            assert_eq!(ask(Method::GET, &upgrade).await, (403, "csrf".into()), "{upgrade:?}");
        }
    }
    house.close().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_and_takes_the_cookie() {
    let house = House::new().await;
    let answer = house.json(Some(&house.member), Method::DELETE, "/session", &json!(null)).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(house.get(&house.member, "/session").await.status, StatusCode::UNAUTHORIZED);
    house.close().await;
}

#[tokio::test]
async fn what_does_not_fit_is_a_problem_that_names_the_field() {
    let house = House::new().await;
    let add = async |body: &str, mime: &str| {
        let request = request(Method::POST, "/cameras", Some(&house.owner)).header(header::CONTENT_TYPE, mime);
        let answer = Answer::of(house.send(request.body(Body::from(body.to_owned())).unwrap()).await).await;
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(problem["request_id"], answer.header("x-request-id"));
        assert_eq!(problem["status"], answer.status.as_u16());
        (answer.status.as_u16(), problem["code"].as_str().unwrap().to_owned(), problem["field"].as_str().map(str::to_owned))
    };
    let invalid = |field: &str| (400, "request.invalid".to_owned(), Some(field.to_owned()));
    assert_eq!(add(r#"{"name":"a"}"#, "application/json").await, invalid("main_url"));
    assert_eq!(add(r#"{"name":1}"#, "application/json").await, invalid("name"));
    assert_eq!(add(r#"{"name":"a","main_url":"x","audio":"loud"}"#, "application/json").await, invalid("audio"));
    assert_eq!(add(r#"{"nmae":"a","main_url":"x"}"#, "application/json; charset=utf-8").await.0, 400);
    assert_eq!(add("{}", "text/plain").await.0, 415);
    let long = format!("{{\"name\":\"{}\"}}", "a".repeat(domain::limits::JSON_BODY_BYTES_MAX));
    assert_eq!(add(&long, "application/json").await, (413, "request.too_large".into(), None));
    house.close().await;
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let house = House::new().await;
    for (method, path, status, code) in [
        (Method::GET, "/api/v1/nothing", 404, "not_found"),
        (Method::GET, "/api/v2/server", 404, "not_found"),
        (Method::PUT, "/api/v1/server", 405, "request.invalid"),
        (Method::GET, "/api/v1/cameras/not-an-id", 401, "session.none"),
        (Method::POST, "/sign-in", 405, "request.invalid"),
        (Method::GET, "/_app/immutable/old.js", 404, "not_found"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = Answer::of(house.send(request).await).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (status, Some(code)), "{path}");
        assert_eq!(answer.header("content-security-policy"), "frame-ancestors 'none'");
    }
    let unknown = house.get(&house.owner, "/cameras/not-an-id").await;
    assert_eq!(unknown.json()["code"], "not_found");
    let range = house
        .get(&house.owner, &format!("/cameras/{}/timeline?from=2026-11-23T09:00:00Z&to=2026-11-23T08:00:00Z", house.camera))
        .await;
    assert_eq!((range.status.as_u16(), range.json()["code"].as_str()), (400, Some("range.invalid")));
    house.close().await;
}

#[tokio::test]
async fn answers_are_nobody_elses() {
    let house = House::new().await;
    let answer = house.get(&house.owner, "/cameras").await;
    assert_eq!((answer.header("cache-control"), answer.header("vary")), ("no-store", "Cookie, Authorization"));
    let camera = &answer.json()["cameras"][0];
    assert_eq!((camera["name"].as_str(), camera["has_password"].as_bool()), (Some("门口 Door"), Some(false)));
    house.close().await;
}

#[tokio::test]
async fn a_foreign_name_for_this_machine_may_not_set_up() {
    let house = House::new().await;
    let form = json!({"email": "a@b.example", "password": PASSWORD, "adult": true, "policy_version": "x"}).to_string();
    for (host, status) in [("evil.example:8480", 403), ("localhost:8480", 409)] {
        let request = Request::builder().method(Method::POST).uri("/api/v1/setup").header(header::HOST, host);
        let request = request.header(header::ORIGIN, format!("http://{host}")).header(header::CONTENT_TYPE, "application/json");
        let answer = house.send(request.body(Body::from(form.clone())).unwrap()).await;
        assert_eq!(answer.status().as_u16(), status, "{host}");
    }
    house.close().await;
}
