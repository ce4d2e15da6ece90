use std::time::Duration;

use device::Identity;
use device::onboarding::{WifiCode, keep, kept};
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
