//! Letters to people about their account: asked for at the gate like anything else, one at a time, behind a bounded queue.
//!
//! Whoever signs in never waits for a mail server, and a mail server never fails a sign-in.

mod words;

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Mono, Result, SubjectId};
use egress::{Delivery, Gateway};
use policy::act::{SendNotice, SendRequiredNotice};
use policy::category::AccountEmail;
use policy::recipient::MailOperator;
use policy::{Act, Ask, FactsSource as _, Outbound, Permit, Principal, Receives, Uses, compiled, decide};
use policyc::Deployment;
use store::Store;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};

use crate::Control;
use crate::facts::LiveFacts;

/// Letters that wait for the one before. A household signs in a few times a day; beyond this something hammers the door, and
/// the limiter of sign-ins has said so already.
const QUEUE_MAX: usize = 64;

/// When a required letter is tried again after it failed, each time from the failure before: over a restart of the mail server,
/// and over its maintenance. Then the app, which shows the same, has to do.
const TRIED_AGAIN_AFTER: [Duration; 3] = [Duration::from_secs(60), Duration::from_secs(10 * 60), Duration::from_secs(60 * 60)];

/// Required letters that wait to be tried again, a few hundred bytes each.
const WAITING_MAX: usize = 4096;

/// How often it is looked whether one is due.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// How long an end waits for the letters that are queued.
const CLOSE_MAX: Duration = Duration::from_secs(2);

/// What a letter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Somebody signed in to the account. Rests on the person's consent; tried once.
    NewSignIn,
    /// A version of the policy came into force. Needs no consent; tried again where it fails.
    PolicyChanged {
        /// Which version.
        version: String,
    },
}

impl Notice {
    const fn is_required(&self) -> bool {
        matches!(self, Self::PolicyChanged { .. })
    }

    /// What the log calls it.
    const fn name(&self) -> &'static str {
        match self {
            Self::NewSignIn => "new sign-in",
            Self::PolicyChanged { .. } => "policy changed",
        }
    }
}

impl Control {
    /// Queues a letter to a person; nothing where no mail server is set up. A required one waits for room in the queue, any other
    /// is dropped where there is none. Whether the person may get it is decided when its turn comes.
    pub async fn notify(&self, subject: SubjectId, notice: Notice) {
        if let Some(notices) = &self.inner.notices {
            notices.add(subject, notice).await;
        }
    }
}

#[derive(Debug)]
enum Message {
    Send(SubjectId, Notice),
    Flush(oneshot::Sender<()>),
}

/// The way to the task. The task ends when the last of these is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Notices {
    queue: mpsc::Sender<Message>,
}

impl Notices {
    /// `None` where mail is not set up.
    pub(crate) fn start(
        store: Store,
        clock: Arc<dyn Clock>,
        facts: Arc<LiveFacts>,
        gateway: Option<Gateway>,
        deployment: Deployment,
    ) -> Option<Self> {
        let gateway = gateway.filter(Gateway::reaches::<MailOperator>)?;
        let (queue, messages) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(run(messages, Desk { store, clock, facts, gateway, deployment, waiting: Vec::new() }));
        Some(Self { queue })
    }

    async fn add(&self, subject: SubjectId, notice: Notice) {
        let name = notice.name();
        let required = notice.is_required();
        let message = Message::Send(subject, notice);
        let queued = if required { self.queue.send(message).await.is_ok() } else { self.queue.try_send(message).is_ok() };
        if !queued {
            tracing::warn!(notice = name, "not sent: too many letters wait");
        }
    }

    /// Queues a letter to everybody who has an account, as fast as they go out.
    pub(crate) async fn tell_everyone(self, store: Store, notice: Notice) {
        match store.fact_rows(compiled::VERSION).await {
            Ok(rows) => {
                for person in rows.people.iter().filter(|person| !person.held) {
                    self.add(person.subject, notice.clone()).await;
                }
            }
            Err(e) => tracing::error!(error = %e, notice = notice.name(), "nobody could be told"),
        }
    }

