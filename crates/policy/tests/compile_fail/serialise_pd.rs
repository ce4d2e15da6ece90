//! Opened personal data do not turn into JSON by themselves.
use policy::Pd;
use policy::category::AccountEmail;

fn answer(value: impl serde::Serialize) {
    drop(value);
}

fn send(email: Pd<AccountEmail>) {
    answer(email);
}

fn main() {}
