//! What waits to be written to one player.
//!
//! A stream's task writes to all its players directly, as long as each takes all at once. What one does not take waits here for the
//! player's own task, so that a slow one costs the others nothing.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{Buf, Bytes};
use media::au::Track;
use media::rtsp::{Route, UdpPort};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::Notify;

use super::broadcast::Item;
use super::udp::UdpPair;

/// Bytes that may wait for one player: a GOP of 8 Mbit/s and 4 s. Beyond it, the player goes on at the next key picture.
const BACKLOG_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A player is taken up again at a key picture once so much or less waits.
const BACKLOG_BYTES_LOW: usize = BACKLOG_BYTES_MAX / 4;

/// Answers that may wait before anything plays: who asks on and on and reads nothing is cut.
const ANSWERS_BYTES_MAX: usize = 64 * 1024;

/// Pieces of one write: the pictures and sounds of one moment are two or three.
const SLICES_MAX: usize = 16;

/// Datagrams that go out at once from what waits, and the pause after them: some 90 Mbit/s, which a player's socket holds.
const DATAGRAMS_AT_ONCE: usize = 16;
const DATAGRAMS_PAUSE: Duration = Duration::from_millis(2);

/// How each track reaches a player; `None` for one that it did not ask for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Routes {
    pub(super) video: Option<Route>,
    pub(super) audio: Option<Route>,
}

impl Routes {
    fn of(&self, track: Track) -> Option<Route> {
        match track {
            Track::Video => self.video,
            Track::Audio => self.audio,
        }
    }
}

/// Something to write.
#[derive(Debug)]
enum Piece {
    Stream(Bytes),
    Datagram { from: UdpPort, to: SocketAddr, bytes: Bytes },
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Stream(bytes) | Self::Datagram { bytes, .. } => bytes.len(),
        }
    }
}

#[derive(Debug)]
struct State {
    /// Where writes of the stream's task go at once; `None` for a connection that encrypts, and after the end.
    direct: Option<Arc<OwnedWriteHalf>>,
    /// The answer to `PLAY` and the running GOP are in: what comes now may follow them.
    live: bool,
    gone: bool,
    waits_for_key: bool,
    queue: VecDeque<Piece>,
    bytes: usize,
    /// What may wait of answers before anything plays.
    answers_bytes_max: usize,
}

/// One player's way out.
#[derive(Debug)]
pub(super) struct Outlet {
    state: Mutex<State>,
    filled: Notify,
    udp: Option<Arc<UdpPair>>,
}

impl Outlet {
    pub(super) fn new(direct: Option<Arc<OwnedWriteHalf>>, udp: Option<Arc<UdpPair>>) -> Arc<Self> {
        Self::of(direct, VecDeque::new(), 0, udp)
    }

    fn of(direct: Option<Arc<OwnedWriteHalf>>, queue: VecDeque<Piece>, bytes: usize, udp: Option<Arc<UdpPair>>) -> Arc<Self> {
        let answers_bytes_max = ANSWERS_BYTES_MAX + bytes;
        let state = State { direct, live: false, gone: false, waits_for_key: false, queue, bytes, answers_bytes_max };
        Arc::new(Self { state: Mutex::new(state), filled: Notify::new(), udp })
    }

    /// The player pauses: its stream's task writes nothing more here, and what waits is written by the outlet that is returned.
    pub(super) fn pause(&self) -> Arc<Self> {
        let mut state = self.state();
        state.gone = true;
        let (queue, bytes) = (std::mem::take(&mut state.queue), std::mem::take(&mut state.bytes));
        Self::of(state.direct.take(), queue, bytes, self.udp.clone())
    }

    /// Adds an answer, behind what waits. False where too much waits for somebody who reads nothing.
    pub(super) fn answer(&self, bytes: Bytes) -> bool {
        let mut state = self.state();
        state.push(Piece::Stream(bytes));
        state.bytes <= if state.live { 2 * BACKLOG_BYTES_MAX } else { state.answers_bytes_max }
    }

    /// How many pieces wait: at the time of [`Outlet::begin`]'s request, all of them answers to earlier ones.
    pub(super) fn waiting(&self) -> usize {
        self.state().queue.len()
    }

