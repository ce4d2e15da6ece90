//! The client against our own camera.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cameras::discovery::{self, Event, Options, Range, Service, Source};
use cameras::onvif::wire::events::Happening;
use cameras::onvif::wire::imaging::{Imaging, IrCut};
use cameras::onvif::wire::ptz::Vector;
use cameras::onvif::{Camera, Cause, Step, vendors};
use device::{Discovery, Onvif, Trigger};
use domain::{Secret, StreamName, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn free() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

async fn camera(change: impl FnOnce(&mut Onvif)) -> device::Running {
    let mut onvif = Onvif::new(free());
    change(&mut onvif);
    super::camera(|config| {
        config.sub = Some(device::Source::Scene(device::Scene::Test));
        config.credentials = Some(("admin".into(), "hunter2".into()));
        config.onvif = Some(onvif);
    })
    .await
}

async fn connect(camera: &device::Running, password: &str) -> Result<Camera, cameras::onvif::OnvifError> {
    let url = camera.onvif_url().unwrap();
    Camera::connect(&url, Some(("admin", &Secret::from(password))), Arc::new(SystemClock)).await
}

#[tokio::test]
async fn who_it_is_its_profiles_its_streams_and_its_picture() {
    let device = camera(|onvif| onvif.serial = "S-1".into()).await;
    let camera = connect(&device, "hunter2").await.unwrap();
    let information = camera.information().await.unwrap();
    assert_eq!((information.make.as_deref(), information.serial.as_deref()), (Some("atipcam"), Some("S-1")));
    let profiles = camera.profiles().await.unwrap();
    let sizes: Vec<_> = profiles.iter().map(|p| p.video.as_ref().map(|v| (v.codec.as_str(), v.width, v.height))).collect();
    assert_eq!(sizes, [Some(("H264", 320, 180)), Some(("H264", 160, 90))]);
    let video = profiles[0].video.as_ref().unwrap();
    assert_eq!((video.fps, video.gop), (Some(25.0), Some(25)));
    assert!(profiles[0].ptz);
    let stream = camera.stream_url(&profiles[0].token).await.unwrap();
    assert_eq!(stream.as_str(), device.url(StreamName::Main));
    assert_eq!(camera.backchannel(&stream).await, Ok(None));
    let jpeg = camera.snapshot(&profiles[1].token).await.unwrap();
    assert_eq!(&jpeg[jpeg.len() - 2..], [0xff, 0xd9]);
    let vendor = vendors::find("atipcam", "").unwrap();
    assert!(stream.path() == vendor.main(1)[0]);
}

#[tokio::test]
async fn its_head_moves_remembers_and_goes_home() {
    let device = camera(|_| ()).await;
    let camera = connect(&device, "hunter2").await.unwrap();
    let place = Vector { pan: 0.5, tilt: -0.25, zoom: 0.75 };
    camera.move_to("main", place).await.unwrap();
    assert_eq!(device.ptz().unwrap(), (place, false));
    let token = camera.set_preset("main", "Tür & \"Tor\"", None).await.unwrap();
    camera.move_by("main", Vector { pan: 0.25, ..Vector::default() }).await.unwrap();
    assert_eq!(camera.ptz_status("main").await.unwrap().position.unwrap().pan, 0.75);
    let presets = camera.presets("main").await.unwrap();
    assert_eq!((presets.len(), presets[0].name.as_deref()), (1, Some("Tür & \"Tor\"")));
    camera.goto_preset("main", &token).await.unwrap();
    assert_eq!(device.ptz().unwrap().0, place);
    camera.set_home("main").await.unwrap();
    camera.move_on("main", Vector { pan: -1.0, ..Vector::default() }, Duration::from_secs(30)).await.unwrap();
    assert!(camera.ptz_status("main").await.unwrap().moving);
    camera.stop("main").await.unwrap();
    assert!(!device.ptz().unwrap().1 && device.ptz().unwrap().0.pan < 0.5);
    camera.goto_home("main").await.unwrap();
    assert_eq!(device.ptz().unwrap().0, place);
    camera.remove_preset("main", &token).await.unwrap();
    let gone = camera.goto_preset("main", &token).await.unwrap_err();
    assert!(matches!(gone, cameras::onvif::OnvifError { step: Step::Ptz, cause: Cause::Refused(_) }), "{gone}");
}

#[tokio::test]
async fn its_light_its_siren_and_its_gate_are_switched_and_nothing_else() {
    let device = camera(|_| ()).await;
    let camera = connect(&device, "hunter2").await.unwrap();
    let node = camera.node().await.unwrap().unwrap();
    assert!(node.by_way && !node.by_picture && node.home, "{node:?}");
    assert_eq!(node.auxiliaries.len(), 4);
    for command in ["tt:WhiteLight|On", "tt:Siren|On", "tt:WhiteLight|Off"] {
        camera.auxiliary("main", command).await.unwrap();
    }
    assert_eq!(camera.outputs().await.unwrap(), ["gate"]);
    camera.set_output("gate", true).await.unwrap();
    assert_eq!(device.switched_on(), ["tt:Siren", "gate"]);
    camera.set_output("gate", false).await.unwrap();
    assert!(camera.auxiliary("main", "tt:Laser|On").await.is_err() && camera.set_output("door", true).await.is_err());
    assert_eq!(device.switched_on(), ["tt:Siren"]);
}

#[tokio::test]
async fn the_picture_is_set_and_what_is_not_given_stays() {
    let device = camera(|_| ()).await;
    let camera = connect(&device, "hunter2").await.unwrap();
    let source = camera.profiles().await.unwrap()[0].source.clone().unwrap();
    let wish = Imaging { brightness: Some(70.0), ir_cut: Some(IrCut::Off), ..Imaging::default() };
    camera.set_imaging(&source, &wish).await.unwrap();
    let seen = camera.imaging(&source).await.unwrap();
    assert_eq!((seen.brightness, seen.contrast, seen.ir_cut), (Some(70.0), Some(50.0), Some(IrCut::Off)));
    assert_eq!(device.imaging(), Some(seen));
    let too_much = Imaging { brightness: Some(700.0), ..Imaging::default() };
    assert!(camera.set_imaging(&source, &too_much).await.is_err());
}

#[tokio::test]
async fn what_happens_is_told_while_it_happens() {
    let device = camera(|_| ()).await;
    let camera = connect(&device, "hunter2").await.unwrap();
    let mut events = camera.events().await.unwrap();
    let first = events.next().await.unwrap();
    assert!(first.len() == 4 && first.iter().all(|notice| notice.initial && !notice.active), "{first:?}");
    for (trigger, happening) in [
        (Trigger::Motion, Happening::Motion),
        (Trigger::Doorbell, Happening::Doorbell),
        (Trigger::Input, Happening::Input),
        (Trigger::Tamper, Happening::Tamper),
    ] {
        // The camera is asked first and answers when it happens.
        let (told, ()) = tokio::join!(events.next(), async { device.trigger(trigger, true) });
        let told = told.unwrap();
        assert_eq!((told.len(), told[0].happening, told[0].active, told[0].initial), (1, happening, true, false));
    }
    events.end().await.unwrap();
}

#[tokio::test]
async fn a_clock_that_is_wrong_by_years_is_read_first_and_set_right() {
    let device = camera(|onvif| onvif.clock_off_s = -20 * 365 * 86_400).await;
    let camera = connect(&device, "hunter2").await.unwrap();
    assert!(camera.skew_us() < -600_000_000_000_000);
    camera.information().await.unwrap();
    camera.set_time().await.unwrap();
    assert!(camera.skew_us().abs() < 1_500_000, "{}", camera.skew_us());
    camera.reboot().await.unwrap();
    assert_eq!(device.reboots(), 1);
}

#[tokio::test]
async fn a_wrong_password_is_told_from_none_and_from_a_wrong_clock() {
    let device = camera(|_| ()).await;
    let wrong = connect(&device, "hunter3").await.unwrap().information().await.unwrap_err();
    assert_eq!((wrong.step, wrong.cause.code()), (Step::SignIn, "camera.credentials_wrong"));
    let url = device.onvif_url().unwrap();
    let nobody = Camera::connect(&url, None, Arc::new(SystemClock)).await.unwrap().information().await.unwrap_err();
    assert_eq!(nobody.cause.code(), "camera.credentials_needed");
}

/// Sends these bytes of a request to the camera as they are, and gives the answer's status.
async fn raw(device: &device::Running, body: &str) -> u16 {
    let url = url::Url::parse(&device.onvif_url().unwrap()).unwrap();
    let place = (url.host_str().unwrap().to_owned(), url.port().unwrap());
    let mut socket = tokio::net::TcpStream::connect(place).await.unwrap();
    let head = format!("POST {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", url.path(), body.len());
    socket.write_all(head.as_bytes()).await.unwrap();
    let _ = socket.write_all(body.as_bytes()).await;
    let mut answer = String::new();
    let _ = socket.read_to_string(&mut answer).await;
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_token_that_was_overheard_opens_nothing_again() {
    use cameras::onvif::auth::username_token;
    use cameras::onvif::wire::{device as questions, envelope};
    use domain::Clock;
    let device = camera(|_| ()).await;
    let password = "hunter2".into();
    let at = |seconds: i64| domain::Timestamp::from_micros(SystemClock.now().micros() + seconds * 1_000_000);
    let ask = |nonce, at| envelope(&username_token("admin", &password, &[nonce; 16], at), questions::GET_INFORMATION);
    let fresh = ask(1, at(0));
    assert_eq!(raw(&device, &fresh).await, 200);
    assert_eq!(raw(&device, &fresh).await, 401, "again");
    assert_eq!(raw(&device, &ask(2, at(-120))).await, 401, "old");
    assert_eq!(raw(&device, &ask(3, at(120))).await, 401, "from the future");
    assert_eq!(raw(&device, &ask(4, at(0))).await, 200);
}

#[tokio::test]
async fn the_camera_survives_hostile_clients() {
    let device = camera(|_| ()).await;
    let bomb =
        "<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><Envelope><Body><x>&b;</x></Body></Envelope>";
    let large = "x".repeat(200_000);
    for (name, body, status) in [
        ("entity bomb", bomb, 400),
        ("depth", &"<a>".repeat(10_000), 400),
        ("no XML", "GET / HTTP/1.1", 400),
        ("nothing", "", 400),
        ("no body", "<Envelope/>", 400),
        ("200 KB", large.as_str(), 413),
    ] {
        assert_eq!(raw(&device, body).await, status, "{name}");
    }
    connect(&device, "hunter2").await.unwrap().information().await.unwrap();
}

#[tokio::test]
async fn a_camera_on_this_machine_is_one_row_by_three_protocols_and_says_farewell() {
    let device = camera(|onvif| {
        onvif.discovery = Discovery::Loopback;
        (onvif.name, onvif.serial) = ("Haus 门".into(), "LO-77".into());
    })
    .await;
    let url: url::Url = device.onvif_url().unwrap().parse().unwrap();
    let options = Options { loopback: true, time: Duration::from_secs(20), ..Options::default() };
    let mut search = discovery::search(options);
    let is_ours = |found: &discovery::Found| found.services.contains(&Service::Onvif(url.clone()));
    let mut row = None;
    // Serial number (beacon), name (WS-Discovery) and the RTSP path (DNS-SD) in one row.
    let is_whole = |found: &discovery::Found| {
        found.serial.is_some()
            && found.make.is_some()
            && found.services.iter().any(|s| matches!(s, Service::Rtsp(url) if url.path() == "/main"))
    };
    while !row.as_ref().is_some_and(is_whole) {
        match search.recv().await {
            Some(Event::Found(found)) if is_ours(&found) => row = Some(*found),
            Some(_) => {}
            None => panic!("the search ended; the row is {row:?}"),
        }
    }
    let row = row.unwrap();
    assert_eq!((row.serial.as_deref(), row.services.len(), row.addresses.len()), (Some("LO-77"), 2, 1));
    device.shutdown().await;
    loop {
        match search.recv().await {
            Some(Event::Gone(key)) if key == row.key => break,
            Some(_) => {}
            None => panic!("no farewell"),
        }
    }
}

#[tokio::test]
async fn the_sweep_finds_onvif_on_its_port_and_a_search_ends_by_itself() {
    let device = camera(|_| ()).await;
    let url: url::Url = device.onvif_url().unwrap().parse().unwrap();
    let options = Options {
        loopback: true,
        time: Duration::from_millis(10),
        sweep: Some(Range::loopback()),
        ports: vec![url.port().unwrap(), device.rtsp_addr().port()],
    };
    let mut search = discovery::search(options);
    let mut found = Vec::new();
    while let Some(event) = search.recv().await {
        found.push(event);
    }
    let is_it = |event: &Event| matches!(event, Event::Found(f) if f.services.contains(&Service::Onvif(url.clone())) && f.source == Source::Sweep);
    assert!(found.iter().any(is_it), "{found:?}");
}
