//! `atipcam policy render`.

use clap::ArgMatches;
use policyc::{Compiled, Deployment, Evidence};

use super::{EVIDENCE, known};
use crate::{Failure, settings};

/// What can be written.
pub(super) const FORMATS: [&str; 5] = ["markdown", "html", "json", "record", "canonical"];

/// The policy in the format, language and deployment that the flags name.
pub(super) fn render(compiled: &Compiled, flags: &ArgMatches) -> Result<String, Failure> {
    let format = flags.get_one::<String>("format").map_or("markdown", String::as_str);
    let policy = compiled.policy();
    let language = match flags.get_one::<String>("language") {
        Some(language) => known(policy, language)?,
        None => policy.languages.first().map_or("", String::as_str),
    };
    if format == "canonical" {
        return Ok(compiled.canonical().to_owned());
    }
    let deployment = deployment(flags)?;
    if format == "record" {
        return Ok(serde_json::to_string_pretty(&compiled.processing_record(language, &deployment))?);
    }
    let page = compiled.page(language, &deployment, &Evidence::from_json(EVIDENCE)?);
    Ok(match format {
        "html" => page.html(),
        "json" => serde_json::to_string_pretty(&page)?,
        _ => page.markdown(),
    })
}

/// Whose server it is: what the flags say, and of the server's settings how long footage is kept.
fn deployment(flags: &ArgMatches) -> Result<Deployment, Failure> {
    let settings = settings(flags)?;
    let text = |name: &str| flags.get_one::<String>(name).cloned().unwrap_or_default();
    Ok(Deployment {
        operator: text("operator"),
        contact: text("contact"),
        region: text("region"),
        footage_room: settings.quota_bytes.map(room).unwrap_or_default(),
        footage_days: settings.keep_days,
        off: Vec::new(),
    })
}

/// `500 GB`.
fn room(bytes: u64) -> String {
    match bytes / 1_000_000_000 {
        0 => format!("{} MB", bytes / 1_000_000),
        gigabytes => format!("{gigabytes} GB"),
    }
}
