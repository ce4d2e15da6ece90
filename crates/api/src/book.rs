//! The policy as this server shows it: one page a language, made once, and the names that other answers borrow from it.

use std::collections::BTreeMap;

use policy::compiled;
use policyc::{Compiled, Deployment, Evidence, Page};

/// What the tests of this build proved, clause by clause.
const EVIDENCE: &str = include_str!("../../../policy/clause-evidence.json");

/// Language tag to words.
pub(crate) type Words = BTreeMap<String, String>;

/// The policy's pages.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) deployment: Deployment,
    /// Governing language first.
    pages: Vec<Page>,
}

impl Book {
    /// Policy and evidence are part of this build and read by its tests; a book that could not be made is empty.
    pub(crate) fn new(deployment: Deployment) -> Self {
        let read = || -> Result<Vec<Page>, serde_json::Error> {
            let (policy, evidence) = (Compiled::from_json(compiled::JSON)?, Evidence::from_json(EVIDENCE)?);
            let page = |(language, _): &(&str, &str)| policy.page(language, &deployment, &evidence);
            Ok(compiled::TEXTS.iter().map(page).collect())
        };
        let pages = read().unwrap_or_else(|error| {
            tracing::error!(%error, "the policy of this build cannot be shown");
            Vec::new()
        });
        Self { deployment, pages }
    }

    /// The page in a language, or in the governing one.
    pub(crate) fn page(&self, language: Option<&str>) -> Option<&Page> {
        self.pages.iter().find(|page| Some(page.language.as_str()) == language).or(self.pages.first())
    }

    /// Something of the page in every language.
    pub(crate) fn words<'a>(&'a self, of: impl Fn(&'a Page) -> Option<&'a str>) -> Words {
        self.pages.iter().filter_map(|page| Some((page.language.clone(), of(page)?.to_owned()))).collect()
    }

    pub(crate) fn category(&self, id: &str) -> Words {
        self.words(|page| page.categories.iter().find(|category| category.id == id).map(|category| category.name.as_str()))
    }

    pub(crate) fn purpose(&self, id: &str) -> Words {
        self.words(|page| page.purposes.iter().find(|purpose| purpose.id == id).map(|purpose| purpose.name.as_str()))
    }

    pub(crate) fn recipient(&self, id: &str) -> Words {
        self.words(|page| page.recipients.iter().find(|recipient| recipient.id == id).map(|recipient| recipient.name.as_str()))
    }

    /// What saying yes or no to a purpose changes.
    pub(crate) fn effect(&self, id: &str) -> Words {
        self.words(|page| page.purposes.iter().find(|purpose| purpose.id == id)?.effect.as_deref())
    }
}
