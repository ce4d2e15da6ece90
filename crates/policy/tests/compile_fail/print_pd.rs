//! Opened personal data do not print.
use policy::Pd;
use policy::category::AccountEmail;

fn log(email: &Pd<AccountEmail>) -> String {
    format!("{email:?} {email}")
}

fn main() {}
