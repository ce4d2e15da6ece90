//! WebRTC views: the handle that offers come in by. The work is done by one task, [`super::hub::Hub`].

use domain::{Error, Kind, Result, ViewId};
use media::live::whep::{Identity, OfferError, Session};
use policy::Principal;
use policy::act::ViewLive;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::choice;
use super::hub::{Command, Hub, NewView, now};
use super::sockets::Sockets;
use crate::fleet::Feeds;
use crate::pull::Presence;
use crate::watch::Watch;
use crate::{Config, StreamChoice};

/// Requests that wait for the task; each has a caller behind it.
const COMMANDS_MAX: usize = 64;

/// What a WHEP request is answered with.
#[derive(Debug, Clone)]
pub struct WhepAnswer {
    /// Names the view when it is to end.
    pub view: ViewId,
    /// The answer (RFC 9725, section 4.2).
    pub sdp: String,
}

/// All WebRTC views of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    commands: mpsc::Sender<Command>,
    identity: Identity,
}

impl Engine {
    /// Opens the sockets and starts the task, which ends by `cancel` after it has said goodbye to every viewer.
    pub(crate) async fn start(config: &Config, tasks: &TaskTracker, cancel: CancellationToken) -> Result<Self> {
        let identity = Identity::generate().map_err(Error::internal)?;
        let sockets = Sockets::open(config.webrtc_port, config.advertise.clone(), now())?;
        let (commands, receiver) = mpsc::channel(COMMANDS_MAX);
        tasks.spawn(Hub::new(sockets).run(receiver, cancel));
        Ok(Self { commands, identity })
    }

    /// Answers an offer and starts the view.
    ///
    /// # Errors
    /// `live.offer_invalid`, `live.no_common_codec`, `live.h265_unsupported`, `live.not_ready`, `live.too_many`.
    pub(crate) async fn whep(
        &self,
        feeds: Feeds,
        choice: StreamChoice,
        watch: Watch<ViewLive>,
        presence: Presence,
        offer: &str,
    ) -> Result<WhepAnswer> {
        let begin = choice::begin(&feeds, choice)?;
        let local = self.ask(Command::Addresses).await?;
        let video = &begin.unit.au.format.video;
        let (session, sdp) = Session::accept(now(), &self.identity, &local, video, offer).map_err(refused)?;
        let view = ViewId::random();
        let new = NewView { id: view, session, feeds, choice, stream: begin.stream, wanted: begin.wanted, watch, presence };
        self.ask(|reply| Command::Start(Box::new(new), reply)).await??;
        Ok(WhepAnswer { view, sdp })
    }

    /// Ends a view that `principal` started.
    ///
    /// # Errors
    /// `not_found` where there is none.
    pub(crate) async fn end_view(&self, view: ViewId, principal: Principal) -> Result<()> {
        self.ask(|reply| Command::End { view, principal, reply }).await?
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T> {
        let stopping = || Error::new(Kind::Unavailable, "live.not_ready", "the server is stopping");
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())
    }
}

fn refused(error: OfferError) -> Error {
    let detail = error.to_string();
    match error {
        OfferError::Invalid(_) => Error::new(Kind::Invalid, "live.offer_invalid", detail),
        OfferError::NoCommonCodec => Error::new(Kind::Unsupported, "live.no_common_codec", detail),
        OfferError::H265 => Error::new(Kind::Unsupported, "live.h265_unsupported", detail),
        OfferError::NoCertificate => Error::internal(error),
    }
}

#[cfg(test)]
#[path = "webrtc_tests.rs"]
mod tests;
