//! The mail server may get an address, and nothing about cameras.
use policy::act::SendNotice;
use policy::category::CameraAccess;
use policy::recipient::MailOperator;
use policy::{Outbound, Pd, Permit};

fn send(permit: Permit<SendNotice>, access: Pd<CameraAccess>) {
    let _ = Outbound::<MailOperator, _>::new(permit).put::<CameraAccess>(access);
}

fn main() {}
