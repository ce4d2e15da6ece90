//! What leaves the house: fields that a recipient may get for a purpose, and nothing else.

use std::fmt;
use std::marker::PhantomData;

use domain::SubjectId;

use crate::{Act, Category, Object, Pd, Permit, Principal, Purpose, PurposeRule, Receives, Recipient, RecipientRule};

/// A message to recipient `R` for purpose `P`, allowed by a permit. Only the gateway takes it apart.
pub struct Outbound<R: Recipient, P: Purpose> {
    permit: PermitParts,
    fields: Vec<(&'static str, Vec<u8>)>,
    said: Vec<String>,
    to: PhantomData<fn() -> (R, P)>,
}

struct PermitParts {
    act: &'static str,
    principal: Principal,
    object: Object,
    subject: Option<SubjectId>,
    revision: u64,
}

impl<R: Recipient, P: Purpose> Outbound<R, P> {
    /// An empty message. It uses the permit up: one permit, one message.
    #[must_use]
    pub fn new<A: Act<Purpose = P>>(permit: Permit<A>) -> Self {
        let permit = PermitParts {
            act: A::NAME,
            principal: permit.principal(),
            object: permit.object().into(),
            subject: permit.subject(),
            revision: permit.revision(),
        };
        Self { permit, fields: Vec::new(), said: Vec::new(), to: PhantomData }
    }

    /// Adds personal data that the recipient may get for the purpose. Write the category: `put::<AccountEmail>(email)`.
    #[must_use]
    pub fn put<C: Category>(mut self, data: Pd<C>) -> Self
    where
        R: Receives<C, P>,
    {
        self.fields.push((C::ID, data.into_plaintext()));
        self
    }

    /// Adds text that holds no personal data: what the server says to everyone alike.
    #[must_use]
    pub fn say(mut self, text: impl Into<String>) -> Self {
        self.said.push(text.into());
        self
    }

    /// Takes it apart. For the gateway, which checks it again, notes the disclosure, and sends.
    #[doc(hidden)]
    #[must_use]
    pub fn into_parts(self) -> Parts {
        let PermitParts { act, principal, object, subject, revision } = self.permit;
        Parts {
            act,
            principal,
            object,
            subject,
            revision,
            purpose: P::RULE,
            recipient: R::RULE,
            fields: self.fields,
            said: self.said,
        }
    }
}

// By hand: the values of its fields must not print.
impl<R: Recipient, P: Purpose> fmt::Debug for Outbound<R, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<_> = self.fields.iter().map(|(category, _)| *category).collect();
        f.debug_struct("Outbound")
            .field("recipient", &R::ID)
            .field("purpose", &P::ID)
            .field("fields", &fields)
            .finish_non_exhaustive()
    }
}

/// A message taken apart.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "opened personal data must not print")]
pub struct Parts {
    /// The act that allowed it.
    pub act: &'static str,
    /// Who acted.
    pub principal: Principal,
    /// On what.
    pub object: Object,
    /// The person behind the principal, where there is one.
    pub subject: Option<SubjectId>,
    /// The revision of the facts that it was decided on.
    pub revision: u64,
    /// What for.
    pub purpose: &'static PurposeRule,
    /// To whom.
    pub recipient: &'static RecipientRule,
    /// Category and bytes of each field, as put.
    pub fields: Vec<(&'static str, Vec<u8>)>,
    /// Texts without personal data, as said.
    pub said: Vec<String>,
}
