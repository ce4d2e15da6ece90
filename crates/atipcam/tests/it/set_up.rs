use std::time::Duration;

use device::Identity;
use device::onboarding::{OwnNetwork, WifiCode, keep, kept};
use domain::onboarding::Label;
use testkit::{Air, Held, NetworkManager, Process};

use crate::{binary, run};

const CODE: &str = "atipcam:wifi?v=1&s=caf%C3%A9%20%22Bob%27s%22&t=sae&p=correct%20%22horse%22&u=https%3A%2F%2F192.168.1.20%3A8443\
                    &f=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8&c=8PHy8_T19vf4-fr7_P3-_w";

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_in_set_up_mode_reads_joins_and_keeps_whom_to_call_without_telling_the_password() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("camera");
    let film = Held { turned: 7.0, noise: 20, ..Held::new(CODE.as_bytes()) }.film(dir.path()).unwrap();
    let air = Air::new("caf\u{e9} \"Bob's\"", Some(("sae", "correct \"horse\"")));
    let manager = NetworkManager::start(vec![air]).await.unwrap();
    let mut camera = testkit::command(binary());
    camera.args(["camera", "--listen", "127.0.0.1:0", "--set-up", "--state"]).arg(&state).arg("--file").arg(film);
    camera.env("DBUS_SYSTEM_BUS_ADDRESS", manager.address()).env("RUST_LOG", "trace");
    let said = tokio::task::spawn_blocking(move || {
        let camera = Process::start(camera).unwrap();
        let mut said = Vec::new();
        let told = std::cell::RefCell::new(&mut said);
        let invited = |line: &str| {
            told.borrow_mut().push(line.to_owned());
            line.starts_with("set-up invited by").then_some(())
        };
        camera.line(Duration::from_secs(60), invited).unwrap();
        // And what it wrote elsewhere.
        said.push(camera.failure("said").to_string());
        said.join("\n")
    });
    let said = said.await.unwrap();
    for line in ["hold the code before the lens", "joined the network \"caf\u{e9}", "invited by https://192.168.1.20:8443"] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(!said.contains("horse") && !said.contains("8PHy8"), "{said}");
    assert_eq!(manager.value("802-11-wireless-security", "psk"), Some("correct \"horse\"".to_owned()));
    assert_eq!(kept(&state).unwrap(), WifiCode::parse(CODE.as_bytes()).unwrap().invitation);
}

#[test]
fn a_camera_prints_its_label_on_request_alone_and_a_reset_forgets_the_owner_and_not_the_label() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("camera");
    let camera = |flag: &str| {
        let (well, said, complained) = run(&["camera", "--state", state.to_str().unwrap(), flag], "");
        assert!(well, "{complained}");
        said
    };
    let label = camera("--print-label");
    let identity = Identity::open(&state).unwrap();
    assert_eq!(Label::parse(label.trim_end().as_bytes()).as_ref(), Ok(identity.label()));
    keep(&state, &WifiCode::parse(CODE.as_bytes()).unwrap().invitation.unwrap()).unwrap();
    let said = camera("--reset");
    assert!(said.starts_with("this camera is nobody's again") && !said.contains("atipcam:label"), "{said}");
    assert_eq!(camera("--print-label"), label);
    assert_eq!(kept(&state).unwrap(), None);
    assert_ne!(Identity::open(&state).unwrap().credentials(), identity.credentials());
}

/// A browser that shows where it is led and does not go there.
fn client() -> reqwest::Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// Names and values.
type Form<'a> = &'a [(&'a str, &'a str)];

