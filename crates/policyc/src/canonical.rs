//! One spelling of a policy: JSON by RFC 8785, so that equal policies have equal hashes.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The canonical JSON of a value: no white space, members sorted by UTF-16 code units.
///
/// A policy holds texts, whole numbers, truth values, arrays and objects; RFC 8785's spelling of fractions is not needed.
///
/// # Errors
/// A value that is no JSON, or holds a fraction.
pub fn canonical<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    let mut out = String::new();
    write_value(&serde_json::to_value(value)?, &mut out)?;
    Ok(out)
}

/// The SHA-256 of a text, as `sha256:` and 64 hexadecimal digits.
#[must_use]
pub fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold("sha256:".to_owned(), |mut hash, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

fn write_value(value: &Value, out: &mut String) -> Result<(), serde_json::Error> {
    match value {
        Value::Number(number) if number.is_f64() => return Err(serde::ser::Error::custom("a policy holds no fractions")),
        // serde_json writes these as RFC 8785 wants them: short escapes, lower-case hexadecimal digits, nothing else escaped.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => out.push_str(&value.to_string()),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(item, out)?;
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write_value(member, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_sorted_and_texts_escaped_as_rfc_8785_says() {
        // The example of section 3.2.3, and the escapes of 3.2.2.2.
        let value = json!({ "\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7 });
        assert_eq!(canonical(&value).unwrap(), "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}");
        let value = json!(["\u{20ac}$\u{f}\nA'B\"\\\"/\u{7f}", [true, null, -5], {}]);
        assert_eq!(canonical(&value).unwrap(), "[\"€$\\u000f\\nA'B\\\"\\\\\\\"/\u{7f}\",[true,null,-5],{}]");
    }

    #[test]
    fn a_fraction_is_refused() {
        assert!(canonical(&json!({ "a": 0.5 })).is_err());
    }

    #[test]
    fn the_hash_is_that_of_fips_180() {
        assert_eq!(hash("abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
