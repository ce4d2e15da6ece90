//! Every rule of the policy. A file a subject; each reads the whole source and says what is wrong.

mod clauses;
mod ids;
mod items;
mod recipients;
mod wording;

use std::ops::Range;

use chrono::NaiveDate;

use crate::fault::{Fault, Rule};
use crate::source::{Files, Id, Source};

/// Everything that is wrong with a source on the day `on`, in the order of the files and their lines.
pub(crate) fn check(source: &Source, on: NaiveDate) -> Vec<Fault> {
    let mut checker = Checker { source, faults: Vec::new() };
    ids::check(&mut checker);
    items::check(&mut checker);
    recipients::check(&mut checker, on);
    clauses::check(&mut checker);
    wording::check(&mut checker);
    let mut faults = checker.faults;
    faults.sort_by(|a, b| (&a.file, a.line, a.rule, &a.message).cmp(&(&b.file, b.line, b.rule, &b.message)));
    faults.dedup();
    faults
}

struct Checker<'a> {
    source: &'a Source,
    faults: Vec<Fault>,
}

impl<'a> Checker<'a> {
    /// A fault at a place of the policy's file, for the first of `clauses` or else the rule's own.
    fn fault(&mut self, rule: Rule, clauses: &[Id], at: &Range<usize>, message: String) {
        let line = self.source.line_in_policy(at);
        self.push(rule, clauses.first().map(|clause| clause.get_ref().as_str()), Files::POLICY, line, message);
    }

    /// A fault at a place of a language's texts.
    fn fault_in_text(&mut self, rule: Rule, clause: Option<&str>, language: &str, at: &Range<usize>, message: String) {
        let line = self.source.line_in_text(language, at);
        self.push(rule, clause, &format!("text/{language}.toml"), line, message);
    }

    fn push(&mut self, rule: Rule, clause: Option<&str>, file: &str, line: usize, message: String) {
        let file = format!("{}/{file}", self.source.files.dir);
        self.faults.push(Fault { rule, clause: clause.unwrap_or(rule.clause()).to_owned(), file, line, message });
    }

    /// Whether the policy has a function of that name.
    fn has_function(&self, id: &str) -> bool {
        self.source.doc.function.contains_key(id)
    }

    /// Whether the function is built.
    fn in_use(&self, id: &str) -> bool {
        self.source.doc.function.get(id) == Some(&crate::model::State::InUse)
    }
}

/// An id that is given and says something: `""` counts as none.
fn given(id: Option<&Id>) -> Option<&Id> {
    id.filter(|id| !id.get_ref().is_empty())
}
