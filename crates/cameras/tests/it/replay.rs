//! What our own camera kept, asked for by ONVIF and fetched by our own client.

use std::sync::Arc;
use std::time::Duration;

use cameras::onvif::Camera as ByOnvif;
use cameras::replay::Replay;
use cameras::rtsp::Target;
use device::{Camera, Config, Keep, Onvif, Running, Scene, Source};
use domain::{Clock, Secret, SystemClock, TimeRange, Timestamp};
use media::au::AccessUnit;
use tokio::time::{interval, timeout};

const USER: &str = "admin";

fn password() -> Secret {
    Secret::from("correct horse")
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

async fn camera(keep: Option<Keep>) -> Running {
    let mut config = Config::new(Source::Scene(Scene::Test));
    config.credentials = Some((USER.to_owned(), password()));
    config.onvif = Some(Onvif::new("127.0.0.1:0".parse().unwrap()));
    config.keep = keep;
    Camera::start(config, clock()).await.unwrap()
}

async fn by_onvif(camera: &Running) -> ByOnvif {
    ByOnvif::connect(&camera.onvif_url().unwrap(), Some((USER, &password())), clock()).await.unwrap()
}

/// Waits until it kept so much, and says from when to when, and where it is replayed.
async fn kept(camera: &ByOnvif, length: Duration) -> (Timestamp, Timestamp, String) {
    let mut tick = interval(Duration::from_millis(200));
    let asked = timeout(Duration::from_secs(60), async {
        loop {
            tick.tick().await;
            let recordings = camera.recordings().await.unwrap();
            let [recording] = &recordings[..] else { continue };
            let (from, to) = (recording.from.unwrap(), recording.to.unwrap());
            if to.since(from) >= length {
                assert!(recording.video);
                return (from, to, camera.replay_url(&recording.token).await.unwrap().to_string());
            }
        }
    });
    asked.await.unwrap()
}

fn target(url: &str, password: &str) -> Target {
    Target::parse(url, Some(USER), Some(&Secret::from(password)), false).unwrap()
}

async fn all(replay: &mut Replay) -> Vec<AccessUnit> {
    let mut units = Vec::new();
    while let Some(unit) = replay.next().await.unwrap() {
        units.push(unit);
    }
    units
}

#[tokio::test]
async fn what_a_camera_kept_is_found_signed_in_for_and_fetched_picture_by_picture() {
    let dir = tempfile::tempdir().unwrap();
    let camera = camera(Some(Keep { dir: dir.path().to_owned(), bytes: 64 << 20 })).await;
    let asked = by_onvif(&camera).await;
    assert!(asked.has_replay());
    let (from, _, url) = kept(&asked, Duration::from_secs(4)).await;
    let range = TimeRange::new(from + Duration::from_millis(1500), from + Duration::from_millis(3200)).unwrap();
    let mut replay = Replay::open(&target(&url, "correct horse"), range, None, clock()).await.unwrap();
    let units = all(&mut replay).await;

    // From the key picture before the range, at most a second, to its end, at most a fragment.
    let (first, last) = (&units[0], units.last().unwrap());
    assert!(first.key && first.wall <= range.from() && first.wall + Duration::from_secs(1) > range.from());
    assert!(last.wall + Duration::from_millis(41) >= range.to(), "{} is before {}", last.wall, range.to());
    assert_eq!((first.format.video.width, first.format.video.parameter_sets.len()), (320, 2));
    for two in units.windows(2) {
        assert_eq!((two[1].dts - two[0].dts, two[1].cts, two[1].wall.since(two[0].wall).as_millis()), (3600, 0, 40));
        assert!(!two[1].discontinuity && Arc::ptr_eq(&two[0].format, &two[1].format));
    }
    assert!(media::still::jpeg(&first.format.video, &first.data, u16::MAX).is_ok());

    // In the format of footage beside it, where the parameter sets are the same.
    let known = Arc::clone(&first.format);
    let mut replay = Replay::open(&target(&url, "correct horse"), range, Some(Arc::clone(&known)), clock()).await.unwrap();
    assert!(Arc::ptr_eq(&replay.next().await.unwrap().unwrap().format, &known));

    for (range, password, code) in [
        (range, "wrong", "camera.credentials_wrong"),
        (
            TimeRange::new(from - Duration::from_secs(60), from - Duration::from_secs(30)).unwrap(),
            "correct horse",
            "replay.not_kept",
        ),
    ] {
        assert_eq!(Replay::open(&target(&url, password), range, None, clock()).await.unwrap_err().code(), code);
    }
    let live = url.replace("/replay", "/main");
    let refused = Replay::open(&target(&live, "correct horse"), range, None, clock()).await.unwrap_err();
    assert_eq!(refused.code(), "replay.not_kept", "what is live was not kept");
    camera.shutdown().await;
}

#[tokio::test]
async fn a_camera_that_keeps_nothing_says_so() {
    let camera = camera(None).await;
    assert!(!by_onvif(&camera).await.has_replay());
    let live = camera.url(domain::StreamName::Main);
    let range = TimeRange::new(SystemClock.now() - Duration::from_secs(60), SystemClock.now()).unwrap();
    let refused = Replay::open(&target(&live, "correct horse"), range, None, clock()).await.unwrap_err();
    assert_eq!(refused.code(), "replay.unsupported");
    camera.shutdown().await;
}
