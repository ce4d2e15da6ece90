//! Opened personal data are not copied.
use policy::Pd;
use policy::category::AccountEmail;

fn keep(email: &Pd<AccountEmail>) -> Pd<AccountEmail> {
    email.clone()
}

fn main() {}
