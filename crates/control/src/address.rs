//! A camera's URL for people to read: what may be secret is hidden.

use url::Url;

use crate::validation::HIDDEN;

/// The URL with `…` for every value in its query, and for what follows a `=` in its path: some cameras carry user name and
/// password there. User name and password proper are kept apart and not in it.
pub(crate) fn shown(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return HIDDEN.to_string() };
    let (scheme, host) = (url.scheme(), url.host_str().unwrap_or_default());
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path: Vec<_> = url.path().split('/').map(without_value).collect();
    let query = url.query().map(|query| {
        // A word alone may be a token as well as a name.
        let items: Vec<_> =
            query.split('&').map(|item| if item.contains('=') { without_value(item) } else { HIDDEN.to_string() }).collect();
        format!("?{}", items.join("&"))
    });
    format!("{scheme}://{host}{port}{}{}", path.join("/"), query.unwrap_or_default())
}

fn without_value(item: &str) -> String {
    match item.split_once('=') {
        Some((name, _)) => format!("{name}={HIDDEN}"),
        None => item.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_is_hidden() {
        for (url, expected) in [
            ("rtsp://192.0.2.7/main", "rtsp://192.0.2.7/main"),
            ("rtsp://192.0.2.7", "rtsp://192.0.2.7"),
            ("rtsps://[2001:db8::7]:322/a/b/", "rtsps://[2001:db8::7]:322/a/b/"),
            ("rtsp://admin:hunter2@192.0.2.7/main", "rtsp://192.0.2.7/main"),
            ("rtsp://192.0.2.7/s?channel=1&subtype=0&key", "rtsp://192.0.2.7/s?channel=…&subtype=…&…"),
            ("rtsp://192.0.2.7/user=admin_password=x_channel=1/s", "rtsp://192.0.2.7/user=…/s"),
            ("not a url", "…"),
        ] {
            assert_eq!(shown(url), expected);
        }
    }
}
