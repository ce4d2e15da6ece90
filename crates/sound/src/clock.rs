//! Which time a packet gets.

use crate::opus::{OPUS_RATE, PACKET_TICKS};

/// A source whose times and samples disagree by more than this has lost or skipped something: what follows gets its own time.
const JUMP: u64 = OPUS_RATE as u64 / 25;

/// Up to here the disagreement is the unevenness of its stamps, and is let be.
const SLACK: u64 = OPUS_RATE as u64 / 500;

/// Times of packets, in ticks of 1/48000 s: evenly spaced by the samples in them, and never far from the source's clock.
///
/// A microphone's crystal and the clock that stamps its units are not always one. Between [`SLACK`] and [`JUMP`] the packets'
/// spacing gives way by one tick each, 1 in 960, which is more than crystals differ and less than anyone hears.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// When the samples that wait first began.
    head: Option<i64>,
    /// What the spacing is off by now.
    error: i64,
    last: Option<i64>,
}

impl Clock {
    /// A unit that began at `time` is about to be added to `waiting` ticks of samples. True if it does not join up.
    pub(crate) fn unit(&mut self, time: i64, waiting: i64) -> bool {
        let expected = self.head.map(|head| head.saturating_add(waiting));
        self.error = expected.map_or(0, |expected| time.saturating_sub(expected));
        let joins = expected.is_some() && self.error.unsigned_abs() <= JUMP;
        if !joins {
            self.anchor(time);
        }
        !joins
    }

    /// What comes next begins at `time`.
    pub(crate) fn anchor(&mut self, time: i64) {
        (self.head, self.error) = (Some(time), 0);
    }

    /// The time of the next packet, whose sound lags by `delay`. Later than the one before it, always.
    pub(crate) fn packet(&mut self, delay: i64) -> i64 {
        let head = self.head.unwrap_or(0);
        let step = if self.error.unsigned_abs() > SLACK { self.error.signum() } else { 0 };
        self.error -= step;
        self.head = Some(head.saturating_add(i64::from(PACKET_TICKS) + step));
        let time = head.saturating_sub(delay).max(self.last.map_or(i64::MIN, |last| last.saturating_add(1)));
        self.last = Some(time);
        time
    }
}

/// `ticks` of a clock of `rate` a second, in ticks of 1/48000 s.
pub(crate) fn ticks(ticks: i64, rate: u32) -> i64 {
    let scaled = i128::from(ticks) * i128::from(OPUS_RATE) / i128::from(rate.max(1));
    i64::try_from(scaled).unwrap_or(if scaled < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: i64 = 3072;

    /// Pushes units at these times; gives each packet's time.
    fn packets(times: impl Iterator<Item = i64>) -> Vec<i64> {
        let (mut clock, mut waiting, mut packets) = (Clock::default(), 0, Vec::new());
        for time in times {
            if clock.unit(time, waiting) {
                waiting = 0;
            }
            waiting += UNIT;
            while waiting >= i64::from(PACKET_TICKS) {
                packets.push(clock.packet(0));
                waiting -= i64::from(PACKET_TICKS);
            }
        }
        packets
    }

    #[test]
    fn a_clock_that_agrees_gives_even_packets() {
        let packets = packets((0..1000).map(|n| n * UNIT));
        assert!(packets.windows(2).all(|pair| pair[1] - pair[0] == i64::from(PACKET_TICKS)));
        assert_eq!((packets[0], packets.len()), (0, 3200));
    }

    #[test]
    fn a_crystal_that_is_off_is_followed_for_an_hour_without_a_jump() {
        for parts_per_million in [-300, 300] {
            let time = |n: i64| n * UNIT + n * UNIT * parts_per_million / 1_000_000;
            let units = 3600 * 48_000 / UNIT;
            let packets = packets((0..units).map(time));
            for pair in packets.windows(2) {
                assert!((pair[1] - pair[0] - i64::from(PACKET_TICKS)).abs() <= 1, "{pair:?}");
            }
            let last = packets.len() as i64 - 1;
            let wanted = last * i64::from(PACKET_TICKS) * (1_000_000 + parts_per_million) / 1_000_000;
            assert!(
                (packets[last as usize] - wanted).abs() <= SLACK as i64 + UNIT / 960 + 1,
                "{} {wanted}",
                packets[last as usize]
            );
        }
    }

    #[test]
    fn uneven_stamps_do_not_reach_the_packets_and_a_gap_does() {
        let jitter = |n: i64| if n % 2 == 0 { 90 } else { -90 };
        let packets = packets((0..100).map(|n| n * UNIT + jitter(n)).chain((110..200).map(|n| n * UNIT)));
        let steps: Vec<i64> = packets.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step != 960).collect();
        assert_eq!(steps.iter().filter(|step| (**step - 960).abs() > 1).count(), 1, "{steps:?}");
        assert!(packets.contains(&(110 * UNIT)));
    }

    #[test]
    fn a_clock_that_runs_backwards_still_gives_times_that_grow() {
        let wild = [0, -1_000_000, i64::MAX, i64::MIN, 5, 5, 5, i64::MIN, i64::MAX - 1];
        let packets = packets(wild.into_iter());
        assert!(packets.windows(2).all(|pair| pair[1] > pair[0] || pair[0] == i64::MAX), "{packets:?}");
    }
}