    /// Begins to play: the answers to `earlier` requests, this one's, the running GOP, then what came meanwhile.
    pub(super) fn begin(&self, earlier: usize, answers: Vec<Bytes>, gop: &[Item], routes: Routes) {
        let mut state = self.state();
        let mut earlier_answers = std::mem::take(&mut state.queue);
        let came_meanwhile = earlier_answers.split_off(earlier.min(earlier_answers.len()));
        state.bytes = 0;
        earlier_answers.into_iter().for_each(|piece| state.push(piece));
        answers.into_iter().for_each(|bytes| state.push(Piece::Stream(bytes)));
        gop.iter().for_each(|item| state.enqueue(item, routes));
        came_meanwhile.into_iter().for_each(|piece| state.push(piece));
        state.live = true;
        // Without a picture to start at, nothing decodes before the next.
        state.waits_for_key |= !gop.iter().any(|item| item.key);
    }

    /// The player is gone, or must go: nothing is written any more.
    pub(super) fn end(&self) {
        let mut state = self.state();
        (state.gone, state.direct) = (true, None);
        state.queue.clear();
        drop(state);
        self.filled.notify_one();
    }

    /// Whether nothing more is to be written.
    pub(super) fn is_gone(&self) -> bool {
        self.state().gone
    }

    /// Writes the items of one moment, or has the player's own task write what does not go at once.
    pub(super) fn offer(&self, items: &[Item], routes: Routes) {
        let mut state = self.state();
        if state.gone {
            return;
        }
        if state.bytes > BACKLOG_BYTES_MAX {
            state.waits_for_key = true;
        }
        let key = items.iter().position(|item| item.key).filter(|_| state.bytes <= BACKLOG_BYTES_LOW);
        let items = match (state.waits_for_key, key) {
            (false, _) => items,
            (true, Some(key)) => &items[key..],
            (true, None) => return,
        };
        state.waits_for_key = false;
        // A large picture as datagrams is sent in portions: a player's socket need not hold all of it at once.
        let by_udp = |item: &Item| matches!(routes.of(item.batch.track()), Some(Route::Udp { .. }));
        let in_portions = items.iter().any(|item| by_udp(item) && item.batch.packets().len() > DATAGRAMS_AT_ONCE);
        let direct = if state.live && state.queue.is_empty() && !in_portions { state.direct.clone() } else { None };
        let mut rest = items;
        if let Some(direct) = direct {
            match write_now(&direct, self.udp.as_deref(), items, routes) {
                Ok(Wrote::All) => return,
                Ok(Wrote::Until(item, written)) => {
                    state.enqueue(&items[item], routes);
                    state.skip(written);
                    rest = &items[item + 1..];
                }
                // The player's own task meets the same error when it reads.
                Err(_) => return,
            }
        }
        rest.iter().for_each(|item| state.enqueue(item, routes));
        drop(state);
        self.filled.notify_one();
    }

    /// Whether something waits.
    pub(super) fn waits(&self) -> bool {
        !self.state().queue.is_empty()
    }

    /// Writes something of what waits, as soon as there is anything. Cancel safe.
    pub(super) async fn drain(&self, plain: Option<&OwnedWriteHalf>, encrypting: &mut Option<Encrypting>) -> io::Result<()> {
        loop {
            let front = self.state().front();
            match (front, plain, encrypting.as_mut()) {
                (Front::End, ..) => return Err(io::ErrorKind::ConnectionAborted.into()),
                (Front::Nothing, ..) => self.filled.notified().await,
                (Front::Datagrams, ..) => {
                    self.send_some();
                    tokio::time::sleep(DATAGRAMS_PAUSE).await;
                    return Ok(());
                }
                (Front::Stream(_), Some(plain), _) => {
                    plain.writable().await?;
                    let mut state = self.state();
                    match state.write(plain) {
                        Ok(written) => state.skip(written),
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        Err(error) => return Err(error),
                    }
                    return Ok(());
                }
                (Front::Stream(bytes), None, Some(encrypting)) => {
                    let written = encrypting.write(&bytes).await?;
                    self.state().skip(written);
                    if !self.waits() {
                        encrypting.flush().await?;
                    }
                    return Ok(());
                }
                (Front::Stream(_), None, None) => return Err(io::ErrorKind::BrokenPipe.into()),
            }
        }
    }

