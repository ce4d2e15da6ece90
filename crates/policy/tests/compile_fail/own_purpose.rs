//! Nobody adds a purpose beside the policy.
use policy::{Basis, Minors, Purpose, PurposeRule};

enum Curiosity {}

impl Purpose for Curiosity {
    const ID: &'static str = "curiosity";
    const RULE: &'static PurposeRule = &PurposeRule {
        id: "curiosity",
        function: "live",
        in_use: true,
        basis: Basis::Contract,
        consent: None,
        sensitive: false,
        minors: Minors::Allowed,
        commercial: false,
        without_agreement: true,
        while_held: true,
        uses: &["camera.access"],
        clauses: &[],
    };
}

fn main() {}
