//! SPDX licence expressions (SPDX 2.3, annex D), as far as crates use them.

/// Whether `expression` can be met with licences that `allowed` takes. `A/B`, an older spelling, means `A OR B`; `A WITH B`
/// is a licence of its own. `None` where it is no expression.
pub(super) fn satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words: Vec<&str> = spaced.split_whitespace().collect();
    words.reverse();
    let answer = any_of(&mut words, allowed)?;
    words.is_empty().then_some(answer)
}

fn any_of(words: &mut Vec<&str>, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut answer = all_of(words, allowed)?;
    while words.pop_if(|word| *word == "OR").is_some() {
        answer |= all_of(words, allowed)?;
    }
    Some(answer)
}

fn all_of(words: &mut Vec<&str>, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut answer = one(words, allowed)?;
    while words.pop_if(|word| *word == "AND").is_some() {
        answer &= one(words, allowed)?;
    }
    Some(answer)
}

fn one(words: &mut Vec<&str>, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    match words.pop()? {
        "(" => {
            let answer = any_of(words, allowed)?;
            (words.pop()? == ")").then_some(answer)
        }
        ")" | "AND" | "OR" | "WITH" => None,
        licence if words.pop_if(|word| *word == "WITH").is_some() => Some(allowed(&format!("{licence} WITH {}", words.pop()?))),
        licence => Some(allowed(licence)),
    }
}

#[cfg(test)]
mod tests {
    use super::satisfied;

    #[test]
    fn expressions_are_met_as_written() {
        for (expression, met) in [
            ("MIT", Some(true)),
            ("GPL-3.0-only", Some(false)),
            ("GPL-3.0-only OR MIT", Some(true)),
            ("MIT/GPL-3.0-only", Some(true)),
            ("MIT AND GPL-3.0-only", Some(false)),
            ("MIT OR MIT AND GPL-3.0-only", Some(true)),
            ("(MIT OR GPL-3.0-only) AND GPL-3.0-only", Some(false)),
            ("(GPL-3.0-only OR MIT) AND ISC", Some(true)),
            ("GPL-3.0-only WITH a-exception", Some(false)),
            ("ISC WITH a-exception", Some(true)),
            ("", None),
            ("(MIT", None),
            ("MIT)", None),
            ("MIT ISC", None),
            ("OR MIT", None),
            ("MIT WITH", None),
        ] {
            let allowed = |licence: &str| matches!(licence, "MIT" | "ISC" | "ISC WITH a-exception");
            assert_eq!(satisfied(expression, &allowed), met, "{expression}");
        }
    }
}
