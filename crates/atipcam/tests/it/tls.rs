use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Certificate;
use serde_json::json;
use testkit::{Client, Process};

use crate::binary;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_loopback_all_is_tls_and_first_run_needs_the_printed_code() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let data = tempfile::tempdir().unwrap();
    let mut serve = testkit::command(binary());
    serve.args(["serve", "--listen", "0.0.0.0:0", "--data"]).arg(data.path());
    let process = Process::start(serve).unwrap();
    let patience = Duration::from_secs(60);
    let url = process.line(patience, |line| line.strip_prefix("Open https://").map(str::to_owned)).unwrap();
    let port = url.rsplit_once(':').unwrap().1.to_owned();
    let fingerprint = process.line(patience, |line| (line.matches(':').count() == 31).then(|| line.trim().to_owned()));
    let code = process.line(patience, |line| line.rsplit_once("once: ").map(|(_, code)| code.to_owned())).unwrap();

    // Who trusts the authority reaches the server by name and by address; who does not, does not.
    let authority = std::fs::read(data.path().join("tls/authority.pem")).unwrap();
    let trusting = reqwest::Client::builder().tls_certs_only([Certificate::from_pem(&authority).unwrap()]).build().unwrap();
    let base = format!("https://localhost:{port}/api/v1");
    assert!(reqwest::get(format!("{base}/server")).await.is_err());
    assert_eq!(trusting.get(format!("https://127.0.0.1:{port}/api/v1/server")).send().await.unwrap().status(), 200);
    let server = trusting.get(format!("{base}/server")).send().await.unwrap();
    assert!(server.headers().contains_key("strict-transport-security"));
    let server: serde_json::Value = server.json().await.unwrap();
    assert_eq!((&server["network"], &server["setup_code_needed"]), (&json!("lan"), &json!(true)));

    let set_up = async |code: Option<&str>| {
        let form = json!({
            "email": Client::EMAIL, "password": Client::PASSWORD, "adult": true, "policy_version": server["policy_version"], "code": code,
        });
        trusting.post(format!("{base}/setup")).json(&form).send().await.unwrap()
    };
    assert_eq!(set_up(None).await.status(), 403);
    assert_eq!(set_up(Some("AAAAA-AAAAA")).await.status(), 403);
    let done = set_up(Some(&code)).await;
    assert_eq!(done.status(), 201);
    assert!(done.headers()["set-cookie"].to_str().unwrap().contains("; Secure"));

    // A camera is invited to the name by which the page came, and knows the server by the authority that people were told of.
    let token = done.json::<serde_json::Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    let invited = trusting.post(format!("{base}/cameras/invitations")).bearer_auth(token).json(&json!({})).send().await.unwrap();
    let invited: serde_json::Value = invited.json().await.unwrap();
    assert_eq!(invited["server"], json!(format!("https://localhost:{port}")));
    let certificate = URL_SAFE_NO_PAD.decode(invited["certificate"].as_str().unwrap()).unwrap();
    let certificate: Vec<String> = certificate.iter().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(certificate.join(":"), fingerprint.unwrap());

    // Nobody speaks in clear.
    assert!(reqwest::get(format!("http://127.0.0.1:{port}/api/v1/server")).await.is_err());
}
