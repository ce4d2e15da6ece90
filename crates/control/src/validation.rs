//! What people type, taken or refused with a code that the app has words for.

use domain::{Error, Kind, Result, Secret};
use percent_encoding::percent_decode_str;
use url::Url;

/// RFC 5321 section 4.5.3.1.3: a path of 256 octets, less its brackets.
const EMAIL_BYTES_MAX: usize = 254;
/// RFC 5321 section 4.5.3.1.1.
const EMAIL_LOCAL_BYTES_MAX: usize = 64;
/// NIST SP 800-63B asks for 8 and more; ten outlive the limiter.
const PASSWORD_CHARS_MIN: usize = 10;
/// Enough for any passphrase, and no work for the hash.
const PASSWORD_CHARS_MAX: usize = 256;
/// What a tile has room for.
const NAME_CHARS_MAX: usize = 64;
/// The longest camera URLs, with tokens in them, are a few hundred bytes.
const URL_BYTES_MAX: usize = 2048;
/// A path of a device of ours.
const PATH_BYTES_MAX: usize = 128;
/// User name or password of a camera.
const CREDENTIAL_CHARS_MAX: usize = 256;

/// Bytes of an endpoint reference or a serial number: a search tells no longer ones.
const IDENTITY_BYTES_MAX: usize = 128;
/// Stands for what [`crate::address`] hides.
pub(crate) const HIDDEN: char = '…';

/// An e-mail address without the spaces around it.
pub(crate) fn email(text: &str) -> Result<&str> {
    let text = text.trim();
    let sane = text.len() <= EMAIL_BYTES_MAX
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && text.rsplit_once('@').is_some_and(|(local, domain)| {
            let quoted = local.starts_with('"') && local.ends_with('"') && local.len() > 2;
            (1..=EMAIL_LOCAL_BYTES_MAX).contains(&local.len())
                && (quoted || !local.contains('@'))
                && domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
        });
    if sane { Ok(text) } else { Err(invalid("account.email_invalid", "not an e-mail address")) }
}

/// A new password of an account.
pub(crate) fn password(secret: &Secret) -> Result<()> {
    match secret.expose().chars().count() {
        n if n < PASSWORD_CHARS_MIN => {
            Err(invalid("account.password_short", format!("a password has at least {PASSWORD_CHARS_MIN} characters")))
        }
        n if n > PASSWORD_CHARS_MAX => {
            Err(invalid("request.invalid", format!("password: at most {PASSWORD_CHARS_MAX} characters")))
        }
        _ => Ok(()),
    }
}

/// Whether a password could be one at all: what is longer is not worth hashing.
pub(crate) fn could_be_password(secret: &Secret) -> bool {
    // A character takes at most four bytes.
    secret.expose().len() <= 4 * PASSWORD_CHARS_MAX
}

/// The name that people give to a camera or a stream key, without the spaces around it.
pub(crate) fn given_name(text: &str) -> Result<String> {
    let text = text.trim();
    if (1..=NAME_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(invalid("request.invalid", format!("name: 1 to {NAME_CHARS_MAX} characters, no control characters")))
    }
}

/// A user name or password of a camera; an empty one is none.
pub(crate) fn camera_credential(field: &str, text: &str) -> Result<Option<String>> {
    if text.chars().count() > CREDENTIAL_CHARS_MAX || text.chars().any(char::is_control) {
        let detail = format!("{field}: at most {CREDENTIAL_CHARS_MAX} characters, no control characters");
        return Err(invalid("request.invalid", detail));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// What a camera calls itself where it was found; an empty text is none.
pub(crate) fn camera_identity(field: &str, text: &str) -> Result<Option<String>> {
    let text = text.trim();
    if text.len() > IDENTITY_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(invalid("request.invalid", format!("{field}: at most {IDENTITY_BYTES_MAX} bytes, no control characters")));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A camera's URL, taken apart. No `Debug`: it holds a password.
#[derive(PartialEq, Eq)]
pub(crate) struct CameraUrl {
    /// Without user name, password and fragment.
    pub url: String,
    /// The user name that stood in it.
    pub username: Option<String>,
    /// The password that stood in it.
    pub password: Option<String>,
}

/// The URL of a camera's ONVIF device service, without user name and password. No error quotes it.
pub(crate) fn onvif_url(secret: &Secret) -> Result<String> {
    let bad = || invalid("camera.url_invalid", "onvif_url: an address like http://192.168.1.20/onvif/device_service");
    let text = secret.expose().trim();
    if text.len() > URL_BYTES_MAX || text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(bad());
    }
    let url = Url::parse(text).map_err(|_| bad())?;
    let plain = url.username().is_empty() && url.password().is_none();
    if url.scheme() != "http" || !plain || url.host_str().is_none_or(str::is_empty) || url.port() == Some(0) {
        return Err(bad());
    }
    Ok(url.into())
}

/// A path that a device names: of its own, and no more than a path.
pub(crate) fn link_path(text: &str) -> Result<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    if text.starts_with('/') && text.len() <= PATH_BYTES_MAX && text.bytes().all(plain) {
        Ok(text)
    } else {
        Err(invalid("request.invalid", "a path begins with / and holds letters, digits and -._~/ alone"))
    }
}

/// Takes a camera's URL apart. No error quotes it.
pub(crate) fn camera_url(secret: &Secret) -> Result<CameraUrl> {
    let bad = |detail: &'static str| invalid("camera.url_invalid", detail);
    let text = secret.expose().trim();
    if text.len() > URL_BYTES_MAX {
        return Err(invalid("camera.url_invalid", format!("an address has at most {URL_BYTES_MAX} bytes")));
    }
    // The parser would drop tabs and line breaks, and quote the rest; what was typed by mistake is better said.
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(bad("an address has no spaces, backslashes or control characters"));
    }
    if text.contains(HIDDEN) {
        return Err(bad("the hidden parts of the address must be typed again"));
    }
    if !text.contains("://") {
        return Err(bad("an address begins with rtsp:// or rtsps://"));
    }
    let mut url = Url::parse(text).map_err(|_| bad("not an address"))?;
    if !matches!(url.scheme(), "rtsp" | "rtsps") {
        return Err(Error::new(Kind::Unsupported, "camera.scheme_unsupported", "only rtsp:// and rtsps:// addresses work"));
    }
    if url.host_str().is_none_or(str::is_empty) || url.port() == Some(0) {
        return Err(bad("the address names no camera"));
    }
    let decoded = |part: &str| match percent_decode_str(part).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(bad("the user name or password in the address is not UTF-8")),
    };
    let username = camera_credential("username", &decoded(url.username())?)?;
    let password = camera_credential("password", &decoded(url.password().unwrap_or_default())?)?;
    let bare = url.set_username("").and_then(|()| url.set_password(None));
    bare.map_err(|()| bad("not an address"))?;
    url.set_fragment(None);
    Ok(CameraUrl { url: url.into(), username, password })
}

fn invalid(code: &'static str, detail: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Kind::Invalid, code, detail)
}

#[cfg(test)]
#[path = "validation_tests.rs"]
mod tests;
