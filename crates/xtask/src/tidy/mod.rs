//! What a reviewer should not have to look for.
//!
//! Every rule is a pure function from what was read to findings, so that its test can hand it a tree that breaks it.

mod arrows;
mod lengths;
mod licences;
mod links;
mod spdx;
mod words;

use std::fmt;
use std::path::Path;
use std::process::Command;

use cargo_metadata::MetadataCommand;

/// A place where the tree differs from the laws.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// A path from the root, with a line where there is one; or a crate.
    place: String,
    what: String,
    /// Worth a look, but no reason to fail.
    pub(crate) warning: bool,
}

impl Finding {
    fn error(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into(), warning: false }
    }

    fn warning(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { warning: true, ..Self::error(place, what) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", if self.warning { "warning" } else { "error" }, self.place, self.what)
    }
}

/// A text file of the project, tracked or about to be.
struct File {
    /// From the root, with `/`.
    path: String,
    text: String,
}

impl File {
    fn extension(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// Its lines, numbered from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// Reads the tree and applies every rule.
pub(crate) fn run() -> Result<Vec<Finding>, Box<dyn std::error::Error>> {
    let metadata = MetadataCommand::new().other_options(["--locked".to_owned()]).exec()?;
    let root = metadata.workspace_root.as_std_path();
    let tree = output_of("cargo", &["tree", "--locked", "--workspace", "--target=all", "--prefix=none", "--format={p}"], root)?;
    let paths = tracked(root)?;
    let files: Vec<File> = paths
        .iter()
        // What is no UTF-8 is a picture, a font or a corpus: no rule reads those.
        .filter_map(|path| Some(File { text: std::fs::read_to_string(root.join(path)).ok()?, path: path.clone() }))
        .collect();
    let rules = licences::Rules::parse(&std::fs::read_to_string(root.join("deny.toml"))?)?;

    let mut findings = arrows::check(&arrows::rooms(&metadata));
    findings.extend(licences::check(&rules, &licences::packages(&metadata, &tree)));
    findings.extend(links::check(&files, &paths));
    findings.extend(lengths::check(&files));
    findings.extend(words::check(&files));
    findings.sort_by(|a, b| (a.warning, &a.place).cmp(&(b.warning, &b.place)));
    Ok(findings)
}

/// Paths that git tracks or would add, from the root.
fn tracked(root: &Path) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let listed = output_of("git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"], root)?;
    Ok(listed.split_terminator('\0').filter(|path| root.join(path).is_file()).map(str::to_owned).collect())
}

#[allow(clippy::disallowed_methods, reason = "git and cargo alone know what belongs to the project and its build")]
fn output_of(program: &str, arguments: &[&str], folder: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let output = Command::new(program).args(arguments).current_dir(folder).output()?;
    if !output.status.success() {
        return Err(format!("{program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}

#[cfg(test)]
fn said(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
