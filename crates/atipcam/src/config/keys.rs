//! The list of all settings.

use super::{Key, Kind};

/// Where RTSP is served unless somebody says otherwise.
pub(super) const RTSP_LISTEN: &str = ":8554";

/// All settings.
pub(crate) const KEYS: &[Key] = &[
    Key {
        name: "data",
        flag: "data",
        kind: Kind::One("DIR"),
        default: "data",
        doc: "Folder of accounts, keys and footage. It is made, readable for this user alone.",
    },
    Key {
        name: "listen",
        flag: "listen",
        kind: Kind::One("ADDR:PORT"),
        default: "127.0.0.1:8480",
        doc: "Where the app and the API are served: by http on loopback, by https everywhere else. Port 0 takes a free one.",
    },
    Key {
        name: "advertise",
        flag: "advertise",
        kind: Kind::Many("IP"),
        default: "",
        doc: "Addresses by which browsers reach this server besides those of its interfaces, for live view and the certificate.",
    },
    Key {
        name: "webrtc_port",
        flag: "webrtc-port",
        kind: Kind::One("PORT"),
        default: "0",
        doc: "UDP port of live view by WebRTC. 0 takes a free one; a firewall needs a fixed one.",
    },
    Key {
        name: "rtsp_listen",
        flag: "rtsp-listen",
        kind: Kind::One("ADDR:PORT"),
        default: RTSP_LISTEN,
        doc: "Where other software gets live pictures by a stream key: by rtsp on loopback, by rtsps everywhere else. \
              :PORT alone is on the host of listen. Empty or \"off\": nowhere.",
    },
    Key {
        name: "quota",
        flag: "quota",
        kind: Kind::One("SIZE"),
        default: "",
        doc: "Room that footage may take in the data folder, as in 500GB or 2TB; the oldest gives way. Unset: 80 % of what is free.",
    },
    Key {
        name: "storage",
        flag: "storage",
        kind: Kind::Many("DIR[=SIZE]"),
        default: "",
        doc: "Further folders for footage, best each on a disk of its own, and the room that it may take there. What no longer fits \
              moves from the data folder to the first, from there to the next; where one fails, the next takes over. In the file: \
              [[storage]] with path and quota.",
    },
    Key {
        name: "keep_days",
        flag: "keep-days",
        kind: Kind::One("DAYS"),
        default: "",
        doc: "Days that footage is kept at most. Unset: as long as there is room.",
    },
    Key {
        name: "tls_cert",
        flag: "tls-cert",
        kind: Kind::One("FILE"),
        default: "",
        doc: "Certificate chain (PEM) for https. Unset: one by an authority of the server's own, kept in the data folder.",
    },
    Key { name: "tls_key", flag: "tls-key", kind: Kind::One("FILE"), default: "", doc: "Private key (PEM) of tls_cert." },
    Key {
        name: "metrics",
        flag: "metrics",
        kind: Kind::One("ADDR:PORT"),
        default: "127.0.0.1:0",
        doc: "Where /health and /metrics (Prometheus) are served, on loopback only. Port 0 takes a free one; \"off\" serves none.",
    },
    Key {
        name: "log",
        flag: "log",
        kind: Kind::One("FILTER"),
        default: "info",
        doc: "What is logged to standard error: error, warn, info, debug, trace, or by part, as in info,relay=debug.",
    },
    Key { name: "log_json", flag: "log-json", kind: Kind::Switch, default: "false", doc: "Log as JSON, a line an event." },
    Key {
        name: "operator",
        flag: "operator",
        kind: Kind::One("NAME"),
        default: "",
        doc: "Who answers for the data, as the privacy policy names them. Unset: it says \"whoever runs this server\".",
    },
    Key {
        name: "contact",
        flag: "contact",
        kind: Kind::One("TEXT"),
        default: "",
        doc: "How to reach them, in the privacy policy and in letters: an e-mail address, a telephone number.",
    },
    Key {
        name: "region",
        flag: "region",
        kind: Kind::One("CODE"),
        default: "CN",
        doc: "Where this server stands. Outside the regions of the privacy policy it does not start.",
    },
    Key {
        name: "smtp_host",
        flag: "smtp-host",
        kind: Kind::One("HOST"),
        default: "",
        doc: "Server for outgoing mail, by which people get letters about their account. Unset: nobody is written to.",
    },
    Key {
        name: "smtp_port",
        flag: "smtp-port",
        kind: Kind::One("PORT"),
        default: "",
        doc: "Its port. Unset: 465 with tls, 587 with starttls, 25 with loopback.",
    },
    Key {
        name: "smtp_security",
        flag: "smtp-security",
        kind: Kind::One("KIND"),
        default: "tls",
        doc: "How the way there is kept private: tls, starttls, or loopback, which is in clear and to this very machine only.",
    },
    Key {
        name: "smtp_from",
        flag: "smtp-from",
        kind: Kind::One("ADDRESS"),
        default: "",
        doc: "What stands in From: an address, or Name <address>.",
    },
    Key {
        name: "smtp_user",
        flag: "smtp-user",
        kind: Kind::One("NAME"),
        default: "",
        doc: "User name, where the mail server asks for one.",
    },
    Key {
        name: "smtp_password_file",
        flag: "smtp-password-file",
        kind: Kind::One("FILE"),
        default: "",
        doc: "File that holds the password of smtp_user and nothing else.",
    },
    Key {
        name: "smtp_password",
        flag: "",
        kind: Kind::Secret,
        default: "",
        doc: "The password itself, in place of smtp_password_file. By the environment only, and never printed.",
    },
    Key {
        name: "smtp_ca",
        flag: "smtp-ca",
        kind: Kind::One("FILE"),
        default: "",
        doc: "Certificate (PEM) to trust beside the public authorities: that of a household's own mail server.",
    },
];
