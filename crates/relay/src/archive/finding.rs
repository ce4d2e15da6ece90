//! What a look at the footage can find: in words for the operator, each with what it means and what to do.

use std::path::PathBuf;

use domain::{CameraId, SegmentId, Timestamp};
use media::record::{Checked, Fault};
use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something is not as it was written.
    Fault,
    /// Worth knowing, and nothing is wrong: what a crash or retention leaves.
    Note,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Its stable name.
    pub code: &'static str,
    /// Whose footage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera: Option<CameraId>,
    /// Which segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentId>,
    /// Which moment of the footage, as far as that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Where it lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// What was found, and what it means.
    pub what: String,
    /// What to do.
    pub advice: &'static str,
}

/// What is said of every finding of a code: how bad it is, and what to do.
const CODES: &[(&str, Severity, &str)] = {
    use Severity::{Fault, Note};
    const COPY: &str = "If you keep copies of the footage, put the file back from one; else what is whole in it stays playable";
    const REBUILD: &str = "Run `atipcam recordings rebuild` with the server stopped";
    &[
        ("file.unreadable", Fault, "Look at the disk's own health, and copy what is left to another"),
        ("file.foreign", Fault, "The server does not use it. If it was a segment, put it back from a copy; if not, take it away"),
        ("file.misplaced", Fault, "Put it back under its own name, or the right file from a copy"),
        ("file.strange", Note, "Nothing; or take it away"),
        ("file.of_nobody", Note, "Nothing: the server deletes it at its next start"),
        ("file.no_row", Fault, REBUILD),
        ("file.cut", Fault, COPY),
        ("file.unclean", Note, "Nothing: what is whole in it plays"),
        (
            "key.gone",
            Fault,
            "Put the keyring back that it was sealed under; if the key was destroyed to erase it, this is as it should be",
        ),
        ("part.altered", Fault, COPY),
        ("row.wrong", Fault, REBUILD),
        (
            "row.no_file",
            Fault,
            "Put the file back from a copy; or run `atipcam recordings rebuild`, and it is no longer said to be there",
        ),
        ("row.elsewhere", Note, "Mount the storage, or name it as the server does, and look again"),
        ("chain.missing", Fault, COPY),
        ("chain.cut", Fault, COPY),
        ("chain.broken", Fault, "Somebody with the keys wrote it, or two files had one id. Compare both with a copy"),
    ]
};

impl Finding {
    pub(super) fn new(code: &'static str, what: impl Into<String>) -> Self {
        let known = CODES.iter().find(|(known, ..)| *known == code);
        let (severity, advice) = known.map_or((Severity::Fault, ""), |&(_, severity, advice)| (severity, advice));
        Self { severity, code, camera: None, segment: None, at: None, file: None, what: what.into(), advice }
    }

    pub(super) fn of(self, camera: CameraId, segment: SegmentId) -> Self {
        Self { camera: Some(camera), segment: Some(segment), ..self }
    }

    pub(super) fn at(self, at: Option<Timestamp>) -> Self {
        Self { at, ..self }
    }

    pub(super) fn file(self, file: PathBuf) -> Self {
        Self { file: Some(file), ..self }
    }
}

/// A part of a file that does not open, in words, and which moment it is of.
pub(super) fn altered(checked: &Checked, fault: Fault) -> (String, Option<Timestamp>) {
    let when = |number: u32| checked.records.get(number as usize).map(|record| record.record.header.wall);
    let record = |number: u32, part: &str| {
        (format!("the {part} of record {number} is not what was written: those pictures are changed or damaged"), when(number))
    };
    match fault {
        Fault::Header => ("nothing in it opens: its header was changed, or it was sealed with another key".to_owned(), None),
        Fault::RecordHeader(number) => record(number, "header"),
        Fault::Table(number) => record(number, "table"),
        Fault::Samples(number) => record(number, "samples"),
        Fault::Order { number, found } => {
            let at = when(number).or_else(|| when(number.checked_sub(1)?));
            (format!("record {found} lies where record {number} should: records were swapped or taken out"), at)
        }
        Fault::Trailer => {
            ("the trailer is not what was written; the records before it are looked at one by one".to_owned(), None)
        }
        Fault::Footer => ("the footer is not what was written, and the rest is".to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_an_advice() {
        for (code, _, advice) in CODES {
            assert!(!advice.is_empty() && Finding::new(code, "").advice == *advice, "{code}");
        }
    }
}
