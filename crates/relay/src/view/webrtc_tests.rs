use std::sync::Arc;

use media::au::VideoCodec;

use super::super::test_view::{Browser, Person, format, picture, presence, silence, with_aac};
use super::*;
use crate::feed::Feed;

struct Scene {
    engine: Engine,
    person: Person,
    main: Arc<Feed>,
    sub: Arc<Feed>,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

impl Scene {
    async fn new() -> Self {
        let (tasks, cancel) = (TaskTracker::new(), CancellationToken::new());
        let engine = Engine::start(&Config::default(), &tasks, cancel.clone()).await.unwrap();
        tasks.close();
        Self { engine, person: Person::new(), main: Feed::new(), sub: Feed::new(), cancel, tasks }
    }

    async fn whep(&self, choice: StreamChoice, offer: &str) -> Result<WhepAnswer> {
        let feeds = Feeds { main: Arc::clone(&self.main), sub: Some(Arc::clone(&self.sub)), lease: CancellationToken::new() };
        self.engine.whep(feeds, choice, self.person.watch().await, presence(), offer).await
    }

    /// A browser that watches.
    async fn viewer(&self, choice: StreamChoice) -> (Browser, ViewId) {
        self.shown_to(Browser::new().await, choice).await
    }

    async fn shown_to(&self, mut browser: Browser, choice: StreamChoice) -> (Browser, ViewId) {
        let answer = self.whep(choice, &browser.offer).await.unwrap();
        browser.take_answer(&answer.sdp);
        (browser, answer.view)
    }
}

fn push(feed: &Feed, codec: VideoCodec, width: u16, numbers: std::ops::Range<u8>) {
    let format = format(codec, width);
    numbers.for_each(|n| feed.push(picture(&format, n), 3600));
}

#[tokio::test]
async fn a_browser_sees_the_cached_gop_then_what_comes_and_says_goodbye() {
    let scene = Scene::new().await;
    push(&scene.main, VideoCodec::H264, 1280, 0..15);
    let (mut browser, view) = scene.viewer(StreamChoice::Main).await;
    browser.until(|browser| browser.pictures.len() == 5).await;
    push(&scene.main, VideoCodec::H264, 1280, 15..18);
    browser.until(|browser| browser.pictures.len() == 8).await;
    assert_eq!(browser.pictures, (10..18).map(|n| (1280, n)).collect::<Vec<_>>());

    let stranger = scene.engine.end_view(view, Person::new().principal).await.unwrap_err();
    assert_eq!((stranger.kind(), stranger.code()), (Kind::NotFound, "not_found"));
    scene.engine.end_view(view, scene.person.principal).await.unwrap();
    browser.until(|browser| browser.closed).await;
    assert_eq!(scene.engine.end_view(view, scene.person.principal).await.unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test]
async fn a_view_ends_with_the_facts_that_allowed_it_and_not_before() {
    let scene = Scene::new().await;
    push(&scene.main, VideoCodec::H264, 1280, 0..5);
    let (mut browser, _) = scene.viewer(StreamChoice::Main).await;
    browser.until(|browser| browser.pictures.len() == 5).await;
    scene.person.something_else_changed();
    push(&scene.main, VideoCodec::H264, 1280, 5..6);
    browser.until(|browser| browser.pictures.len() == 6).await;
    assert!(!browser.closed);
    let removed = now();
    scene.person.removed();
    browser.until(|browser| browser.closed).await;
    assert!(now() - removed < std::time::Duration::from_secs(1));
}

#[tokio::test]
async fn shutting_down_tells_every_viewer() {
    let scene = Scene::new().await;
    push(&scene.main, VideoCodec::H264, 1280, 0..5);
    let (mut one, _) = scene.viewer(StreamChoice::Main).await;
    let (mut two, _) = scene.viewer(StreamChoice::Main).await;
    one.until(|browser| browser.pictures.len() == 5).await;
    two.until(|browser| browser.pictures.len() == 5).await;
    scene.cancel.cancel();
    scene.tasks.wait().await;
    one.until(|browser| browser.closed).await;
    two.until(|browser| browser.closed).await;
    let late = Browser::new().await;
    assert_eq!(scene.whep(StreamChoice::Main, &late.offer).await.unwrap_err().kind(), Kind::Unavailable);
}

#[tokio::test]
async fn a_cold_sub_stream_starts_on_mains_pictures_and_goes_over() {
    let scene = Scene::new().await;
    push(&scene.main, VideoCodec::H264, 1280, 0..3);
    let (mut browser, _) = scene.viewer(StreamChoice::Sub).await;
    browser.until(|browser| browser.pictures.len() == 3).await;
    push(&scene.sub, VideoCodec::H264, 640, 7..12);
    browser.until(|browser| browser.pictures.len() == 5).await;
    push(&scene.main, VideoCodec::H264, 1280, 3..6);
    push(&scene.sub, VideoCodec::H264, 640, 12..13);
    browser.until(|browser| browser.pictures.len() == 6).await;
    let expected = [(1280, 0), (1280, 1), (1280, 2), (640, 10), (640, 11), (640, 12)];
    assert_eq!(browser.pictures, expected, "over at a key picture, and only one stream at a time");
}

#[tokio::test]
async fn h265_is_watched_by_its_h264_sub_stream() {
    let scene = Scene::new().await;
    let browser = Browser::new().await;
    let error = scene.whep(StreamChoice::Main, &browser.offer).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Unavailable, "live.not_ready"));
    push(&scene.main, VideoCodec::H265, 1920, 0..3);
    let error = scene.whep(StreamChoice::Main, &browser.offer).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Unsupported, "live.h265_unsupported"));
    push(&scene.sub, VideoCodec::H264, 640, 0..3);
    for choice in [StreamChoice::Auto, StreamChoice::Main, StreamChoice::Sub] {
        let (mut browser, _) = scene.viewer(choice).await;
        browser.until(|browser| browser.pictures.len() == 3).await;
        assert_eq!(browser.pictures[0], (640, 0), "{choice:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_offer_is_said() {
    let scene = Scene::new().await;
    push(&scene.main, VideoCodec::H264, 1280, 0..3);
    let offer = Browser::new().await.offer;
    for (offer, kind, code) in [
        ("garbage", Kind::Invalid, "live.offer_invalid"),
        (&*offer.replace("a=recvonly", "a=sendonly"), Kind::Unsupported, "live.no_common_codec"),
    ] {
        let error = scene.whep(StreamChoice::Main, offer).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (kind, code));
    }
}

