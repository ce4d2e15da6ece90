use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::onboarding::{ClaimToken, Fingerprint, Invitation, ServerUrl};
use domain::{Error, Kind, Result};
use serde::{Deserialize, Serialize};

const FILE: &str = "invitation.json";

/// An invitation's file. It holds the claim token, and is readable for its owner alone.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    server: String,
    certificate: String,
    claim: String,
}

/// Keeps an invitation in a folder, which is made where there is none, in place of the one before. Blocks.
pub fn keep(dir: &Path, invitation: &Invitation) -> Result<()> {
    let Invitation { server, certificate, claim } = invitation;
    let kept = Kept {
        server: server.as_str().to_owned(),
        certificate: URL_SAFE_NO_PAD.encode(certificate.to_bytes()),
        claim: URL_SAFE_NO_PAD.encode(claim.expose()),
    };
    let text = serde_json::to_vec_pretty(&kept).map_err(Error::internal)?;
    let write = || {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        // Written aside and renamed: half an invitation is never read.
        let aside = dir.join(format!(".{}", uuid::Uuid::new_v4()));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&aside, dir.join(FILE))?;
        fs::File::open(dir)?.sync_all()
    };
    write().map_err(|e: std::io::Error| {
        Error::new(Kind::Unavailable, "device.invitation_unkept", format!("{} cannot be written", dir.display())).with_source(e)
    })
}

/// The invitation that a folder keeps, if any. Blocks. `Invalid` where it is damaged.
pub fn kept(dir: &Path) -> Result<Option<Invitation>> {
    let damaged = || Error::new(Kind::Invalid, "device.invitation_damaged", format!("{FILE} in {} is damaged", dir.display()));
    let text = match fs::read(dir.join(FILE)) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(damaged().with_source(e)),
    };
    let kept: Kept = serde_json::from_slice(&text).map_err(|e| damaged().with_source(e))?;
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let certificate = bytes(&kept.certificate).and_then(|bytes| bytes.try_into().ok()).map(Fingerprint::from_bytes);
    let claim = bytes(&kept.claim).and_then(|bytes| bytes.try_into().ok()).map(ClaimToken::from_bytes);
    let server = ServerUrl::new(&kept.server).ok();
    match (server, certificate, claim) {
        (Some(server), Some(certificate), Some(claim)) => Ok(Some(Invitation { server, certificate, claim })),
        _ => Err(damaged()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn an_invitation_is_kept_for_its_owner_alone_and_read_again() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("camera");
        assert_eq!(kept(&dir).unwrap(), None);
        for server in ["https://192.168.1.20:8443", "https://camera.example.org"] {
            let invitation = Invitation {
                server: ServerUrl::new(server).unwrap(),
                certificate: Fingerprint::from_bytes([7; 32]),
                claim: ClaimToken::from_bytes([9; 16]),
            };
            keep(&dir, &invitation).unwrap();
            assert_eq!(kept(&dir).unwrap(), Some(invitation));
        }
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&dir), mode(&dir.join(FILE))), (0o700, 0o600));
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_one_is_told() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["", "{}", r#"{"server":"http://a","certificate":"","claim":""}"#] {
            fs::write(dir.path().join(FILE), text).unwrap();
            assert_eq!(kept(dir.path()).unwrap_err().code(), "device.invitation_damaged", "{text}");
        }
    }
}
