//! How long, as ISO 8601 writes it, in one unit: `P180D`, `P6M`, `P20Y`, `PT1S`.

use std::fmt;
use std::str::FromStr;

/// A period in one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// `PT…S`.
    Second,
    /// `P…D`.
    Day,
    /// `P…M`.
    Month,
    /// `P…Y`.
    Year,
}

impl Period {
    /// Its days, where it has whole ones. A month counts 31 and a year 366: what must be kept is not destroyed early.
    #[must_use]
    pub fn days(self) -> Option<u32> {
        match self.unit {
            Unit::Second => (self.count == 0).then_some(0),
            Unit::Day => Some(self.count),
            Unit::Month => self.count.checked_mul(31),
            Unit::Year => self.count.checked_mul(366),
        }
    }
}

impl Unit {
    /// The key of its label: `unit.day`, or `unit.day.one` for a single one.
    pub(crate) fn label(self, count: u32) -> &'static str {
        match (self, count) {
            (Self::Second, 1) => "unit.second.one",
            (Self::Second, _) => "unit.second",
            (Self::Day, 1) => "unit.day.one",
            (Self::Day, _) => "unit.day",
            (Self::Month, 1) => "unit.month.one",
            (Self::Month, _) => "unit.month",
            (Self::Year, 1) => "unit.year.one",
            (Self::Year, _) => "unit.year",
        }
    }
}

/// No period of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadPeriod;

impl fmt::Display for BadPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no period: expected P<n>D, P<n>M, P<n>Y or PT<n>S")
    }
}

impl std::error::Error for BadPeriod {}

impl FromStr for Period {
    type Err = BadPeriod;

    fn from_str(text: &str) -> Result<Self, BadPeriod> {
        let period = text.strip_prefix('P').ok_or(BadPeriod)?;
        let (count, unit) = if let Some(count) = period.strip_prefix('T').and_then(|rest| rest.strip_suffix('S')) {
            (count, Unit::Second)
        } else if let Some(count) = period.strip_suffix('D') {
            (count, Unit::Day)
        } else if let Some(count) = period.strip_suffix('M') {
            (count, Unit::Month)
        } else if let Some(count) = period.strip_suffix('Y') {
            (count, Unit::Year)
        } else {
            return Err(BadPeriod);
        };
        // A sign would parse.
        let count = count.bytes().all(|b| b.is_ascii_digit()).then(|| count.parse().ok()).flatten().ok_or(BadPeriod)?;
        Ok(Self { count, unit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_of_one_unit_are_read() {
        for (text, days) in [("PT0S", Some(0)), ("PT1S", None), ("P30D", Some(30)), ("P6M", Some(186)), ("P20Y", Some(7320))] {
            assert_eq!(text.parse::<Period>().unwrap().days(), days, "{text}");
        }
        for text in ["", "P", "30D", "P30", "PT5M", "P1.5D", "P-3D", "P+3D", "P99999999999Y", "P日", "PT", "PD"] {
            assert_eq!(text.parse::<Period>(), Err(BadPeriod), "{text}");
        }
    }
}