#[tokio::test]
async fn one_session_cannot_take_every_view() {
    let scene = Scene::new().await;
    push(&scene.main, VideoCodec::H264, 1280, 0..3);
    let offer = Browser::new().await.offer;
    let mut views = Vec::new();
    for _ in 0..domain::limits::VIEWS_PER_SESSION_MAX {
        views.push(scene.whep(StreamChoice::Main, &offer).await.unwrap().view);
    }
    let error = scene.whep(StreamChoice::Main, &offer).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::TooMany, "live.too_many"));
    scene.engine.end_view(views[0], scene.person.principal).await.unwrap();
    scene.whep(StreamChoice::Main, &offer).await.unwrap();
}

#[tokio::test]
async fn the_answer_offers_loopback_last_and_the_advertised_addresses() {
    let config = Config { advertise: vec!["203.0.113.7".parse().unwrap()], ..Config::default() };
    let (tasks, cancel) = (TaskTracker::new(), CancellationToken::new());
    let engine = Engine::start(&config, &tasks, cancel).await.unwrap();
    let scene = Scene { engine, ..Scene::new().await };
    push(&scene.main, VideoCodec::H264, 1280, 0..3);
    let answer = scene.whep(StreamChoice::Main, &Browser::new().await.offer).await.unwrap().sdp;
    let candidates: Vec<_> = answer.lines().filter(|line| line.starts_with("a=candidate")).collect();
    assert!(candidates.last().unwrap().contains(" 127.0.0.1 "), "{candidates:?}");
    assert!(candidates.iter().any(|line| line.contains(" 203.0.113.7 ")), "{candidates:?}");
    let ports: std::collections::HashSet<_> = candidates.iter().map(|line| line.split(' ').nth(5)).collect();
    assert_eq!(ports.len(), 1, "one port for all: {candidates:?}");
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// Waits until this many tasks are alive: one that was told to end does so when it has its turn.
async fn until_tasks(wanted: usize) {
    let work = async {
        while tasks() != wanted {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), work).await.expect("tasks end");
}

#[tokio::test]
async fn a_camera_s_aac_is_heard_as_opus_and_transcoded_only_while_somebody_listens() {
    let scene = Scene::new().await;
    let format = with_aac(&format(VideoCodec::H264, 1280));
    let push = |pictures: std::ops::Range<u8>, sounds: std::ops::Range<u8>| {
        pictures.for_each(|n| scene.main.push(picture(&format, n), 3600));
        sounds.for_each(|n| scene.main.push(silence(&format, n), 1024));
    };
    push(0..5, 0..3);
    let idle = tasks();

    let (mut deaf, _) = scene.viewer(StreamChoice::Main).await;
    deaf.until(|browser| browser.pictures.len() == 5).await;
    push(5..6, 3..5);
    deaf.until(|browser| browser.pictures.len() == 6).await;
    assert_eq!(tasks(), idle, "nobody listens");

    let (mut one, first) = scene.shown_to(Browser::listening().await, StreamChoice::Main).await;
    one.until(|browser| browser.pictures.len() == 6).await;
    push(6..7, 5..6);
    one.until(|browser| browser.pictures.len() == 7).await;
    // 64 ms a unit, 20 ms a packet; what came before the pictures were live is not sent.
    push(7..8, 6..16);
    one.until(|browser| browser.sounds.len() >= 30).await;
    assert_eq!(tasks(), idle + 1, "one transcoder");
    let steps = |browser: &Browser| browser.sounds.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect::<Vec<_>>();
    assert!(steps(&one).iter().all(|step| *step == 960), "{:?}", steps(&one));

    let (mut two, second) = scene.shown_to(Browser::listening().await, StreamChoice::Main).await;
    two.until(|browser| browser.pictures.len() == 8).await;
    push(8..9, 16..17);
    two.until(|browser| browser.pictures.len() == 9).await;
    push(9..10, 17..27);
    two.until(|browser| browser.sounds.len() >= 30).await;
    assert_eq!(tasks(), idle + 1, "one for all who listen");

    scene.engine.end_view(first, scene.person.principal).await.unwrap();
    one.until(|browser| browser.closed).await;
    assert_eq!(tasks(), idle + 1, "somebody still listens");
    scene.engine.end_view(second, scene.person.principal).await.unwrap();
    until_tasks(idle).await;
    deaf.until(|browser| browser.pictures.len() == 10).await;
    assert!(deaf.sounds.is_empty());
}
