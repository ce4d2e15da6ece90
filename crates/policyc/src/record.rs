//! The record of processing that a controller keeps: what, why, whose, to whom, where, how long, how protected.

use serde::Serialize;

use crate::compile::Compiled;
use crate::model::{Basis, Minors, Purpose, RecipientState, State};
use crate::page::{Deployment, Evidence, Reader};

/// The record, a row a purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProcessingRecord {
    /// The version of the policy.
    pub version: String,
    /// The hash of its canonical JSON.
    pub hash: String,
    /// Who answers for the data.
    pub controller: String,
    /// How to reach them.
    pub contact: String,
    /// Where the server stands.
    pub region: String,
    /// Whether data leave the regions where they may be used.
    pub export: String,
    /// What is done with data.
    pub rows: Vec<RecordRow>,
}

/// What is done with data for one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordRow {
    /// The id of the purpose.
    pub purpose: String,
    /// Its name.
    pub name: String,
    /// The function it belongs to, and whether that is built.
    pub function: String,
    /// Whether it is pursued.
    pub state: State,
    /// Its legal basis.
    pub basis: Basis,
    /// What holds for minors.
    pub minors: Minors,
    /// Whether it needs sensitive data.
    pub sensitive: bool,
    /// The categories it uses, each with how long it is kept.
    pub categories: Vec<RecordCategory>,
    /// Who gets data for it.
    pub recipients: Vec<RecordRecipient>,
    /// The clauses that explain it.
    pub clauses: Vec<String>,
    /// The enforcement points of those clauses.
    pub measures: Vec<String>,
}

/// A category of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordCategory {
    /// Its id.
    pub category: String,
    /// Its name.
    pub name: String,
    /// Whether its abuse would harm people.
    pub sensitive: bool,
    /// How long it is kept, in words.
    pub retention: String,
}

/// A recipient of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordRecipient {
    /// Its id.
    pub recipient: String,
    /// Its name.
    pub name: String,
    /// Whether it gets anything.
    pub state: RecipientState,
    /// Where it is.
    pub region: String,
    /// The agreement that binds it; empty for none.
    pub agreement: String,
    /// What it gets for this purpose.
    pub fields: Vec<String>,
}

impl Compiled {
    /// The record of processing, in a language.
    #[must_use]
    pub fn processing_record(&self, language: &str, deployment: &Deployment) -> ProcessingRecord {
        let (policy, evidence) = (self.policy(), Evidence::default());
        let reader = Reader { policy, language, deployment, evidence: &evidence };
        ProcessingRecord {
            version: policy.version.clone(),
            hash: self.hash().to_owned(),
            controller: deployment.operator.clone(),
            contact: deployment.contact.clone(),
            region: deployment.region.clone(),
            export: policy.residency.export.clone(),
            rows: policy.purposes.iter().map(|purpose| reader.row(purpose)).collect(),
        }
    }
}

impl Reader<'_> {
    fn row(&self, purpose: &Purpose) -> RecordRow {
        let policy = self.policy;
        let category = |id: &String| {
            let category = policy.categories.iter().find(|category| category.id == *id);
            RecordCategory {
                category: id.clone(),
                name: self.text("category", id),
                sensitive: category.is_some_and(|category| category.sensitive),
                retention: category.map(|category| self.text("retention", &category.retention)).unwrap_or_default(),
            }
        };
        let recipients = policy.recipients.iter().filter_map(|recipient| {
            let fields: Vec<_> =
                recipient.fields.iter().filter(|f| f.purpose == purpose.id).map(|f| f.category.clone()).collect();
            (!fields.is_empty()).then(|| RecordRecipient {
                recipient: recipient.id.clone(),
                name: self.text("recipient", &recipient.id),
                state: policy.state_of_recipient(recipient),
                region: recipient.region.clone(),
                agreement: recipient.agreement.as_ref().map(|agreement| agreement.reference.clone()).unwrap_or_default(),
                fields,
            })
        });
        let mut measures: Vec<_> = policy
            .clauses
            .iter()
            .filter(|clause| purpose.clauses.contains(&clause.id))
            .flat_map(|clause| clause.points.clone())
            .collect();
        measures.sort_unstable();
        measures.dedup();
        RecordRow {
            purpose: purpose.id.clone(),
            name: self.text("purpose", &purpose.id),
            function: purpose.function.clone(),
            state: if policy.in_use(&purpose.function) { State::InUse } else { State::NotBuilt },
            basis: purpose.basis,
            minors: purpose.minors,
            sensitive: purpose.sensitive,
            categories: purpose.uses.iter().map(category).collect(),
            recipients: recipients.collect(),
            clauses: purpose.clauses.clone(),
            measures,
        }
    }
}