/// A form as a browser sends it.
async fn send(page: &str, headers: Form<'_>, fields: Form<'_>) -> (u16, String) {
    let body = fields
        .iter()
        .map(|(key, value)| format!("{key}={}", value.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>()));
    let body = body.collect::<Vec<_>>().join("&");
    let mut request = client().post(page).header("content-type", "application/x-www-form-urlencoded").body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn look(page: &str, language: &str) -> String {
    client().get(page).header("accept-language", language).send().await.unwrap().text().await.unwrap()
}

fn token(html: &str) -> String {
    html.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_without_a_network_opens_its_own_and_its_page_takes_another_from_nobody_but_itself() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("camera");
    let air = vec![
        Air::new("Sunflower <7>", Some(("wpa-psk", "correct & horse"))),
        Air { strength: 20, ..Air::new("Office", Some(("wpa-eap", ""))) },
    ];
    let manager = NetworkManager::start(air).await.unwrap();
    let mut camera = testkit::command(binary());
    camera.args([
        "camera",
        "--listen",
        "127.0.0.1:0",
        "--scene",
        "test",
        "--no-sub",
        "--setup-ap",
        "--setup-page",
        "127.0.0.1:0",
    ]);
    camera.arg("--state").arg(&state).env("DBUS_SYSTEM_BUS_ADDRESS", manager.address()).env("RUST_LOG", "trace");
    let camera = Process::start(camera).unwrap();
    let said = std::cell::RefCell::new(String::new());
    // What follows on the next line that has these words.
    let line = |words: &str| {
        let pick = |line: &str| {
            said.borrow_mut().push_str(line);
            line.split_once(words).map(|(_, rest)| rest.to_owned())
        };
        tokio::task::block_in_place(|| camera.line(Duration::from_secs(60), pick)).unwrap()
    };
    let page = line("and open ");
    let label = Identity::open(&state).unwrap().label().clone();
    let own = OwnNetwork::of(&label);
    assert_eq!(manager.opened("802-11-wireless", "ssid"), Some(own.name.as_bytes().to_vec()));
    assert_eq!(manager.opened("802-11-wireless", "mode"), Some("ap".to_owned()));
    assert_eq!(manager.opened("802-11-wireless-security", "psk"), Some(own.password.expose().to_owned()));
    assert_eq!(manager.opened("802-11-wireless-security", "key-mgmt"), Some("wpa-psk".to_owned()));
    assert_eq!(manager.opened("ipv4", "method"), Some("shared".to_owned()));
    assert_eq!(manager.own_networks(), (1, true));

    let (english, chinese) = (look(&page, "en-GB,en;q=0.9").await, look(&page, "zh-CN,zh;q=0.9").await);
    assert!(english.contains("lang=\"en\"") && english.contains("Sunflower &lt;7&gt;"), "{english}");
    assert!(english.contains("value=\"1\" disabled"), "{english}");
    assert!(chinese.contains("lang=\"zh-CN\"") && look(&format!("{page}?lang=zh-CN"), "en").await.contains("摄像机"));
    // A phone that asks for its own server is led here, whatever it asks.
    let asked = client().get(format!("{page}generate_204")).header("host", "connectivitycheck.example").send().await.unwrap();
    assert_eq!((asked.status().as_u16(), asked.headers()["location"].to_str().unwrap()), (302, page.as_str()));

    let token_now = token(&english);
    let right = [("token", token_now.as_str()), ("network", "0"), ("password", "correct & horse")];
    let wrong = [("token", token_now.as_str()), ("network", "0"), ("password", "another horse")];
    let strangers: [(Form<'_>, Form<'_>); 5] = [
        (&[], &right[1..]),
        (&[("origin", "http://evil.example")], &right),
        (&[("origin", "null")], &right),
        (&[("sec-fetch-site", "cross-site")], &right),
        (&[("host", "evil.example")], &right),
    ];
    for (headers, fields) in strangers {
        assert_eq!(send(&page, headers, fields).await.0, 403, "{headers:?}");
    }
    let unfit: [Form<'_>; 5] = [
        &[("token", token_now.as_str()), ("password", "correct & horse")],
        &[("token", token_now.as_str()), ("network", "0"), ("password", "short")],
        &[("token", token_now.as_str()), ("network", "1"), ("password", "correct & horse")],
        &[("token", token_now.as_str()), ("network", "other"), ("other", "")],
        &[("token", token_now.as_str()), ("code", "https://evil.example")],
    ];
    for fields in unfit {
        let (status, html) = send(&page, &[], fields).await;
        assert!(status == 400 && html.contains("role=\"alert\"") && !html.contains("horse"), "{fields:?}");
    }
    assert_eq!(manager.profiles(), 0, "nothing was joined");

    let (status, html) = send(&page, &[("accept-language", "en")], &wrong).await;
    assert!(status == 200 && html.contains(&own.name), "{html}");
    // Its own network goes, the other one does not take the password, and the page is back and says so.
    let page = line("and open ");
    assert_eq!(manager.own_networks(), (2, true));
    let again = look(&page, "en").await;
    assert!(again.contains("did not take the password"), "{again}");
    let token_now = token(&again);
    let right = [("token", token_now.as_str()), ("network", "0"), ("password", "correct & horse")];
    let own_origin = page.trim_end_matches('/').to_owned();
    assert_eq!(send(&page, &[("origin", own_origin.as_str())], &right).await.0, 200);
    line("waits to be found");
    assert_eq!(manager.value("802-11-wireless-security", "psk"), Some("correct & horse".to_owned()));
    assert_eq!((manager.own_networks(), manager.profiles()), ((2, false), 1), "what failed is forgotten");
    assert!(client().get(&page).send().await.is_err(), "the page is gone");
    let said = format!("{}{}", said.borrow(), camera.failure("said"));
    assert!(said.contains("joined the network") && !said.contains("horse") && !said.contains(own.password.expose()), "{said}");
}
