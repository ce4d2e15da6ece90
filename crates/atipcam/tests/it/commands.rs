use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;
use testkit::{Client, Process, Server};

use crate::{binary, run};

#[test]
fn a_wrong_setting_is_named_with_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("atipcam.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:0\"\nqouta = \"1TB\"\n").unwrap();
    let (well, _, said) = run(&["serve", "--config", file.to_str().unwrap()], "");
    assert!(!well);
    assert!(said.contains(file.to_str().unwrap()) && said.contains("no setting `qouta`"), "{said}");
}

#[test]
fn a_server_outside_the_policys_regions_does_not_start() {
    let _proofs = [evidence::proves("C-3.a.2.1", "egress.region"), evidence::proves("C-3.a.2.2", "egress.region")];
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    // With the certificate it would not get far either, so that this ends in any case.
    let flags = ["--listen", "127.0.0.1:0", "--region", "US", "--tls-cert", "/nonexistent", "--tls-key", "/nonexistent"];
    let (well, _, said) = run(&[&["serve", "--data", data.to_str().unwrap()], &flags[..]].concat(), "");
    assert!(!well);
    assert!(said.contains("`region` is \"US\"") && said.contains("C-3.a.2.1") && said.contains("in CN only"), "{said}");
    assert!(!data.exists(), "nothing is opened");
}

#[test]
fn a_taken_port_is_named_with_its_setting() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let address = taken.local_addr().unwrap().to_string();
    let (well, _, said) = run(&["serve", "--data", data.to_str().unwrap(), "--listen", &address], "");
    assert!(!well);
    assert!(said.contains(&format!("cannot listen at {address} (setting `listen`)")), "{said}");
    assert!(!data.exists(), "nothing is opened before all ports are had");
}

#[test]
fn one_data_folder_has_one_server() {
    let server = Server::start(binary(), "serve").unwrap();
    let data = server.data().to_str().unwrap();
    let (well, _, said) = run(&["serve", "--data", data, "--listen", "127.0.0.1:0"], "");
    assert!(!well && said.contains("in_use"), "{said}");
    let (well, _, said) = run(&["owner", "reset", "--email", Client::EMAIL, "--data", data], "a new password\n");
    assert!(!well && said.contains("in_use"), "{said}");
}

#[tokio::test]
async fn an_owner_who_lost_the_password_sets_a_new_one_at_the_machine() {
    let server = Server::start(binary(), "serve").unwrap();
    server.set_up().await.unwrap();
    let data = tempfile::tempdir().unwrap();
    let moved = data.path().join("data");
    let mut server = server;
    assert!(server.process.terminate(Duration::from_secs(10)).unwrap().success());
    std::fs::rename(server.data(), &moved).unwrap();
    let moved = moved.to_str().unwrap();
    let reset = |email: &str, password: &str| run(&["owner", "reset", "--email", email, "--data", moved], password);
    assert!(reset("nobody@home.example", "another password\n").2.contains("no owner has this e-mail address"));
    assert!(!reset(Client::EMAIL, "short\n").0);
    let (well, said, _) = reset(Client::EMAIL, "another password\n");
    assert!(well && said.contains("The password is set"), "{said}");

    let mut again = testkit::command(binary());
    again.args(["serve", "--data", moved, "--listen", "127.0.0.1:0"]);
    let process = Process::start(again).unwrap();
    let base = process.line(Duration::from_secs(60), |line| line.strip_prefix("Open ").map(str::to_owned)).unwrap();
    let nobody = Client::nobody(&base).unwrap();
    let sign_in = async |password: &str| nobody.post("/session", &json!({"email": Client::EMAIL, "password": password})).await;
    assert!(sign_in(Client::PASSWORD).await.unwrap_err().to_string().contains("sign_in.wrong"));
    assert!(sign_in("another password").await.is_ok());
}

#[test]
fn the_doctor_says_what_is_fit() {
    let dir = tempfile::tempdir().unwrap();
    let (_, said, _) = run(&["doctor", "--data", dir.path().to_str().unwrap(), "--listen", "127.0.0.1:0"], "");
    for what in ["ports", "data", "index", "space", "speed", "clock", "memory", "machine", "region", "mail"] {
        assert!(said.lines().any(|line| line.split_whitespace().nth(1) == Some(what)), "{what}: {said}");
    }
    let (well, said, _) = run(&["doctor", "--data", "/proc/none", "--listen", "127.0.0.1:0"], "");
    assert!(!well && said.contains("FAIL  data"), "{said}");
}

#[test]
fn settings_are_explained_and_shown() {
    let (well, manual, _) = run(&["config", "--help"], "");
    assert!(well && manual.contains("webrtc_port    --webrtc-port PORT    ATIPCAM_WEBRTC_PORT"), "{manual}");
    let (well, shown, _) = run(&["config", "--quota", "5GB"], "");
    assert!(well && shown.contains("quota = \"5GB\"  # --quota"), "{shown}");
}

#[test]
fn a_camera_says_where_it_plays() {
    let mut camera = testkit::command(binary());
    camera.args(["camera", "--scene", "test", "--listen", "127.0.0.1:0"]);
    let mut process = Process::start(camera).unwrap();
    let url = process.line(Duration::from_secs(60), |line| line.strip_prefix("main ").map(|url| url.trim().to_owned())).unwrap();
    assert!(url.starts_with("rtsp://127.0.0.1:"), "{url}");
    assert!(process.terminate(Duration::from_secs(10)).unwrap().success());
}
