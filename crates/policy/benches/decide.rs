//! A decision by the clock.

mod asks;

use asks::Asked;
use divan::Bencher;

fn main() {
    divan::main();
}

#[divan::bench]
fn watch_a_camera(bencher: Bencher<'_, '_>) {
    let asked = Asked::new();
    assert!(asked.decide());
    bencher.bench(|| asked.decide());
}
