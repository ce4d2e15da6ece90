//! Links: cameras that called in by themselves, and the way back to them through what they opened.
//!
//! A link is one connection that the camera keeps up. The server opens streams in it, and the first byte of each says what it
//! wants to speak to: the camera's RTSP, its ONVIF, or the camera itself.

mod drive;
mod forward;
mod pair;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::onboarding::DeviceId;
use domain::{CameraId, Clock, Timestamp};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::timeout;
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt as _};
use yamux::Stream;

pub(crate) use self::forward::Forwarder;
pub use self::pair::PairStep;
use crate::Relay;
use crate::state::Problem;

/// Streams of one link at a time: two pulls with a connection each, as many that just end, and a few questions by ONVIF. The
/// camera takes 32.
const STREAMS_MAX: usize = 24;

/// Orders that wait for a link's task.
const ORDERS_MAX: usize = 32;

/// How long a stream may take to open. The camera's answer is not waited for, so it opens at once or the link is dead.
const OPEN_TIME_MAX: Duration = Duration::from_secs(5);

/// What a stream speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Service {
    /// The camera itself: lines of JSON.
    Control = 0,
    /// Its RTSP server.
    Rtsp = 1,
    /// Its ONVIF services.
    Onvif = 2,
}

/// Whether a camera's link is up, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkState {
    /// The camera has called in.
    pub up: bool,
    /// Since when it is so; of a camera that has not called since this server started, since then.
    pub since: Timestamp,
}

/// All links. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Links(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clock: Arc<dyn Clock>,
    begun: Timestamp,
    /// Where bytes of links are moved.
    runtime: Handle,
    /// Of each device that is configured or linked.
    lines: Mutex<HashMap<DeviceId, watch::Sender<Line>>>,
}

/// How it is with one device's link.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    since: Timestamp,
    up: Option<Up>,
}

/// A link that is up.
#[derive(Debug, Clone)]
struct Up {
    camera: CameraId,
    orders: mpsc::Sender<oneshot::Sender<Stream>>,
    streams: Arc<Semaphore>,
}

impl Line {
    pub(crate) fn is_up(&self) -> bool {
        self.up.is_some()
    }
}

/// A stream in a link, both ways the plain bytes of its service.
pub(crate) struct Pipe {
    stream: Compat<Stream>,
    _place: OwnedSemaphorePermit,
}

