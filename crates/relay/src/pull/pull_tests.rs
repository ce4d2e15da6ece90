use std::time::Duration;

use device::Camera;
use domain::SystemClock;
use media::live::Start;
use tokio::time::timeout;

use super::*;

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(30);

struct Pulled {
    feed: Arc<Feed>,
    board: Board,
    demand: Demand,
    camera: CameraId,
    cancel: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

fn pull(url: &str, stream: StreamName) -> Pulled {
    let (feed, board, demand, camera) = (Feed::new(), Board::new(), Demand::new(), CameraId::random());
    let config = Config { camera, stream, url: url.to_owned(), username: None, password: None, audio: false };
    let puller = Puller::new(
        config,
        Arc::clone(&feed),
        board.clone(),
        demand.clone(),
        Links::new(Arc::new(SystemClock)),
        Arc::new(SystemClock),
    );
    let cancel = CancellationToken::new();
    let task = tokio::spawn(puller.run(cancel.clone()));
    Pulled { feed, board, demand, camera, cancel, task }
}

impl Pulled {
    fn state(&self) -> crate::state::CameraState {
        self.board.get(self.camera, domain::Timestamp::default())
    }

    /// Waits until the board says so.
    async fn until(&self, so: impl Fn(&crate::state::CameraState) -> bool) {
        let mut changes = self.board.changes();
        let waiting = async {
            while !so(&self.state()) {
                let _ = changes.recv().await;
            }
        };
        timeout(LONG, waiting).await.unwrap();
    }

    /// Stops, which takes less than a second.
    async fn stop(self) {
        self.cancel.cancel();
        timeout(Duration::from_secs(1), self.task).await.unwrap().unwrap();
    }
}

async fn camera() -> device::Running {
    let config = device::Config::scene(device::Scene::Test);
    Camera::start(config, Arc::new(SystemClock)).await.unwrap()
}

#[tokio::test]
async fn a_camera_is_online_while_its_pictures_come_and_offline_with_a_cause_after() {
    let camera = camera().await;
    let pulled = pull(&camera.url(StreamName::Main), StreamName::Main);
    pulled.until(|state| state.status == Status::Online).await;
    let mut units = Vec::new();
    timeout(LONG, pulled.feed.subscribe(Start::NewestKey).read(&mut units)).await.unwrap();
    assert!(units[0].au.key);
    pulled.until(|state| state.main.as_ref().is_some_and(|main| main.gop_s == Some(1.0) && main.fps.is_some())).await;
    let main = pulled.state().main.unwrap();
    assert_eq!((main.codec, main.width, main.height, main.long_gop), ("h264", 320, 180, false));
    camera.shutdown().await;
    pulled.until(|state| state.status == Status::Offline).await;
    assert!(pulled.state().problem.is_some());
    pulled.stop().await;
}

#[tokio::test]
async fn a_camera_that_comes_back_is_online_again() {
    let camera = camera().await;
    camera.set_faults(device::Faults { die_mid_gop: true, ..device::Faults::default() });
    let pulled = pull(&camera.url(StreamName::Main), StreamName::Main);
    pulled.until(|state| state.status == Status::Offline).await;
    camera.set_faults(device::Faults::default());
    pulled.until(|state| state.status == Status::Online && state.problem.is_none()).await;
    pulled.stop().await;
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_told_and_does_not_end_the_pull() {
    for (url, code) in [("rtsps://cam/", "camera.tls_unsupported"), ("rtsp://127.0.0.1:1/", "camera.refused")] {
        let pulled = pull(url, StreamName::Main);
        pulled.until(|state| state.problem.as_ref().is_some_and(|problem| problem.code == code)).await;
        assert!(!pulled.task.is_finished());
        pulled.stop().await;
    }
}

#[tokio::test]
async fn a_sub_stream_is_pulled_only_for_somebody() {
    let camera = camera().await;
    let pulled = pull(&camera.url(StreamName::Sub), StreamName::Sub);
    tokio::task::yield_now().await;
    assert!(pulled.state().sub.is_none());
    let presence = pulled.demand.presence();
    pulled.until(|state| state.sub.is_some()).await;
    assert_eq!(camera.clients(StreamName::Sub), 1);
    // The camera itself is as its main stream is.
    assert_eq!(pulled.state().status, Status::Connecting);
    drop(presence);
    pulled.stop().await;
}

#[tokio::test]
async fn stopping_says_farewell_to_the_camera() {
    let camera = camera().await;
    let pulled = pull(&camera.url(StreamName::Main), StreamName::Main);
    pulled.until(|state| state.status == Status::Online).await;
    assert_eq!(camera.clients(StreamName::Main), 1);
    pulled.stop().await;
    assert_eq!(camera.clients(StreamName::Main), 0);
}
