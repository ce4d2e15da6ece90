//! Enforcement points: where the code keeps a clause, and what a negative control switches off.

/// A place in the code that keeps clauses. It holds in every build that people run; in the one build that tests the tests
/// (`cfg(faults)`) it fails to hold while the environment's `CLAUSE_FAULT` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Point {
    id: &'static str,
    clauses: &'static [&'static str],
}

#[cfg(all(faults, not(debug_assertions)))]
compile_error!("a release never switches an enforcement point off");

impl Point {
    pub(crate) const fn new(id: &'static str, clauses: &'static [&'static str]) -> Self {
        Self { id, clauses }
    }

    /// Its id in the policy.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.id
    }

    /// The clauses that it keeps.
    #[must_use]
    pub const fn clauses(self) -> &'static [&'static str] {
        self.clauses
    }

    /// Whether the check behind it is made: always.
    #[cfg(not(faults))]
    #[must_use]
    pub const fn holds(self) -> bool {
        true
    }

    /// Whether the check behind it is made: unless a test named it.
    #[cfg(faults)]
    #[must_use]
    pub fn holds(self) -> bool {
        std::env::var_os("CLAUSE_FAULT").is_none_or(|fault| fault != self.id)
    }
}
