//! The power is cut under load, hundreds of times, and what the disk would hold is compared with what the cameras sent.
//!
//! Recorders, their disk writer, the store and a start's adoption are the real ones; the disk and the clock are the test's.

mod camera;
mod disk;
mod home;
mod inode;
mod random;

use std::ops::Range;

use disk::Faults;
use home::{Home, Left, Life};
use random::Random;

/// What a power cut may take (docs/segment-format.md).
const LOSS_MAX_MS: u64 = 1000;

/// How long a round of syncs takes at most on the disks for which that is promised.
const ROUND_MS: u64 = 280;

/// Lives of up to four seconds, and those in which a recorder tries again after a failure, in steps of 10 ms.
const SHORT: Range<u64> = 40..400;
const LONG: Range<u64> = 400..800;

/// Runs lives one after the other in the same home.
async fn lives(cameras: u64, count: u64, steps: Range<u64>, faults: impl Fn(&mut Random) -> Faults) -> Left {
    let mut home = Home::with_cameras(cameras).await;
    for seed in 0..count {
        let mut random = Random::new(seed);
        let (steps, faults) = (random.within(steps.clone()), faults(&mut random));
        home.live(Life { seed, steps, faults }).await;
    }
    println!("{cameras} cameras: {:?}", home.left);
    home.left
}

/// A sound disk that loses its power, half of the time at any of its calls. A round may sync a folder, and of each camera a file
/// that ends and one that begins.
fn sound(cameras: u64) -> impl Fn(&mut Random) -> Faults {
    move |random| {
        let cut_at = random.chance(500).then(|| random.within(1..300));
        Faults { sync_ms: 1..ROUND_MS / (2 * cameras + 1), short: 50, cut_at, ..Faults::default() }
    }
}

fn fine(cameras: u64, left: Left) {
    assert!(left.pictures > 20 * cameras * left.cuts && left.rejected > 0, "load, and something to take: {left:?}");
    assert!(left.loss_ms_max <= LOSS_MAX_MS, "{left:?}");
    assert_eq!((left.corrupt, left.broken_promises, left.holes, left.stray), (0, 0, 0, 0), "{left:?}");
}

#[tokio::test]
async fn a_power_cut_takes_at_most_a_second_of_a_few_cameras() {
    fine(2, lives(2, 120, SHORT, sound(2)).await);
}

#[tokio::test]
async fn a_power_cut_takes_at_most_a_second_of_many_cameras() {
    fine(6, lives(6, 120, SHORT, sound(6)).await);
}

#[tokio::test]
async fn without_syncs_the_same_cuts_take_more_and_what_was_promised() {
    let left = lives(6, 20, SHORT, |random| Faults { idle_syncs: true, ..sound(6)(random) }).await;
    assert!(left.loss_ms_max > LOSS_MAX_MS && left.broken_promises > 0, "{left:?}");
    assert_eq!(left.corrupt, 0, "even then nothing is taken for what it is not: {left:?}");
}

#[tokio::test]
async fn where_a_disk_fails_before_its_power_does_nothing_that_was_promised_is_lost_and_what_is_lost_is_told() {
    let failing = |random: &mut Random| {
        let mut faults = Faults { short: 200, sync_ms: 2..140, ..Faults::default() };
        match random.within(0..4) {
            0 => faults.failing = 30,
            1 => faults.losing = 50,
            2 => faults.room = Some(random.within(10_000..300_000) as usize),
            _ => faults.slow = 20,
        }
        faults
    };
    for cameras in [2, 5] {
        let left = lives(cameras, 30, LONG, failing).await;
        assert!(left.told > 0, "it did fail: {left:?}");
        assert_eq!((left.corrupt, left.broken_promises, left.untold, left.stray), (0, 0, 0, 0), "{left:?}");
    }
}

#[tokio::test]
async fn what_a_power_cut_does_not_explain_stays_for_a_person_to_look_at() {
    let home = Home::with_cameras(1).await;
    let to_come = [&b"ATIPSEG\0\xff\xff"[..], &[0; 300]].concat();
    let files = [
        ("empty.seg", Vec::new()),
        ("zeros.seg", vec![0; 70_000]),
        ("cut in its header.seg", b"ATIPSEG\0\0\x01\x01".to_vec()),
        ("of a version to come.seg", to_come),
        ("long and without a header.seg", vec![0; 11 * 1024 * 1024]),
    ];
    assert_eq!(home.leaves(&files).await, ["long and without a header.seg", "of a version to come.seg"]);
}
