use std::path::Path;

use cameras::pair::wire::{invitation_from_json, invitation_to_json};
use domain::onboarding::Invitation;
use domain::{Error, Kind, Result};

use crate::folder;

/// It holds the claim token.
const FILE: &str = "invitation.json";

/// Keeps an invitation in a folder, which is made where there is none, in place of the one before. Blocks.
pub fn keep(dir: &Path, invitation: &Invitation) -> Result<()> {
    folder::write(dir, FILE, &invitation_to_json(invitation)).map_err(|error| unkept(dir, error))
}

/// The invitation that a folder keeps, if any. Blocks. `Invalid` where it is damaged.
pub fn kept(dir: &Path) -> Result<Option<Invitation>> {
    let damaged = || Error::new(Kind::Invalid, "device.invitation_damaged", format!("{FILE} in {} is damaged", dir.display()));
    let Some(json) = folder::read(dir, FILE).map_err(|error| damaged().with_source(error))? else { return Ok(None) };
    invitation_from_json(&json).map(Some).ok_or_else(damaged)
}

/// Deletes the invitation that a folder keeps, if any. Blocks.
pub fn forget(dir: &Path) -> Result<()> {
    folder::remove(dir, FILE).map_err(|error| unkept(dir, error))
}

fn unkept(dir: &Path, error: std::io::Error) -> Error {
    let detail = format!("{} cannot be written", dir.display());
    Error::new(Kind::Unavailable, "device.invitation_unkept", detail).with_source(error)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use domain::onboarding::{ClaimToken, Fingerprint, ServerUrl};

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
        forget(&dir).unwrap();
        forget(&dir).unwrap();
        assert_eq!(kept(&dir).unwrap(), None);
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
