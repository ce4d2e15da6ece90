//! The page that people read, in one language, for one deployment, with what the tests proved.

mod view;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::compile::Compiled;
use crate::model::{Active, Basis, Clause, ClauseState, Policy, Purpose, Recipient, RecipientState};
use crate::period::Period;
use crate::texts::{Piece, Placeholder, pieces};

pub use view::*;

/// Whose server it is. What is empty reads as the policy's words for "whoever runs this server".
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Deployment {
    /// Who answers for the data.
    pub operator: String,
    /// How to reach them.
    pub contact: String,
    /// Where the server stands.
    pub region: String,
    /// How much footage there is room for, as `500 GB`; empty where it is not limited.
    #[serde(default)]
    pub footage_room: String,
    /// Days that footage is kept at most.
    #[serde(default)]
    pub footage_days: Option<u32>,
    /// Functions that are built and switched off here.
    #[serde(default)]
    pub off: Vec<String>,
}

/// What ran: clause to proof.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence(pub BTreeMap<String, Proof>);

/// The proof of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Proof {
    /// Tests that ran and passed.
    pub tests: usize,
    /// Each of them failed when its enforcement point was switched off.
    pub proven: bool,
}

impl Evidence {
    /// Reads `clause-evidence.json`: `{"clauses":[{"id","state","enforced_by","tests":[…],"negative_control":…}]}`. A control counts
    /// where it is `true` or a list that is not empty.
    ///
    /// # Errors
    /// JSON of another shape.
    pub fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct File {
            clauses: Vec<Row>,
        }
        #[derive(Deserialize)]
        struct Row {
            id: String,
            #[serde(default)]
            tests: Vec<serde_json::Value>,
            #[serde(default)]
            negative_control: serde_json::Value,
        }
        let file: File = serde_json::from_str(json)?;
        let proof = |row: Row| {
            let control =
                row.negative_control.as_bool().unwrap_or(row.negative_control.as_array().is_some_and(|rows| !rows.is_empty()));
            (row.id, Proof { tests: row.tests.len(), proven: control && !row.tests.is_empty() })
        };
        Ok(Self(file.clauses.into_iter().map(proof).collect()))
    }
}

impl Compiled {
    /// The page in a language; the governing one where it is not written in that.
    #[must_use]
    pub fn page(&self, language: &str, deployment: &Deployment, evidence: &Evidence) -> Page {
        let policy = self.policy();
        let governing = policy.languages.first().map_or("", String::as_str);
        let language = policy.languages.iter().find(|known| *known == language).map_or(governing, String::as_str);
        Reader { policy, language, deployment, evidence }.page(self.hash())
    }
}

/// A policy read in one language.
pub(crate) struct Reader<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) language: &'a str,
    pub(crate) deployment: &'a Deployment,
    pub(crate) evidence: &'a Evidence,
}

