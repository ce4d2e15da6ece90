//! The source as it was written, with the place of every word that a fault may have to point to.

mod entry;

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use chrono::NaiveDate;
use serde::de::DeserializeOwned;

use crate::compile::date;
use crate::fault::{Fault, Faults, Rule};
use crate::texts::Texts;

pub(crate) use entry::*;

/// The files of a policy, unparsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// What faults call the directory: its last part.
    pub dir: String,
    /// `atipcam.toml`.
    pub policy: String,
    /// `accepted.toml`.
    pub accepted: String,
    /// Language tag to `text/<tag>.toml`.
    pub texts: BTreeMap<String, String>,
}

impl Files {
    /// The file of the structure.
    pub const POLICY: &str = "atipcam.toml";
    /// The file of accepted findings.
    pub const ACCEPTED: &str = "accepted.toml";

    fn read(dir: &Path) -> Result<Self, Faults> {
        let name = dir.file_name().map_or_else(|| "policy".to_owned(), |name| name.to_string_lossy().into_owned());
        let fault = |file: &str, error: std::io::Error| {
            Faults(vec![Fault {
                rule: Rule::Syntax,
                clause: Rule::Syntax.clause().to_owned(),
                file: format!("{name}/{file}"),
                line: 1,
                message: format!("cannot be read: {error}"),
            }])
        };
        let read = |file: &str| fs::read_to_string(dir.join(file)).map_err(|e| fault(file, e));
        let (policy, accepted) = (read(Self::POLICY)?, read(Self::ACCEPTED)?);
        let mut texts = BTreeMap::new();
        for entry in fs::read_dir(dir.join("text")).map_err(|e| fault("text", e))? {
            let path = entry.map_err(|e| fault("text", e))?.path();
            if let (Some(language), Some("toml")) =
                (path.file_stem().and_then(|s| s.to_str()), path.extension().and_then(|s| s.to_str()))
            {
                texts.insert(language.to_owned(), read(&format!("text/{language}.toml"))?);
            }
        }
        Ok(Self { dir: name, policy, accepted, texts })
    }
}

/// Reads and parses the policy in `dir`.
///
/// # Errors
/// Files that are missing or are no TOML of the expected shape, each with its line.
pub fn load(dir: &Path) -> Result<Source, Faults> {
    Source::parse(Files::read(dir)?)
}

/// A parsed policy. [`crate::compile`] checks it.
#[derive(Debug, Clone)]
pub struct Source {
    pub(crate) files: Files,
    pub(crate) doc: Document,
    pub(crate) accepted: Map<Accepted>,
    pub(crate) texts: BTreeMap<String, Texts>,
}

impl Source {
    /// Parses files.
    ///
    /// # Errors
    /// The first fault of syntax of each file.
    pub fn parse(files: Files) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        let doc = parse::<Document>(&files, Files::POLICY, &files.policy, &mut faults);
        let accepted = parse(&files, Files::ACCEPTED, &files.accepted, &mut faults);
        let mut texts = BTreeMap::new();
        for (language, text) in &files.texts {
            if let Some(parsed) = parse(&files, &format!("text/{language}.toml"), text, &mut faults) {
                texts.insert(language.clone(), parsed);
            }
        }
        match (doc, accepted) {
            (Some(doc), Some(accepted)) if faults.is_empty() => Ok(Self { files, doc, accepted, texts }),
            _ => Err(Faults(faults)),
        }
    }

    /// The files it was parsed from.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// The day on which the policy was last changed; long past where it names none.
    #[must_use]
    pub fn updated(&self) -> NaiveDate {
        date(self.doc.policy.updated.get_ref()).unwrap_or_default()
    }

    pub(crate) fn line_in_policy(&self, span: &Range<usize>) -> usize {
        line(&self.files.policy, span)
    }

    pub(crate) fn line_in_text(&self, language: &str, span: &Range<usize>) -> usize {
        self.files.texts.get(language).map_or(1, |text| line(text, span))
    }
}

/// The line of a span, from 1.
fn line(text: &str, span: &Range<usize>) -> usize {
    1 + text.bytes().take(span.start).filter(|byte| *byte == b'\n').count()
}

fn parse<T: DeserializeOwned>(files: &Files, file: &str, text: &str, faults: &mut Vec<Fault>) -> Option<T> {
    toml::from_str(text)
        .map_err(|error: toml::de::Error| {
            faults.push(Fault {
                rule: Rule::Syntax,
                clause: Rule::Syntax.clause().to_owned(),
                file: format!("{}/{file}", files.dir),
                line: error.span().map_or(1, |span| line(text, &span)),
                message: error.message().replace('\n', " "),
            });
        })
        .ok()
}
