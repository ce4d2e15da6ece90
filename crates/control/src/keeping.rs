//! How long and how much of a camera's footage is kept. The relay's retention reads the rows.

use domain::{FootageClass, Result};
use policy::Permit;
use policy::act::{EditCamera, ReadCamera};
use store::Keep;

use crate::Control;

/// The limits of a camera's footage, class by class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keeps {
    /// What is recorded all the time.
    pub continuous: Keep,
    /// What is recorded because something happened.
    pub event: Keep,
}

impl Control {
    /// The limits of the permit's camera.
    pub async fn keep(&self, permit: Permit<ReadCamera>) -> Result<Keeps> {
        let keeps = self.inner.store.keeps_of(&permit).await?;
        let of = |class| keeps.get(&class).copied().unwrap_or_default();
        Ok(Keeps { continuous: of(FootageClass::Continuous), event: of(FootageClass::Event) })
    }

    /// Sets the limits of the permit's camera.
    pub async fn set_keep(&self, permit: Permit<EditCamera>, keeps: Keeps) -> Result<Keeps> {
        self.inner
            .store
            .set_keeps(&permit, &[(FootageClass::Continuous, keeps.continuous), (FootageClass::Event, keeps.event)])
            .await?;
        Ok(keeps)
    }
}
