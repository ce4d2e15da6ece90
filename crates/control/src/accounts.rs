//! First run, sign-in, sessions.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::limits::SESSION_IDLE_MAX;
use domain::{Error, HomeId, Kind, Result, Role, Secret, SessionId, SubjectId, Timestamp};
use policy::category::AccountEmail;
use policy::{Act, Agreed, Permit, Uses, compiled};
use store::{Agreement, NewSession, SessionRow};

use crate::limiter::Target;
use crate::password::too_many;
use crate::{Control, validation};

/// How often the use of a session is written down: a request a second must not be a write a second.
const NOTE_USE_EVERY: Duration = Duration::from_secs(3600);

/// Whether first run is still to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetupState {
    /// Nobody has an account yet.
    pub needed: bool,
    /// First run must show the code that the server printed.
    pub code_needed: bool,
}

/// First run: the owner's account. Its `Debug` shows no value.
pub struct SetUp {
    /// E-mail address.
    pub email: String,
    /// Password, at least 10 characters.
    pub password: Secret,
    /// The person declares to be of age.
    pub adult: bool,
    /// The policy version that the person read and agreed to.
    pub policy_version: String,
    /// The code that the server printed, where it asks for one.
    pub code: Option<Secret>,
    /// The language that it was read in.
    pub language: Option<String>,
}

/// A further account; each field as in [`SetUp`].
pub struct NewAccount {
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: Secret,
    /// The person declares to be of age.
    pub adult: bool,
    /// The policy version that the person read and agreed to.
    pub policy_version: String,
    /// The language that it was read in.
    pub language: Option<String>,
}

/// A person's own account, opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Who.
    pub subject: SubjectId,
    /// E-mail address.
    pub email: String,
    /// The homes that the person is a member of.
    pub homes: Vec<HomeRole>,
    /// What the person agreed to.
    pub agreement: AgreementState,
}

/// What a person agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgreementState {
    /// Whether it holds for the policy in force.
    pub agreed: Agreed,
    /// The newest version that the person agreed to and did not take back.
    pub version: Option<String>,
    /// The strongest change since that version: `silent`, `posted`, `prominent` or `express`.
    pub class: Option<&'static str>,
    /// Declared to be of age.
    pub adult: bool,
}

impl fmt::Debug for SetUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetUp(..)")
    }
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewAccount(..)")
    }
}

// By hand: an e-mail address must not print.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({}, .., {:?})", self.subject, self.homes)
    }
}

/// A home and what one is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HomeRole {
    /// Which home.
    pub id: HomeId,
    /// The person's role in it.
    pub role: Role,
}

/// A new session.
#[derive(Debug)]
pub struct SignedIn {
    /// Its id.
    pub session: SessionId,
    /// What proves it, known to the client only.
    pub token: Secret,
    /// When it ends unless used.
    pub expires: Timestamp,
    /// Whose it is.
    pub account: Account,
}

impl Control {
    /// Whether first run is still to be done, and what it asks for.
    pub async fn setup_state(&self) -> Result<SetupState> {
        let needed = !self.inner.store.is_set_up().await?;
        Ok(SetupState { needed, code_needed: needed && self.inner.config.setup_code.is_some() })
    }

    /// First run: the owner's account, a home, the agreement, and a session. Of two at once exactly one wins; the other is
    /// told `setup.done`.
    pub async fn set_up(&self, r: SetUp) -> Result<SignedIn> {
        if self.inner.store.is_set_up().await? {
            return Err(Error::new(Kind::Conflict, "setup.done", "the owner's account exists already"));
        }
        self.check_setup_code(r.code.as_ref())?;
        let SetUp { email, password, adult, policy_version, language, .. } = r;
        let person = self.prepare(NewAccount { email, password, adult, policy_version, language }).await?;
        self.inner.store.set_up(person.row()).await?;
        self.start_session(person.subject, person.email).await
    }

