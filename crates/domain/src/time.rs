//! Time is an argument. Only [`SystemClock`] reads it, and only the composition root makes one.

use std::fmt;
use std::ops::{Add, Sub};
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment of wall-clock time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A text that is not an RFC 3339 time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time: expected RFC 3339, as in 2026-01-31T08:30:00Z")]
pub struct BadTime;

impl Timestamp {
    /// From microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the Unix epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// `self - earlier`, or zero where `earlier` is the later one.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0).try_into().unwrap_or(0))
    }

    /// Parses RFC 3339 with any offset.
    pub fn parse(text: &str) -> Result<Self, BadTime> {
        let parsed = DateTime::parse_from_rfc3339(text).map_err(|_| BadTime)?;
        Ok(Self(parsed.timestamp_micros()))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, d: Duration) -> Self {
        Self(self.0.saturating_add(d.as_micros().try_into().unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, d: Duration) -> Self {
        Self(self.0.saturating_sub(d.as_micros().try_into().unwrap_or(i64::MAX)))
    }
}

/// RFC 3339 in UTC, with as many fractional digits as the value needs (none, 3 or 6).
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::<Utc>::from_timestamp_micros(self.0) {
            Some(t) => f.write_str(&t.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            None => write!(f, "{}us", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A moment on the process's monotonic clock, in microseconds. Never leaves the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mono(u64);

impl Mono {
    /// From microseconds since the clock's own origin.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the clock's own origin.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// `self - earlier`, or zero where `earlier` is the later one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Mono {
    type Output = Self;

    fn add(self, d: Duration) -> Self {
        Self(self.0.saturating_add(d.as_micros().try_into().unwrap_or(u64::MAX)))
    }
}

/// A half-open range of wall-clock time, `from <= t < to`, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TimeRange {
    from: Timestamp,
    to: Timestamp,
}

impl TimeRange {
    /// The range, or `None` where it would be empty or run backwards.
    #[must_use]
    pub fn new(from: Timestamp, to: Timestamp) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// First moment in the range.
    #[must_use]
    pub const fn from(self) -> Timestamp {
        self.from
    }

    /// First moment after the range.
    #[must_use]
    pub const fn to(self) -> Timestamp {
        self.to
    }

    /// How long it is.
    #[must_use]
    pub fn length(self) -> Duration {
        self.to.since(self.from)
    }

    /// Whether the two have a moment in common.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }
}

/// Where time comes from. Domain, policy and media take `now` as an argument instead.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Wall-clock time: may step, in either direction.
    fn now(&self) -> Timestamp;
    /// Monotonic time: never steps.
    fn mono(&self) -> Mono;
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(since.as_micros().try_into().unwrap_or(i64::MAX))
    }

    #[allow(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
    fn mono(&self) -> Mono {
        static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        // One second of head start, so that "a moment ago" can be told at process start.
        Mono(1_000_000 + u64::try_from(ORIGIN.elapsed().as_micros()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_both_ways() {
        for (text, micros, back) in [
            ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"),
            ("2026-01-31T08:30:00.5+08:00", 1_769_819_400_500_000, "2026-01-31T00:30:00.500Z"),
            ("2026-01-31T00:30:00.000001Z", 1_769_819_400_000_001, "2026-01-31T00:30:00.000001Z"),
            ("1969-12-31T23:59:59.999Z", -1000, "1969-12-31T23:59:59.999Z"),
        ] {
            let t = Timestamp::parse(text).unwrap();
            assert_eq!(t.micros(), micros, "{text}");
            assert_eq!(t.to_string(), back);
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "now", "2026-01-31", "2026-01-31T08:30:00", "2026-02-30T00:00:00Z", "1769819400"] {
            assert_eq!(Timestamp::parse(text), Err(BadTime), "{text}");
        }
    }

    #[test]
    fn arithmetic_saturates() {
        let max = Timestamp::from_micros(i64::MAX);
        assert_eq!(max + Duration::MAX, max);
        assert_eq!(Timestamp::default().since(max), Duration::ZERO);
        assert_eq!(max.to_string(), format!("{}us", i64::MAX));
    }

    #[test]
    fn ranges_are_half_open_and_never_empty() {
        let t = Timestamp::from_micros;
        assert_eq!(TimeRange::new(t(5), t(5)), None);
        let a = TimeRange::new(t(0), t(5)).unwrap();
        let b = TimeRange::new(t(5), t(6)).unwrap();
        assert!(!a.overlaps(b) && a.overlaps(a));
    }
}
