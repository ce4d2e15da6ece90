use axum::extract::State;
use control::{ConsentState, Shown};
use domain::Timestamp;
use policy::act::{GiveConsent, ReadPrivacy, WithdrawConsent};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{self, Caller};
use crate::book::Words;
use crate::extract::{Json, Path};
use crate::problem::{Problem, Result};
use crate::state::ApiState;

/// The consents that a person may give.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Consents {
    consents: Vec<Consent>,
}

/// Where one of them stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Consent {
    /// The purpose's id.
    purpose: &'static str,
    /// Language to its name.
    name: Words,
    /// `none` (never asked: a no), `given`, `refused`, `withdrawn` or `expired`.
    state: &'static str,
    /// The policy's version when it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// The event whose receipt proves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    /// Language to what saying yes or no changes.
    effect: Words,
    uses: Vec<Named>,
    sensitive: bool,
    /// Its function is built; else there is nothing to decide yet.
    in_use: bool,
}

/// A category and what people call it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Named {
    pub(crate) category: String,
    /// Language to name.
    pub(crate) name: Words,
}

/// What a person says about a purpose.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decide {
    given: bool,
    /// The version of the policy that was shown.
    policy_version: String,
    /// The language in which it was shown (BCP 47).
    language: Option<String>,
}

/// One's own consents.
#[utoipa::path(
    get, path = "/privacy/consents", operation_id = "listConsents", tag = "privacy", responses((status = 200, body = Consents))
)]
pub(crate) async fn list(State(api): State<ApiState>, caller: Caller) -> Result<axum::Json<Consents>> {
    let subject = api.control.subject_of(caller.session).await?.ok_or_else(auth::none)?;
    let permit = api.control.ask::<ReadPrivacy>(caller.principal(), subject).await?;
    let consents = api.control.consents(permit).await?.into_iter().map(|consent| api.consent(consent)).collect();
    Ok(axum::Json(Consents { consents }))
}

/// Gives, refuses or withdraws one. A withdrawal cuts what runs by it within a second.
#[utoipa::path(
    put, path = "/privacy/consents/{purpose}", operation_id = "decideConsent", tag = "privacy",
    params(("purpose" = String, Path)), request_body = Decide, responses((status = 200, body = Consent))
)]
pub(crate) async fn update(
    State(api): State<ApiState>,
    caller: Caller,
    Path(purpose): Path<String>,
    Json(form): Json<Decide>,
) -> Result<axum::Json<Consent>> {
    let subject = api.control.subject_of(caller.session).await?.ok_or_else(auth::none)?;
    let words = [api.book.purpose(&purpose), api.book.effect(&purpose)];
    let language = form.language.clone().or_else(|| api.book.page(None).map(|page| page.language.clone())).unwrap_or_default();
    let words = words.iter().filter_map(|words| words.get(&language).map(String::as_str)).collect::<Vec<_>>().join("\n");
    let shown = Shown { policy_version: form.policy_version, language: form.language, words };
    if form.given {
        let permit = api.control.ask::<GiveConsent>(caller.principal(), subject).await?;
        api.control.give_consent(permit, &purpose, shown).await?;
    } else {
        let permit = api.control.ask::<WithdrawConsent>(caller.principal(), subject).await?;
        api.control.withdraw_consent(permit, &purpose, shown).await?;
    }
    let permit = api.control.ask::<ReadPrivacy>(caller.principal(), subject).await?;
    let all = api.control.consents(permit).await?;
    let said = all.into_iter().find(|consent| consent.purpose.id == purpose).ok_or_else(Problem::not_found)?;
    Ok(axum::Json(api.consent(said)))
}

impl ApiState {
    fn consent(&self, ConsentState { purpose, said }: ConsentState) -> Consent {
        let named = |category: &&'static str| Named { category: (*category).to_owned(), name: self.book.category(category) };
        Consent {
            purpose: purpose.id,
            name: self.book.purpose(purpose.id),
            state: said.as_ref().map_or("none", |said| said.kind.as_str()),
            version: said.as_ref().map(|said| said.version.clone()),
            at: said.as_ref().map(|said| said.at),
            event_id: said.as_ref().map(|said| said.event.to_string()),
            effect: self.book.effect(purpose.id),
            uses: purpose.uses.iter().map(named).collect(),
            sensitive: purpose.sensitive,
            in_use: purpose.in_use,
        }
    }
}
