//! `atipcam policy diff`.

use std::fs;
use std::path::Path;

use policyc::{Class, Compiled, diff};

use super::version;
use crate::Failure;

/// A version: canonical JSON, or a folder with a source.
pub(super) fn read(path: &Path) -> Result<Compiled, Failure> {
    if path.is_dir() {
        return version(Some(path));
    }
    let name = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    Compiled::from_json(&text).map_err(|error| {
        let how = "`atipcam policy render --format canonical` writes one";
        format!("{name}: not a version of a policy: {error}; {how}").into()
    })
}

/// What changed, strongest first, and what people must be told.
pub(super) fn difference(old: &Compiled, new: &Compiled) -> String {
    let name = |version: &Compiled| {
        let policy = version.policy();
        format!("{} {} of {} ({})", policy.id, policy.version, policy.updated, version.hash())
    };
    let mut lines = vec![format!("from   {}", name(old)), format!("to     {}", name(new))];
    if old.hash() == new.hash() {
        lines.push("the same, word for word".to_owned());
        return lines.join("\n");
    }
    let difference = diff(old, new);
    lines.push(format!("class  {}: {}", difference.class.word(), consequence(difference.class)));
    let named = &new.policy().previous;
    if named != old.hash() {
        let named = if named.is_empty() { "none" } else { named };
        lines.push(format!("note   the later one names another version before it: {named}"));
    }
    if old.policy().version == new.policy().version {
        lines.push(format!("note   both call themselves {}: an agreement could not tell them apart", new.policy().version));
    }
    if difference.changes.is_empty() {
        lines.push("Nothing changed for people.".to_owned());
    }
    for change in &difference.changes {
        lines.push(format!("\n{:<10} {}  {}", change.class.word(), change.kind.id(), change.id));
        lines.extend(change.sentence.iter().map(|(language, sentence)| format!("    {language:<6} {sentence}")));
    }
    lines.join("\n")
}

fn consequence(class: Class) -> &'static str {
    match class {
        Class::Silent => "the history shows it",
        Class::Posted => "the page and its history show it",
        Class::Prominent => "everyone is told before it takes effect",
        Class::Express => "it holds only for those who agree; others stay on the version before",
    }
}
