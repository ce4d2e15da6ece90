//! Finding, asking and moving a camera.

use std::time::Duration;

use device::Running;
use policy::act::{FindCameras, MoveCamera, TestCamera};
use relay::{ProbeTarget, Searched, Steering, StepState, Wish};
use tokio::time::{Instant, interval, timeout};

use crate::rig::Rig;

/// How long a wish holds (`Steering::wish`).
const LEASE: Duration = Duration::from_millis(250);

/// Longer than the lease, and than the second for which the camera moves by itself.
const HELD: Duration = Duration::from_millis(1300);

const RIGHT: Wish = Wish { pan: 0.5, tilt: 0.0, zoom: 0.0 };

/// Waits until the camera moves or stands still.
async fn until(rig: &Rig, moves: bool) {
    let begun = Instant::now();
    let mut tick = interval(Duration::from_millis(5));
    while rig.moves() != moves {
        tick.tick().await;
        assert!(begun.elapsed() < Duration::from_secs(5), "moves: {}", rig.moves());
    }
}

/// How often the server told the camera to stop: it stands still after a second by itself, too.
fn stops(rig: &Rig) -> u32 {
    rig.device(Running::stops)
}

/// Renews a move for longer than it would last; the longest time without a renewal.
async fn hold(rig: &Rig, steering: &Steering) -> Duration {
    let begun = Instant::now();
    let (mut last, mut longest) = (begun, Duration::ZERO);
    let mut tick = interval(Duration::from_millis(50));
    steering.wish(RIGHT);
    until(rig, true).await;
    while begun.elapsed() < HELD {
        tick.tick().await;
        longest = longest.max(last.elapsed());
        steering.wish(RIGHT);
        last = Instant::now();
    }
    longest
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_stops_when_nobody_renews_the_move_and_when_who_held_it_is_gone() {
    let rig = Rig::with_onvif().await;
    let steering = rig.relay.steer(rig.permit::<MoveCamera>(rig.camera).await).await.unwrap();

    steering.wish(RIGHT);
    until(&rig, true).await;
    until(&rig, false).await;
    assert_eq!(stops(&rig), 1, "without a renewal the server stops it");

    // A machine that keeps the test from renewing in time shows nothing: then once more.
    let mut before = stops(&rig);
    for _ in 0..20 {
        if hold(&rig, &steering).await < LEASE {
            break;
        }
        before = stops(&rig);
    }
    assert!(rig.moves() && stops(&rig) == before, "it stopped although it was renewed");
    drop(steering);
    until(&rig, false).await;
    assert_eq!(stops(&rig), before + 1, "with nobody there the server stops it");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_no_longer_move_a_camera_has_it_stopped() {
    let rig = Rig::with_onvif().await;
    let mut steering = rig.relay.steer(rig.permit::<MoveCamera>(rig.camera).await).await.unwrap();
    rig.withdraw();
    timeout(Duration::from_secs(1), steering.ended()).await.expect("it is held for who is no longer of the home");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_is_asked_by_onvif_tells_its_streams_and_shows_a_picture() {
    let rig = Rig::with_onvif().await;
    let permit = rig.permit::<TestCamera>(rig.home()).await;
    let target =
        ProbeTarget { main_url: None, onvif_url: Some(rig.onvif_url().into()), sub_url: None, username: None, password: None };
    let mut told = rig.relay.probe(permit, target);
    let (mut names, mut offer, mut picture) = (Vec::new(), None, None);
    while let Some(step) = told.recv().await {
        assert_ne!(step.state, StepState::Failed, "{step:?}");
        if step.state == StepState::Ok {
            names.push(step.step);
        }
        offer = offer.or(step.offer);
        picture = picture.or(step.picture);
    }
    assert_eq!(names, ["reach", "sign_in", "profiles", "stream", "picture", "sub", "done"]);
    let offer = offer.unwrap();
    let widths: Vec<_> = offer.streams.iter().map(|stream| stream.width).collect();
    assert_eq!((widths, offer.main, offer.sub, offer.moves), (vec![320, 160], 0, Some(1), true));
    assert!(picture.unwrap().starts_with("data:image/jpeg;base64,"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_search_of_a_home_takes_the_place_of_the_first_and_a_range_beyond_the_house_is_refused() {
    let _proof = evidence::proves("C-1.3.5", "watch.cut");
    let rig = Rig::start().await;
    let search = async || rig.relay.search(rig.permit::<FindCameras>(rig.home()).await, None).await.unwrap();
    let mut first = search().await;
    let mut second = search().await;
    let ended = async |told: &mut tokio::sync::mpsc::Receiver<Searched>| {
        while let Some(line) = told.recv().await {
            if line == Searched::Ended {
                return;
            }
        }
        panic!("the last line is missing");
    };
    timeout(Duration::from_secs(2), ended(&mut first)).await.expect("two searches of one home");
    for range in ["203.0.113.0/24", "10.0.0.0/8", "127.0.0.1", "cameras"] {
        let permit = rig.permit::<FindCameras>(rig.home()).await;
        assert_eq!(rig.relay.search(permit, Some(range)).await.unwrap_err().code(), "discovery.range_invalid", "{range}");
    }
    rig.withdraw();
    timeout(Duration::from_secs(2), ended(&mut second)).await.expect("a search for who is no longer of the home");
}
