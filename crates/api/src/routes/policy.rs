use std::collections::BTreeMap;

use axum::Json;
use policy::compiled;
use serde::Serialize;
use utoipa::ToSchema;

/// The policy that people read and agree to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Policy {
    /// What an agreement names.
    version: &'static str,
    /// The day of its last change.
    #[schema(format = Date)]
    updated: &'static str,
    /// The language whose text decides.
    governing: Option<&'static str>,
    /// It is not in force yet.
    draft: bool,
    /// Language tag (BCP 47) to text (Markdown).
    texts: BTreeMap<&'static str, &'static str>,
}

/// The policy, in all its languages.
#[utoipa::path(get, path = "/policy", operation_id = "readPolicy", tag = "server", responses((status = 200, body = Policy)))]
pub(crate) async fn read() -> Json<Policy> {
    Json(Policy {
        version: compiled::VERSION,
        updated: compiled::UPDATED,
        governing: compiled::TEXTS.first().map(|(language, _)| *language),
        draft: false,
        texts: compiled::TEXTS.iter().copied().collect(),
    })
}
