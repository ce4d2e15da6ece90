//! How often a password may be guessed. Pure: time is an argument.
//!
//! After a few free tries each further one waits twice as long, counted for the network address and for the account. An
//! account's longest wait is short on purpose: a stranger who fails at it all day must not lock its owner out.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use domain::Mono;

/// Addresses, and accounts, that are remembered: half a megabyte each at most.
const ENTRIES_MAX: usize = 4096;

/// A series of failures is forgotten when nothing was tried for so long.
const FORGET: Duration = Duration::from_secs(3600);

/// A household behind one address may mistype for a while; a machine that guesses may not.
const ADDRESS: Rule = Rule { free: 20, longest: Duration::from_secs(15 * 60) };

/// With a minute a guess, a ten-character password outlives its owner.
const ACCOUNT: Rule = Rule { free: 5, longest: Duration::from_secs(60) };

/// What somebody tries to prove a right to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    /// The account behind an e-mail address, by its blind index; whether there is one makes no difference.
    Account([u8; 32]),
    /// Somebody who is signed in and shows the password once more.
    Person([u8; 16]),
    /// First run.
    SetupCode,
}

#[derive(Debug, Clone, Copy)]
struct Rule {
    /// Tries before the first wait, which is one second.
    free: u32,
    longest: Duration,
}

impl Rule {
    fn wait(self, tries: u32) -> Duration {
        match tries.checked_sub(self.free) {
            None => Duration::ZERO,
            Some(doublings) => Duration::from_secs(1 << doublings.min(30)).min(self.longest),
        }
    }
}

/// Counts tries that were not yet followed by success.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    addresses: Table<IpAddr>,
    targets: Table<Target>,
}

impl Limiter {
    /// Counts a try, or refuses it and says how long to wait. A refused try counts for nothing, so waiting always ends.
    ///
    /// Counted before the password is looked at: a hundred tries at once are a hundred tries.
    pub(crate) fn attempt(&mut self, from: Option<IpAddr>, target: Target, now: Mono) -> Result<(), Duration> {
        let from = from.map(network);
        let wait = self
            .targets
            .wait(&target, ACCOUNT, now)
            .max(from.map_or(Duration::ZERO, |from| self.addresses.wait(&from, ADDRESS, now)));
        if wait > Duration::ZERO {
            return Err(wait);
        }
        self.targets.count(target, now);
        if let Some(from) = from {
            self.addresses.count(from, now);
        }
        Ok(())
    }

    /// The try was right: the account starts afresh. The address only gets this one try back, or whoever has an account
    /// could clear the record of a guessing machine.
    pub(crate) fn succeeded(&mut self, from: Option<IpAddr>, target: Target) {
        self.targets.0.remove(&target);
        if let Some(entry) = from.and_then(|from| self.addresses.0.get_mut(&network(from))) {
            entry.tries = entry.tries.saturating_sub(1);
        }
    }

    /// Counts a try of a machine whose secret nobody guesses: what it costs is bounded for its network, and nobody can have
    /// another machine kept out.
    pub(crate) fn knock(&mut self, from: IpAddr, now: Mono) -> Result<(), Duration> {
        let from = network(from);
        match self.addresses.wait(&from, ADDRESS, now) {
            Duration::ZERO => {
                self.addresses.count(from, now);
                Ok(())
            }
            wait => Err(wait),
        }
    }

    /// Such a try was right, and is given back.
    pub(crate) fn welcome(&mut self, from: IpAddr) {
        if let Some(entry) = self.addresses.0.get_mut(&network(from)) {
            entry.tries = entry.tries.saturating_sub(1);
        }
    }
}

/// One customer's network: an IPv4 address, or the /64 that an IPv6 host chooses freely in.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    tries: u32,
    last: Mono,
}

#[derive(Debug)]
struct Table<K>(HashMap<K, Entry>);

impl<K> Default for Table<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq + Copy> Table<K> {
    fn wait(&self, key: &K, rule: Rule, now: Mono) -> Duration {
        match self.0.get(key) {
            Some(entry) if now.since(entry.last) < FORGET => (entry.last + rule.wait(entry.tries)).since(now),
            _ => Duration::ZERO,
        }
    }

    fn count(&mut self, key: K, now: Mono) {
        if self.0.len() >= ENTRIES_MAX && !self.0.contains_key(&key) {
            self.make_room(now);
        }
        let entry = self.0.entry(key).or_insert(Entry { tries: 0, last: now });
        if now.since(entry.last) >= FORGET {
            entry.tries = 0;
        }
        *entry = Entry { tries: entry.tries.saturating_add(1), last: now };
    }

    /// Forgets what is old; where nothing is, the entry with the fewest tries. A series of failures cannot be flushed out by
    /// names that were each tried once.
    fn make_room(&mut self, now: Mono) {
        self.0.retain(|_, entry| now.since(entry.last) < FORGET);
        if self.0.len() >= ENTRIES_MAX
            && let Some(least) = self.0.iter().min_by_key(|(_, entry)| (entry.tries, entry.last)).map(|(key, _)| *key)
        {
            self.0.remove(&least);
        }
    }
}

#[cfg(test)]
#[path = "limiter_tests.rs"]
mod tests;