    /// Signs a person in. `sign_in.wrong` does not tell whether the account exists, neither by its words nor by its time;
    /// `sign_in.too_many` begins its detail with the seconds to wait.
    pub async fn sign_in(&self, email: &str, password: &Secret, from: IpAddr) -> Result<SignedIn> {
        let wrong = || Error::new(Kind::Unauthenticated, "sign_in.wrong", "e-mail address or password is wrong");
        let index = self.inner.store.email_index(email);
        let target = Target::Account(index.to_bytes());
        self.attempt(Some(from), target)?;
        if !validation::could_be_password(password) {
            return Err(wrong());
        }
        let credential = self.inner.store.credential(index).await?;
        let hash = credential.as_ref().map(|credential| credential.password_hash.as_str());
        let right = self.inner.hasher.verify(password, hash).await?;
        match credential {
            Some(credential) if right => {
                self.with_limiter(|limiter| limiter.succeeded(Some(from), target));
                self.start_session(credential.subject, email.trim().to_owned()).await
            }
            _ => Err(wrong()),
        }
    }

    /// The session that a token proves; `None` where it proves none, or one that is over. Its use is noted once an hour.
    pub async fn session(&self, token: &str) -> Result<Option<SessionId>> {
        let now = self.inner.clock.now();
        let snapshot = self.inner.facts.snapshot().await?;
        let Some(session) = snapshot.session_by_token(&token_hash(token)).filter(|session| now < session.expires) else {
            return Ok(None);
        };
        if now.since(session.last_used) >= NOTE_USE_EVERY {
            self.inner.store.touch_session(session.id, now, now + SESSION_IDLE_MAX).await?;
        }
        Ok(Some(session.id))
    }

    /// The permit's account. A person reads one's own also before agreeing to the policy: to decide, one must know as whom.
    pub async fn account<A>(&self, permit: Permit<A>) -> Result<Account>
    where
        A: Act<Object = SubjectId>,
        A::Purpose: Uses<AccountEmail>,
    {
        let email = self.inner.store.open_email(&permit).await?;
        let email = String::from_utf8(email.expose().to_vec()).map_err(|_| Error::internal("an e-mail address is not UTF-8"))?;
        self.account_of(permit.object(), email).await
    }

    /// Whose session it is; `None` where it is over.
    pub async fn subject_of(&self, session: SessionId) -> Result<Option<SubjectId>> {
        Ok(self.live_session(session).await?.map(|session| session.subject))
    }

    /// When a session ends unless used; `None` where it is over.
    pub async fn expires(&self, session: SessionId) -> Result<Option<Timestamp>> {
        Ok(self.live_session(session).await?.map(|session| session.expires))
    }

    /// Ends a session, and with it every view that runs under it.
    pub async fn sign_out(&self, session: SessionId) -> Result<()> {
        self.inner.store.remove_session(session).await
    }

    /// A new password for an owner who lost the old one; all sessions of the owner end. For the command line of the machine
    /// itself: whoever reads the data directory need not prove more.
    pub async fn recover_owner(&self, email: &str, password: &Secret) -> Result<()> {
        if !self.inner.store.is_set_up().await? {
            return Err(Error::new(
                Kind::Conflict,
                "setup.needed",
                "there is no account yet: open the app to create the owner's",
            ));
        }
        validation::password(password)?;
        let found = self.inner.store.credential(self.inner.store.email_index(email)).await?;
        let snapshot = self.inner.facts.snapshot().await?;
        let owner = found.map(|credential| credential.subject).filter(|subject| {
            let homes = snapshot.homes_of(*subject);
            homes.iter().any(|(_, role)| *role == Role::Owner)
        });
        let owner = owner.ok_or_else(|| Error::new(Kind::NotFound, "not_found", "no owner has this e-mail address"))?;
        let hash = self.inner.hasher.hash(password).await?;
        self.inner.store.set_password(owner, hash).await
    }

    /// The homes of the person behind a session; none where it is over.
    pub async fn homes_of(&self, session: SessionId) -> Result<Vec<HomeId>> {
        let Some(subject) = self.subject_of(session).await? else { return Ok(Vec::new()) };
        let snapshot = self.inner.facts.snapshot().await?;
        Ok(snapshot.homes_of(subject).into_iter().map(|(home, _)| home).collect())
    }

