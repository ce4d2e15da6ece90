use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use control::{Version, versions};
use policy::compiled;
use policyc::Class;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::book::Words;
use crate::extract::Query;
use crate::problem::{Problem, Result};
use crate::state::ApiState;

/// The policy that people read and agree to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Policy {
    /// What an agreement names.
    version: &'static str,
    /// The hash of its canonical form.
    hash: &'static str,
    /// The day of its last change.
    #[schema(format = Date)]
    updated: &'static str,
    /// The language whose text decides.
    governing: Option<&'static str>,
    /// Who runs this server, where they say so.
    operator: String,
    /// How to reach them.
    contact: String,
    /// Where the server stands.
    region: String,
    /// Language tag (BCP 47) to text (Markdown).
    texts: BTreeMap<String, String>,
}

/// `?language=`
#[derive(Debug, Deserialize)]
pub(crate) struct LanguageQuery {
    language: Option<String>,
}

/// The versions that were in force, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct History {
    versions: Vec<Past>,
}

/// A version, and what it changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Past {
    version: &'static str,
    hash: &'static str,
    #[schema(format = Date)]
    updated: &'static str,
    /// What people were told: `silent`, `posted`, `prominent`, or `express` consent.
    class: &'static str,
    changes: Vec<Changed>,
}

/// One change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Changed {
    kind: &'static str,
    /// Language to a sentence.
    sentence: &'static Words,
}

/// The policy, in all its languages.
#[utoipa::path(get, path = "/policy", operation_id = "readPolicy", tag = "policy", responses((status = 200, body = Policy)))]
pub(crate) async fn read(State(api): State<ApiState>) -> Json<Policy> {
    let deployment = &api.book.deployment;
    let text = |(language, _): &(&str, &str)| Some(((*language).to_owned(), api.book.page(Some(language))?.markdown()));
    Json(Policy {
        version: compiled::VERSION,
        hash: compiled::HASH,
        updated: compiled::UPDATED,
        governing: compiled::TEXTS.first().map(|(language, _)| *language),
        operator: deployment.operator.clone(),
        contact: deployment.contact.clone(),
        region: deployment.region.clone(),
        texts: compiled::TEXTS.iter().filter_map(text).collect(),
    })
}

/// The policy as a page in one language: parts and clauses with their proofs, recipients, purposes, categories, rights, and how
/// contradictions of the older terms were settled.
#[utoipa::path(
    get, path = "/policy/page", operation_id = "readPolicyPage", tag = "policy",
    params(("language" = Option<String>, Query, description = "BCP 47; the governing language where it is absent or another")),
    responses((status = 200, body = Object))
)]
pub(crate) async fn page(State(api): State<ApiState>, Query(query): Query<LanguageQuery>) -> Result<impl IntoResponse> {
    let page = api.book.page(query.language.as_deref()).ok_or_else(Problem::not_found)?;
    let deployment = &api.book.deployment;
    let mut page = serde_json::to_value(page).map_err(domain::Error::internal)?;
    page["operator"] = deployment.operator.as_str().into();
    page["contact"] = deployment.contact.as_str().into();
    page["region"] = deployment.region.as_str().into();
    Ok(Json(page))
}

/// Every version that was in force, and what each changed.
#[utoipa::path(
    get, path = "/policy/history", operation_id = "readPolicyHistory", tag = "policy", responses((status = 200, body = History))
)]
pub(crate) async fn history() -> Json<History> {
    Json(History { versions: versions().iter().rev().map(past).collect() })
}

fn past(version: &'static Version) -> Past {
    let diff = version.since_before.as_ref();
    let changed = |change: &'static policyc::Change| Changed { kind: change.kind.id(), sentence: &change.sentence };
    Past {
        version: &version.version,
        hash: &version.hash,
        updated: &version.updated,
        class: diff.map_or(Class::Express, |diff| diff.class).word(),
        changes: diff.map(|diff| diff.changes.iter().map(changed).collect()).unwrap_or_default(),
    }
}
