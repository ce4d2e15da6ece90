//! What is said on the link to find cameras: pure, bounded, fuzzed. Both sides of each protocol stand here.

pub mod beacon;
pub mod dns;
pub mod wsd;

/// Bytes of one datagram that are read. Real answers stay under 4 KiB; UDP itself ends at 64 KiB.
pub const DATAGRAM_BYTES_MAX: usize = 16 * 1024;

/// Characters of a name, model or place that are kept.
const NAME_CHARS_MAX: usize = 64;

/// A text from the network fit to be shown: one line, bounded, never empty.
pub(crate) fn shown(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
