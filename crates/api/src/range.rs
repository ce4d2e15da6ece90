//! Byte ranges of RFC 9110 section 14: pure, total on any header text.

use std::ops::Range;

/// What of `length` bytes to answer with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// All of it (200): nothing, or nothing that we serve in parts, was asked for.
    Whole,
    /// These bytes (206); never empty, never beyond the length.
    Part(Range<u64>),
    /// Nothing that was asked for exists (416).
    Unsatisfiable,
}

/// Reads a `Range` header for a representation of `length` bytes whose strong entity tag is `etag`.
///
/// A unit other than bytes, a text that is no range, and several ranges at once (section 14.2 lets a server choose) are
/// answered as if nothing had been asked. `if_range` must be the very same strong tag (section 13.1.5); a date never
/// matches, because recordings carry none.
#[must_use]
pub fn answer(range: Option<&str>, if_range: Option<&str>, etag: &str, length: u64) -> Answer {
    let Some(spec) = range.and_then(spec) else { return Answer::Whole };
    if if_range.is_some_and(|tag| tag.trim() != etag || etag.starts_with("W/")) {
        return Answer::Whole;
    }
    let part = match spec {
        Spec::From(first, last) => first..last.map_or(length, |last| last.saturating_add(1)).min(length),
        Spec::Last(count) => length.saturating_sub(count)..length,
    };
    if part.is_empty() { Answer::Unsatisfiable } else { Answer::Part(part) }
}

enum Spec {
    /// `first-` or `first-last`, both inclusive.
    From(u64, Option<u64>),
    /// `-count`: the last so many bytes.
    Last(u64),
}

fn spec(header: &str) -> Option<Spec> {
    let (unit, set) = header.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = set.trim().split_once('-')?;
    match (first, last) {
        ("", count) => Some(Spec::Last(number(count)?)),
        (first, "") => Some(Spec::From(number(first)?, None)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Spec::From(first, Some(last)))
        }
    }
}

/// `1*DIGIT`; more digits than a u64 holds mean "beyond any end".
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
#[path = "range_tests.rs"]
mod tests;
