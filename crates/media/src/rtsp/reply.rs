use std::fmt::{Display, Write};

use bytes::Bytes;

/// A response under construction.
#[derive(Debug)]
pub(super) struct Reply {
    text: String,
    body: String,
}

impl Reply {
    /// `cseq` is the request's; `None` where it had none that can be read.
    pub(super) fn new(status: Status, cseq: Option<u32>) -> Self {
        let mut text = format!("RTSP/1.0 {} {}\r\nServer: atipcam\r\n", status.0, status.1);
        if let Some(cseq) = cseq {
            let _ = write!(text, "CSeq: {cseq}\r\n");
        }
        Self { text, body: String::new() }
    }

    pub(super) fn header(mut self, name: &str, value: impl Display) -> Self {
        let _ = write!(self.text, "{name}: {value}\r\n");
        self
    }

    pub(super) fn body(mut self, kind: &str, body: &str) -> Self {
        body.clone_into(&mut self.body);
        let length = self.body.len();
        self.header("Content-Type", kind).header("Content-Length", length)
    }

    pub(super) fn finish(self) -> Bytes {
        Bytes::from(self.text + "\r\n" + &self.body)
    }
}

/// RFC 2326 7.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status(u16, &'static str);

impl Status {
    pub(super) const OK: Self = Self(200, "OK");
    pub(super) const BAD_REQUEST: Self = Self(400, "Bad Request");
    pub(super) const UNAUTHORIZED: Self = Self(401, "Unauthorized");
    pub(super) const NOT_FOUND: Self = Self(404, "Not Found");
    pub(super) const NOT_ACCEPTABLE: Self = Self(406, "Not Acceptable");
    pub(super) const TOO_LARGE: Self = Self(413, "Request Entity Too Large");
    pub(super) const PARAMETER_UNKNOWN: Self = Self(451, "Parameter Not Understood");
    pub(super) const SESSION_NOT_FOUND: Self = Self(454, "Session Not Found");
    pub(super) const WRONG_STATE: Self = Self(455, "Method Not Valid in This State");
    pub(super) const INVALID_RANGE: Self = Self(457, "Invalid Range");
    pub(super) const AGGREGATE_NOT_ALLOWED: Self = Self(459, "Aggregate Operation Not Allowed");
    pub(super) const BAD_TRANSPORT: Self = Self(461, "Unsupported Transport");
    pub(super) const NOT_IMPLEMENTED: Self = Self(501, "Not Implemented");
    pub(super) const BAD_VERSION: Self = Self(505, "RTSP Version Not Supported");
    pub(super) const OPTION_NOT_SUPPORTED: Self = Self(551, "Option not supported");
}