impl Reader<'_> {
    /// A text with its placeholders filled.
    pub(crate) fn text(&self, section: &str, key: &str) -> String {
        self.text_if(section, key).unwrap_or_else(|| key.to_owned())
    }

    pub(crate) fn text_if(&self, section: &str, key: &str) -> Option<String> {
        let text = self.policy.text_if(self.language, section, key)?;
        let filled = pieces(text).into_iter().map(|piece| match piece {
            Piece::Words(words) => words.to_owned(),
            Piece::Placeholder(placeholder) => self.fill(&placeholder),
        });
        Some(filled.collect())
    }

    fn fill(&self, placeholder: &Placeholder<'_>) -> String {
        let set = |value: &str, unset: &str| if value.is_empty() { self.text("label", unset) } else { value.to_owned() };
        match placeholder {
            Placeholder::Plain("operator") => set(&self.deployment.operator, "operator.unset"),
            Placeholder::Plain("contact") => set(&self.deployment.contact, "contact.unset"),
            Placeholder::Plain("region") => match self.deployment.region.as_str() {
                "" => self.text("label", "region.deployment"),
                region => self.region(region),
            },
            Placeholder::Plain("footage.keep") => self.footage_keep(),
            Placeholder::Plain("version") => self.policy.version.clone(),
            Placeholder::Plain("updated") => self.policy.updated.clone(),
            Placeholder::Plain("based_on") => self.policy.based_on.clone(),
            Placeholder::Days(id) => {
                self.policy.rights.iter().find(|right| right.id == *id).map_or_else(String::new, |right| right.days.to_string())
            }
            Placeholder::Period(id) => self
                .policy
                .retention
                .iter()
                .find(|class| class.id == *id)
                .map_or_else(String::new, |class| self.period(&class.period)),
            Placeholder::Term(id) => self.policy.terms.get(*id).map_or_else(String::new, |period| self.period(period)),
            Placeholder::Plain(name) | Placeholder::Unknown(name) => format!("{{{name}}}"),
        }
    }

    /// A region by its name, where it has one.
    fn region(&self, region: &str) -> String {
        self.text_if("label", &format!("region.{region}")).unwrap_or_else(|| region.to_owned())
    }

    /// How long footage stays on this server.
    fn footage_keep(&self) -> String {
        let Deployment { footage_room: room, footage_days: days, .. } = self.deployment;
        let key = match (room.is_empty(), days) {
            (true, _) => "footage.keep.unset",
            (false, None) => "footage.keep.room",
            (false, Some(_)) => "footage.keep.days",
        };
        let days = days.map(|days| self.period(&format!("P{days}D"))).unwrap_or_default();
        self.text("label", key).replace("{room}", room).replace("{days}", &days)
    }

    /// `P15D` in words.
    fn period(&self, period: &str) -> String {
        let Ok(Period { count, unit }) = period.parse() else { return period.to_owned() };
        // No placeholder: the label's own slot.
        let label = self.policy.text(self.language, "label", unit.label(count));
        label.replace("{n}", &count.to_string())
    }

    fn page(&self, hash: &str) -> Page {
        let policy = self.policy;
        let words = ["label", "state", "basis"].into_iter().flat_map(|section| {
            let entries = policy.texts.get(self.language).and_then(|sections| sections.get(section));
            entries.into_iter().flatten().map(move |(key, _)| (format!("{section}.{key}"), self.text(section, key)))
        });
        Page {
            version: policy.version.clone(),
            hash: hash.to_owned(),
            updated: policy.updated.clone(),
            language: self.language.to_owned(),
            title: self.text("title", "page"),
            intro: self.text("title", "intro"),
            how: self.text("title", "how"),
            governing: self.text("title", "governing"),
            advice: self.text("title", "advice"),
            parts: (0..=6).map(|part| self.part(part)).collect(),
            recipients: policy.recipients.iter().map(|recipient| self.recipient(recipient)).collect(),
            purposes: policy.purposes.iter().map(|purpose| self.purpose(purpose)).collect(),
            categories: policy.categories.iter().map(|category| self.category(category)).collect(),
            rights: policy.rights.iter().map(|right| self.right(right)).collect(),
            findings: policy.findings.iter().map(|finding| self.finding(&finding.id)).collect(),
            words: words.collect(),
        }
    }

    fn part(&self, id: u8) -> PartView {
        let clauses = self.policy.clauses.iter().filter(|clause| clause.part == id);
        PartView { id, title: self.text("part", &id.to_string()), clauses: clauses.map(|clause| self.clause(clause)).collect() }
    }

    fn on(&self, function: &str) -> bool {
        self.policy.in_use(function) && !self.deployment.off.iter().any(|off| off == function)
    }

    fn clause(&self, clause: &Clause) -> ClauseView {
        let state = match self.policy.state_of(clause) {
            ClauseState::InUse if !clause.functions.iter().all(|function| self.on(function)) => ClauseState::NotYet,
            state => state,
        };
        let in_use = state == ClauseState::InUse;
        let proof = self.evidence.0.get(&clause.id).copied().filter(|_| in_use).unwrap_or_default();
        ClauseView {
            id: clause.id.clone(),
            text: self.text("clause", &clause.id),
            state,
            points: if in_use { clause.points.clone() } else { Vec::new() },
            tests: proof.tests,
            proven: proof.proven,
        }
    }

    fn recipient(&self, recipient: &Recipient) -> RecipientView {
        let field = |field: &crate::model::Field| FieldView {
            category: field.category.clone(),
            name: self.text("category", &field.category),
            purpose: field.purpose.clone(),
            purpose_name: self.text("purpose", &field.purpose),
        };
        let state = match self.policy.state_of_recipient(recipient) {
            RecipientState::InUse if !self.on(&recipient.function) => RecipientState::NotYet,
            state => state,
        };
        RecipientView {
            id: recipient.id.clone(),
            name: self.text("recipient", &recipient.id),
            state,
            region: recipient.region.clone(),
            region_name: self.region(&recipient.region),
            policy_url: recipient.policy_url.clone(),
            more_urls: recipient.more_urls.clone(),
            fields: recipient.fields.iter().map(field).collect(),
            could_ask: recipient.could_ask.iter().map(|id| self.text("vendor_field", id)).collect(),
            clause: recipient.clause.clone(),
        }
    }

    fn purpose(&self, purpose: &Purpose) -> PurposeView {
        let used = |category: &String| UseView { category: category.clone(), name: self.text("category", category) };
        PurposeView {
            id: purpose.id.clone(),
            name: self.text("purpose", &purpose.id),
            basis: purpose.basis,
            function: purpose.function.clone(),
            state: if self.on(&purpose.function) { PurposeState::InUse } else { PurposeState::NotYet },
            consent: purpose.basis == Basis::Consent,
            effect: self.text_if("effect", &purpose.id),
            sensitive: purpose.sensitive,
            uses: purpose.uses.iter().map(used).collect(),
            clauses: purpose.clauses.clone(),
        }
    }

    fn category(&self, category: &crate::model::Category) -> CategoryView {
        let class = self.policy.retention.iter().find(|class| class.id == category.retention);
        let fixed = class.filter(|class| class.active == Active::Period);
        CategoryView {
            id: category.id.clone(),
            name: self.text("category", &category.id),
            sensitive: category.sensitive,
            stored: category.stored,
            retention: RetentionView {
                id: category.retention.clone(),
                text: self.text("retention", &category.retention),
                days: fixed.and_then(|class| class.period.parse::<Period>().ok()?.days()),
            },
            place: self.text("where", &category.shred),
        }
    }

    fn right(&self, right: &crate::model::Right) -> RightView {
        RightView {
            id: right.id.clone(),
            name: self.text("right_name", &right.id),
            days: right.days,
            text: self.text("right", &right.id),
        }
    }

    fn finding(&self, id: &str) -> FindingView {
        FindingView { id: id.to_owned(), text: self.text("finding", id) }
    }
}