impl Links {
    /// None yet. Must be called within the runtime that is to move their bytes.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let begun = clock.now();
        Self(Arc::new(Inner { clock, begun, runtime: Handle::current(), lines: Mutex::default() }))
    }

    fn runtime(&self) -> &Handle {
        &self.0.runtime
    }

    /// Follows a device's link.
    pub(crate) fn line(&self, device: DeviceId) -> watch::Receiver<Line> {
        let begun = self.0.begun;
        let line = || watch::Sender::new(Line { since: begun, up: None });
        self.lines().entry(device).or_insert_with(line).subscribe()
    }

    pub(crate) fn state(&self, device: DeviceId) -> LinkState {
        let known = self.lines().get(&device).map(|line| line.borrow().clone());
        known.map_or(LinkState { up: false, since: self.0.begun }, |line| LinkState { up: line.is_up(), since: line.since })
    }

    /// Opens a stream to a service of a device; `None` where its link is down or full.
    pub(crate) async fn open(&self, device: DeviceId, service: Service) -> Option<Pipe> {
        let up = self.lines().get(&device)?.borrow().up.clone()?;
        let opened = async {
            let place = Arc::clone(&up.streams).try_acquire_owned().ok()?;
            let (reply, stream) = oneshot::channel();
            up.orders.send(reply).await.ok()?;
            let mut stream = stream.await.ok()?.compat();
            stream.write_all(&[service as u8]).await.ok()?;
            stream.flush().await.ok()?;
            Some(Pipe { stream, _place: place })
        };
        timeout(OPEN_TIME_MAX, opened).await.ok()?
    }

    /// A link is up: it takes the place of the device's older one, whose task ends with its orders. What is ordered comes out.
    fn begin(&self, device: DeviceId, camera: CameraId) -> (Call, mpsc::Receiver<oneshot::Sender<Stream>>) {
        let (orders, ordered) = mpsc::channel(ORDERS_MAX);
        let call = Call { links: self.clone(), device, orders: orders.downgrade() };
        let up = Up { camera, orders, streams: Arc::new(Semaphore::new(STREAMS_MAX)) };
        let line = Line { since: self.0.clock.now(), up: Some(up) };
        let mut lines = self.lines();
        match lines.get(&device) {
            Some(known) => {
                known.send_replace(line);
            }
            None => {
                lines.insert(device, watch::Sender::new(line));
            }
        }
        (call, ordered)
    }

    /// Tells the device of a camera that was removed to forget its owner, and ends its link. One that is not there hears it when
    /// it calls again.
    pub(crate) async fn release(&self, camera: CameraId) {
        let is_it = |line: &watch::Sender<Line>| line.borrow().up.as_ref().is_some_and(|up| up.camera == camera);
        let device = self.lines().iter().find(|(_, line)| is_it(line)).map(|(device, _)| *device);
        let Some(device) = device else { return };
        if let Some(mut pipe) = self.open(device, Service::Control).await {
            let told = async {
                pipe.stream.write_all(b"{\"release\":true}\n").await?;
                pipe.stream.shutdown().await?;
                // The camera closes its end once it has heard, or the whole link.
                tokio::io::copy(&mut pipe.stream, &mut tokio::io::sink()).await
            };
            let _ = timeout(OPEN_TIME_MAX, told).await;
        }
        // The line's end is the end of its orders, and of the link's task.
        if let Some(line) = self.lines().remove(&device) {
            line.send_replace(Line { since: self.0.clock.now(), up: None });
        }
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<DeviceId, watch::Sender<Line>>> {
        // A line is whole after every step.
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running link; dropped, it is down.
struct Call {
    links: Links,
    device: DeviceId,
    orders: mpsc::WeakSender<oneshot::Sender<Stream>>,
}

impl Drop for Call {
    fn drop(&mut self) {
        let now = self.links.0.clock.now();
        let Some(mine) = self.orders.upgrade() else { return };
        if let Some(line) = self.links.lines().get(&self.device) {
            line.send_if_modified(|line| {
                let is_mine = line.up.as_ref().is_some_and(|up| up.orders.same_channel(&mine));
                if is_mine {
                    *line = Line { since: now, up: None };
                }
                is_mine
            });
        }
    }
}

impl Relay {
    /// Takes a device's link, on which it has proven who it is. It lives until the device is gone or calls anew, and pulls of its
    /// camera begin at once.
    pub fn link<T>(&self, device: DeviceId, camera: CameraId, socket: T)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (call, ordered) = self.shared.links.begin(device, camera);
        let cancel = self.cancel.clone();
        tracing::info!(%device, %camera, "a camera has called in");
        self.tasks.spawn(async move {
            // In this order: the line is down before its streams end, so a pull that fails knows why.
            let socket = drive::Socket::new(socket);
            let mut connection = drive::connection(socket.clone());
            cancel.run_until_cancelled(drive::run(&mut connection, &socket, ordered)).await;
            drop(call);
            tracing::info!(%device, %camera, "a camera's link has ended");
        });
    }

    /// Whether a device's link is up.
    #[must_use]
    pub fn link_state(&self, device: DeviceId) -> LinkState {
        self.shared.links.state(device)
    }

    /// Tells the device of a camera that is no more to forget its owner.
    pub async fn release(&self, camera: CameraId) {
        self.shared.links.release(camera).await;
    }
}

/// What people are told while a camera has not called in.
pub(crate) fn no_link() -> Problem {
    Problem { code: "device.no_link", detail: "the camera has not called in: it has no power, or no way to this server".into() }
}

#[cfg(test)]
#[path = "../link_tests.rs"]
mod tests;
