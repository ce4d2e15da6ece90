//! The OpenAPI document: gathered from the routes, completed with what all of them share.

use std::sync::LazyLock;

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, InfoBuilder, OpenApi, Ref, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

use crate::auth;
use crate::problem::Body;
use crate::routes;

/// Where the API lives.
pub(crate) const PREFIX: &str = "/api/v1";

/// Operations that need no sign-in.
pub(crate) const OPEN: [&str; 7] = ["readServer", "readPolicy", "readPolicyPage", "readPolicyHistory", "readOpenApi", "setUp", "signIn"];

/// The document as JSON, for people and generators: indented, ends with a newline.
pub fn json() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        // Plain structs always serialise, and a test reads the document.
        let mut text = document().to_pretty_json().unwrap_or_default();
        text.push('\n');
        text
    });
    &TEXT
}

/// The document.
pub(crate) fn document() -> OpenApi {
    let mut document = OpenApi::default().nest(PREFIX, routes::all().into_openapi());
    document.info = InfoBuilder::new()
        .title("atipcam")
        .version("1")
        .description(Some("Cameras of a home: live, recorded, played and saved. Times are RFC 3339; problems are RFC 9457."))
        .build();

    let problem = ResponseBuilder::new()
        .description("A problem: what went wrong, for people and programs")
        .content("application/problem+json", ContentBuilder::new().schema(Some(Ref::from_schema_name(Body::name()))).build())
        .build();
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.insert("default".to_owned(), problem.clone().into());
            if operation.operation_id.as_deref().is_some_and(|id| !OPEN.contains(&id)) {
                operation.security =
                    Some(["cookie", "bearer"].map(|name| SecurityRequirement::new::<_, _, &str>(name, [])).into());
            }
        }
    }
    let components = document.components.get_or_insert_default();
    components.schemas.insert(Body::name().into_owned(), Body::schema());
    components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(auth::COOKIE))));
    components.add_security_scheme("bearer", SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()));
    document
}
