//! When a camera is recorded: a mode, or a week of them in the home's own time.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::Timestamp;

/// Longest time before an event that is kept with it. It waits in memory: 15 s of 8 Mbit/s are 15 MB a camera.
pub const PRE_ROLL_MAX: Duration = Duration::from_secs(15);

/// Longest time after an event that is kept with it. What goes on for longer tells so by a new event.
pub const POST_ROLL_MAX: Duration = Duration::from_secs(300);

/// What is kept at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    Off,
    /// What happens around an event.
    Events,
    /// Everything.
    Continuous,
}

/// What a person chose for a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlanMode {
    /// Everything.
    #[default]
    Continuous,
    /// What happens around an event.
    Events,
    /// What the week says.
    Schedule,
}

impl PlanMode {
    /// As it stands in rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Continuous => "continuous",
            Self::Events => "events",
            Self::Schedule => "schedule",
        }
    }

    /// The one of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Continuous, Self::Events, Self::Schedule].into_iter().find(|mode| mode.as_str() == word)
    }
}

/// Days of a week.
const DAYS: usize = 7;
/// Hours of a day as clocks name them.
const HOURS: usize = 24;

/// A mode for each hour of a week, Monday first. An hour is what the clock on the wall says: one that a change of the clocks
/// leaves out never comes, one that it repeats comes twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week([[Mode; HOURS]; DAYS]);

impl Default for Week {
    fn default() -> Self {
        Self([[Mode::Continuous; HOURS]; DAYS])
    }
}

impl Week {
    /// Whether some hour has this mode.
    #[must_use]
    pub fn has(&self, mode: Mode) -> bool {
        self.0.iter().flatten().any(|known| *known == mode)
    }

    fn at(&self, day: usize, hour: usize) -> Mode {
        self.0.get(day).and_then(|day| day.get(hour)).copied().unwrap_or(Mode::Continuous)
    }
}

/// 168 letters: `c` continuous, `e` on events, `-` off.
impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().flatten().try_for_each(|mode| {
            f.write_str(match mode {
                Mode::Off => "-",
                Mode::Events => "e",
                Mode::Continuous => "c",
            })
        })
    }
}

/// A text that is no week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a week: expected 168 letters of c, e and -, from Monday's first hour on")]
pub struct BadWeek;

impl FromStr for Week {
    type Err = BadWeek;

    fn from_str(text: &str) -> Result<Self, BadWeek> {
        if text.len() != DAYS * HOURS {
            return Err(BadWeek);
        }
        let mut week = Self::default();
        for (slot, letter) in week.0.iter_mut().flatten().zip(text.bytes()) {
            *slot = match letter {
                b'c' => Mode::Continuous,
                b'e' => Mode::Events,
                b'-' => Mode::Off,
                _ => return Err(BadWeek),
            };
        }
        Ok(week)
    }
}

/// A time zone of the IANA database, which is compiled in: a server without one knows the same zones.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(jiff::tz::TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(jiff::tz::TimeZone::UTC)
    }
}

impl Zone {
    /// The zone of this name, such as `Asia/Shanghai`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        // A name is a word of the database, never a path or a rule.
        let plain = name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-+/".contains(c));
        let zone = plain.then(|| jiff::tz::TimeZoneDatabase::bundled().get(name).ok()).flatten()?;
        zone.iana_name().is_some().then_some(Self(zone))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Day of the week (Monday is 0) and hour that clocks show there.
    fn clock(&self, at: Timestamp) -> (usize, usize) {
        let Ok(at) = jiff::Timestamp::from_microsecond(at.micros()) else { return (0, 0) };
        let shown = self.0.to_datetime(at);
        let day = shown.weekday().to_monday_zero_offset();
        (usize::try_from(day).unwrap_or(0), usize::try_from(shown.hour()).unwrap_or(0))
    }

    /// When the day of `at` began there.
    #[must_use]
    pub fn day_start(&self, at: Timestamp) -> Timestamp {
        let start = jiff::Timestamp::from_microsecond(at.micros()).and_then(|at| at.to_zoned(self.0.clone()).start_of_day());
        start.map_or(at, |start| Timestamp::from_micros(start.timestamp().as_microsecond()))
    }
}

/// How a camera whose footage is wanted is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What a person chose.
    pub mode: PlanMode,
    /// What counts with [`PlanMode::Schedule`]; kept while another mode is chosen.
    pub week: Week,
    /// Time before an event that is kept with it.
    pub pre: Duration,
    /// Time after an event that is kept with it.
    pub post: Duration,
}

impl Default for Plan {
    fn default() -> Self {
        Self { mode: PlanMode::Continuous, week: Week::default(), pre: Duration::from_secs(5), post: Duration::from_secs(15) }
    }
}

impl Plan {
    /// What is kept at a moment.
    #[must_use]
    pub fn at(&self, at: Timestamp, zone: &Zone) -> Mode {
        match self.mode {
            PlanMode::Continuous => Mode::Continuous,
            PlanMode::Events => Mode::Events,
            PlanMode::Schedule => {
                let (day, hour) = zone.clock(at);
                self.week.at(day, hour)
            }
        }
    }

    /// Whether the camera's events are ever wanted.
    #[must_use]
    pub fn wants_events(&self) -> bool {
        match self.mode {
            PlanMode::Continuous => false,
            PlanMode::Events => true,
            PlanMode::Schedule => self.week.has(Mode::Events),
        }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
