//! What a decision is measured on, for `benches/decide.rs` by the clock and `examples/decisions.rs` by instructions: an owner with every
//! consent who wants to watch a camera, which is allowed only after everything has been looked at.

use std::hint::black_box;

use domain::{CameraId, HomeId, Role, SessionId, SubjectId, Timestamp};
use policy::act::ViewLive;
use policy::{Ask, ConsentSet, Facts, HomeFacts, Principal, SessionFacts, SubjectFacts, consent, decide};

/// A question and the facts about it.
#[derive(Debug)]
pub(crate) struct Asked {
    ask: Ask<ViewLive>,
    facts: Facts,
}

impl Asked {
    pub(crate) fn new() -> Self {
        let (subject, home, camera) =
            (SubjectId::from_bytes([1; 16]), HomeId::from_bytes([2; 16]), CameraId::from_bytes([3; 16]));
        let consents = consent::ALL.iter().fold(ConsentSet::NONE, |set, consent| set.with(*consent));
        let principal = Principal::Session(SessionId::from_bytes([4; 16]));
        let facts = Facts {
            revision: 1,
            session: Some(SessionFacts { subject, expires: Timestamp::from_micros(2_000_000) }),
            subject: Some(SubjectFacts { consents, ..SubjectFacts::settled(subject) }),
            home: Some(HomeFacts { home, role: Some(Role::Owner), agreed: true, consents }),
            region_ok: true,
            key: None,
        };
        Self { ask: Ask { principal, object: camera, at: Timestamp::from_micros(1_000_000) }, facts }
    }

    /// Whether it may be.
    pub(crate) fn decide(&self) -> bool {
        black_box(decide(black_box(&self.ask), black_box(&self.facts))).is_ok()
    }
}