    /// Checks a new account and does the slow part of it.
    pub(crate) async fn prepare(&self, new: NewAccount) -> Result<Person> {
        let email = validation::email(&new.email)?.to_owned();
        validation::password(&new.password)?;
        if !new.adult {
            return Err(Error::new(Kind::Invalid, "account.not_adult", "only adults may have an account of their own"));
        }
        let agreement = agreement(new.policy_version, new.language)?;
        let password_hash = self.inner.hasher.hash(&new.password).await?;
        Ok(Person { subject: SubjectId::random(), email, password_hash, agreement })
    }

    async fn live_session(&self, id: SessionId) -> Result<Option<SessionRow>> {
        let now = self.inner.clock.now();
        let snapshot = self.inner.facts.snapshot().await?;
        Ok(snapshot.session(id).filter(|session| now < session.expires).copied())
    }

    async fn account_of(&self, subject: SubjectId, email: String) -> Result<Account> {
        let snapshot = self.inner.facts.snapshot().await?;
        let homes = snapshot.homes_of(subject).into_iter().map(|(id, role)| HomeRole { id, role }).collect();
        Ok(Account { subject, email, homes, agreement: snapshot.agreement_of(subject) })
    }

    async fn start_session(&self, subject: SubjectId, email: String) -> Result<SignedIn> {
        let mut random = [0; 32];
        rand::fill(&mut random).map_err(Error::internal)?;
        let token = URL_SAFE_NO_PAD.encode(random);
        let (session, expires) = (SessionId::random(), self.inner.clock.now() + SESSION_IDLE_MAX);
        let row = NewSession { id: session, token_hash: token_hash(&token), subject, expires };
        self.inner.store.add_session(row).await?;
        let account = self.account_of(subject, email).await?;
        Ok(SignedIn { session, token: Secret::new(token), expires, account })
    }

    fn check_setup_code(&self, shown: Option<&Secret>) -> Result<()> {
        let Some(expected) = &self.inner.config.setup_code else { return Ok(()) };
        self.attempt(None, Target::SetupCode)?;
        let shown = shown.map_or("", |code| code.expose().trim());
        if verify_slices_are_equal(shown.as_bytes(), expected.expose().as_bytes()).is_err() {
            return Err(Error::new(Kind::Forbidden, "setup.code_wrong", "not the code that the server printed"));
        }
        self.with_limiter(|limiter| limiter.succeeded(None, Target::SetupCode));
        Ok(())
    }

    pub(crate) fn attempt(&self, from: Option<IpAddr>, target: Target) -> Result<()> {
        let now = self.inner.clock.mono();
        // Whole seconds, and never zero: who waits as long as told is let in.
        let refused = |wait: Duration| too_many(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        self.with_limiter(|limiter| limiter.attempt(from, target, now)).map_err(refused)
    }
}

/// An account whose password is hashed already. No `Debug`: it holds an e-mail address.
pub(crate) struct Person {
    pub subject: SubjectId,
    email: String,
    password_hash: String,
    agreement: Agreement,
}

impl Person {
    pub(crate) fn row(&self) -> store::NewAccount<'_> {
        store::NewAccount {
            subject: self.subject,
            email: &self.email,
            password_hash: self.password_hash.clone(),
            adult: true,
            agreement: self.agreement.clone(),
        }
    }
}

/// An agreement to the policy in force. One to another version is none.
pub(crate) fn agreement(version: String, language: Option<String>) -> Result<Agreement> {
    if version != compiled::VERSION {
        return Err(Error::new(Kind::Conflict, "policy.version_old", format!("the policy in force is {}", compiled::VERSION)));
    }
    if language.as_ref().is_some_and(|language| compiled::TEXTS.iter().all(|(tag, _)| tag != language)) {
        return Err(Error::new(Kind::Invalid, "request.invalid", "language: the policy is not written in it"));
    }
    Ok(Agreement { version, language })
}

fn token_hash(token: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    hash
}
