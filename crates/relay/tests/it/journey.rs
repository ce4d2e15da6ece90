use std::time::Duration;

use bytes::Bytes;
use domain::TimeRange;
use futures::StreamExt;
use media::record::Cause;
use policy::act::{Download, RemoveCamera, TakeSnapshot, ViewLive, ViewRecorded};
use relay::{LiveMessage, RecordingStatus, Status, StreamChoice};

use crate::rig::{Rig, at, until};

const SECOND: Duration = Duration::from_secs(1);

/// Positions of all boxes of a type at the top level of an MP4 file.
fn boxes(mp4: &[u8]) -> Vec<String> {
    let (mut found, mut rest) = (vec![], mp4);
    while let Some((head, _)) = rest.split_at_checked(8) {
        let size = u32::from_be_bytes(head[..4].try_into().unwrap()) as usize;
        found.push(String::from_utf8_lossy(&head[4..]).into_owned());
        rest = rest.get(size..).unwrap_or_default();
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_is_recorded_and_everything_that_was_kept_can_be_shown() {
    let rig = Rig::start().await;
    let span = rig.recorded(3 * SECOND).await;
    let state = rig.relay.camera_state(rig.camera);
    assert_eq!((state.status, state.recording), (Status::Online, RecordingStatus::On));
    assert_eq!(state.main.as_ref().map(|main| (main.codec, main.width, main.height)), Some(("h264", 320, 180)));

    let range = TimeRange::new(span.from(), span.from() + 2 * SECOND).unwrap();
    let playlist = rig.relay.playlist(rig.permit::<ViewRecorded>(rig.camera).await, range).await.unwrap();
    assert!(playlist.starts_with("#EXTM3U") && playlist.ends_with("#EXT-X-ENDLIST\n"), "{playlist}");
    let part = playlist.lines().find(|line| line.ends_with(".m4s")).unwrap();
    let [segment, numbers] = part.strip_prefix("playback/").unwrap().split('/').collect::<Vec<_>>()[..] else { panic!("{part}") };
    let (first, last) = numbers.strip_suffix(".m4s").unwrap().split_once('-').unwrap();
    let segment = segment.parse().unwrap();
    let init = rig.relay.playback_init(rig.permit::<ViewRecorded>(rig.camera).await, segment).await.unwrap();
    assert_eq!(boxes(&init), ["ftyp", "moov"]);
    let permit = rig.permit::<ViewRecorded>(rig.camera).await;
    let part = rig.relay.playback_part(permit, segment, first.parse().unwrap(), last.parse().unwrap()).await.unwrap();
    assert_eq!(boxes(&part)[..2], ["moof", "mdat"]);

    let still = rig.relay.snapshot(rig.permit::<TakeSnapshot>(rig.camera).await, Some(span.from() + SECOND), None).await.unwrap();
    assert_eq!(&still.jpeg[..2], [0xff, 0xd8]);
    assert!(still.at <= span.from() + SECOND && still.at + 2 * SECOND > span.from() + SECOND, "picture of {}", at(still.at));

    let download = rig.relay.download(rig.permit::<Download>(rig.camera).await, range).await.unwrap();
    let length = download.len();
    let chunks: Vec<Bytes> = download.read(0, length).map(Result::unwrap).collect().await;
    let whole = chunks.concat();
    assert_eq!(whole.len() as u64, length);
    assert_eq!(boxes(&whole), ["ftyp", "moov", "mdat"]);
    let again = rig.relay.download(rig.permit::<Download>(rig.camera).await, range).await.unwrap();
    let middle: Vec<Bytes> = again.read(100, length - 100).map(Result::unwrap).collect().await;
    assert_eq!(middle.concat(), whole[100..whole.len() - 100], "a range is the same bytes");

    rig.relay.shutdown().await;
    rig.stop_device().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn footage_of_a_file_that_a_power_cut_left_open_is_adopted() {
    let rig = Rig::start().await;
    let before = rig.recorded(2 * SECOND).await;
    let image = rig.image_after_power_cut();
    let rig = rig.restart_on(image).await;
    let kept = until("the adopted span", async || {
        rig.timeline().await.spans.into_iter().find(|span| span.from() == before.from() && span.length() >= 2 * SECOND)
    });
    let kept = kept.await;
    let range = TimeRange::new(kept.from(), kept.from() + SECOND).unwrap();
    assert!(rig.relay.download(rig.permit::<Download>(rig.camera).await, range).await.unwrap().len() > 1000);
    assert!(rig.store.segments(rig.camera, kept).await.unwrap().iter().any(|row| !row.clean), "found by a scan");

    // What was read is kept open for the next request, and let go of with its footage.
    let folder = rig.store.segments_dir().join(rig.camera.to_string());
    let open = || {
        let links = std::fs::read_dir("/proc/self/fd").unwrap().filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok());
        links.filter(|path| path.starts_with(&folder)).count()
    };
    assert!(open() > 0);
    rig.store.remove_camera(&rig.permit::<RemoveCamera>(rig.camera).await).await.unwrap();
    until("the files to be closed", async || (open() == 0).then_some(())).await;
    rig.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_camera_ends_its_views_and_leaves_no_footage() {
    let rig = Rig::start().await;
    rig.recorded(SECOND).await;
    let mut parts = rig.relay.live_parts(rig.permit::<ViewLive>(rig.camera).await, StreamChoice::Main).unwrap();
    assert!(matches!(parts.next().await, Some(LiveMessage::Text(_))));
    rig.store.remove_camera(&rig.permit::<RemoveCamera>(rig.camera).await).await.unwrap();
    let drained = async {
        let mut last = None;
        while let Some(message) = parts.next().await {
            last = Some(message);
        }
        last
    };
    let last = tokio::time::timeout(SECOND, drained).await.expect("the view ends within a second");
    assert!(matches!(last, Some(LiveMessage::Text(text)) if text.contains("ended")));
    let folder = rig.store.segments_dir().join(rig.camera.to_string());
    until("the files to go", async || (!folder.exists()).then_some(())).await;
    rig.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_is_let_go_ends_its_views_and_its_footage_still_plays_also_after_a_restart() {
    let rig = Rig::start().await;
    rig.recorded(SECOND).await;
    let mut parts = rig.relay.live_parts(rig.permit::<ViewLive>(rig.camera).await, StreamChoice::Main).unwrap();
    assert!(matches!(parts.next().await, Some(LiveMessage::Text(_))));
    rig.store.let_camera_go(&rig.permit::<RemoveCamera>(rig.camera).await).await.unwrap();
    let drained = async { while parts.next().await.is_some() {} };
    tokio::time::timeout(SECOND, drained).await.expect("the view ends within a second");
    // Filed, and no more of it comes.
    let filed = until("its last file", async || {
        let timeline = rig.timeline().await;
        timeline.spans.last().copied().filter(|_| !timeline.open)
    });
    let filed = filed.await;
    let range = TimeRange::new(filed.from(), filed.from() + SECOND).unwrap();
    let length = rig.relay.download(rig.permit::<Download>(rig.camera).await, range).await.unwrap().len();
    assert!(length > 1000);
    rig.relay.shutdown().await;

    let whole = rig.image_after_power_cut();
    let rig = rig.restart_on(whole).await;
    let again = until("the index", async || rig.relay.download(rig.permit::<Download>(rig.camera).await, range).await.ok());
    assert_eq!(again.await.len(), length);
    assert_eq!(rig.timeline().await.spans.last().map(|span| span.to()), Some(filed.to()), "it does not record");
    rig.store.remove_camera(&rig.permit::<RemoveCamera>(rig.camera).await).await.unwrap();
    let folder = rig.store.segments_dir().join(rig.camera.to_string());
    until("the files to go", async || (!folder.exists()).then_some(())).await;
    rig.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_is_gone_is_not_said_to_be_recording_and_its_gap_has_a_cause() {
    let rig = Rig::start().await;
    rig.recorded(SECOND).await;
    rig.stop_device().await;
    let state = until("the camera to be offline", async || {
        Some(rig.relay.camera_state(rig.camera)).filter(|state| state.status == Status::Offline)
    });
    let state = state.await;
    assert_eq!(state.recording, RecordingStatus::Waiting);
    assert!(state.still_at.is_some(), "the last picture has an age");
    until("the gap's cause", async || {
        let gaps = rig.timeline().await.gaps;
        gaps.last().filter(|gap| gap.cause == Cause::Offline).map(|_| ())
    })
    .await;
    assert_eq!(rig.relay.camera_state(rig.camera).recording, RecordingStatus::Waiting, "also after the last fragment");
    rig.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_of_a_picture_lies_in_clear_in_any_file() {
    let rig = Rig::start().await;
    let span = rig.recorded(2 * SECOND).await;
    let range = TimeRange::new(span.from(), span.from() + SECOND).unwrap();
    let download = rig.relay.download(rig.permit::<Download>(rig.camera).await, range).await.unwrap();
    let length = download.len();
    let whole = download.read(0, length).map(Result::unwrap).collect::<Vec<Bytes>>().await.concat();
    let sample = &whole[whole.len() - 1000..whole.len() - 960];
    assert_eq!(rig.files_with(sample), Vec::<String>::new());
    // The search finds what is there.
    rig.leave(sample);
    assert_eq!(rig.files_with(sample), ["canary"]);
    rig.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_copy_of_everything_but_the_keyring_plays_nothing_once_the_key_is_destroyed() {
    let _proof = evidence::proves("C-3.a.3.a", "seal.footage");
    let _second = evidence::proves("C-7.5", "seal.footage");
    let rig = Rig::start().await;
    let span = rig.recorded(2 * SECOND).await;
    let range = TimeRange::new(span.from(), span.from() + SECOND).unwrap();
    rig.stop_device().await;
    // Files at rest: what one copy plays, the other has too.
    rig.relay.shutdown().await;
    let [whole, copy] = [rig.image_after_power_cut(), rig.image_after_power_cut()];
    rig.store.remove_camera(&rig.permit::<RemoveCamera>(rig.camera).await).await.unwrap();
    rig.keyring_into(&copy);
    let rig = rig.restart_on(copy).await;
    let playlist = rig.relay.playlist(rig.permit::<ViewRecorded>(rig.camera).await, range).await;
    let download = rig.relay.download(rig.permit::<Download>(rig.camera).await, range).await;
    let still = rig.relay.snapshot(rig.permit::<TakeSnapshot>(rig.camera).await, Some(span.from() + SECOND / 2), None).await;
    let codes = [playlist.map(drop), download.map(drop), still.map(drop)].map(|answer| answer.unwrap_err().code());
    assert!(codes.iter().all(|code| ["recording.none", "recording.key_destroyed"].contains(code)), "{codes:?}");
    // With the key of that day the same copy plays.
    let rig = rig.restart_on(whole).await;
    assert!(rig.relay.download(rig.permit::<Download>(rig.camera).await, range).await.is_ok());
    rig.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_is_no_longer_of_the_home_loses_the_running_view() {
    let rig = Rig::start().await;
    rig.recorded(SECOND).await;
    let mut parts = rig.relay.live_parts(rig.permit::<ViewLive>(rig.camera).await, StreamChoice::Main).unwrap();
    assert!(matches!(parts.next().await, Some(LiveMessage::Text(_))));
    rig.withdraw();
    let drained = async { while parts.next().await.is_some() {} };
    tokio::time::timeout(SECOND, drained).await.expect("the view ends within a second");
    rig.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_is_heard_while_an_owner_consents_and_no_longer() {
    let _proof = evidence::proves("C-7.3", "watch.cut");
    let rig = Rig::with_sound().await;
    let heard = || rig.relay.camera_state(rig.camera).main.is_some_and(|main| main.audio.is_some());
    until("sound", async || heard().then_some(())).await;
    rig.withdraw_sound();
    // What the board says follows the next connection; that no sound comes for more than a second is seen in a browser.
    until("silence", async || (!heard()).then_some(())).await;
    // The picture goes on.
    until("the picture", async || rig.relay.camera_state(rig.camera).main.map(|main| assert_eq!(main.audio, None))).await;
    rig.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_watched_is_noted_when_the_view_ends() {
    let rig = Rig::start().await;
    rig.recorded(SECOND).await;
    let mut parts = rig.relay.live_parts(rig.permit::<ViewLive>(rig.camera).await, StreamChoice::Main).unwrap();
    assert!(matches!(parts.next().await, Some(LiveMessage::Text(_))));
    assert_eq!(rig.accesses().await, [], "not while it goes on");
    drop(parts);
    rig.relay.flush().await;
    assert_eq!(rig.accesses().await, [(rig.camera, store::How::Live)]);
    rig.relay.shutdown().await;
}