    fn send_some(&self) {
        let mut state = self.state();
        for _ in 0..DATAGRAMS_AT_ONCE {
            let Some(Piece::Datagram { .. }) = state.queue.front() else { return };
            let Some(piece) = state.queue.pop_front() else { return };
            state.bytes -= piece.len();
            if let (Piece::Datagram { from, to, bytes }, Some(udp)) = (piece, &self.udp) {
                udp.send(from, to, &bytes);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writing half of a connection that encrypts.
pub(super) type Encrypting = Box<dyn AsyncWrite + Send + Unpin>;

enum Front {
    End,
    Nothing,
    Stream(Bytes),
    Datagrams,
}

impl State {
    fn front(&self) -> Front {
        match self.queue.front() {
            _ if self.gone => Front::End,
            None => Front::Nothing,
            Some(Piece::Stream(bytes)) => Front::Stream(bytes.clone()),
            Some(Piece::Datagram { .. }) => Front::Datagrams,
        }
    }

    fn push(&mut self, piece: Piece) {
        self.bytes += piece.len();
        self.queue.push_back(piece);
    }

    fn enqueue(&mut self, item: &Item, routes: Routes) {
        match routes.of(item.batch.track()) {
            None => {}
            Some(Route::Interleaved(channel)) => self.push(Piece::Stream(item.batch.framed(channel))),
            Some(Route::Udp { rtp, rtcp }) => {
                let (from, to) = if item.batch.is_rtcp() { (UdpPort::Rtcp, rtcp) } else { (UdpPort::Rtp, rtp) };
                item.batch.packets().for_each(|bytes| self.push(Piece::Datagram { from, to, bytes }));
            }
        }
    }

    /// Forgets bytes that were written.
    fn skip(&mut self, mut written: usize) {
        self.bytes = self.bytes.saturating_sub(written);
        while written > 0 {
            let Some(Piece::Stream(bytes)) = self.queue.front_mut() else { return };
            if bytes.len() > written {
                return bytes.advance(written);
            }
            written -= bytes.len();
            self.queue.pop_front();
        }
    }

    fn write(&self, plain: &OwnedWriteHalf) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let mut count = 0;
        for (slice, piece) in slices.iter_mut().zip(&self.queue) {
            let Piece::Stream(bytes) = piece else { break };
            *slice = IoSlice::new(bytes);
            count += 1;
        }
        plain.try_write_vectored(&slices[..count])
    }
}

enum Wrote {
    All,
    /// Up to this item, and of it so many bytes.
    Until(usize, usize),
}

/// Writes items at once: those over TCP in as few writes as it takes, those over UDP packet by packet.
fn write_now(direct: &OwnedWriteHalf, udp: Option<&UdpPair>, items: &[Item], routes: Routes) -> io::Result<Wrote> {
    for (turn, some) in items.chunks(SLICES_MAX).enumerate() {
        let mut framed = [const { Bytes::new() }; SLICES_MAX];
        for (bytes, item) in framed.iter_mut().zip(some) {
            match (routes.of(item.batch.track()), udp) {
                (Some(Route::Interleaved(channel)), _) => *bytes = item.batch.framed(channel),
                (Some(Route::Udp { rtp, rtcp }), Some(udp)) => {
                    let (from, to) = if item.batch.is_rtcp() { (UdpPort::Rtcp, rtcp) } else { (UdpPort::Rtp, rtp) };
                    item.batch.packets().for_each(|bytes| udp.send(from, to, &bytes));
                }
                (Some(Route::Udp { .. }) | None, _) => {}
            }
        }
        let whole: usize = framed.iter().map(Bytes::len).sum();
        if whole == 0 {
            continue;
        }
        let slices = framed.each_ref().map(|bytes| IoSlice::new(bytes));
        let mut written = match direct.try_write_vectored(&slices) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
        if written < whole {
            let cut = framed.iter().position(|bytes| {
                let inside = written < bytes.len();
                written -= if inside { 0 } else { bytes.len() };
                inside
            });
            return Ok(Wrote::Until(turn * SLICES_MAX + cut.unwrap_or_default(), written));
        }
    }
    Ok(Wrote::All)
}

#[cfg(test)]
#[path = "outlet_tests.rs"]
mod tests;
