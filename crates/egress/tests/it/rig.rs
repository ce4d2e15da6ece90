use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use domain::{AudioMode, HomeId, Role, SessionId, SubjectId, Timestamp};
use egress::{Config, Delivery, Gateway, MailServer, Security};
use policy::act::{AddCamera, CancelAccount, ReadPrivacy, SendNotice, SendRequiredNotice};
use policy::category::AccountEmail;
use policy::purpose::{NoticeMail, NoticeRequired};
use policy::recipient::MailOperator;
use policy::{
    Act, Ask, ConsentSet, Facts, HomeFacts, Object, Outbound, Permit, Principal, SessionFacts, SubjectFacts, Who, compiled,
    consent, decide,
};
use store::{Actor, Agreement, CameraAccess, CameraDraft, ConsentDraft, ConsentKind, DisclosureRow, NewAccount, Outcome, Store};
use tempfile::TempDir;
use testkit::{Listener, ManualClock};

/// Whose letters these are.
pub(crate) const EMAIL: &str = "her-canary@home.example";
pub(crate) const PASSWORD: &str = "smtp-password-canary";
/// What no letter says.
pub(crate) const CANARIES: [&str; 4] = ["his-canary", "camera-canary", "192.0.2.77", "rtsp-password-canary"];
pub(crate) const TITLE: &str = "新的登录 / New sign-in";
pub(crate) const BODY: &str = "您的账号刚刚登录。\nYour account was just signed in to.";

/// An account in a store, with a home, a camera and a neighbour that have canaries in every field.
pub(crate) struct Rig {
    _dir: TempDir,
    pub(crate) clock: ManualClock,
    pub(crate) store: Store,
    pub(crate) subject: SubjectId,
    home: HomeId,
}

impl Rig {
    pub(crate) async fn new() -> Self {
        log();
        let (dir, clock) = (tempfile::tempdir().unwrap(), ManualClock::default());
        let store = Store::open(dir.path(), Arc::new(clock.clone())).await.unwrap();
        let (subject, his) = (SubjectId::random(), SubjectId::random());
        let home = store.set_up(account(subject, EMAIL)).await.unwrap();
        store.add_account(account(his, "his-canary@home.example")).await.unwrap();
        let access = CameraAccess {
            name: "camera-canary".into(),
            main_url: "rtsp://192.0.2.77/main".into(),
            sub_url: None,
            username: Some("camera-canary".into()),
            password: Some("rtsp-password-canary".into()),
            ..CameraAccess::default()
        };
        let draft = CameraDraft { access, audio: AudioMode::Off, recording: false };
        let rig = Self { _dir: dir, clock, store, subject, home };
        rig.store.add_camera(&rig.permit::<AddCamera>(home), draft).await.unwrap();
        rig.consent(ConsentKind::Given).await;
        rig
    }

    pub(crate) async fn consent(&self, kind: ConsentKind) {
        let draft = ConsentDraft {
            subject: self.subject,
            purpose: "notice.mail",
            kind,
            policy_version: compiled::VERSION.into(),
            text_hash: [7; 32],
            language: Some("en".into()),
            method: "app",
            actor: Actor::Oneself,
        };
        self.store.add_consent(draft).await.unwrap();
    }

    pub(crate) async fn cancel(&self) {
        self.store.cancel(self.permit::<CancelAccount>(self.subject)).await.unwrap();
    }

    pub(crate) fn permit<A: Act>(&self, object: A::Object) -> Permit<A> {
        let principal = match A::WHO {
            Who::System => Principal::System,
            _ => Principal::Session(SessionId::random()),
        };
        let consents = ConsentSet::NONE.with(consent::NOTICE_MAIL);
        let facts = Facts {
            revision: 1,
            session: Some(SessionFacts { subject: self.subject, expires: Timestamp::from_micros(1) }),
            subject: Some(SubjectFacts { consents, ..SubjectFacts::settled(self.subject) }),
            home: Some(HomeFacts { home: self.home, role: Some(Role::Owner), agreed: true, consents }),
            region_ok: true,
            key: None,
        };
        assert!(matches!(object.into(), Object::Account(_) | Object::Home(_)));
        decide(&Ask { principal, object, at: Timestamp::from_micros(0) }, &facts).unwrap()
    }

    /// A letter that rests on consent.
    pub(crate) async fn notice(&self) -> Outbound<MailOperator, NoticeMail> {
        let permit = self.permit::<SendNotice>(self.subject);
        let email = self.store.open_email(&permit).await.unwrap();
        Outbound::new(permit).put::<AccountEmail>(email).say(TITLE).say(BODY)
    }

    /// A letter that rests on the contract.
    pub(crate) async fn required(&self) -> Outbound<MailOperator, NoticeRequired> {
        let permit = self.permit::<SendRequiredNotice>(self.subject);
        let email = self.store.open_email(&permit).await.unwrap();
        Outbound::new(permit).put::<AccountEmail>(email).say(TITLE).say(BODY)
    }

    pub(crate) fn gateway(&self, mail: Option<MailServer>) -> Gateway {
        self.gateway_in("CN", mail)
    }

    pub(crate) fn gateway_in(&self, region: &str, mail: Option<MailServer>) -> Gateway {
        Gateway::new(self.store.clone(), Arc::new(self.clock.clone()), Config { region: region.into(), mail })
    }

    /// Sends a letter that rests on consent; the code where it was refused.
    pub(crate) async fn send(&self, gateway: &Gateway) -> Result<Delivery, String> {
        gateway.send(self.notice().await).await.map_err(|error| error.to_string())
    }

    /// What is noted, newest first.
    pub(crate) async fn rows(&self) -> Vec<DisclosureRow> {
        self.store.disclosures(&self.permit::<ReadPrivacy>(self.subject), None, 10).await.unwrap()
    }

    /// How the newest of `rows` ended.
    pub(crate) async fn outcome(&self, rows: usize) -> Option<Outcome> {
        let mut all = self.rows().await;
        assert_eq!(all.len(), rows);
        all.remove(0).outcome
    }
}

fn account(subject: SubjectId, email: &str) -> NewAccount<'_> {
    let agreement = Agreement { version: compiled::VERSION.into(), language: Some("zh-CN".into()) };
    NewAccount { subject, email, password_hash: "$argon2id$".into(), adult: true, agreement }
}

/// A mail server on this machine.
pub(crate) fn at(port: u16) -> MailServer {
    MailServer {
        host: "127.0.0.1".into(),
        port,
        security: Security::Loopback,
        login: None,
        from: "家庭相机 <camera@operator.example>".into(),
        ca: None,
        time_max: MailServer::TIME_MAX,
    }
}

pub(crate) async fn listener() -> Listener {
    Listener::start("220 listener.example ESMTP\r\n").await.unwrap()
}

/// All that this process logs, at every level.
pub(crate) fn log() -> String {
    static LOG: OnceLock<Log> = OnceLock::new();
    let log = LOG.get_or_init(|| {
        let log = Log::default();
        let writer = log.clone();
        let all = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
        all.with_writer(move || writer.clone()).init();
        log
    });
    String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
}

/// No line of the log has an address, a secret or a word of a letter.
pub(crate) fn assert_log_is_clean() {
    let log = log();
    for secret in CANARIES.into_iter().chain([EMAIL, "her-canary", PASSWORD, "新的登录", "New sign-in"]) {
        assert!(!log.contains(secret), "{secret} in the log");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Enough for a server that answers, little for a test that waits.
pub(crate) const SHORT: Duration = Duration::from_millis(300);
