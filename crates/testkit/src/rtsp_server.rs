use std::path::Path;
use std::time::Duration;

use crate::Result;
use crate::clip::Clip;
use crate::process::{Process, command};

/// A camera that is not ours: GStreamer's RTSP server, with digest authentication and a clip behind each path.
#[derive(Debug)]
pub struct RtspServer {
    process: Process,
    base: String,
}

impl RtspServer {
    /// Whom it lets in.
    pub const USER: &str = "viewer";
    /// With a space and a percent sign, since cameras' passwords have those.
    pub const PASSWORD: &str = "a b%20c";

    /// Serves `clips` at their paths (`/front`), on a port that the system picks.
    pub fn start(clips: &[(&str, &Clip)]) -> Result<Self> {
        let mut arguments = ["--user", Self::USER, "--password", Self::PASSWORD].map(str::to_owned).to_vec();
        for (path, clip) in clips {
            arguments.extend(["--mount".to_owned(), format!("{path}={}:{}", clip.codecs, clip.file.display())]);
        }
        Self::start_with(&arguments)
    }

    /// Relays the H.264 of another RTSP server to all who ask for `path`, without a sign-in: one connection there, packets made once
    /// for all viewers.
    pub fn relay(path: &str, url: &str) -> Result<Self> {
        Self::start_with(&["--relay".to_owned(), format!("{path}={url}")])
    }

    fn start_with(arguments: &[String]) -> Result<Self> {
        // Debian's own Python: only that one sees Debian's GStreamer bindings.
        let mut python = command("/usr/bin/python3");
        python.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/rtsp_server.py")).args(arguments);
        let process = Process::start(python)?;
        let base = process.line(Duration::from_secs(20), |line| line.starts_with("rtsp://").then(|| line.to_owned()))?;
        Ok(Self { process, base })
    }

    /// The address of a path, without the user's name and password.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it wrote, for a failure.
    #[must_use]
    pub fn failure(&self, what: &str) -> crate::Error {
        self.process.failure(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::output;

    #[test]
    fn it_serves_to_whom_it_knows_and_to_nobody_else() {
        let dir = tempfile::tempdir().unwrap();
        let clip = Clip::h264_aac(dir.path(), 4).unwrap();
        let server = RtspServer::start(&[("/front", &clip)]).unwrap();
        let describe = |url: String| {
            let mut ffprobe = command("ffprobe");
            ffprobe.args(["-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name", "-of", "csv=p=0", &url]);
            output(ffprobe)
        };
        let known = server.url("/front").replace("rtsp://", "rtsp://viewer:a%20b%2520c@");
        assert_eq!(describe(known).unwrap().split_whitespace().collect::<Vec<_>>(), ["h264", "aac"]);
        let error = describe(server.url("/front")).unwrap_err().to_string();
        assert!(error.contains("401"), "{error}");
    }
}
