//! From a rate that Opus does not take (44.1 kHz, 32 kHz and their kin) to one that it does.

use std::f64::consts::PI;

/// Input samples that one output sample is made of. With the window below, what is beyond hearing stays 80 dB down.
const TAPS: usize = 48;

/// Branches of the filter at most, whatever rates a camera claims: 96 KB of coefficients and 5 ms to compute them.
const BRANCHES_MAX: u32 = 640;

/// A polyphase filter: `up` output samples for `down` input samples, exactly, for ever.
pub(crate) struct Resampler {
    up: usize,
    down: usize,
    channels: usize,
    /// `up` branches of [`TAPS`] coefficients.
    branches: Vec<f32>,
    /// Interleaved input that outputs to come still need: silence before the first sample, later the last [`TAPS`] and what is new.
    input: Vec<f32>,
    /// Where the next output lies, in 1/`up` of an input sample after the first of `input`.
    at: usize,
    /// What one input sample lasts, in output samples, times half the filter.
    delay: i64,
}

impl Resampler {
    /// Rates in Hz. `None` for a ratio that would need too long a filter.
    pub(crate) fn new(from: u32, to: u32, channels: usize) -> Option<Self> {
        let common = gcd(from, to);
        let (up, down) = (to / common, from / common);
        if up > BRANCHES_MAX || down == 0 || channels == 0 {
            return None;
        }
        let (up, down) = (up as usize, down as usize);
        // The narrower of the two bands passes, less a twentieth for the slope.
        let cut = 0.95 * (up as f64 / down as f64).min(1.0);
        let branch = |phase: usize| {
            let taps = (0..TAPS).map(move |tap| {
                let x = (TAPS / 2 - 1) as f64 - tap as f64 + phase as f64 / up as f64;
                cut * sinc(cut * x) * blackman_harris(x / TAPS as f64)
            });
            let sum: f64 = taps.clone().sum();
            taps.map(move |tap| (tap / sum) as f32)
        };
        let branches = (0..up).flat_map(branch).collect();
        let delay = i64::from(to) * (TAPS / 2) as i64 / i64::from(from);
        Some(Self { up, down, channels, branches, input: vec![0.0; (TAPS - 1) * channels], at: 0, delay })
    }

    /// How many output samples the output lags behind the input.
    pub(crate) fn delay(&self) -> i64 {
        self.delay
    }

    /// Forgets what came before.
    pub(crate) fn restart(&mut self) {
        self.input.clear();
        self.input.resize((TAPS - 1) * self.channels, 0.0);
        self.at = 0;
    }

    /// Takes interleaved samples and appends to `output` all that can be made.
    pub(crate) fn push(&mut self, pcm: &[f32], output: &mut Vec<f32>) {
        self.input.extend_from_slice(pcm);
        loop {
            let (first, phase) = (self.at / self.up, self.at % self.up);
            let Some(span) = self.input.get(first * self.channels..(first + TAPS) * self.channels) else { break };
            let taps = &self.branches[phase * TAPS..(phase + 1) * TAPS];
            if self.channels == 1 {
                output.push(span.iter().zip(taps).map(|(sample, tap)| sample * tap).sum());
            } else {
                for channel in 0..self.channels {
                    let samples = span.iter().skip(channel).step_by(self.channels);
                    output.push(samples.zip(taps).map(|(sample, tap)| sample * tap).sum());
                }
            }
            self.at += self.down;
        }
        let done = (self.at / self.up).min(self.input.len() / self.channels);
        self.input.drain(..done * self.channels);
        self.at -= done * self.up;
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// The window at `x` from -1/2 to 1/2 of its length.
fn blackman_harris(x: f64) -> f64 {
    let turn = |n: f64| (2.0 * PI * n * (x + 0.5)).cos();
    if x.abs() > 0.5 { 0.0 } else { 0.358_75 - 0.488_29 * turn(1.0) + 0.141_28 * turn(2.0) - 0.011_68 * turn(3.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32, frequency: f64, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| (0.5 * (2.0 * PI * frequency * n as f64 / f64::from(rate)).sin()) as f32).collect()
    }

    fn power(pcm: &[f32]) -> f64 {
        pcm.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / pcm.len() as f64
    }

    #[test]
    fn a_tone_stays_the_tone_that_it_was_at_the_time_that_it_was() {
        for from in [11_025, 22_050, 32_000, 44_100, 64_000, 88_200, 96_000] {
            let mut resampler = Resampler::new(from, 48_000, 1).unwrap();
            let mut output = Vec::new();
            // In pieces of an access unit's size and of odd ones.
            let input = tone(from, 1000.0, from as usize);
            input.chunks(1024).enumerate().for_each(|(n, piece)| {
                let (one, other) = piece.split_at(n % piece.len());
                resampler.push(one, &mut output);
                resampler.push(other, &mut output);
            });
            assert!(output.len().abs_diff(48_000) <= 1, "{from}: {} samples of a second", output.len());
            let late = resampler.delay() as usize;
            let wanted = tone(48_000, 1000.0, 48_000);
            let errors: Vec<f32> = output[late + 480..].iter().zip(&wanted[480..]).map(|(got, want)| got - want).collect();
            // The delay is a whole number of samples; half a sample of 1 kHz is an error of 3 %.
            assert!(power(&errors) < power(&wanted) * 0.005, "{from}: {} against {}", power(&errors), power(&wanted));
        }
    }

    #[test]
    fn what_the_new_rate_cannot_hold_is_gone_and_does_not_come_back_as_another_tone() {
        let mut resampler = Resampler::new(96_000, 48_000, 1).unwrap();
        let mut output = Vec::new();
        resampler.push(&tone(96_000, 30_000.0, 96_000), &mut output);
        assert!(power(&output[480..]) < 1e-7, "{}", power(&output[480..]));
    }

    #[test]
    fn an_odd_rate_of_a_strange_camera_is_refused() {
        assert!(Resampler::new(44_101, 48_000, 1).is_none());
        assert!(Resampler::new(0, 48_000, 1).is_none());
    }

    #[test]
    fn channels_stay_apart() {
        let mut resampler = Resampler::new(44_100, 48_000, 2).unwrap();
        let mut output = Vec::new();
        let pcm: Vec<f32> = tone(44_100, 440.0, 44_100).into_iter().flat_map(|sample| [sample, 0.0]).collect();
        resampler.push(&pcm, &mut output);
        assert!(output.iter().skip(1).step_by(2).all(|right| *right == 0.0));
        assert!(output.iter().step_by(2).any(|left| *left > 0.4));
    }
}
