//! `cargo xtask evidence`: which clause is kept by what, joined from what ran.
//!
//! The tests that prove a clause noted so as they passed (crate `evidence`). Here each of them runs once more, in a build with
//! `cfg(faults)`, with the enforcement point switched off that it claims to prove: it must fail. Clause, points, tests and that
//! failure together are `policy/clause-evidence.json`, which is committed and shown on the policy's page.

mod faults;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use policyc::{ClauseState, Policy};
use serde::{Deserialize, Serialize};

use faults::Faults;

/// Where the tests note what they proved, below the target folder.
const NOTES: &str = "evidence/evidence.jsonl";

/// The file that is committed.
const COMMITTED: &str = "policy/clause-evidence.json";

/// A note that a test left.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Note {
    clause: String,
    point: String,
    test: String,
    package: String,
    binary: std::path::PathBuf,
}

/// The file's shape.
#[derive(Debug, Serialize)]
struct Evidence {
    clauses: Vec<Clause>,
}

#[derive(Debug, Serialize)]
struct Clause {
    id: String,
    state: ClauseState,
    enforced_by: Vec<String>,
    tests: Vec<String>,
    /// Point and test: the test failed where the point was switched off.
    negative_control: Vec<String>,
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Joins, compares with what is committed, prints the table. What is wrong, a line each.
pub(crate) fn run(root: &Path, target: &Path, renew: bool) -> Result<Vec<String>> {
    let source = policyc::load(&root.join("policy"))?;
    let compiled = policyc::compile(&source, source.updated())?;
    let policy = compiled.policy();
    let notes = notes(&target.join(NOTES))?;
    let mut wrong = strangers(policy, &notes);
    let failed = Faults::build(root, target)?.failing(&notes, &mut wrong)?;
    let evidence = join(policy, &notes, &failed);
    wrong.extend(holes(policy, &evidence));
    let text = serde_json::to_string_pretty(&evidence)? + "\n";
    let committed = root.join(COMMITTED);
    if renew {
        fs::write(&committed, &text)?;
    } else if fs::read_to_string(&committed).unwrap_or_default() != text {
        wrong.push(format!("{COMMITTED}: is not what the tests just showed; look at the difference, then `make evidence RENEW=1`"));
    }
    print(&evidence);
    Ok(wrong)
}

fn notes(path: &Path) -> Result<BTreeSet<Note>> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}; run the tests first (`make rust-test`)", path.display()))?;
    Ok(text.lines().map(serde_json::from_str).collect::<std::result::Result<_, _>>()?)
}

/// Notes about clauses and points that the policy does not join.
fn strangers(policy: &Policy, notes: &BTreeSet<Note>) -> Vec<String> {
    let declared = |note: &&Note| {
        let clause = policy.clauses.iter().find(|clause| clause.id == note.clause);
        !clause.is_some_and(|clause| clause.points.contains(&note.point))
    };
    let name = |note: &Note| format!("{} {}: proves {} by {}, which the policy does not say", note.package, note.test, note.clause, note.point);
    notes.iter().filter(declared).map(name).collect()
}

fn join(policy: &Policy, notes: &BTreeSet<Note>, failed: &BTreeSet<Note>) -> Evidence {
    let mut of: BTreeMap<&str, Vec<&Note>> = BTreeMap::new();
    for note in notes {
        of.entry(&note.clause).or_default().push(note);
    }
    let clauses = policy.clauses.iter().map(|clause| {
        let notes = of.remove(clause.id.as_str()).unwrap_or_default();
        let tests: BTreeSet<String> = notes.iter().map(|note| name(note)).collect();
        let control: BTreeSet<String> =
            notes.iter().filter(|note| failed.contains(**note)).map(|note| format!("{} off: {}", note.point, name(note))).collect();
        Clause {
            id: clause.id.clone(),
            state: policy.state_of(clause),
            enforced_by: clause.points.clone(),
            tests: tests.into_iter().collect(),
            negative_control: control.into_iter().collect(),
        }
    });
    Evidence { clauses: clauses.collect() }
}

fn name(note: &Note) -> String {
    format!("{}: {}", note.package, note.test)
}

/// Clauses that are said to be in use and lack a point, a test of one of their points, or a negative control of one.
fn holes(policy: &Policy, evidence: &Evidence) -> Vec<String> {
    let mut holes = Vec::new();
    for clause in evidence.clauses.iter().filter(|clause| clause.state == ClauseState::InUse) {
        for point in &clause.enforced_by {
            if !clause.negative_control.iter().any(|control| control.starts_with(&format!("{point} off: "))) {
                holes.push(format!("{}: nothing has proved that {point} enforces it", clause.id));
            }
        }
        if clause.enforced_by.is_empty() {
            holes.push(format!("{}: in use, and enforced by nothing", clause.id));
        }
    }
    debug_assert_eq!(policy.clauses.len(), evidence.clauses.len());
    holes
}

fn print(evidence: &Evidence) {
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for clause in &evidence.clauses {
        *states.entry(clause.state.word()).or_default() += 1;
    }
    println!("clauses by state:");
    for (state, count) in states {
        println!("  {state:<10} {count:>4}");
    }
    let tests: BTreeSet<&String> = evidence.clauses.iter().flat_map(|clause| &clause.tests).collect();
    let controls: usize = evidence.clauses.iter().map(|clause| clause.negative_control.len()).sum();
    println!("  proved by {} tests; {controls} times a test failed as it must when its enforcement point was off", tests.len());
}
