//! Whose code we build on: licences, sources and bans, by the lists in deny.toml.
//!
//! The same file configures cargo-deny, which knows advisories too; this needs neither that tool nor a network.

use std::collections::BTreeSet;

use cargo_metadata::{Metadata, Source};
use serde::Deserialize;

use super::{Finding, spdx};

/// What deny.toml says, as far as these checks use it.
#[derive(Deserialize)]
pub(super) struct Rules {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

impl Rules {
    pub(super) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

/// A package that the build uses.
pub(super) struct Package {
    name: String,
    licence: Option<String>,
    /// From the public Rust registry, or from this workspace.
    source_known: bool,
}

/// Every package that a build uses, ours included. `tree` is what `cargo tree --prefix none --format {p}` prints: `name vVERSION ...`
/// a line. It decides, because the metadata's graph also holds optional packages that no feature turns on.
pub(super) fn packages(metadata: &Metadata, tree: &str) -> Vec<Package> {
    let used: BTreeSet<(&str, &str)> = tree
        .lines()
        .filter_map(|line| line.split_once(" v"))
        .map(|(name, rest)| (name, rest.split_whitespace().next().unwrap_or(rest)))
        .collect();
    let package = |p: &cargo_metadata::Package| Package {
        name: p.name.to_string(),
        licence: p.license.clone(),
        source_known: p.source.as_ref().map_or_else(|| metadata.workspace_members.contains(&p.id), Source::is_crates_io),
    };
    metadata.packages.iter().filter(|p| used.contains(&(p.name.as_str(), p.version.to_string().as_str()))).map(package).collect()
}

/// Packages that the lists do not take.
pub(super) fn check(rules: &Rules, packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if packages.is_empty() {
        findings.push(Finding::error("Cargo.lock", "no package was read: has the form of `cargo tree` changed?"));
    }
    for package in packages {
        let allowed = |licence: &str| {
            let listed = |list: &[String]| list.iter().any(|l| l == licence);
            listed(&rules.licenses.allow) || rules.licenses.exceptions.iter().any(|e| e.name == package.name && listed(&e.allow))
        };
        let finding = |what: String| Finding::error(format!("crate {}", package.name), what);
        match package.licence.as_deref().map(|expression| (expression, spdx::satisfied(expression, &allowed))) {
            Some((_, Some(true))) => {}
            Some((expression, Some(false))) => {
                findings.push(finding(format!("licence {expression}, which deny.toml does not allow")))
            }
            Some((expression, None)) => findings.push(finding(format!("licence {expression:?} is no SPDX expression"))),
            None => findings.push(finding("names no licence".to_owned())),
        }
        if !package.source_known {
            findings.push(finding("comes from a place other than the public registry".to_owned()));
        }
        if let Some(ban) = rules.bans.deny.iter().find(|ban| ban.name == package.name) {
            findings.push(finding(format!("banned: {}", ban.reason)));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::*;

    fn said_of(name: &str, licence: Option<&str>, source_known: bool) -> String {
        let rules = Rules::parse(
            r#"
            [licenses]
            allow = ["MIT"]
            exceptions = [{ crate = "roots", allow = ["CDLA-Permissive-2.0"] }]
            [bans]
            deny = [{ crate = "openssl", reason = "one provider" }]
            "#,
        );
        said(&check(&rules.unwrap(), &[Package { name: name.to_owned(), licence: licence.map(str::to_owned), source_known }]))
    }

    #[test]
    fn a_package_needs_an_allowed_licence() {
        assert_eq!(said_of("good", Some("GPL-3.0-only OR MIT"), true), "");
        assert_eq!(
            said_of("bad", Some("GPL-3.0-only"), true),
            "error: crate bad: licence GPL-3.0-only, which deny.toml does not allow"
        );
        assert_eq!(said_of("odd", Some("MIT,"), true), "error: crate odd: licence MIT,, which deny.toml does not allow");
        assert_eq!(said_of("torn", Some("(MIT"), true), "error: crate torn: licence \"(MIT\" is no SPDX expression");
        assert_eq!(said_of("none", None, true), "error: crate none: names no licence");
    }

    #[test]
    fn reading_nothing_is_no_success() {
        let rules = Rules::parse("[licenses]\nallow = []\n[bans]\ndeny = []").unwrap();
        assert!(said(&check(&rules, &[])).contains("no package was read"));
    }

    #[test]
    fn an_exception_is_for_one_crate() {
        assert_eq!(said_of("roots", Some("CDLA-Permissive-2.0"), true), "");
        assert!(said_of("other", Some("CDLA-Permissive-2.0"), true).contains("does not allow"));
    }

    #[test]
    fn other_sources_and_banned_crates_are_found() {
        assert_eq!(said_of("fork", Some("MIT"), false), "error: crate fork: comes from a place other than the public registry");
        assert_eq!(said_of("openssl", Some("MIT"), true), "error: crate openssl: banned: one provider");
    }
}
