//! A question as a request asks it, by the clock: facts gathered from rows in memory, then decided.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot begin says so")]

use divan::Bencher;
use policy::Principal;
use policy::act::ListCameras;
use testkit::Town;
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

/// The system asks: a person's verdicts would also be written down, which is the disk's time.
#[divan::bench]
fn list_cameras(bencher: Bencher<'_, '_>) {
    let runtime = Runtime::new().unwrap();
    let town = runtime.block_on(Town::build()).unwrap();
    bencher.bench(|| runtime.block_on(town.control.ask::<ListCameras>(Principal::System, town.home)).is_ok());
}
