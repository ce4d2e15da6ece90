use domain::Result;
use policy::{Act, Permit, Principal};

use crate::Control;

#[allow(unused_variables, clippy::todo, clippy::unused_async)]
impl Control {
    /// Asks whether `principal` may do `A` to `object` now. A person's verdict goes to the audit log.
    pub async fn ask<A: Act>(&self, principal: Principal, object: A::Object) -> Result<Permit<A>> {
        todo!()
    }
}
