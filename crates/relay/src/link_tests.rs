use std::future::poll_fn;

use device::{Camera, Config, Scene};
use domain::{Secret, StreamName, SystemClock};
use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio_util::compat::TokioAsyncReadCompatExt as _;
use yamux::{Connection, Mode};

use super::*;
use crate::feed::Feed;
use crate::pull::{self, Demand, Puller};
use crate::state::{Board, Status};

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(30);

const DEVICE: DeviceId = DeviceId::from_bytes([5; 16]);

/// A device's end of a link: takes streams and bridges them to an RTSP server of its own. Says what it was told as itself.
fn bridge(socket: DuplexStream, rtsp: u16) -> JoinHandle<Option<String>> {
    tokio::spawn(async move {
        let mut connection = Connection::new(socket.compat(), yamux::Config::default(), Mode::Server);
        let (told, mut heard) = mpsc::channel(1);
        loop {
            let stream = tokio::select! {
                line = heard.recv() => return line,
                stream = poll_fn(|cx| connection.poll_next_inbound(cx)) => stream,
            };
            let Some(Ok(stream)) = stream else { return heard.try_recv().ok() };
            let told = told.clone();
            tokio::spawn(async move {
                let mut stream = stream.compat();
                match stream.read_u8().await {
                    Ok(0) => {
                        let mut line = String::new();
                        let _ = stream.read_to_string(&mut line).await;
                        let _ = told.send(line).await;
                    }
                    Ok(1) => {
                        let mut own = tokio::net::TcpStream::connect(("127.0.0.1", rtsp)).await.unwrap();
                        let _ = tokio::io::copy_bidirectional(&mut stream, &mut own).await;
                    }
                    _ => {}
                }
            });
        }
    })
}

/// The server's end, as [`Relay::link`] runs it.
fn link(links: &Links, camera: CameraId, socket: DuplexStream) -> JoinHandle<()> {
    let (call, ordered) = links.begin(DEVICE, camera);
    tokio::spawn(async move {
        let socket = drive::Socket::new(socket);
        let mut connection = drive::connection(socket.clone());
        drive::run(&mut connection, &socket, ordered).await;
        drop(call);
    })
}

async fn until(board: &Board, id: CameraId, status: Status, code: Option<&str>) {
    let mut changes = board.changes();
    let met = || {
        let state = board.get(id, Timestamp::default());
        state.status == status && state.problem.as_ref().map(|problem| problem.code) == code
    };
    let wait = async {
        while !met() {
            changes.recv().await.unwrap();
        }
    };
    timeout(LONG, wait).await.unwrap_or_else(|_| panic!("{status:?} {code:?}: {:?}", board.get(id, Timestamp::default())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_camera_is_live_through_its_link_and_at_once_again_after_a_cut() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let config = Config { credentials: Some(("atipcam".into(), Secret::from("its own"))), ..Config::scene(Scene::Test) };
    let camera = Camera::start(config, Arc::clone(&clock)).await.unwrap();
    let rtsp: u16 = camera.url(StreamName::Main).rsplit_once(':').unwrap().1.split('/').next().unwrap().parse().unwrap();
    let (links, board, feed, id) = (Links::new(Arc::clone(&clock)), Board::new(), Feed::new(), CameraId::random());
    let config = pull::Config {
        camera: id,
        stream: StreamName::Main,
        url: domain::onboarding::link::url(DEVICE, "/main"),
        username: Some("atipcam".into()),
        password: Some("its own".into()),
        audio: false,
    };
    let cancel = tokio_util::sync::CancellationToken::new();
    let puller = Puller::new(config, Arc::clone(&feed), board.clone(), Demand::new(), links.clone(), clock);
    let pull = tokio::spawn(puller.run(cancel.clone()));
    until(&board, id, Status::Offline, Some("device.no_link")).await;
    assert!(!links.state(DEVICE).up);

    let (near, far) = duplex(64 * 1024);
    let (server, device) = (link(&links, id, near), bridge(far, rtsp));
    until(&board, id, Status::Online, None).await;
    assert!(links.state(DEVICE).up && feed.newest_key().is_some());

    // A cut: it is said what is wrong, and the next call is used at once.
    device.abort();
    until(&board, id, Status::Offline, Some("device.no_link")).await;
    timeout(LONG, server).await.unwrap().unwrap();
    let (near, far) = duplex(64 * 1024);
    let (older, gone) = (link(&links, id, near), bridge(far, rtsp));
    until(&board, id, Status::Online, None).await;

    // A newer call takes the place of the one before, which ends.
    let (near, far) = duplex(64 * 1024);
    let (newer, device) = (link(&links, id, near), bridge(far, rtsp));
    timeout(LONG, older).await.unwrap().unwrap();
    assert_eq!(timeout(LONG, gone).await.unwrap().unwrap(), None);
    assert!(links.state(DEVICE).up);

    // Its owner removes it: it is told so, and the link ends.
    links.release(id).await;
    assert_eq!(timeout(LONG, device).await.unwrap().unwrap().as_deref(), Some("{\"release\":true}\n"));
    timeout(LONG, newer).await.unwrap().unwrap();
    assert!(!links.state(DEVICE).up);
    cancel.cancel();
    timeout(LONG, pull).await.unwrap().unwrap();
    camera.shutdown().await;
}
