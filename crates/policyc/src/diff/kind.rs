//! The kinds of change, each with the least that it may mean for people.

use serde::{Deserialize, Serialize};

use crate::model::Class;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $class:ident;)+) => {
        /// A kind of change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ChangeKind {
            $($(#[$doc])* #[serde(rename = $id)] $name,)+
        }

        impl ChangeKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its id.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// The key of its sentence among the labels.
            #[must_use]
            pub(crate) const fn label(self) -> &'static str {
                match self { $(Self::$name => concat!("change.", $id),)+ }
            }

            /// The least class: a policy may raise it, never lower it (C-5.3.7).
            #[must_use]
            pub const fn class(self) -> Class {
                match self { $(Self::$name => Class::$class,)+ }
            }
        }
    };
}

kinds! {
    /// A purpose is gone.
    PurposeRemoved = "purpose.removed", Silent;
    /// A category is gone.
    CategoryRemoved = "category.removed", Silent;
    /// A purpose uses a category no longer.
    UseRemoved = "use.removed", Silent;
    /// A recipient is gone.
    RecipientRemoved = "recipient.removed", Silent;
    /// A recipient gets a field no longer.
    FieldRemoved = "field.removed", Silent;
    /// Data are kept for less long.
    RetentionShortened = "retention.shortened", Silent;
    /// A function is gone.
    FunctionNotBuilt = "function.not_built", Silent;
    /// A new promise.
    ClauseAdded = "clause.added", Posted;
    /// A promise is about other functions, or kept in another way.
    ClauseChanged = "clause.changed", Posted;
    /// A promise in other words.
    TextChanged = "text.changed", Posted;
    /// Other words, elsewhere.
    WordingChanged = "wording.changed", Posted;
    /// A further contradiction was settled.
    FindingAdded = "finding.added", Posted;
    /// People may demand more.
    RightAdded = "right.added", Posted;
    /// Something about a recipient, apart from what it gets.
    RecipientChanged = "recipient.changed", Posted;
    /// A new purpose.
    PurposeAdded = "purpose.added", Prominent;
    /// A new category.
    CategoryAdded = "category.added", Prominent;
    /// A purpose uses one more category.
    UseAdded = "use.added", Prominent;
    /// A new recipient.
    RecipientAdded = "recipient.added", Prominent;
    /// A recipient is bound by an agreement: from now on its fields may go.
    RecipientAgreed = "recipient.agreed", Prominent;
    /// A recipient may get one more field.
    FieldAdded = "field.added", Prominent;
    /// A function exists from now on.
    FunctionInUse = "function.in_use", Prominent;
    /// A right, or the way to it, changed.
    RightChanged = "right.changed", Prominent;
    /// A promise is gone.
    ClauseRemoved = "clause.removed", Prominent;
    /// Who answers for the data changed.
    Ownership = "ownership", Prominent;
    /// The way to reach them changed.
    Contact = "contact", Prominent;
    /// An impact assessment found a high risk. A person says so.
    AssessmentHigh = "assessment.high", Prominent;
    /// A person says that a change matters.
    Manual = "manual", Prominent;
    /// A right shrank.
    RightReduced = "right.reduced", Express;
    /// What needed consent does so no longer.
    ConsentDropped = "consent.dropped", Express;
    /// Data are kept for longer.
    RetentionLengthened = "retention.lengthened", Express;
    /// Data may leave the region.
    ExportEnabled = "export.enabled", Express;
    /// Sensitive data are used for more.
    SensitiveUseAdded = "sensitive_use.added", Express;
    /// Minors are protected less.
    MinorRuleWeakened = "minor_rule.weakened", Express;
    /// Something that was checked is checked no longer.
    GateLoosened = "gate.loosened", Express;
}

impl ChangeKind {
    /// The kind of that id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.id() == id)
    }
}
