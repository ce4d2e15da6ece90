//! `atipcam policy check`.

use std::path::Path;

use chrono::NaiveDate;
use policyc::{ClauseState, Compiled, Faults};

use super::{placed, source};

/// The words for how a clause stands, in the order in which they are counted.
pub(super) const STATES: [(ClauseState, &str); 4] = [
    (ClauseState::InUse, "in use"),
    (ClauseState::NotYet, "not yet in use"),
    (ClauseState::Operator, "duty of the operator"),
    (ClauseState::Statement, "statement"),
];

/// Checks a policy on a day; says what it is, or every fault.
pub(super) fn check(dir: Option<&Path>, on: NaiveDate) -> Result<String, Faults> {
    let source = source(dir)?;
    let compiled = policyc::compile(&source, on).map_err(|faults| placed(faults, dir))?;
    Ok(summary(&compiled, on))
}

fn summary(compiled: &Compiled, on: NaiveDate) -> String {
    let policy = compiled.policy();
    let states = STATES.map(|(state, words)| {
        let number = policy.clauses.iter().filter(|clause| policy.state_of(clause) == state).count();
        format!("{number} {words}")
    });
    let accepted = policy.findings.iter().filter(|finding| !finding.date.is_empty()).count();
    let may_get =
        policy.recipients.iter().filter(|recipient| policy.state_of_recipient(recipient) == policyc::RecipientState::InUse);
    let lines = [
        format!("policy      {} {} of {}", policy.id, policy.version, policy.updated),
        format!("hash        {}", compiled.hash()),
        format!("languages   {} (the first governs)", policy.languages.join(", ")),
        format!("clauses     {}: {}", policy.clauses.len(), states.join(", ")),
        format!("findings    {accepted} accepted of {}", policy.findings.len()),
        format!("recipients  {}, of which {} may get anything on {on}", policy.recipients.len(), may_get.count()),
        "no fault".to_owned(),
    ];
    lines.join("\n")
}
