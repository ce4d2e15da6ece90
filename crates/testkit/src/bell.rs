//! Whoever rings a camera's bell by HTTP, with digest (RFC 7616).

use cameras::onvif::auth::{authorization, challenge};
use domain::Secret;
use reqwest::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use url::Url;

use crate::Result;

/// Rings at `url`, as that user or as nobody, and gives the status of the last answer.
pub async fn ring(url: &str, sign_in: Option<(&str, &str)>) -> Result<u16> {
    // Another client may have set it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = reqwest::Client::new();
    let first = client.post(url).send().await?;
    let Some((user, password)) = sign_in.filter(|_| first.status() == 401) else { return Ok(first.status().as_u16()) };
    let asked = first.headers().get(WWW_AUTHENTICATE).and_then(|header| challenge(header.to_str().ok()?));
    let asked = asked.ok_or("401 without a challenge")?;
    let proof = authorization(user, &Secret::from(password), &asked, "POST", Url::parse(url)?.path(), 1);
    Ok(client.post(url).header(AUTHORIZATION, proof).send().await?.status().as_u16())
}
