//! What a leaf says: that something of a kind happened in a chain at a time, and a commitment to what it was.

use aws_lc_rs::digest::{Context, SHA256};
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Hash;

/// Bytes of a salt: as many as the digest, so that no payload can be guessed from its commitment.
pub(crate) const SALT_LEN: usize = 32;

/// A leaf of the log. Its fields stand in the order of their names, so that what serde writes is canonical (RFC 8785).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// When it happened.
    pub at: Timestamp,
    /// The chain of one person, under a random id that no other record bears; the nil id is the server's own.
    pub chain: String,
    /// SHA-256 of salt and payload, in base64.
    pub commitment: String,
    /// What happened, as a dotted word.
    pub kind: String,
    /// Its number in the chain, from 1: a gap is an event that was dropped.
    pub seq: u64,
    /// The version of this form: 1.
    pub v: u8,
}

/// What a leaf commits to: SHA-256(salt ‖ payload).
#[must_use]
pub fn commitment(salt: &[u8], payload: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(salt);
    context.update(payload);
    Hash::finished(context.finish())
}

/// JSON with sorted keys and no spaces. Our payloads hold ASCII keys and whole numbers, for which this is RFC 8785.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut fields: Vec<_> = map.iter().collect();
            fields.sort_by_key(|(name, _)| name.as_str());
            let fields: Vec<_> =
                fields.into_iter().map(|(name, value)| format!("{}:{}", Value::String(name.clone()), canonical(value))).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_has_one_spelling() {
        let value = json!({"b": [1, {"z": null, "a": true}], "a": "x\"\n", "B": {}});
        assert_eq!(canonical(&value), r#"{"B":{},"a":"x\"\n","b":[1,{"a":true,"z":null}]}"#);
    }

    #[test]
    fn an_entry_is_written_canonically() {
        let entry = Entry {
            at: Timestamp::from_micros(1),
            chain: "c".into(),
            commitment: "m".into(),
            kind: "consent.given".into(),
            seq: 2,
            v: 1,
        };
        let text = serde_json::to_string(&entry).unwrap();
        assert_eq!(text, canonical(&serde_json::to_value(&entry).unwrap()));
        assert_eq!(
            text,
            r#"{"at":"1970-01-01T00:00:00.000001Z","chain":"c","commitment":"m","kind":"consent.given","seq":2,"v":1}"#
        );
        assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), entry);
    }
}
