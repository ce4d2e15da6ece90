//! In front of a recorder: what of a camera's units is kept, by its plan and by what happens in front of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::plan::{Mode, Plan, Zone};
use domain::{FootageClass, Mono, Timestamp};
use media::live::Unit;
use tokio::sync::watch;

use crate::events::Seen;

/// Bytes that wait for an event: 15 s of 8 Mbit/s and the running GOP. Only cameras that are recorded on events have them.
const HELD_BYTES_MAX: usize = 20 * 1024 * 1024;

/// A camera tells of an event that much after it began, at most: its detector looks, and our question waits for its turn.
const TOLD_AFTER_MAX: Duration = Duration::from_secs(2);

/// An event that goes on for longer without another word has lost its end.
const EVENT_TIME_MAX: Duration = Duration::from_secs(600);

/// A camera whose events cannot be heard for that long is recorded all the time until they can: better too much than nothing.
const DEAF_TIME_MAX: Duration = Duration::from_secs(10);

/// By what a camera is recorded. It changes without a new connection.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Guide {
    pub(crate) plan: Plan,
    pub(crate) zone: Zone,
}

/// What happens to the units that come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// They are kept, because of an event or anyway.
    Keep {
        /// Because of an event.
        event: bool,
    },
    /// They wait for an event, and go when none comes.
    Wait,
    /// They go.
    Drop,
}

/// Decides for one recorder.
#[derive(Debug)]
pub(super) struct Gate {
    guide: watch::Receiver<Guide>,
    seen: watch::Receiver<Seen>,
    /// Nothing has been decided before the first look.
    flow: Option<Flow>,
    held: VecDeque<Arc<Unit>>,
    bytes: usize,
}

impl Gate {
    pub(super) fn new(guide: watch::Receiver<Guide>, seen: watch::Receiver<Seen>) -> Self {
        Self { guide, seen, flow: None, held: VecDeque::new(), bytes: 0 }
    }

    /// What shall happen from now on; `None` where that is what happens already.
    pub(super) fn turn(&mut self, now: Timestamp, mono: Mono) -> Option<Flow> {
        let flow = self.wanted(now, mono);
        if Some(flow) == self.flow {
            return None;
        }
        if flow == Flow::Drop {
            self.held.clear();
            self.bytes = 0;
        }
        self.flow = Some(flow);
        Some(flow)
    }

    /// Whether it has not decided anything yet.
    pub(super) fn is_undecided(&self) -> bool {
        self.flow.is_none()
    }

    /// What happens now.
    pub(super) fn flow(&self) -> Flow {
        self.flow.unwrap_or(Flow::Drop)
    }

    /// Why what passes now is kept.
    pub(super) fn class(&self) -> FootageClass {
        match self.flow() {
            Flow::Keep { event: false } | Flow::Drop => FootageClass::Continuous,
            Flow::Keep { event: true } | Flow::Wait => FootageClass::Event,
        }
    }

    fn wanted(&self, now: Timestamp, mono: Mono) -> Flow {
        let Guide { plan, zone } = &*self.guide.borrow();
        match plan.at(now, zone) {
            Mode::Continuous => Flow::Keep { event: false },
            Mode::Off => Flow::Drop,
            Mode::Events if happens(&self.seen.borrow(), plan.post, mono) => Flow::Keep { event: true },
            Mode::Events => Flow::Wait,
        }
    }

    /// Of what came, what is to be recorded now. With the first of an event comes what waited for it.
    pub(super) fn admit(&mut self, units: &mut Vec<Arc<Unit>>, now: Mono) {
        match self.flow() {
            Flow::Drop => units.clear(),
            Flow::Wait => {
                for unit in units.drain(..) {
                    self.bytes += unit.au.data.len();
                    self.held.push_back(unit);
                }
                self.forget(now);
            }
            Flow::Keep { .. } if self.held.is_empty() => {}
            Flow::Keep { .. } => {
                let mut all: Vec<_> = self.held.drain(..).collect();
                self.bytes = 0;
                all.append(units);
                *units = all;
            }
        }
    }

    /// Lets go of the oldest pictures as long as what is left begins early enough, with a key picture, or is too much.
    fn forget(&mut self, now: Mono) {
        let wanted = self.guide.borrow().plan.pre + TOLD_AFTER_MAX;
        loop {
            let second = self.held.iter().skip(1).position(|unit| unit.au.starts_gop()).map(|at| at + 1);
            let long_enough = second.and_then(|at| self.held.get(at)).is_some_and(|unit| now.since(unit.au.arrived) >= wanted);
            let headless = self.held.front().is_some_and(|unit| !unit.au.starts_gop());
            if !long_enough && !headless && self.bytes <= HELD_BYTES_MAX {
                return;
            }
            for unit in self.held.drain(..second.unwrap_or(self.held.len())) {
                self.bytes = self.bytes.saturating_sub(unit.au.data.len());
            }
            if self.held.is_empty() {
                return;
            }
        }
    }
}

/// Whether something happens, or did a moment ago, or nobody can say.
fn happens(seen: &Seen, post: Duration, now: Mono) -> bool {
    let goes_on = seen.since.is_some_and(|since| now.since(since) < EVENT_TIME_MAX);
    let just_now = seen.last.is_some_and(|last| now.since(last) < post);
    let deaf = seen.deaf_since.is_some_and(|since| now.since(since) >= DEAF_TIME_MAX);
    goes_on || just_now || deaf
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
