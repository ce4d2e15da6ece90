//! The page that people read, in one language, for one deployment, with what the tests proved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::compile::Compiled;
use crate::model::{Active, Basis, Clause, ClauseState, Policy, Purpose, Recipient, RecipientState};
use crate::period::Period;
use crate::texts::{Piece, Placeholder, pieces};

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

/// The page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The version of the policy.
    pub version: String,
    /// The hash of its canonical JSON.
    pub hash: String,
    /// The day of its last change.
    pub updated: String,
    /// The language of this page.
    pub language: String,
    /// Its title.
    pub title: String,
    /// What comes first.
    pub intro: String,
    /// How to read the badges.
    pub how: String,
    /// Which language decides.
    pub governing: String,
    /// What the page is not.
    pub advice: String,
    /// The preface and the six parts.
    pub parts: Vec<PartView>,
    /// Who else may get data.
    pub recipients: Vec<RecipientView>,
    /// What data are used for.
    pub purposes: Vec<PurposeView>,
    /// The kinds of data.
    pub categories: Vec<CategoryView>,
    /// What people may demand.
    pub rights: Vec<RightView>,
    /// How contradictions of the restated terms were settled.
    pub findings: Vec<FindingView>,
    /// The words that its Markdown is set with, by `section.key`.
    #[serde(skip)]
    pub(crate) words: BTreeMap<String, String>,
}

/// A part of the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartView {
    /// 0 for the preface, 1 to 6.
    pub id: u8,
    /// Its heading.
    pub title: String,
    /// Its clauses.
    pub clauses: Vec<ClauseView>,
}

/// A clause, with its badge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClauseView {
    /// Its id, and its anchor.
    pub id: String,
    /// What it says.
    pub text: String,
    /// What it is worth now.
    pub state: ClauseState,
    /// The enforcement points that keep it; none while it is not in use.
    pub points: Vec<String>,
    /// Tests of it that ran.
    pub tests: usize,
    /// Whether their negative controls failed as they must.
    pub proven: bool,
}

/// A recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it gets anything.
    pub state: RecipientState,
    /// Where it is: a country, or `deployment`.
    pub region: String,
    /// The same in words.
    pub region_name: String,
    /// Its own terms; empty for none.
    pub policy_url: String,
    /// Further pages of them.
    pub more_urls: Vec<String>,
    /// All that it may get.
    pub fields: Vec<FieldView>,
    /// What its terms list and it never gets.
    pub could_ask: Vec<String>,
    /// The clause that allows it.
    pub clause: String,
}

/// What a recipient may get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldView {
    /// The id of its category.
    pub category: String,
    /// The category's name.
    pub name: String,
    /// The id of its purpose.
    pub purpose: String,
    /// The purpose's name.
    pub purpose_name: String,
}

/// A purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurposeView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its legal basis.
    pub basis: Basis,
    /// The function it belongs to.
    pub function: String,
    /// Whether that is built and on.
    pub state: PurposeState,
    /// Whether it rests on consent.
    pub consent: bool,
    /// What giving or refusing the consent changes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub effect: Option<String>,
    /// Whether it needs sensitive data.
    pub sensitive: bool,
    /// The categories it may use.
    pub uses: Vec<UseView>,
    /// The clauses that explain it.
    pub clauses: Vec<String>,
}

/// Whether a purpose is pursued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurposeState {
    /// It is.
    InUse,
    /// Its function is not built, or off here: it is denied.
    NotYet,
}

/// A category that a purpose uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseView {
    /// Its id.
    pub category: String,
    /// Its name.
    pub name: String,
}

/// A category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether its abuse would harm people.
    pub sensitive: bool,
    /// Whether it is ever written.
    pub stored: bool,
    /// How long it is kept.
    pub retention: RetentionView,
    /// Where it lies, and under which key.
    #[serde(rename = "where")]
    pub place: String,
}

/// How long a category is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionView {
    /// The id of its class.
    pub id: String,
    /// In words.
    pub text: String,
    /// Days, where they are fixed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub days: Option<u32>,
}

/// A right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RightView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Calendar days to an answer.
    pub days: u32,
    /// What it lets people demand.
    pub text: String,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingView {
    /// Its id.
    pub id: String,
    /// How it was settled.
    pub text: String,
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
