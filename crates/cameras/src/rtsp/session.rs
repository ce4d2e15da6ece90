//! A session that plays: its tracks, and what comes of them.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll};

use media::au::{AudioFormat, Track, VideoCodec};

use super::Transport;
use super::connection::{Connection, Refusal, with_memory};
use super::datagrams::Datagrams;
use super::wire::{Assembler, Description, Frame, Frames, Media, Order, Unit, WireError, packet, sender_report};
use crate::{CameraError, Phase};

/// Datagrams that are read before what came of them is handed on.
const DATAGRAMS_AT_ONCE: usize = 256;

/// What came.
#[derive(Debug)]
pub(super) enum Event {
    /// An access unit of the picture track.
    Picture(Unit),
    /// A frame of sound.
    Sound(Frame),
    /// By the camera's clock it was `ntp` at this RTP time of the track.
    Report { track: Track, time: i64, ntp: u64 },
    /// A packet of the track was left out.
    Broken(Track, WireError),
    /// The track counts anew.
    Anew(Track),
}

/// A session, from the description on.
pub(super) struct Session {
    connection: Connection,
    /// What comes in datagrams, with the channel that it would have had.
    datagrams: Vec<(u8, Datagrams)>,
    tracks: Tracks,
}

/// The tracks that were set up.
#[derive(Debug, Default)]
struct Tracks {
    video: Option<Line<Assembler>>,
    audio: Option<Line<Frames>>,
    ready: VecDeque<Event>,
}

/// One track: its channel, the order of its packets, and what puts them together.
#[derive(Debug)]
struct Line<T> {
    channel: u8,
    order: Order,
    parts: T,
}

impl Session {
    /// Of a stream that was described.
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, datagrams: Vec::new(), tracks: Tracks::default() }
    }

    /// Sets up the picture track.
    pub(super) async fn set_up_video(
        &mut self,
        media: &Media,
        codec: VideoCodec,
        transport: Transport,
    ) -> Result<(), CameraError> {
        let signs_in = self.connection.signs_in();
        let channel = self.set_up(media, 0, transport).await.map_err(|refusal| refusal.into_error(Phase::Setup, signs_in))?;
        self.tracks.video = Some(Line { channel, order: Order::default(), parts: Assembler::new(codec) });
        Ok(())
    }

    /// Sets up the sound track.
    pub(super) async fn set_up_audio(
        &mut self,
        media: &Media,
        format: &AudioFormat,
        transport: Transport,
    ) -> Result<(), Refusal> {
        let channel = self.set_up(media, 2, transport).await?;
        let parts = Frames::new(format.codec, &format.config);
        self.tracks.audio = Some(Line { channel, order: Order::default(), parts });
        Ok(())
    }

    /// Asks the camera to begin.
    pub(super) async fn play(&mut self, description: &Description) -> Result<(), CameraError> {
        let url = self.connection.url().to_owned();
        let aggregate = description.control.as_ref().map_or_else(|| url.clone(), |control| control.at(&url));
        self.connection.set_url(aggregate.clone());
        let signs_in = self.connection.signs_in();
        // What comes before the answer counts.
        let tracks = &mut self.tracks;
        let each = &mut |channel, data: &[u8]| tracks.take(channel, data);
        let answer = self.connection.ask("PLAY", &aggregate, "Range: npt=0.000-\r\n", Phase::Play, each).await;
        answer.map(drop).map_err(|refusal| refusal.into_error(Phase::Play, signs_in))
    }

    /// What came and was not taken yet.
    pub(super) fn take(&mut self) -> Option<Event> {
        self.tracks.ready.pop_front()
    }

    /// Waits until something comes. Cancel safe.
    ///
    /// # Errors
    /// The connection is over; what was not taken yet is good.
    pub(super) async fn receive(&mut self) -> Result<(), CameraError> {
        poll_fn(|cx| self.poll_receive(cx)).await
    }

    /// The sound track is not listened to any more.
    pub(super) fn mute(&mut self) {
        self.tracks.audio = None;
    }

    /// Ends the session.
    pub(super) fn into_connection(self) -> Connection {
        self.connection
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CameraError>> {
        let Self { connection, datagrams, tracks } = self;
        let mut came = false;
        if !datagrams.is_empty() {
            with_memory(|memory| {
                for (channel, sockets) in datagrams {
                    for _ in 0..DATAGRAMS_AT_ONCE {
                        let Poll::Ready((is_rtcp, data)) = sockets.poll_receive(cx, memory) else { break };
                        tracks.take(*channel + u8::from(is_rtcp), data);
                        came = true;
                    }
                }
            });
        }
        match connection.poll_receive(cx, Phase::Picture, &mut |channel, data| tracks.take(channel, data)) {
            Poll::Pending if came => Poll::Ready(Ok(())),
            polled => polled,
        }
    }

    /// Sets up a track, and returns its channel: the one proposed, or that which the camera chose instead.
    async fn set_up(&mut self, media: &Media, proposed: u8, transport: Transport) -> Result<u8, Refusal> {
        let base = self.connection.url().to_owned();
        let url = media.control.as_ref().map_or_else(|| base.clone(), |control| control.at(&base));
        let unusable = || CameraError::Protocol { phase: Phase::Setup, cause: "the answer cannot be used".into() };
        let mut sockets = None;
        let header = match transport {
            Transport::Tcp => format!("RTP/AVP/TCP;unicast;interleaved={proposed}-{}", proposed + 1),
            Transport::Udp => {
                let local = self.connection.local().map_err(|_| CameraError::Closed(Phase::Setup))?;
                let bound = Datagrams::bind(local.ip()).await.map_err(|_| CameraError::Unreachable {
                    address: local.ip().to_string(),
                    cause: "no port is free for it to send to".into(),
                })?;
                let port = sockets.insert(bound).port();
                format!("RTP/AVP;unicast;client_port={port}-{}", port + 1)
            }
        };
        let tracks = &mut self.tracks;
        let each = &mut |channel, data: &[u8]| tracks.take(channel, data);
        let answer = self.connection.ask("SETUP", &url, &format!("Transport: {header}\r\n"), Phase::Setup, each).await?;
        if !self.connection.has_session() {
            return Err(unusable().into());
        }
        let Some(sockets) = sockets else {
            let channel = answer.transport("interleaved").and_then(|pair| pair.split('-').next()?.parse().ok());
            let channel = channel.unwrap_or(proposed);
            let taken = self.tracks.video.as_ref().is_some_and(|video| video.channel.abs_diff(channel) < 2);
            return if taken || channel == u8::MAX { Err(unusable().into()) } else { Ok(channel) };
        };
        let ports = answer.transport("server_port").and_then(ports).ok_or_else(unusable)?;
        let peer = self.connection.peer().map_err(|_| CameraError::Closed(Phase::Setup))?.ip();
        // Whatever else the camera says that they come from: nobody else is greeted or heard.
        sockets.connect(peer, ports).await.map_err(|_| unusable())?;
        self.datagrams.push((proposed, sockets));
        Ok(proposed)
    }
}

