//! What a camera kept while it could not be reached is in the recording afterwards; what nobody was to see is not.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use device::{Config, Keep, Onvif, Running, Scene};
use domain::{AudioMode, Clock as _, Origin, StreamName, SystemClock, TimeRange};
use media::record::Cause;
use policy::act::SwitchPrivacy;
use relay::{Depth, Said, Status};
use store::{CameraAccess, SegmentRow};
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::rig::{Rig, last_minutes, until};

const SECOND: Duration = Duration::from_secs(1);

/// A cable between camera and server, that can be pulled.
struct Cable {
    address: SocketAddr,
    plugged: watch::Sender<bool>,
}

impl Cable {
    fn to(camera: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let (address, plugged) = (listener.local_addr().unwrap(), watch::Sender::new(true));
        let state = plugged.subscribe();
        tokio::spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (mut near, mut state) = (listener.accept().await.unwrap().0, state.clone());
                tokio::spawn(async move {
                    let carried = async {
                        let mut far = TcpStream::connect(camera).await?;
                        copy_bidirectional(&mut near, &mut far).await
                    };
                    tokio::select! {
                        biased;
                        _ = state.wait_for(|plugged| !plugged) => {}
                        _ = carried => {}
                    }
                });
            }
        });
        Self { address, plugged }
    }
}

/// A camera with a ring, a cable and a home that records it.
struct Stand {
    rig: Rig,
    cable: Cable,
    _kept: tempfile::TempDir,
}

impl Stand {
    async fn start(keeps: bool) -> Self {
        let kept = tempfile::tempdir().unwrap();
        let onvif = Some(Onvif::new(SocketAddr::from(([127, 0, 0, 1], 0))));
        let keep = keeps.then(|| Keep { dir: kept.path().to_owned(), bytes: 64 * 1024 * 1024 });
        let config = Config { onvif, keep, ..Config::scene(Scene::Test) };
        let mut cable = None;
        let access = |device: &Running| {
            let plug = Cable::to(device.rtsp_addr());
            let main_url = device.url(StreamName::Main).replace(&device.rtsp_addr().to_string(), &plug.address.to_string());
            cable = Some(plug);
            CameraAccess { name: "Door".into(), main_url, onvif_url: device.onvif_url(), ..CameraAccess::default() }
        };
        let rig = Rig::by(config, AudioMode::Off, access).await;
        rig.recorded(2 * SECOND).await;
        Self { rig, cable: cable.unwrap(), _kept: kept }
    }

    async fn status(&self, wanted: Status) {
        let is = || (self.rig.relay.camera_state(self.rig.camera).status == wanted).then_some(());
        until(&format!("{wanted:?}"), async || is()).await;
    }

    /// Pulls the cable for so long, and waits until the camera is recorded again.
    async fn cut(&self, time: Duration) {
        let begun = SystemClock.now();
        self.cable.plugged.send_replace(false);
        self.status(Status::Offline).await;
        until("the cut", async || (SystemClock.now().since(begun) >= time).then_some(())).await;
        self.cable.plugged.send_replace(true);
        self.recorded_anew().await;
    }

    /// Nobody is to see the camera for so long.
    async fn hide(&self, time: Duration) {
        let switch = async |on| {
            let permit = self.rig.permit::<SwitchPrivacy>(self.rig.camera).await;
            self.rig.store.set_privacy(&permit, on, None).await.unwrap();
        };
        switch(true).await;
        self.status(Status::Private).await;
        let is_left = || self.rig.device(|device| device.clients(StreamName::Main) == 0).then_some(());
        until("a camera that is left alone", async || is_left()).await;
        let begun = SystemClock.now();
        until("some privacy", async || (SystemClock.now().since(begun) >= time).then_some(())).await;
        switch(false).await;
        self.recorded_anew().await;
    }

    async fn recorded_anew(&self) {
        let now = SystemClock.now();
        let is_there = async || self.rig.timeline().await.spans.last().filter(|span| span.to() > now + SECOND).map(drop);
        until("footage", is_there).await;
    }

    /// Gaps between what was recorded, and why.
    async fn gaps(&self) -> Vec<(Cause, TimeRange)> {
        let timeline = self.rig.timeline().await;
        let (first, last) = (timeline.spans.first().unwrap().from(), timeline.spans.last().unwrap().from());
        let between = timeline.gaps.into_iter().filter(|gap| gap.range.from() >= first && gap.range.to() <= last);
        between.map(|gap| (gap.cause, gap.range)).collect()
    }

    async fn rows(&self) -> Vec<SegmentRow> {
        self.rig.store.segments(self.rig.camera, last_minutes()).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_missed_is_fetched_and_what_was_private_is_not() {
    let stand = Stand::start(true).await;
    stand.hide(3 * SECOND).await;
    stand.cut(3 * SECOND).await;
    assert_eq!(stand.gaps().await.len(), 2);
    // Older times are fetched first: what was private has had its turn by then.
    let gaps = until("what the camera kept", async || {
        let gaps = stand.gaps().await;
        gaps.iter().all(|(cause, _)| *cause == Cause::Privacy).then_some(gaps)
    })
    .await;
    let [(Cause::Privacy, private)] = gaps[..] else { panic!("{gaps:?}") };
    assert!(private.length() >= 3 * SECOND);
    let fetched = stand.rig.timeline().await.fetched;
    assert!(matches!(fetched[..], [one] if one.length() >= 2 * SECOND && one.from() > private.to()), "{fetched:?}");

    stand.rig.relay.shutdown().await;
    let rows = stand.rows().await;
    let fetched: Vec<&SegmentRow> = rows.iter().filter(|row| row.origin == Origin::Backfill).collect();
    assert!(!fetched.is_empty() && fetched.iter().all(|row| row.previous.is_none() && row.clean), "{rows:?}");
    assert!(fetched.iter().all(|row| row.start >= private.to()), "{private:?} {fetched:?}");
    let live = rows.iter().filter(|row| row.origin == Origin::Live);
    assert_eq!(live.filter(|row| row.previous.is_none()).count(), 1, "the chain of live files goes on past what was fetched");

    let archive = stand.rig.archive();
    let mut findings = Vec::new();
    let heard = |said| {
        if let Said::Finding(finding) = said {
            findings.push(finding)
        }
    };
    let verified = archive.verify(Depth::Samples, heard).await.unwrap();
    assert_eq!((verified.faults, verified.notes, verified.files), (0, 0, rows.len() as u64), "{findings:?}");
    archive.rebuild(|_| ()).await.unwrap();
    assert_eq!(stand.rows().await, rows);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_ring_the_gap_stays_and_says_why() {
    let stand = Stand::start(false).await;
    stand.cut(2 * SECOND).await;
    // As long as it takes with a ring, and longer.
    let back = SystemClock.now();
    until("a while", async || (SystemClock.now().since(back) > 6 * SECOND).then_some(())).await;
    let gaps = stand.gaps().await;
    assert!(matches!(gaps[..], [(Cause::Offline, range)] if range.length() >= 2 * SECOND), "{gaps:?}");
    assert!(stand.rows().await.iter().all(|row| row.origin == Origin::Live));
}
