//! What the stages of the media path may cost, in instructions: unlike time, a count is the same whatever else the machine does.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::Result;

/// How far above its budget a stage may be, in percent: alignment and the order of memory move a count by less.
const TOLERANCE_PERCENT: u64 = 5;

/// The same where another compiler made the programs than the one whose counts are the budget.
const OTHER_COMPILER_PERCENT: u64 = 25;

/// Instructions a unit, by stage, and what made the programs that were counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Budget {
    /// As `rustc --version` tells it.
    pub compiler: String,
    /// The processor's architecture: counts of another say nothing.
    pub machine: String,
    /// Instructions a unit.
    pub stages: BTreeMap<String, u64>,
}

impl Budget {
    /// Reads a budget from its file.
    pub fn read(file: &Path) -> Result<Self> {
        let told: Value = serde_json::from_slice(&std::fs::read(file)?)?;
        let text = |name: &str| Ok::<_, crate::Error>(told[name].as_str().ok_or(format!("a budget without {name}"))?.to_owned());
        let stages = told["instructions_a_unit"].as_object().ok_or("a budget without stages")?.iter();
        let stage = |(name, count): (&String, &Value)| {
            Ok::<_, crate::Error>((name.clone(), count.as_u64().ok_or(format!("{name} is not counted in whole numbers"))?))
        };
        Ok(Self { compiler: text("compiler")?, machine: text("machine")?, stages: stages.map(stage).collect::<Result<_>>()? })
    }

    /// Writes it to its file.
    pub fn write(&self, file: &Path) -> Result<()> {
        let told = json!({ "compiler": self.compiler, "machine": self.machine, "instructions_a_unit": self.stages });
        Ok(std::fs::write(file, serde_json::to_string_pretty(&told)? + "\n")?)
    }

    /// How far above this budget counts may be, in percent. `None` for another machine's, which cannot be compared.
    #[must_use]
    pub fn tolerance_percent(&self, counted: &Self) -> Option<u64> {
        let same_compiler = self.compiler == counted.compiler;
        (self.machine == counted.machine).then_some(if same_compiler { TOLERANCE_PERCENT } else { OTHER_COMPILER_PERCENT })
    }

    /// What is wrong with counts, a line each.
    #[must_use]
    pub fn complaints(&self, counted: &Self) -> Vec<String> {
        let Some(tolerance) = self.tolerance_percent(counted) else { return Vec::new() };
        let of_stage = |(stage, count): (&String, &u64)| match self.stages.get(stage) {
            None => Some(format!("{stage}: {count} instructions a unit, and no budget (RENEW=1 makes one)")),
            Some(budget) if *count * 100 > budget * (100 + tolerance) => {
                let over = (count - budget) * 100 / (*budget).max(1);
                Some(format!("{stage}: {count} instructions a unit, budget {budget}: {over} % more, {tolerance} % allowed"))
            }
            Some(_) => None,
        };
        let missing = self.stages.keys().filter(|stage| !counted.stages.contains_key(*stage));
        let missing = missing.map(|stage| format!("{stage}: has a budget and was not counted (RENEW=1 takes it away)"));
        counted.stages.iter().filter_map(of_stage).chain(missing).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(stages: &[(&str, u64)]) -> Budget {
        let stages = stages.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Budget { compiler: "rustc 1".into(), machine: "x86_64".into(), stages }
    }

    #[test]
    fn more_than_the_budget_fails_by_name() {
        let allowed = budget(&[("packetise", 1000), ("unseal", 2000)]);
        assert_eq!(allowed.complaints(&budget(&[("packetise", 1050), ("unseal", 100)])), Vec::<String>::new());
        assert_eq!(
            allowed.complaints(&budget(&[("packetise", 1060), ("unseal", 2000)])),
            ["packetise: 1060 instructions a unit, budget 1000: 6 % more, 5 % allowed"]
        );
    }

    #[test]
    fn a_stage_is_neither_forgotten_nor_let_in_without_a_budget() {
        let said = budget(&[("packetise", 1000)]).complaints(&budget(&[("unseal", 10)]));
        assert!(said.len() == 2 && said[0].starts_with("unseal: ") && said[1].starts_with("packetise: "), "{said:?}");
    }

    #[test]
    fn another_compiler_may_differ_and_another_machine_is_not_compared() {
        let (allowed, dear) = (budget(&[("decide", 100)]), budget(&[("decide", 120)]));
        let newer = Budget { compiler: "rustc 2".into(), ..dear.clone() };
        assert_eq!((allowed.complaints(&dear).len(), allowed.complaints(&newer).len()), (1, 0));
        assert_eq!(allowed.complaints(&Budget { compiler: "rustc 2".into(), ..budget(&[("decide", 130)]) }).len(), 1);
        assert_eq!(allowed.tolerance_percent(&Budget { machine: "aarch64".into(), ..dear }), None);
    }

    #[test]
    fn a_budget_is_read_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let (file, budget) = (dir.path().join("budget.json"), budget(&[("decide", 100), ("live part", 7)]));
        budget.write(&file).unwrap();
        assert_eq!(Budget::read(&file).unwrap(), budget);
        std::fs::write(&file, "{}").unwrap();
        Budget::read(&file).unwrap_err();
    }
}
