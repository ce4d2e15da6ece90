//! What is wrong with a policy, and where.

use std::fmt;

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $clause:literal;)+) => {
        /// A rule that a policy must keep. Each has a row in the table of broken policies (`tests/broken.rs`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[$doc])* $name,)+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its id, as a fault shows it.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// The clause that the rule keeps, named where the faulty item names none of its own.
            #[must_use]
            pub const fn clause(self) -> &'static str {
                match self { $(Self::$name => $clause,)+ }
            }
        }
    };
}

rules! {
    /// The source is no TOML of the expected shape.
    Syntax = "syntax", "C-5.0";
    /// A word names nothing that the policy declares.
    UnknownId = "unknown-id", "C-3.b.1";
    /// A function that the policy does not list.
    UnknownFunction = "unknown-function", "C-1.1.0";
    /// Two items with one id.
    DuplicateId = "duplicate-id", "C-5.0";
    /// An id with other characters than small letters, digits, `_`, `.` and `-`.
    BadId = "bad-id", "C-5.0";
    /// A category that could mean anything.
    WildcardCategory = "wildcard-category", "C-3.b.1";
    /// A category that nothing ever deletes.
    CategoryWithoutRetention = "category-without-retention", "C-3.a.1.1";
    /// A retention class whose words are none that the engine knows.
    BadRetention = "bad-retention", "C-3.b.2";
    /// A purpose without a legal basis.
    PurposeWithoutBasis = "purpose-without-basis", "C-0.6";
    /// A purpose that no clause explains.
    PurposeWithoutClause = "purpose-without-clause", "C-1.1.0";
    /// Consent that is given before anyone asked.
    ConsentDefaultOn = "consent-default-on", "C-1.1.7";
    /// A commercial purpose that does not say what holds for minors, or lets them in unprotected.
    MinorRuleMissing = "minor-rule-missing", "C-0.10";
    /// An act for no purpose.
    ActWithoutPurpose = "act-without-purpose", "C-1.1.0";
    /// A recipient's field of no declared category.
    FieldWithoutCategory = "field-without-category", "C-2.2.0";
    /// A recipient's field for no declared purpose.
    FieldWithoutPurpose = "field-without-purpose", "C-2.2.0";
    /// A recipient's field that the app may not even read.
    FieldWithoutPermission = "field-without-permission", "C-1.2.7";
    /// A recipient's field that its purpose does not use.
    FieldNotUsed = "field-not-used", "C-2.2.0";
    /// A recipient's field that its own row says never goes.
    FieldAlsoDenied = "field-also-denied", "C-2.2.0";
    /// A recipient who may get fields without an agreement.
    AgreementMissing = "agreement-missing", "C-2.1.2";
    /// A recipient who may get fields under an agreement that is over.
    AgreementExpired = "agreement-expired", "C-2.1.2";
    /// A recipient or a store in a region where data may not go.
    RegionNotAllowed = "region-not-allowed", "C-3.a.2.1";
    /// A text that one language lacks.
    TextMissing = "text-missing", "C-0.8";
    /// A text for something that the policy does not have.
    TextUnused = "text-unused", "C-0.4";
    /// A placeholder that nothing fills.
    UnknownPlaceholder = "unknown-placeholder", "C-0.4";
    /// Digits, dates or placeholders that differ between languages.
    FactsDiffer = "facts-differ", "C-0.4";
    /// A line of the text that this policy restates, covered by no clause and no heading.
    SeedLineUncovered = "seed-line-uncovered", "C-0.4";
    /// A line that the restated text does not have.
    SeedLineUnknown = "seed-line-unknown", "C-0.4";
    /// One of the fourteen contradictions is not listed.
    FindingMissing = "finding-missing", "C-0.6";
    /// A contradiction without owner, date and reason.
    FindingNotAccepted = "finding-not-accepted", "C-0.6";
    /// A promise in force that nothing enforces.
    ClauseWithoutPoints = "clause-without-points", "C-0.6";
    /// An enforcement point that keeps no clause in force.
    PointWithoutClause = "point-without-clause", "C-0.6";
    /// A principle that no clause in force keeps.
    PrincipleWithoutClause = "principle-without-clause", "C-0.6";
    /// A kind of change whose class the policy would lower.
    ClassLowered = "class-lowered", "C-5.3.7";
}

/// A rule that is broken: which, for which clause, where, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The rule.
    pub rule: Rule,
    /// The clause it is about.
    pub clause: String,
    /// The file, as `policy/atipcam.toml`.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, as a sentence without capital and full stop.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, clause, file, line, message } = self;
        write!(f, "{file}:{line}: {}: {clause}: {message}", rule.id())
    }
}

/// Everything that is wrong with a policy, in the order of the files. Prints a line a fault.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            write!(f, "{}{fault}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

// A build script and a test print errors by `Debug`: people should see the same lines there.
impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}
