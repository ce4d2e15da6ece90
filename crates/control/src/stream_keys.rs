//! Stream keys: how an owner lets other software play a camera.

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Error, Result, Secret, StreamKeyId, SubjectId, Timestamp};
use policy::Permit;
use policy::act::{ListStreamKeys, MakeStreamKey, RevokeStreamKey};
use store::{StreamKeyRow, StreamKeySecret};

use crate::Control;
use crate::validation::given_name;

/// A stream key as owners see it. Its password is told once, by [`Control::make_stream_key`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamKey {
    /// Which key; without its dashes, the user name that the other software shows.
    pub id: StreamKeyId,
    /// What it is called.
    pub name: String,
    /// Who made it. It opens nothing once they are no longer an owner.
    pub maker: SubjectId,
    /// When it was made.
    pub created: Timestamp,
    /// When a view by it last began.
    pub last_used: Option<Timestamp>,
}

impl StreamKey {
    /// The user name that the other software shows.
    #[must_use]
    pub fn username(&self) -> String {
        self.id.to_string().replace('-', "")
    }

    fn new(row: &StreamKeyRow, secret: StreamKeySecret) -> Self {
        let StreamKeyRow { id, subject, created, last_used, .. } = *row;
        Self { id, name: secret.name, maker: subject, created, last_used }
    }
}

impl Control {
    /// The stream keys of the permit's camera, oldest first.
    pub async fn stream_keys(&self, permit: Permit<ListStreamKeys>) -> Result<Vec<StreamKey>> {
        let store = &self.inner.store;
        let mut keys = Vec::new();
        for row in store.stream_keys(&permit).await? {
            let secret = store.open_stream_key(&permit, &row).await?;
            keys.push(StreamKey::new(&row, secret));
        }
        Ok(keys)
    }

    /// Makes a stream key of the permit's camera, and says its password: 144 random bits, this once.
    pub async fn make_stream_key(&self, permit: Permit<MakeStreamKey>, name: &str) -> Result<(StreamKey, Secret)> {
        let mut random = [0; 18];
        rand::fill(&mut random).map_err(Error::internal)?;
        let secret = StreamKeySecret { name: given_name(name)?, password: URL_SAFE_NO_PAD.encode(random) };
        let row = self.inner.store.add_stream_key(&permit, &secret).await?;
        Ok((StreamKey::new(&row, secret.clone()), secret.into_password()))
    }

    /// Revokes a stream key of the permit's camera: what plays by it ends within a second.
    pub async fn revoke_stream_key(&self, permit: Permit<RevokeStreamKey>, key: StreamKeyId) -> Result<()> {
        self.inner.store.remove_stream_key(&permit, key).await
    }
}
