//! Versions of the policy: which of the older ones still hold for those who agreed to them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use policy::{archive, compiled, point};
use policyc::{Class, Compiled, Diff, diff};

/// A version that was in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its name.
    pub version: String,
    /// The hash of its canonical form.
    pub hash: String,
    /// The day of its last change.
    pub updated: String,
    /// What changed since the version before; `None` for the first.
    pub since_before: Option<Diff>,
    /// What changed from it to the version in force; `None` for that one.
    pub to_current: Option<Diff>,
}

/// Every version, oldest first. The archive is part of this binary; a version that cannot be read is left out, and no agreement
/// to it counts.
static VERSIONS: LazyLock<Vec<Version>> = LazyLock::new(|| history(archive::VERSIONS, compiled::JSON));

/// What an agreement to an older version is worth: true where nothing that changed since takes express consent.
static OLDER: LazyLock<BTreeMap<&'static str, bool>> = LazyLock::new(|| {
    VERSIONS.iter().filter_map(|v| Some((v.version.as_str(), v.to_current.as_ref()?.class < Class::Express))).collect()
});

/// Every version that was in force, oldest first; the last is the one in force.
#[must_use]
pub fn versions() -> &'static [Version] {
    &VERSIONS
}

/// Whether who agreed to this older version may go on without agreeing anew (C-5.1).
pub(crate) fn needs_no_new_agreement(version: &str) -> bool {
    OLDER.get(version).copied().unwrap_or(false)
}

/// The strongest change since a version; `None` for the one in force and for one that nobody knows.
pub(crate) fn class_since(version: &str) -> Option<&'static str> {
    Some(VERSIONS.iter().find(|known| known.version == version)?.to_current.as_ref()?.class.word())
}

/// Where a version stands in the history; a later one is greater.
pub(crate) fn rank(version: &str) -> Option<usize> {
    VERSIONS.iter().position(|known| known.version == version)
}

/// The history that an archive of canonical forms amounts to, in the order given; `current` is the one in force.
fn history(archive: &[(&str, &str)], current: &str) -> Vec<Version> {
    let Ok(current) = Compiled::from_json(current) else { return Vec::new() };
    let older = archive.iter().filter_map(|(_, json)| Compiled::from_json(json).ok());
    let mut all: Vec<Compiled> = older.filter(|old| old.policy().version != current.policy().version).collect();
    all.push(current);
    let version = |(at, version): (usize, &Compiled)| Version {
        version: version.policy().version.clone(),
        hash: version.hash().to_owned(),
        updated: version.policy().updated.clone(),
        since_before: at.checked_sub(1).and_then(|before| all.get(before)).map(|before| compared(before, version)),
        to_current: all.last().filter(|_| at + 1 < all.len()).map(|current| compared(version, current)),
    };
    all.iter().enumerate().map(version).collect()
}

fn compared(old: &Compiled, new: &Compiled) -> Diff {
    if point::POLICY_VERSION.holds() { diff(old, new) } else { Diff { class: Class::Silent, changes: Vec::new() } }
}

#[cfg(test)]
#[path = "versions_tests.rs"]
mod tests;
