//! Which room may use which room, and which room may speak to the outside by which crate.

use cargo_metadata::{DependencyKind, Metadata};

use super::Finding;

/// A room and the rooms it may use. A new arrow is a line here and a sentence in docs/architecture.md; a new room is an ADR.
const ROOMS: &[(&str, &[&str])] = &[
    ("policyc", &[]),
    ("evidence", &[]),
    ("domain", &[]),
    ("policy", &["domain"]),
    ("media", &["domain"]),
    ("sound", &["domain", "media"]),
    ("store", &["domain", "policy", "media"]),
    ("cameras", &["domain", "media"]),
    ("egress", &["domain", "policy", "store"]),
    ("control", &["policyc", "domain", "policy", "store", "egress"]),
    ("relay", &["domain", "policy", "media", "sound", "store", "cameras"]),
    ("api", &["policyc", "domain", "policy", "media", "store", "control", "relay"]),
    ("device", &["domain", "media", "cameras"]),
    ("atipcam", &["policyc", "domain", "policy", "media", "store", "cameras", "egress", "control", "relay", "api", "device"]),
    (
        "testkit",
        &["policyc", "domain", "policy", "media", "sound", "store", "cameras", "egress", "control", "relay", "api", "device"],
    ),
    ("xtask", &["policyc"]),
];

/// Rooms beside the house, which tests of any room may use.
const FOR_TESTS: &[&str] = &["device", "evidence", "testkit"];

/// Arrows of build scripts alone: what runs is built with the compiler and does not hold it.
const FOR_BUILD: &[(&str, &str)] = &[("policy", "policyc")];

/// Crates that open sockets, hold rows, decode pictures or keep secrets, and the rooms whose business that is.
/// Tests are free to use them.
const GUARDED: &[(&str, &[&str])] = &[
    // Floors 1 and 2 are pure: no runtime.
    ("tokio", &["store", "cameras", "egress", "control", "relay", "api", "device", "atipcam", "testkit"]),
    // The policy's source is read by its compiler (docs/adr/0010-policy-compiler-is-a-room.md), the configuration at the root,
    // the table of camera makers by cameras.
    ("toml", &["policyc", "cameras", "atipcam", "xtask"]),
    ("sha2", &["policyc"]),
    // Sockets and protocols.
    ("axum", &["api", "device", "atipcam"]),
    ("axum-server", &["atipcam"]),
    ("hyper", &["api"]),
    ("hyper-util", &["api"]),
    ("lettre", &["egress"]),
    ("reqwest", &["testkit"]),
    ("str0m", &["media", "testkit"]),
    ("tokio-tungstenite", &["testkit"]),
    ("yamux", &["relay", "device"]),
    ("zbus", &["device", "testkit"]),
    // Rows.
    ("sea-orm", &["store"]),
    ("sea-orm-migration", &["store"]),
    ("sqlx", &["store"]),
    // Pictures.
    ("jpeg-encoder", &["media"]),
    ("openh264", &["media", "device"]),
    ("qrcode", &["testkit"]),
    ("rqrr", &["device"]),
    // Sound.
    ("ropus", &["sound"]),
    ("syom", &["sound"]),
    // Secrets.
    ("argon2", &["control"]),
    ("aws-lc-rs", &["media", "store", "cameras", "egress", "control", "device"]),
    ("rcgen", &["atipcam", "testkit"]),
    ("rustls", &["device", "atipcam", "testkit"]),
    // Configuration is read once, at the root.
    ("clap", &["atipcam", "testkit"]),
];

/// A crate of the workspace and what its manifest names.
pub(super) struct Room {
    name: String,
    uses: Vec<Use>,
}

struct Use {
    name: String,
    /// A dev-dependency: not in what is shipped.
    for_tests: bool,
    /// A build-dependency: what builds the room, not what runs.
    for_build: bool,
    /// A crate of this workspace.
    ours: bool,
}

/// The workspace's crates as cargo sees them.
pub(super) fn rooms(metadata: &Metadata) -> Vec<Room> {
    let room = |package: &&cargo_metadata::Package| Room {
        name: package.name.to_string(),
        uses: package
            .dependencies
            .iter()
            .map(|d| Use {
                name: d.name.clone(),
                for_tests: d.kind == DependencyKind::Development,
                for_build: d.kind == DependencyKind::Build,
                ours: d.path.is_some(),
            })
            .collect(),
    };
    metadata.workspace_packages().iter().map(room).collect()
}

