//! Only the gate makes permits.
use policy::act::ViewLive;
use policy::{Ask, Permit};

fn forge(ask: Ask<ViewLive>) -> Permit<ViewLive> {
    Permit { ask, home: None, subject: None, revision: 0 }
}

fn main() {}