/// `6970-6971`, or `6970`.
fn ports(text: &str) -> Option<(u16, u16)> {
    let (rtp, rtcp) = text.split_once('-').unwrap_or((text, ""));
    let rtp = rtp.trim().parse().ok().filter(|port| *port > 0)?;
    Some((rtp, rtcp.trim().parse().ok().or_else(|| u16::checked_add(rtp, 1))?))
}

impl Tracks {
    /// Takes what came on a channel: RTP, or RTCP on the one after it. What belongs to no track is passed over.
    fn take(&mut self, channel: u8, data: &[u8]) {
        let ready = &mut self.ready;
        if let Some(video) = &mut self.video
            && channel.wrapping_sub(video.channel) < 2
        {
            let is_rtp = channel == video.channel;
            let took = video.take(Track::Video, is_rtp, data, ready, |parts, packet, time, lost| parts.push(packet, time, lost));
            ready.extend(std::iter::from_fn(|| video.parts.poll()).map(Event::Picture));
            ready.extend(took.err().map(|error| Event::Broken(Track::Video, error)));
        } else if let Some(audio) = &mut self.audio
            && channel.wrapping_sub(audio.channel) < 2
        {
            let is_rtp = channel == audio.channel;
            let took = audio.take(Track::Audio, is_rtp, data, ready, |parts, packet, time, lost| parts.push(packet, time, lost));
            ready.extend(std::iter::from_fn(|| audio.parts.poll()).map(Event::Sound));
            ready.extend(took.err().map(|error| Event::Broken(Track::Audio, error)));
        }
    }
}

impl<T> Line<T> {
    fn take(
        &mut self,
        track: Track,
        is_rtp: bool,
        data: &[u8],
        ready: &mut VecDeque<Event>,
        push: impl FnOnce(&mut T, &super::wire::Packet<'_>, i64, u16) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        if !is_rtp {
            let report = sender_report(data).filter(|report| self.order.is_from(report.source));
            ready.extend(report.map(|report| {
                let time = self.order.place(report.timestamp);
                Event::Report { track, time, ntp: report.ntp }
            }));
            return Ok(());
        }
        let packet = packet(data).ok_or(WireError::Packets)?;
        let Some(place) = packet.is_media().then(|| self.order.take(&packet)).flatten() else { return Ok(()) };
        if place.anew {
            ready.push_back(Event::Anew(track));
        }
        push(&mut self.parts, &packet, place.time, place.lost)
    }
}
