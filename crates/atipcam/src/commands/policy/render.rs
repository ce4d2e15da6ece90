//! `atipcam policy render`.

use clap::ArgMatches;
use policyc::{Compiled, Evidence};

use super::{EVIDENCE, known};
use crate::{Failure, settings};

/// What can be written.
pub(super) const FORMATS: [&str; 5] = ["markdown", "html", "json", "record", "canonical"];

/// The policy in the format and language that the flags name, of the server that the settings describe.
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
    let deployment = settings(flags)?.deployment;
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
