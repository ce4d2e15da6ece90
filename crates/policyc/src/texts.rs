//! The texts of a language, and the facts in them: placeholders and digits.

use std::collections::BTreeMap;

use toml::Spanned;

use crate::source::Id;

/// Section to key to text.
pub(crate) type Texts = BTreeMap<Id, BTreeMap<Id, Spanned<String>>>;

/// What the page itself says, apart from its items.
pub(crate) const TITLES: &[&str] = &["page", "intro", "how", "governing", "advice"];

/// The words that the page, its Markdown and the sentences of a change are set with, beside `change.<kind>`.
pub(crate) const LABELS: &[&str] = &[
    "version",
    "updated",
    "fingerprint",
    "recipients",
    "sent",
    "could_ask",
    "no_agreement",
    "own_policy",
    "purposes",
    "categories",
    "category",
    "sensitive",
    "where",
    "rights",
    "findings",
    "region.deployment",
    "operator.unset",
    "contact.unset",
    "footage.keep.room",
    "footage.keep.days",
    "footage.keep.unset",
    "unit.second",
    "unit.second.one",
    "unit.day",
    "unit.day.one",
    "unit.month",
    "unit.month.one",
    "unit.year",
    "unit.year.one",
];

/// Placeholders without an argument.
const PLAIN: &[&str] = &["operator", "contact", "region", "version", "updated", "based_on", "footage.keep"];

/// A placeholder of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Placeholder<'a> {
    /// One of [`PLAIN`].
    Plain(&'a str),
    /// `{days:right.<id>}`.
    Days(&'a str),
    /// `{period:retention.<id>}`.
    Period(&'a str),
    /// `{period:term.<id>}`.
    Term(&'a str),
    /// None of these.
    Unknown(&'a str),
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Words(&'a str),
    Placeholder(Placeholder<'a>),
}

/// A text cut at its placeholders. A brace that opens nothing is a word.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, inside, after)) =
        rest.split_once('{').and_then(|(before, rest)| rest.split_once('}').map(|(inside, after)| (before, inside, after)))
    {
        pieces.extend([Piece::Words(before), Piece::Placeholder(placeholder(inside))]);
        rest = after;
    }
    pieces.push(Piece::Words(rest));
    pieces
}

fn placeholder(inside: &str) -> Placeholder<'_> {
    if PLAIN.contains(&inside) {
        return Placeholder::Plain(inside);
    }
    match inside.split_once(':').map(|(kind, what)| (kind, what.split_once('.'))) {
        Some(("days", Some(("right", id)))) => Placeholder::Days(id),
        Some(("period", Some(("retention", id)))) => Placeholder::Period(id),
        Some(("period", Some(("term", id)))) => Placeholder::Term(id),
        _ => Placeholder::Unknown(inside),
    }
}

/// The facts of a text, sorted: its placeholders, and each run of digits. Languages may order them as they like, and must have
/// the same ones.
pub(crate) fn facts(text: &str) -> Vec<String> {
    let mut facts = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Placeholder(placeholder) => facts.push(format!("{{{placeholder:?}}}")),
            Piece::Words(words) => {
                let digits = |c: char| if ('０'..='９').contains(&c) { char::from_u32(u32::from(c) - 0xfee0) } else { Some(c) };
                let narrow: String = words.chars().filter_map(digits).collect();
                facts.extend(narrow.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).map(str::to_owned));
            }
        }
    }
    facts.sort_unstable();
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_digits_and_placeholders_in_any_order() {
        assert_eq!(
            facts("Within {days:right.access} days, 3 times in 90 days"),
            facts("90 天内 ３ 次，{days:right.access} 天内答复")
        );
        assert_ne!(facts("within 15 days"), facts("在 30 天内"));
        assert_ne!(facts("to {operator}"), facts("to {contact}"));
        assert_ne!(facts("twice: 2, 2"), facts("once: 2"));
    }

    #[test]
    fn a_text_is_cut_at_its_placeholders() {
        use Piece::{Placeholder as P, Words as W};
        let words = pieces("a {operator} b {days:right.copy}{nobody} {");
        let expected = [
            W("a "),
            P(Placeholder::Plain("operator")),
            W(" b "),
            P(Placeholder::Days("copy")),
            W(""),
            P(Placeholder::Unknown("nobody")),
        ];
        assert_eq!(&words[..6], expected);
        assert_eq!(words[6], W(" {"));
    }
}