/// Arrows and client crates that the tables do not allow, and lines of the tables that name no room.
pub(super) fn check(rooms: &[Room]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for room in rooms {
        let Some((_, may_use)) = ROOMS.iter().find(|(name, _)| *name == room.name) else {
            findings
                .push(Finding::error(&*room.name, "a room that the house does not know: it needs an ADR and a line in ROOMS"));
            continue;
        };
        for used in &room.uses {
            let name = used.name.as_str();
            if used.ours {
                let allowed = may_use.contains(&name)
                    || used.for_tests && FOR_TESTS.contains(&name)
                    || used.for_build && FOR_BUILD.contains(&(room.name.as_str(), name));
                if !allowed {
                    findings.push(Finding::error(&*room.name, format!("must not use room {name}")));
                }
            } else if let Some((_, keepers)) = GUARDED.iter().find(|(guarded, _)| *guarded == name)
                && !used.for_tests
                && !keepers.contains(&room.name.as_str())
            {
                findings.push(Finding::error(&*room.name, format!("must not use {name}, which is the business of {keepers:?}")));
            }
        }
    }
    for (name, _) in ROOMS {
        if !rooms.iter().any(|room| room.name == *name) {
            findings.push(Finding::error(*name, "stands in ROOMS, but there is no such room"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::*;

    /// The house as the table has it, with one more arrow.
    fn house_with(from: &str, to: &str, ours: bool, for_tests: bool) -> String {
        house_built_with(from, Use { name: to.to_owned(), for_tests, for_build: false, ours })
    }

    fn house_built_with(from: &str, used: Use) -> String {
        let mut used = Some(used);
        let rooms: Vec<Room> = ROOMS
            .iter()
            .map(|(name, may_use)| {
                let mut uses: Vec<Use> = may_use
                    .iter()
                    .map(|n| Use { name: (*n).to_owned(), for_tests: false, for_build: false, ours: true })
                    .collect();
                if *name == from {
                    uses.extend(used.take());
                }
                Room { name: (*name).to_owned(), uses }
            })
            .collect();
        said(&check(&rooms))
    }

    #[test]
    fn arrows_that_run_up_or_sideways_are_found() {
        assert_eq!(house_with("domain", "serde", false, false), "");
        for (from, to) in
            [("domain", "policy"), ("media", "policy"), ("control", "relay"), ("relay", "control"), ("xtask", "domain")]
        {
            assert_eq!(house_with(from, to, true, false), format!("error: {from}: must not use room {to}"));
            assert_eq!(house_with(from, to, true, true), format!("error: {from}: must not use room {to}"), "in tests");
        }
    }

    #[test]
    fn testkit_is_for_tests_only() {
        assert_eq!(house_with("relay", "testkit", true, true), "");
        assert_eq!(house_with("relay", "testkit", true, false), "error: relay: must not use room testkit");
    }

    #[test]
    fn the_policy_is_built_with_its_compiler_and_runs_without() {
        let compiler = |for_build| Use { name: "policyc".to_owned(), for_tests: false, for_build, ours: true };
        assert_eq!(house_built_with("policy", compiler(true)), "");
        assert_eq!(house_built_with("policy", compiler(false)), "error: policy: must not use room policyc");
        assert_eq!(house_built_with("store", compiler(true)), "error: store: must not use room policyc");
    }

    #[test]
    fn client_crates_stay_with_their_keepers() {
        assert_eq!(house_with("relay", "yamux", false, false), "");
        assert_eq!(house_with("api", "reqwest", false, true), "", "a test may be a client");
        for (from, to) in
            [("api", "reqwest"), ("control", "lettre"), ("relay", "str0m"), ("control", "sea-orm"), ("media", "tokio")]
        {
            let said = house_with(from, to, false, false);
            assert!(said.starts_with(&format!("error: {from}: must not use {to}, which is the business of")), "{said}");
        }
    }

    #[test]
    fn an_unknown_room_and_a_stale_line_are_found() {
        let said = said(&check(&[Room { name: "shed".to_owned(), uses: Vec::new() }]));
        assert!(said.contains("shed: a room that the house does not know"), "{said}");
        assert!(said.contains("domain: stands in ROOMS, but there is no such room"), "{said}");
    }

    #[test]
    fn the_table_itself_has_no_circle() {
        for (index, (name, may_use)) in ROOMS.iter().enumerate() {
            for used in *may_use {
                assert!(ROOMS[..index].iter().any(|(lower, _)| lower == used), "{name} -> {used}: ROOMS goes from the bottom up");
            }
        }
    }
}
