//! A permit has no copies.
use policy::Permit;
use policy::act::Download;

fn copy(permit: &Permit<Download>) -> Permit<Download> {
    permit.clone()
}

fn main() {}
