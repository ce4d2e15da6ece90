use std::path::Path;

/// The document lies beside the crate: reviewers read its changes, and the web app's types are made from it.
#[test]
fn the_document_is_as_committed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, api::openapi()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == api::openapi(), "openapi.json is old: run `UPDATE_OPENAPI=1 cargo test -p api openapi`");
}