    /// Returns once everything queued before, and everything that is due, was tried.
    pub(crate) async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Message::Flush(done)).await.is_ok() {
            let _ = wait.await;
        }
    }

    /// Waits for what is queued, but not for a server that does not answer: the store notes what was under way as interrupted.
    pub(crate) async fn close(&self) {
        if tokio::time::timeout(CLOSE_MAX, self.flush()).await.is_err() {
            tracing::warn!("letters were still under way");
        }
    }
}

async fn run(mut messages: mpsc::Receiver<Message>, mut desk: Desk) {
    let mut look = interval(LOOK_INTERVAL);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                Some(Message::Send(subject, notice)) => desk.first(subject, notice).await,
                Some(Message::Flush(done)) => {
                    desk.again().await;
                    let _ = done.send(());
                }
                None => break,
            },
            _ = look.tick(), if !desk.waiting.is_empty() => desk.again().await,
        }
    }
}

/// A required letter that failed.
#[derive(Debug)]
struct Waiting {
    subject: SubjectId,
    notice: Notice,
    /// How often it was tried again already.
    again: usize,
    due: Mono,
}

/// Where letters are written.
#[derive(Debug)]
struct Desk {
    store: Store,
    clock: Arc<dyn Clock>,
    facts: Arc<LiveFacts>,
    gateway: Gateway,
    deployment: Deployment,
    waiting: Vec<Waiting>,
}

impl Desk {
    async fn first(&mut self, subject: SubjectId, notice: Notice) {
        self.attempt(subject, notice, 0).await;
    }

    /// Tries again what is due.
    async fn again(&mut self) {
        let now = self.clock.mono();
        let due: Vec<Waiting> = self.waiting.extract_if(.., |waiting| waiting.due <= now).collect();
        for Waiting { subject, notice, again, .. } in due {
            self.attempt(subject, notice, again + 1).await;
        }
    }

    /// Tries a letter, and keeps it for later where that may help.
    async fn attempt(&mut self, subject: SubjectId, notice: Notice, again: usize) {
        let name = notice.name();
        let tried = match &notice {
            Notice::NewSignIn => self.send::<SendNotice>(subject, &notice).await,
            Notice::PolicyChanged { .. } => self.send::<SendRequiredNotice>(subject, &notice).await,
        };
        let later = match tried {
            Ok(Delivery::Sent) => false,
            Ok(failed) => failed.may_succeed_later(),
            Err(error) => {
                // No consent is the usual case, and what the gateway refuses it has noted.
                tracing::debug!(notice = name, error = %error, "not sent");
                error.kind() == domain::Kind::Internal
            }
        };
        if !later || !notice.is_required() {
            return;
        }
        let Some(pause) = TRIED_AGAIN_AFTER.get(again).copied().filter(|_| self.waiting.len() < WAITING_MAX) else {
            tracing::error!(notice = name, "a required letter could not be sent and is not tried again; the app shows it");
            return;
        };
        self.waiting.push(Waiting { subject, notice, again, due: self.clock.mono() + pause });
    }

    /// Asks, opens the address under the permit, and sends. The address is nowhere afterwards.
    async fn send<A>(&self, subject: SubjectId, notice: &Notice) -> Result<Delivery>
    where
        A: Act<Object = SubjectId, Purpose: Uses<AccountEmail>>,
        MailOperator: Receives<AccountEmail, A::Purpose>,
    {
        let permit: Permit<A> = {
            let facts = self.facts.facts(Principal::System, subject.into()).await?;
            decide(&Ask { principal: Principal::System, object: subject, at: self.clock.now() }, &facts)?
        };
        let email = self.store.open_email(&permit).await?;
        let (title, body) = words::letter(notice, &self.deployment);
        let letter = Outbound::<MailOperator, A::Purpose>::new(permit).put::<AccountEmail>(email).say(title).say(body);
        self.gateway.send(letter).await
    }
}
