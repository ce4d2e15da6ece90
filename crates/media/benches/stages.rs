//! The stages of the media path by the clock: a GOP of 50 pictures a turn.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot begin says so")]

mod footage;

use divan::Bencher;
use divan::counter::ItemsCount;

use footage::{Footage, STAGES, UNITS};

fn main() {
    divan::main();
}

#[divan::bench(args = STAGES.iter().map(|(name, _)| *name))]
fn gop(bencher: Bencher<'_, '_>, name: &str) {
    let footage = Footage::new().unwrap();
    let (_, stage) = STAGES.iter().find(|(of, _)| *of == name).unwrap();
    bencher.counter(ItemsCount::new(UNITS)).bench(|| stage(&footage).unwrap());
}
