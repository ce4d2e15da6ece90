//! Clauses: each line of the restated terms is covered, each contradiction resolved, each promise in force enforced.

use std::collections::BTreeSet;

use super::Checker;
use crate::fault::Rule;
use crate::model::Duty;
use crate::source::{ClauseEntry, Files, Id};

/// The principles of the preface. Each must be kept by a clause in force.
pub(super) const PRINCIPLES: &[&str] =
    &["accountability", "purpose", "choice", "minimum", "security", "participation", "transparency"];
/// The contradictions of the restated terms.
const FINDINGS: u32 = 14;

pub(super) fn check(checker: &mut Checker<'_>) {
    seed(checker);
    findings(checker);
    points(checker);
    points_used(checker);
    principles(checker);
}

fn seed(checker: &mut Checker<'_>) {
    let doc = &checker.source.doc;
    let last = *doc.policy.seed_lines.get_ref();
    let mut covered = BTreeSet::new();
    let of_clauses =
        doc.clause.iter().flat_map(|clause| clause.seed.iter().map(|lines| (lines, std::slice::from_ref(&clause.id))));
    let of_headings = doc.seed_heading.iter().map(|heading| (&heading.lines, [].as_slice()));
    for (lines, clause) in of_clauses.chain(of_headings) {
        match parse_lines(lines.get_ref()).filter(|(_, to)| *to <= last) {
            Some((from, to)) => covered.extend(from..=to),
            None => {
                let message = format!("`{}` is no line of the restated terms: they have {last}", lines.get_ref());
                checker.fault(Rule::SeedLineUnknown, clause, &lines.span(), message);
            }
        }
    }
    for line in (1..=last).filter(|line| !covered.contains(line)) {
        let message = format!("line {line} of the restated terms is covered by no clause and no heading");
        checker.fault(Rule::SeedLineUncovered, &[], &doc.policy.seed_lines.span(), message);
    }
}

/// `L54` or `L73-80`.
fn parse_lines(text: &str) -> Option<(u32, u32)> {
    let lines = text.strip_prefix('L')?;
    let (from, to) = lines.split_once('-').unwrap_or((lines, lines));
    let (from, to) = (from.parse().ok()?, to.trim_start_matches('L').parse().ok()?);
    (1 <= from && from <= to).then_some((from, to))
}

fn findings(checker: &mut Checker<'_>) {
    let source = checker.source;
    for number in 1..=FINDINGS {
        let id = format!("X-{number}");
        let Some(finding) = source.doc.finding.iter().find(|finding| *finding.id.get_ref() == id) else {
            checker.fault(
                Rule::FindingMissing,
                &[],
                &source.doc.policy.seed_lines.span(),
                format!("finding `{id}` is not listed"),
            );
            continue;
        };
        match source.accepted.get(id.as_str()) {
            None => {
                let message = format!("finding `{id}` is not in {}", Files::ACCEPTED);
                checker.fault(Rule::FindingNotAccepted, &finding.clauses, &finding.id.span(), message);
            }
            Some(accepted) if accepted.owner.is_empty() || accepted.reason.is_empty() || accepted.date.is_none() => {
                let message = format!("finding `{id}` is accepted without owner, date or reason");
                checker.fault(Rule::FindingNotAccepted, &finding.clauses, &finding.id.span(), message);
            }
            Some(_) => {}
        }
    }
    for finding in &source.doc.finding {
        let number = finding.id.get_ref().strip_prefix("X-").and_then(|number| number.parse::<u32>().ok());
        if !number.is_some_and(|number| (1..=FINDINGS).contains(&number)) {
            checker.fault(
                Rule::UnknownId,
                &finding.clauses,
                &finding.id.span(),
                format!("there is no finding `{}`", finding.id.get_ref()),
            );
        }
    }
}

fn points(checker: &mut Checker<'_>) {
    for clause in &checker.source.doc.clause {
        let in_force =
            clause.duty == Duty::Software && clause.functions.iter().all(|function| checker.in_use(function.get_ref()));
        if in_force && clause.points.is_empty() {
            let message = "is in force and names no enforcement point: nothing would keep it".to_owned();
            checker.fault(Rule::ClauseWithoutPoints, std::slice::from_ref(&clause.id), &clause.id.span(), message);
        }
    }
}

/// Every point keeps a clause in force: else its negative control would prove nothing.
fn points_used(checker: &mut Checker<'_>) {
    let doc = &checker.source.doc;
    let in_force =
        |clause: &&ClauseEntry| clause.duty == Duty::Software && clause.functions.iter().all(|f| checker.in_use(f.get_ref()));
    let used: BTreeSet<&Id> = doc.clause.iter().filter(in_force).flat_map(|clause| &clause.points).collect();
    for point in doc.policy.points.iter().filter(|point| !used.contains(point)) {
        let message = format!("enforcement point `{}` keeps no clause in force", point.get_ref());
        checker.fault(Rule::PointWithoutClause, &[], &point.span(), message);
    }
}

fn principles(checker: &mut Checker<'_>) {
    let doc = &checker.source.doc;
    let mut kept = BTreeSet::new();
    for clause in &doc.clause {
        let in_force =
            clause.duty == Duty::Software && clause.functions.iter().all(|function| checker.in_use(function.get_ref()));
        kept.extend(clause.principle.iter().filter(|_| in_force).map(|principle| principle.get_ref().as_str()));
    }
    let unknown = doc.clause.iter().flat_map(|clause| clause.principle.iter().map(move |principle| (clause, principle)));
    let unknown: Vec<(&Id, &Id)> =
        unknown.filter(|(_, p)| !PRINCIPLES.contains(&p.get_ref().as_str())).map(|(clause, p)| (&clause.id, p)).collect();
    for (clause, principle) in unknown {
        checker.fault(
            Rule::UnknownId,
            std::slice::from_ref(clause),
            &principle.span(),
            format!("there is no principle `{}`", principle.get_ref()),
        );
    }
    for principle in PRINCIPLES.iter().filter(|principle| !kept.contains(**principle)) {
        let message = format!("no clause in force keeps the principle `{principle}`");
        checker.fault(Rule::PrincipleWithoutClause, &[], &doc.policy.seed_lines.span(), message);
    }
}
