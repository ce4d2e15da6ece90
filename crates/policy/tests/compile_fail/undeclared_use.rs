//! Watching a camera is no reason to read an e-mail address.
use policy::act::ViewLive;
use policy::category::AccountEmail;
use policy::{Permit, Sealed};

fn read(permit: &Permit<ViewLive>, email: &Sealed<AccountEmail>) {
    let _ = email.open(permit, |bytes| Ok::<_, ()>(bytes.to_vec()));
}

fn main() {}
