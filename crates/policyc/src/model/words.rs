//! The closed vocabularies of a policy: one word of the source, one variant.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// The word that the source uses.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    )+};
}

words! {
    /// Whether a capability of the product exists.
    State {
        /// It is built and on.
        InUse = "in_use",
        /// It does not exist: its purposes are denied, and no clause claims it.
        NotBuilt = "not_built",
    }
    /// The legal basis of a purpose.
    Basis {
        /// Needed for what the person asked for.
        Contract = "contract",
        /// The person said yes to just this, and may say no at any time.
        Consent = "consent",
        /// The law demands it, of us and whatever was agreed.
        LegalObligation = "legal_obligation",
    }
    /// What a purpose may do with a minor's data. From strict to lax.
    Minors {
        /// Nothing.
        Forbidden = "forbidden",
        /// What a guardian agreed to.
        Guardian = "guardian",
        /// What it may do with an adult's, once the account has a guardian.
        Allowed = "allowed",
    }
    /// What an act is done to.
    ObjectKind {
        /// A home as a whole.
        Home = "home",
        /// A camera of some home.
        Camera = "camera",
        /// A person's own account.
        Account = "account",
    }
    /// Who may do an act.
    Who {
        /// A member of the object's home.
        Member = "member",
        /// An owner of the object's home.
        Owner = "owner",
        /// The person whom the account is about.
        Oneself = "oneself",
        /// The server itself.
        System = "system",
        /// Software that shows a key which an owner made for the object.
        StreamKey = "stream_key",
    }
    /// What keeping a clause takes.
    Duty {
        /// Software can enforce it.
        Software = "software",
        /// People must: letters, agreements, an office that answers.
        Organisation = "organisation",
        /// It says something, and there is nothing to enforce.
        Statement = "statement",
    }
    /// What people must be told of a change. From least to most.
    Class {
        /// Nothing beyond the history.
        Silent = "silent",
        /// The page and its history show it.
        Posted = "posted",
        /// Everyone is told, before it takes effect.
        Prominent = "prominent",
        /// It holds only for those who agree to it.
        Express = "express",
    }
    /// How a field is changed before it goes to a recipient.
    Transform {
        /// Sent as it is.
        None = "none",
    }
    /// What becomes of data at the end of their time. From strict to lax.
    Then {
        /// The key is destroyed.
        Shred = "shred",
        /// Kept apart as evidence of what was agreed and done, for `period`; then shredded.
        Evidence = "evidence",
    }
    /// Until when data of a retention class are in use.
    Active {
        /// The account is cancelled.
        UntilCancel = "until_cancel",
        /// The camera is removed.
        UntilRemoved = "until_removed",
        /// Room or days run out; the oldest go first.
        UntilSpace = "until_space",
        /// The consent is withdrawn.
        UntilWithdrawn = "until_withdrawn",
        /// The request or the order is closed.
        UntilClosed = "until_closed",
        /// A review, every `period`, finds them no longer needed.
        UntilReview = "until_review",
        /// `period` after they came to be.
        Period = "period",
        /// `period` after they were last used.
        Idle = "idle",
        /// They are never written.
        Never = "never",
    }
    /// Which days of a deadline count.
    DayKind {
        /// All of them.
        Calendar = "calendar",
    }
    /// From when on a deadline counts.
    DayFrom {
        /// The request came in; proving who one is does not stop the clock.
        Receipt = "receipt",
    }
    /// Whether a recipient gets anything.
    RecipientState {
        /// Its fields may go.
        InUse = "in_use",
        /// Its function is not built.
        NotYet = "not_yet",
        /// No agreement binds it.
        Denied = "denied",
    }
    /// What a clause is worth now.
    ClauseState {
        /// Kept by software, and tested.
        InUse = "in_use",
        /// Its function is not built.
        NotYet = "not_yet",
        /// The operator keeps it.
        Operator = "operator",
        /// It says something.
        Statement = "statement",
    }
}

// `default` of serde wants the trait.
#[allow(clippy::derivable_impls, reason = "the enum comes out of a macro")]
impl Default for Transform {
    fn default() -> Self {
        Self::None
    }
}
