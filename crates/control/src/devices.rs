//! Cameras that call in by themselves: invited by an owner, claimed once, known by their key ever after.

use std::net::IpAddr;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use domain::onboarding::{ClaimToken, DeviceId, Fingerprint, link};
use domain::{AudioMode, CameraId, Error, HomeId, InvitationId, Kind, Result, Secret, Timestamp};
use policy::act::AddCamera;
use policy::{Permit, Principal};
use store::{CameraAccess, CameraDraft, DeviceDraft, DeviceRow, InvitationState};

use crate::Control;
use crate::password::too_soon;
use crate::validation::{camera_credential, given_name, link_path};

/// An invitation is for the camera in one's hand: long enough to fetch a ladder, too short to lie about.
const INVITATION_LIFE: Duration = Duration::from_secs(15 * 60);

/// What a signature over a claim begins with, so that it is good for nothing else.
const CLAIM: &[u8] = b"atipcam claim v1\0";

/// The same for a link.
const LINK: &[u8] = b"atipcam link v1\0";

/// An invitation that was just made; its token is told this once.
#[derive(Debug)]
pub struct Invited {
    /// Which one.
    pub id: InvitationId,
    /// What the camera shows.
    pub claim: ClaimToken,
    /// Until when.
    pub expires: Timestamp,
}

/// What a device says of itself and shows when it comes. Its `Debug` shows no secret.
#[derive(Debug)]
pub struct Claim {
    /// The invitation's token.
    pub claim: ClaimToken,
    /// The device's Ed25519 public key.
    pub key: [u8; 32],
    /// By that key, over the token and the server's certificate.
    pub signature: [u8; 64],
    /// What it is called where the invitation has no name.
    pub name: String,
    /// User name for its streams.
    pub username: String,
    /// Password for its streams.
    pub password: Secret,
    /// Path of its main stream.
    pub main_path: String,
    /// Path of its sub stream.
    pub sub_path: Option<String>,
    /// Path of its ONVIF device service.
    pub onvif_path: Option<String>,
}

/// A device that was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimed {
    /// Which device.
    pub device: DeviceId,
    /// Which camera it is.
    pub camera: CameraId,
    /// Whether it was taken in just now, and not by the same claim before.
    pub new: bool,
}

/// A device at the door: who it must prove to be.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Which camera it is.
    pub camera: CameraId,
    key: [u8; 32],
    nonce: [u8; 32],
}

impl Caller {
    /// What it must sign: random, of this call alone.
    #[must_use]
    pub const fn nonce(&self) -> &[u8; 32] {
        &self.nonce
    }

    /// Whether the device signed this call, to this server.
    #[must_use]
    pub fn proves(&self, signature: &[u8; 64], certificate: Fingerprint) -> bool {
        signed(&self.key, &[LINK, &self.nonce, &certificate.to_bytes()].concat(), signature)
    }
}

impl Control {
    /// Invites one camera into the permit's home, for a quarter of an hour and for as long as the session that asks stands.
    pub async fn invite_camera(&self, permit: Permit<AddCamera>, name: Option<&str>) -> Result<Invited> {
        let name = name.map(given_name).transpose()?;
        let mut token = [0; 16];
        rand::fill(&mut token).map_err(Error::internal)?;
        let expires = self.inner.clock.now() + INVITATION_LIFE;
        let id = self.inner.store.add_invitation(&permit, sha256(&token), name.as_deref(), expires).await?;
        Ok(Invited { id, claim: ClaimToken::from_bytes(token), expires })
    }

    /// The home of an invitation, to ask about; `not_found` where there is no such one.
    pub async fn home_of_invitation(&self, id: InvitationId) -> Result<HomeId> {
        let found = self.inner.store.home_of_invitation(id).await?;
        found.ok_or_else(|| Error::new(Kind::NotFound, "not_found", "no such invitation, or none that you may see"))
    }

    /// How far an invitation of the permit's home is.
    pub async fn invitation(&self, permit: Permit<AddCamera>, id: InvitationId) -> Result<InvitationState> {
        self.inner.store.invitation_state(&permit, id).await
    }

    /// Takes an invitation back. A camera that came by it stays.
    pub async fn withdraw_invitation(&self, permit: Permit<AddCamera>, id: InvitationId) -> Result<()> {
        self.inner.store.remove_invitation(&permit, id).await
    }

    /// Takes in a device that shows an invitation's token and signs it with its key. `certificate` is what this server is known
    /// by. The same claim by the same key is answered the same again: an answer may get lost.
    ///
    /// # Errors
    /// `device.claim_unknown`, `device.signature_invalid`, `device.owned`; `device.too_many` begins its detail with the seconds
    /// to wait.
    pub async fn claim_device(&self, claim: Claim, certificate: Fingerprint, from: IpAddr) -> Result<Claimed> {
        self.knock(from)?;
        let claimed = self.claimed(claim, certificate).await?;
        self.let_in(from);
        Ok(claimed)
    }

