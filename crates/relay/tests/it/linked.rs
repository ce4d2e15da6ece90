//! A camera that called in: what it names of itself is its own, and the link is the only way to it.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;

use device::{Config, Onvif, Scene};
use domain::AudioMode;
use domain::onboarding::{DeviceId, link};
use policy::act::MoveCamera;
use relay::Aim;
use store::CameraAccess;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt as _, TokioAsyncReadCompatExt as _};
use yamux::{Connection, Mode, Stream};

use crate::rig::Rig;

const DEVICE: DeviceId = DeviceId::from_bytes([5; 16]);

/// A port of this machine where nobody listens, as long as any other.
const NOBODY: &str = "127.0.0.1:00009";

/// A device's end of a link, to a camera that says of its services that they are where nobody listens here.
async fn bridge(socket: DuplexStream, rtsp: SocketAddr, onvif: SocketAddr) {
    let mut connection = Connection::new(socket.compat(), yamux::Config::default(), Mode::Server);
    while let Some(Ok(stream)) = poll_fn(|cx| connection.poll_next_inbound(cx)).await {
        tokio::spawn(carry(stream.compat(), rtsp, onvif));
    }
}

async fn carry(mut stream: Compat<Stream>, rtsp: SocketAddr, onvif: SocketAddr) -> io::Result<()> {
    let service = stream.read_u8().await?;
    let mut own = TcpStream::connect(if service == 2 { onvif } else { rtsp }).await?;
    if service != 2 {
        return tokio::io::copy_bidirectional(&mut stream, &mut own).await.map(drop);
    }
    let (mut answers, mut questions) = own.split();
    let (mut asked, mut answered) = tokio::io::split(stream);
    let back = async {
        let mut bytes = vec![0; 64 * 1024];
        loop {
            let length = answers.read(&mut bytes).await?;
            if length == 0 {
                return answered.shutdown().await;
            }
            let text = String::from_utf8_lossy(&bytes[..length]).replace(&onvif.to_string(), NOBODY);
            answered.write_all(text.as_bytes()).await?;
        }
    };
    let there = async {
        tokio::io::copy(&mut asked, &mut questions).await?;
        questions.shutdown().await
    };
    tokio::try_join!(there, back).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_camera_is_turned_although_it_names_a_port_that_is_its_own() {
    let onvif = Some(Onvif::new(SocketAddr::from(([127, 0, 0, 1], 0))));
    let config = Config { onvif, ..Config::scene(Scene::Test) };
    let access = |_: &device::Running| CameraAccess {
        name: "Far away".into(),
        main_url: link::url(DEVICE, "/main"),
        onvif_url: Some(link::url(DEVICE, "/onvif/device_service")),
        ..CameraAccess::default()
    };
    let rig = Rig::by(config, AudioMode::Off, access).await;
    let (rtsp, onvif) = rig.device(|device| (device.rtsp_addr(), device.onvif_addr().unwrap()));
    assert_eq!(onvif.to_string().len(), NOBODY.len(), "the system gives out ports of five digits");
    let (near, far) = duplex(64 * 1024);
    let device = tokio::spawn(bridge(far, rtsp, onvif));
    rig.relay.link(DEVICE, rig.camera, near);

    let controls = rig.relay.controls(rig.permit::<MoveCamera>(rig.camera).await).await.unwrap().unwrap();
    assert!(controls.moves.is_some_and(|moves| moves.pan_tilt));
    let turned = rig.relay.aim(rig.permit::<MoveCamera>(rig.camera).await, Aim::Point { x: 1.0, y: 0.5 }).await;
    turned.unwrap();
    assert!(rig.device(|device| device.ptz().unwrap().0.pan) > 0.0);
    device.abort();
}
