//! `atipcam policy show`: one entry of the policy, or all of them, a line each.

use std::fmt::Write as _;

use policyc::{
    Category, Clause, Compiled, Deployment, Evidence, Finding, Page, Policy, Purpose, Recipient, RecipientState, Right,
};
use serde::Deserialize;

use super::check::STATES;
use super::{EVIDENCE, known};
use crate::Failure;

/// Characters of a text that a list shows.
const GLANCE: usize = 60;

/// The entry of that id, in any case of its letters; without one, all of them.
pub(super) fn show(compiled: &Compiled, id: Option<&str>, language: &str) -> Result<String, Failure> {
    let policy = compiled.policy();
    let language = known(policy, language)?;
    let page = compiled.page(language, &Deployment::default(), &Evidence::from_json(EVIDENCE)?);
    let view = View { policy, page: &page, language, proofs: serde_json::from_str(EVIDENCE)? };
    let Some(id) = id else { return Ok(view.all()) };
    let found = view.entries(id);
    if found.is_empty() {
        return Err(view.unknown(id).into());
    }
    Ok(found.join("\n\n"))
}

/// `clause-evidence.json`.
#[derive(Deserialize)]
struct Proofs {
    clauses: Vec<Proof>,
}

#[derive(Deserialize)]
struct Proof {
    id: String,
    #[serde(default)]
    tests: Vec<String>,
    #[serde(default)]
    negative_control: Vec<String>,
}

struct View<'a> {
    policy: &'a Policy,
    page: &'a Page,
    language: &'a str,
    proofs: Proofs,
}

/// An entry's lines: a head, its text, and what is known of it.
struct Lines(String);

impl Lines {
    fn new(kind: &str, id: &str, state: &str) -> Self {
        Self(format!("{kind} {id}: {state}\n"))
    }

    fn text(mut self, text: &str) -> Self {
        write(&mut self.0, format_args!("\n  {text}\n"));
        self
    }

    /// Names and values; those without a value are left out.
    fn facts<const N: usize>(mut self, facts: [(&str, String); N]) -> String {
        self.0.push('\n');
        for (name, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
            write(&mut self.0, format_args!("  {name:<12}{value}\n"));
        }
        self.0.trim_end().to_owned()
    }
}

/// Several values below each other, beside their name.
fn below(values: impl IntoIterator<Item = String>) -> String {
    values.into_iter().collect::<Vec<_>>().join(&format!("\n{:14}", ""))
}

fn yes(truth: bool) -> String {
    if truth { "yes".to_owned() } else { String::new() }
}

