//! Every operation of the document, asked by everybody.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, header};
use domain::Secret;
use serde_json::{Value, json};

use crate::house::{House, PASSWORD, request};

/// The answers to nobody, to the owner of another home, to a member and to the owner: status, and the code of a problem.
type Answers = [&'static str; 4];

const NOBODY: &str = "401 session.none";
const HIDDEN: &str = "404 not_found";
const TOO_LOW: &str = "403 role.too_low";
const NOT_OFFERED: &str = "422 camera.unsupported";

/// A row an operation, in the order in which they are asked: what destroys comes last.
const ROWS: &[(&str, Answers)] = &[
    ("readServer", ["200", "200", "200", "200"]),
    ("readPolicy", ["200", "200", "200", "200"]),
    ("readPolicyPage", ["200", "200", "200", "200"]),
    ("readPolicyHistory", ["200", "200", "200", "200"]),
    ("readOpenApi", ["200", "200", "200", "200"]),
    ("setUp", ["409 setup.done", "409 setup.done", "409 setup.done", "409 setup.done"]),
    ("signIn", ["401 sign_in.wrong", "401 sign_in.wrong", "401 sign_in.wrong", "401 sign_in.wrong"]),
    // A body that is no claim, and a device that nobody knows: whoever asks.
    ("claimDevice", ["400 request.invalid", "400 request.invalid", "400 request.invalid", "400 request.invalid"]),
    ("linkDevice", ["404 device.unknown", "404 device.unknown", "404 device.unknown", "404 device.unknown"]),
    ("readSession", [NOBODY, "200", "200", "200"]),
    ("listCameras", [NOBODY, HIDDEN, "200", "200"]),
    ("listGoneCameras", [NOBODY, HIDDEN, "200", "200"]),
    ("addCamera", [NOBODY, HIDDEN, TOO_LOW, "201"]),
    ("testCamera", [NOBODY, HIDDEN, TOO_LOW, "200"]),
    ("inviteCamera", [NOBODY, HIDDEN, TOO_LOW, "201"]),
    // An invitation that is not there.
    ("readInvitation", [NOBODY, HIDDEN, HIDDEN, HIDDEN]),
    ("withdrawInvitation", [NOBODY, HIDDEN, HIDDEN, HIDDEN]),
    // With a code that is none: who may pair is told so, step by step.
    ("pairCamera", [NOBODY, HIDDEN, TOO_LOW, "200"]),
    ("searchCameras", [NOBODY, HIDDEN, TOO_LOW, "200"]),
    // Not a WebSocket: whoever may move it is told so.
    ("moveCamera", [NOBODY, HIDDEN, TOO_LOW, "400 request.invalid"]),
    // Its ONVIF address is not known: whoever may ask is told so.
    ("readControls", [NOBODY, HIDDEN, TOO_LOW, "200"]),
    ("aimCamera", [NOBODY, HIDDEN, TOO_LOW, NOT_OFFERED]),
    ("setImaging", [NOBODY, HIDDEN, TOO_LOW, NOT_OFFERED]),
    ("switchCamera", [NOBODY, HIDDEN, TOO_LOW, NOT_OFFERED]),
    ("restartCamera", [NOBODY, HIDDEN, TOO_LOW, NOT_OFFERED]),
    ("setCameraClock", [NOBODY, HIDDEN, TOO_LOW, NOT_OFFERED]),
    ("savePreset", [NOBODY, HIDDEN, TOO_LOW, NOT_OFFERED]),
    ("removePreset", [NOBODY, HIDDEN, TOO_LOW, NOT_OFFERED]),
    ("readCamera", [NOBODY, HIDDEN, "200", "200"]),
    ("editCamera", [NOBODY, HIDDEN, TOO_LOW, "200"]),
    ("readKeep", [NOBODY, HIDDEN, "200", "200"]),
    ("setKeep", [NOBODY, HIDDEN, TOO_LOW, "200"]),
    ("readHome", [NOBODY, HIDDEN, "200", "200"]),
    ("editHome", [NOBODY, HIDDEN, TOO_LOW, "204"]),
    ("readPlan", [NOBODY, HIDDEN, "200", "200"]),
    ("editPlan", [NOBODY, HIDDEN, TOO_LOW, "200"]),
    // Off where it is off already: what follows sees the camera.
    ("switchPrivacy", [NOBODY, HIDDEN, TOO_LOW, "200"]),
    ("switchHomePrivacy", [NOBODY, HIDDEN, TOO_LOW, "204"]),
    ("readHealth", [NOBODY, HIDDEN, "200", "200"]),
    ("listCameraEvents", [NOBODY, HIDDEN, "200", "200"]),
    ("readWouldGo", [NOBODY, HIDDEN, TOO_LOW, "200"]),
    ("readForecast", [NOBODY, HIDDEN, "200", "200"]),
    ("listStreamKeys", [NOBODY, HIDDEN, TOO_LOW, "200"]),
    ("makeStreamKey", [NOBODY, HIDDEN, TOO_LOW, "201"]),
    // A key that is not there.
    ("revokeStreamKey", [NOBODY, HIDDEN, TOO_LOW, HIDDEN]),
    // No picture has come from the camera yet: who may watch is told so.
    ("startView", [NOBODY, HIDDEN, "503 live.not_ready", "503 live.not_ready"]),
    // A view is its starter's own: everybody else's is not there.
    ("endView", [NOBODY, HIDDEN, HIDDEN, HIDDEN]),
    // Not a WebSocket: whoever may watch is told so.
    ("watchLive", [NOBODY, HIDDEN, "400 request.invalid", "400 request.invalid"]),
    ("readTimeline", [NOBODY, HIDDEN, "200", "200"]),
    ("readPlaylist", [NOBODY, HIDDEN, "404 recording.none", "404 recording.none"]),
    ("readPart", [NOBODY, HIDDEN, "404 recording.none", "404 recording.none"]),
    ("download", [NOBODY, HIDDEN, "404 recording.none", "404 recording.none"]),
    ("readDownloadHash", [NOBODY, HIDDEN, "404 recording.none", "404 recording.none"]),
    ("listLocks", [NOBODY, HIDDEN, "200", "200"]),
    ("lockFootage", [NOBODY, HIDDEN, "201", "201"]),
    // A lock and a case that are not there.
    ("unlockFootage", [NOBODY, HIDDEN, HIDDEN, HIDDEN]),
    ("listCases", [NOBODY, HIDDEN, "200", "200"]),
    ("makeCase", [NOBODY, HIDDEN, "202", "202"]),
    ("readCase", [NOBODY, HIDDEN, HIDDEN, HIDDEN]),
    ("endCase", [NOBODY, HIDDEN, HIDDEN, HIDDEN]),
    ("downloadCase", [NOBODY, HIDDEN, HIDDEN, HIDDEN]),
    ("takeSnapshot", [NOBODY, HIDDEN, "404 recording.none", "404 recording.none"]),
    ("readStorage", [NOBODY, HIDDEN, "200", "200"]),
    ("followState", [NOBODY, "200", "200", "200"]),
    // One's own, whoever one is.
    ("agree", [NOBODY, "204", "204", "204"]),
    ("listConsents", [NOBODY, "200", "200", "200"]),
    ("decideConsent", [NOBODY, "200", "200", "200"]),
    ("readStoredData", [NOBODY, "200", "200", "200"]),
    ("listEvents", [NOBODY, "200", "200", "200"]),
    ("listDisclosures", [NOBODY, "200", "200", "200"]),
    // An event that is nobody's.
    ("readReceipt", [NOBODY, HIDDEN, HIDDEN, HIDDEN]),
    ("readCheckpoint", [NOBODY, "200", "200", "200"]),
    ("readConsistency", [NOBODY, "200", "200", "200"]),
    ("readAccessHistory", [NOBODY, HIDDEN, TOO_LOW, "200"]),
    // With a wrong password.
    ("cancelAccount", [NOBODY, "403 sign_in.wrong", "403 sign_in.wrong", "403 sign_in.wrong"]),
    // With the locks from above, and a word that they may go.
    ("removeCamera", [NOBODY, HIDDEN, TOO_LOW, "204"]),
    ("disagree", [NOBODY, "204", "204", "204"]),
    ("signOut", [NOBODY, "204", "204", "204"]),
];

/// What is asked, where a bare request would not do: query and body.
fn details(operation: &str, home: &str, camera_id: &str) -> (String, Option<(&'static str, String)>) {
    let range = "from=2026-11-23T08:00:00Z&to=2026-11-23T09:00:00Z".to_owned();
    let json = |body: Value| Some(("application/json", body.to_string()));
    let camera = json!({"name": "Yard", "main_url": "rtsp://127.0.0.1:9/main", "home_id": home});
    let target = json!({"main_url": "rtsp://127.0.0.1:9/main", "home_id": home});
    let account = json!({
        "email": "a@b.example", "password": PASSWORD, "adult": true, "policy_version": policy::compiled::VERSION,
    });
    match operation {
        "setUp" => (String::new(), json(account)),
        "agree" => (String::new(), json(json!({"policy_version": policy::compiled::VERSION, "adult": true}))),
        "decideConsent" => {
            let decision = json!({"given": true, "policy_version": policy::compiled::VERSION, "language": "en"});
            (String::new(), json(decision))
        }
        "readConsistency" => ("from=1&to=2".to_owned(), None),
        "cancelAccount" => (String::new(), json(json!({"password": "not the password"}))),
        "signIn" => (String::new(), json(json!({"email": "nobody@one.example", "password": PASSWORD}))),
        "listCameras" | "listGoneCameras" | "readStorage" | "readForecast" => (format!("home_id={home}"), None),
        "addCamera" => (String::new(), json(camera)),
        "testCamera" => (String::new(), json(target)),
        "claimDevice" => (String::new(), json(json!({"claim": "x"}))),
        "inviteCamera" => (String::new(), json(json!({"home_id": home}))),
        "pairCamera" => (String::new(), json(json!({"code": "no label", "home_id": home}))),
        "searchCameras" => (String::new(), json(json!({"home_id": home}))),
        "makeStreamKey" => (String::new(), json(json!({"name": "NVR"}))),
        "editCamera" => (String::new(), json(json!({"name": "Gate"}))),
        "setKeep" => (String::new(), json(json!({"continuous": {"days": 7}}))),
        "aimCamera" => (String::new(), json(json!({"to": "home"}))),
        "setImaging" => (String::new(), json(json!({"brightness": 50}))),
        "switchCamera" => (String::new(), json(json!({"token": "output/gate", "on": true}))),
        "savePreset" => (String::new(), json(json!({"name": "Gate"}))),
        "startView" => (String::new(), Some(("application/sdp", "no offer".to_owned()))),
        "readTimeline" | "readPlaylist" | "download" | "readDownloadHash" | "listCameraEvents" => (range, None),
        "listLocks" | "listCases" => (format!("home_id={home}"), None),
        "lockFootage" | "makeCase" => {
            let (from, to) = ("2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z");
            let body = json!({"home_id": home, "camera_ids": [camera_id], "from": from, "to": to, "reason": "A test"});
            (String::new(), json(body))
        }
        "removeCamera" => ("footage=erase&even_locked=true".to_owned(), None),
        "editHome" => (String::new(), json(json!({"zone": "Europe/Berlin"}))),
        "editPlan" => (String::new(), json(json!({"mode": "schedule", "week": "c".repeat(168), "pre_s": 5}))),
        "switchPrivacy" | "switchHomePrivacy" => (String::new(), json(json!({"on": false}))),
        "readWouldGo" => ("remove=true".to_owned(), None),
        "takeSnapshot" => ("at=2026-11-23T08:00:00Z".to_owned(), None),
        _ => (String::new(), None),
    }
}

/// Operation id, method and path of every operation in the document.
fn operations() -> Vec<(String, Method, String)> {
    let document: Value = serde_json::from_str(api::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &Value)| {
        let operations = item.as_object().unwrap().iter().map(|(method, operation)| {
            let id = operation["operationId"].as_str().expect("every operation has an id").to_owned();
            (id, Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), path.clone())
        });
        operations.collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

#[test]
fn every_operation_has_its_row() {
    let document: BTreeSet<String> = operations().into_iter().map(|(id, ..)| id).collect();
    let rows: BTreeSet<String> = ROWS.iter().map(|(id, _)| (*id).to_owned()).collect();
    assert_eq!(document, rows, "a new operation needs a row: who may, and who may not");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_gets_the_answer_that_is_theirs() {
    let house = House::new().await;
    let owner = house.get(&house.owner, "/session").await.json();
    let home = owner["account"]["homes"][0]["id"].as_str().unwrap().to_owned();
    let operations = operations();
    let mut wrong = Vec::new();
    for (id, expected) in ROWS {
        let (_, method, path) = operations.iter().find(|(known, ..)| known == id).unwrap();
        let path = path
            .trim_start_matches("/api/v1")
            .replace("/homes/{id}", &format!("/homes/{home}"))
            .replace("{device}", &"0".repeat(32))
            .replace("{id}", &house.camera.to_string())
            .replace("{preset}", "1")
            .replace("{purpose}", "video.sound")
            .replace("{event}", &domain::SegmentId::random().to_string())
            .replace("{key}", &domain::StreamKeyId::random().to_string())
            .replace("{lock}", &domain::LockId::random().to_string())
            .replace("{case}", &domain::CaseId::random().to_string())
            .replace("{view}", &domain::ViewId::random().to_string())
            .replace("{segment}", &domain::SegmentId::random().to_string())
            .replace("{part}", "init.mp4");
        let askers = [None, Some(&house.stranger), Some(&house.member), Some(&house.owner)];
        for (who, (asker, expected)) in
            ["nobody", "other home", "member", "owner"].into_iter().zip(askers.into_iter().zip(expected))
        {
            let got = ask(&house, id, method, &path, asker, &home).await;
            if got != *expected {
                wrong.push(format!("{id:<14} | {who:<10} | expected {expected:<22} | got {got}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    house.close().await;
}

async fn ask(house: &House, id: &str, method: &Method, path: &str, who: Option<&Secret>, home: &str) -> String {
    let (query, body) = details(id, home, &house.camera.to_string());
    let mut request = request(method.clone(), &format!("{path}?{query}"), who);
    if let Some((mime, _)) = &body {
        request = request.header(header::CONTENT_TYPE, *mime);
    }
    let body = body.map_or_else(Body::empty, |(_, text)| Body::from(text));
    let response = house.send(request.body(body).unwrap()).await;
    let status = response.status();
    assert!(response.headers().contains_key("x-request-id"), "{id}");
    if status.is_success() {
        // The body of a success may never end.
        return status.as_u16().to_string();
    }
    let problem = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
    let problem: Value = serde_json::from_slice(&problem).unwrap();
    format!("{} {}", status.as_u16(), problem["code"].as_str().unwrap())
}