    async fn claimed(&self, claim: Claim, certificate: Fingerprint) -> Result<Claimed> {
        let unknown = || Error::new(Kind::NotFound, "device.claim_unknown", "no such invitation, or it is over");
        let store = &self.inner.store;
        let (claim_hash, device) = (sha256(claim.claim.expose()), id_of(&claim.key));
        let known = store.device(device).await?;
        let again = matches!(known, Some(DeviceRow::Owned { claim_hash: by, .. }) if by == claim_hash);
        let invitation = store.invitation_by_claim(&claim_hash).await?;
        let open = invitation.filter(|row| row.camera.is_none() && row.expires > self.inner.clock.now());
        if open.is_none() && !again {
            return Err(unknown());
        }
        let message = [CLAIM, claim.claim.expose().as_slice(), &certificate.to_bytes()].concat();
        if !signed(&claim.key, &message, &claim.signature) {
            return Err(Error::new(Kind::Forbidden, "device.signature_invalid", "the claim is not signed by the key it shows"));
        }
        match (known, open) {
            (Some(DeviceRow::Owned { camera, .. }), _) if again => Ok(Claimed { device, camera, new: false }),
            (Some(DeviceRow::Owned { .. }), _) => {
                Err(Error::new(Kind::Conflict, "device.owned", "this device belongs to a home already"))
            }
            (_, None) => Err(unknown()),
            // Who invited may have left the home since: asked again, as that person's session.
            (_, Some(invitation)) => {
                let asked = self.ask::<AddCamera>(Principal::Session(invitation.session), invitation.home).await;
                let permit = asked.map_err(|refused| if refused.kind() == Kind::Internal { refused } else { unknown() })?;
                let name = store.open_invitation_name(&permit, &invitation).await?;
                let draft = draft(device, &claim, name)?;
                let new = DeviceDraft { id: device, key: claim.key, invitation: invitation.id, claim_hash };
                let row = store.claim_device(&permit, new, draft).await?;
                Ok(Claimed { device, camera: row.id, new: true })
            }
        }
    }

    /// A device that wants to link.
    ///
    /// # Errors
    /// `device.unknown`; `device.released` where its owner removed it; `device.too_many` begins its detail with the seconds to
    /// wait.
    pub async fn call_of(&self, device: DeviceId, from: IpAddr) -> Result<Caller> {
        self.knock(from)?;
        let mut nonce = [0; 32];
        rand::fill(&mut nonce).map_err(Error::internal)?;
        match self.inner.store.device(device).await? {
            Some(DeviceRow::Owned { camera, key, .. }) => Ok(Caller { camera, key, nonce }),
            Some(DeviceRow::Released) => Err(Error::new(Kind::Gone, "device.released", "its owner removed this camera")),
            None => Err(Error::new(Kind::NotFound, "device.unknown", "no such device")),
        }
    }

    /// A device proved who it is: its network gets the try back.
    pub fn let_in(&self, from: IpAddr) {
        self.with_limiter(|limiter| limiter.welcome(from));
    }

    /// Whether a device is still the camera that it was.
    pub async fn still_is(&self, device: DeviceId, camera: CameraId) -> Result<bool> {
        let row = self.inner.store.device(device).await?;
        Ok(matches!(row, Some(DeviceRow::Owned { camera: now, .. }) if now == camera))
    }

    /// Whether a device belongs to a home.
    pub async fn is_owned(&self, device: DeviceId) -> Result<bool> {
        Ok(matches!(self.inner.store.device(device).await?, Some(DeviceRow::Owned { .. })))
    }

    fn knock(&self, from: IpAddr) -> Result<()> {
        let now = self.inner.clock.mono();
        self.with_limiter(|limiter| limiter.knock(from, now)).map_err(|wait| too_soon("device.too_many", wait))
    }
}

/// What the server keeps of a device, as of any camera; its addresses go by its link.
fn draft(device: DeviceId, claim: &Claim, name: Option<String>) -> Result<CameraDraft> {
    let name = match name {
        Some(name) => name,
        None => given_name(&claim.name)?,
    };
    let url = |path: &str| link_path(path).map(|path| link::url(device, path));
    let access = CameraAccess {
        name,
        main_url: url(&claim.main_path)?,
        sub_url: claim.sub_path.as_deref().map(url).transpose()?,
        username: camera_credential("username", &claim.username)?,
        password: camera_credential("password", claim.password.expose())?,
        onvif_url: claim.onvif_path.as_deref().map(url).transpose()?,
        // Its key says who it is.
        ..CameraAccess::default()
    };
    Ok(CameraDraft { access, audio: AudioMode::Off, recording: true })
}

fn id_of(key: &[u8; 32]) -> DeviceId {
    let mut id = [0; 16];
    id.copy_from_slice(&sha256(key)[..16]);
    DeviceId::from_bytes(id)
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

fn signed(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
}