impl View<'_> {
    fn text(&self, section: &str, id: &str) -> &str {
        self.policy.text_if(self.language, section, id).unwrap_or_default()
    }

    fn named(&self, section: &str, id: &str) -> String {
        format!("{id} ({})", self.text(section, id))
    }

    /// Of every kind: categories and purposes may share a name with a recipient.
    fn entries(&self, id: &str) -> Vec<String> {
        let is = |other: &str| other.eq_ignore_ascii_case(id);
        let policy = self.policy;
        let mut found: Vec<String> = policy.clauses.iter().filter(|item| is(&item.id)).map(|item| self.clause(item)).collect();
        found.extend(policy.purposes.iter().filter(|item| is(&item.id)).map(|item| self.purpose(item)));
        found.extend(policy.recipients.iter().filter(|item| is(&item.id)).map(|item| self.recipient(item)));
        found.extend(policy.categories.iter().filter(|item| is(&item.id)).map(|item| self.category(item)));
        found.extend(policy.rights.iter().filter(|item| is(&item.id)).map(|item| self.right(item)));
        found.extend(policy.findings.iter().filter(|item| is(&item.id)).map(|item| self.finding(item)));
        found
    }

    fn clause(&self, clause: &Clause) -> String {
        let state = self.policy.state_of(clause);
        let state = STATES.iter().find(|(known, _)| *known == state).map_or("", |(_, words)| words);
        let view = self.page.parts.iter().flat_map(|part| &part.clauses).find(|view| view.id == clause.id);
        let proof = self.proofs.clauses.iter().find(|proof| proof.id == clause.id);
        let functions = clause.functions.iter().map(|id| {
            let built = if self.policy.in_use(id) { "in use" } else { "not built" };
            format!("{}, {built}", self.named("function", id))
        });
        Lines::new("clause", &clause.id, state).text(view.map_or("", |view| &view.text)).facts([
            ("part", self.text("part", &clause.part.to_string()).to_owned()),
            ("principles", clause.principle.join(", ")),
            ("needs", below(functions)),
            ("kept by", below(clause.points.iter().map(|point| self.named("point", point)))),
            ("tests", below(proof.into_iter().flat_map(|proof| proof.tests.iter().cloned()))),
            ("controls", below(proof.into_iter().flat_map(|proof| proof.negative_control.iter().cloned()))),
            ("explains", below(self.explained(&clause.id))),
            ("restates", clause.seed.join(", ")),
        ])
    }

    /// Purposes, recipients and rights that name a clause.
    fn explained(&self, clause: &str) -> Vec<String> {
        let policy = self.policy;
        let names = |clauses: &[String]| clauses.iter().any(|id| id == clause);
        let mut all: Vec<String> = policy
            .purposes
            .iter()
            .filter(|p| names(&p.clauses))
            .map(|p| format!("purpose {}", self.named("purpose", &p.id)))
            .collect();
        let recipients = policy.recipients.iter().filter(|r| r.clause == clause);
        all.extend(recipients.map(|r| format!("recipient {}", self.named("recipient", &r.id))));
        let rights = policy.rights.iter().filter(|r| names(&r.clauses));
        all.extend(rights.map(|r| format!("right {}", self.named("right_name", &r.id))));
        all
    }

    fn purpose(&self, purpose: &Purpose) -> String {
        let state = if self.policy.in_use(&purpose.function) { "in use" } else { "not yet in use: denied" };
        let to = self.policy.recipients.iter().flat_map(|recipient| {
            let fields = recipient.fields.iter().filter(|field| field.purpose == purpose.id);
            fields.map(|field| format!("{} gets {}", self.named("recipient", &recipient.id), field.category))
        });
        let acts = self.policy.acts.iter().filter(|act| act.purpose == purpose.id);
        let view = self.page.purposes.iter().find(|view| view.id == purpose.id);
        Lines::new("purpose", &purpose.id, state).text(self.text("purpose", &purpose.id)).facts([
            ("basis", self.named("basis", purpose.basis.word())),
            ("effect", view.and_then(|view| view.effect.clone()).unwrap_or_default()),
            ("function", self.named("function", &purpose.function)),
            ("uses", below(purpose.uses.iter().map(|id| self.named("category", id)))),
            ("recipients", below(to)),
            ("sensitive", yes(purpose.sensitive)),
            ("commercial", yes(purpose.commercial)),
            ("minors", purpose.minors.word().to_owned()),
            ("acts", below(acts.map(|act| act.id.clone()))),
            ("clauses", purpose.clauses.join(", ")),
        ])
    }

    fn recipient(&self, recipient: &Recipient) -> String {
        let state = match self.policy.state_of_recipient(recipient) {
            RecipientState::InUse => "may get the fields below",
            RecipientState::NotYet => "not yet in use: nothing is sent",
            RecipientState::Denied => "no agreement: nothing is sent",
        };
        let fields = recipient
            .fields
            .iter()
            .map(|f| format!("{} for {}", self.named("category", &f.category), self.named("purpose", &f.purpose)));
        let agreement = recipient.agreement.as_ref().map(|a| format!("{}, until {}", a.reference, a.expires));
        let urls = std::iter::once(&recipient.policy_url).chain(&recipient.more_urls).filter(|url| !url.is_empty());
        Lines::new("recipient", &recipient.id, state).text(self.text("recipient", &recipient.id)).facts([
            ("part of", recipient.parent.clone()),
            ("region", recipient.region.clone()),
            ("agreement", agreement.unwrap_or_default()),
            ("function", self.named("function", &recipient.function)),
            ("fields", below(fields)),
            ("could ask", below(recipient.could_ask.iter().map(|id| self.named("vendor_field", id)))),
            ("own terms", below(urls.cloned())),
            ("clause", recipient.clause.clone()),
        ])
    }

    fn category(&self, category: &Category) -> String {
        let view = self.page.categories.iter().find(|view| view.id == category.id);
        let comes = match (category.given, category.made) {
            (true, _) => "the person types it".to_owned(),
            (_, true) => "the server makes it".to_owned(),
            _ => format!("by the phone's permission {}", self.named("permission", &category.permission)),
        };
        let uses = self.policy.purposes.iter().filter(|purpose| purpose.uses.contains(&category.id));
        let gets = self.policy.recipients.iter().filter(|r| r.fields.iter().any(|field| field.category == category.id));
        let kept =
            view.filter(|_| category.stored).map(|view| (view.retention.text.clone(), view.place.clone())).unwrap_or_default();
        let state = if category.stored { "stored" } else { "never stored" };
        Lines::new("category", &category.id, state).text(self.text("category", &category.id)).facts([
            ("sensitive", yes(category.sensitive)),
            ("comes", comes),
            ("only on", category.platform.join(", ")),
            ("kept", kept.0),
            ("where", kept.1),
            ("used for", below(uses.map(|purpose| self.named("purpose", &purpose.id)))),
            ("goes to", below(gets.map(|recipient| self.named("recipient", &recipient.id)))),
        ])
    }

    fn right(&self, right: &Right) -> String {
        let view = self.page.rights.iter().find(|view| view.id == right.id);
        let state = if self.policy.in_use(&right.function) { "in use" } else { "answered by the operator" };
        Lines::new("right", &right.id, state).text(view.map_or("", |view| &view.text)).facts([
            ("name", self.text("right_name", &right.id).to_owned()),
            ("answer in", format!("{} days", right.days)),
            ("refused for", below(right.refuse.iter().map(|ground| self.named("refusal", ground)))),
            ("clauses", right.clauses.join(", ")),
        ])
    }

    fn finding(&self, finding: &Finding) -> String {
        let view = self.page.findings.iter().find(|view| view.id == finding.id);
        Lines::new("finding", &finding.id, "accepted").text(view.map_or("", |view| &view.text)).facts([
            ("by", format!("{}, {}", finding.owner, finding.date)),
            ("because", finding.reason.clone()),
            ("clauses", finding.clauses.join(", ")),
        ])
    }

    /// Kind, id and text of every entry.
    fn index(&self) -> Vec<(&'static str, &str, &str)> {
        let policy = self.policy;
        let text = |section: &str, id: &str| self.policy.text_if(self.language, section, id).unwrap_or_default();
        let clauses = self.page.parts.iter().flat_map(|part| &part.clauses);
        let mut all: Vec<(&str, &str, &str)> = clauses.map(|clause| ("clause", &*clause.id, &*clause.text)).collect();
        all.extend(policy.purposes.iter().map(|item| ("purpose", &*item.id, text("purpose", &item.id))));
        all.extend(policy.recipients.iter().map(|item| ("recipient", &*item.id, text("recipient", &item.id))));
        all.extend(policy.categories.iter().map(|item| ("category", &*item.id, text("category", &item.id))));
        all.extend(policy.rights.iter().map(|item| ("right", &*item.id, text("right_name", &item.id))));
        all.extend(policy.findings.iter().map(|item| ("finding", &*item.id, text("finding", &item.id))));
        all
    }

    fn all(&self) -> String {
        let line = |(kind, id, text): (&str, &str, &str)| {
            let glance: String = text.chars().take(GLANCE).collect();
            let more = if glance.len() < text.len() { "…" } else { "" };
            format!("{kind:<10} {id:<28} {glance}{more}")
        };
        self.index().into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// There is none; those whose ids are like it.
    fn unknown(&self, id: &str) -> String {
        let wanted = id.to_ascii_lowercase();
        let like = self.index().into_iter().map(|(_, id, _)| id).filter(|known| known.to_ascii_lowercase().contains(&wanted));
        let like: Vec<&str> = like.take(12).collect();
        let hint =
            if like.is_empty() { "`atipcam policy show` lists all".to_owned() } else { format!("there is {}", like.join(", ")) };
        format!("the policy has no entry {id:?}; {hint}")
    }
}

/// Appends; a String takes everything.
fn write(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}
