//! How many connections there may be, and how often who connects may show what is wrong.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Mono;
use domain::limits::VIEWS_MAX;

/// Connections of one address: a recorder that takes main and sub stream of every camera.
const PER_ADDRESS_MAX: u32 = 2 * domain::limits::CAMERAS_MAX as u32;

/// Addresses that are remembered.
const ADDRESSES_MAX: usize = 4096;

/// Wrong tries that an address may make at once. Other software that was not told of a revoked key goes on trying.
const TRIES_MAX: u32 = 20;

/// In so long one more try is allowed. A password has 144 bits: this bounds the work, not the luck.
const TRY_EVERY: Duration = Duration::from_secs(2);

/// Who is there. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub(super) struct Guests(Arc<Mutex<Book>>);

#[derive(Debug, Default)]
struct Book {
    connections: usize,
    addresses: HashMap<IpAddr, Entry>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    connections: u32,
    /// Wrong tries that count still, as of `since`.
    tries: u32,
    since: Mono,
}

impl Entry {
    fn settle(&mut self, now: Mono) {
        let forgiven = now.since(self.since).as_secs() / TRY_EVERY.as_secs();
        self.tries = self.tries.saturating_sub(u32::try_from(forgiven).unwrap_or(u32::MAX));
        if forgiven > 0 {
            self.since = now;
        }
    }
}

/// A connection that was let in.
#[derive(Debug)]
pub(super) struct Guest {
    guests: Guests,
    network: IpAddr,
}

impl Guests {
    /// A place for a connection from `address`; `None` where there is none, or too much from there was wrong.
    pub(super) fn enter(&self, address: IpAddr, now: Mono) -> Option<Guest> {
        let network = network(address);
        let mut book = self.book();
        if book.connections >= VIEWS_MAX {
            return None;
        }
        if book.addresses.len() >= ADDRESSES_MAX && !book.addresses.contains_key(&network) {
            book.addresses.retain(|_, entry| {
                entry.settle(now);
                entry.connections > 0 || entry.tries > 0
            });
            if book.addresses.len() >= ADDRESSES_MAX {
                return None;
            }
        }
        let entry = book.addresses.entry(network).or_insert(Entry { since: now, ..Entry::default() });
        entry.settle(now);
        if entry.connections >= PER_ADDRESS_MAX || entry.tries >= TRIES_MAX {
            return None;
        }
        entry.connections += 1;
        book.connections += 1;
        Some(Guest { guests: self.clone(), network })
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Counters are whole after every step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guest {
    /// It showed what is wrong.
    pub(super) fn was_wrong(&self, now: Mono) {
        if let Some(entry) = self.guests.book().addresses.get_mut(&self.network) {
            entry.settle(now);
            entry.tries = entry.tries.saturating_add(1);
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut book = self.guests.book();
        book.connections = book.connections.saturating_sub(1);
        if let Some(entry) = book.addresses.get_mut(&self.network) {
            entry.connections = entry.connections.saturating_sub(1);
            if entry.connections == 0 && entry.tries == 0 {
                book.addresses.remove(&self.network);
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn a_guesser_is_turned_away_and_forgiven_with_time() {
        let (guests, start) = (Guests::default(), Mono::default());
        for _ in 0..TRIES_MAX {
            guests.enter(HERE, start).unwrap().was_wrong(start);
        }
        assert!(guests.enter(HERE, start + TRY_EVERY / 2).is_none());
        assert!(guests.enter("192.0.2.2".parse().unwrap(), start).is_some(), "others are not meant");
        let later = start + TRY_EVERY;
        guests.enter(HERE, later).expect("one try is forgiven").was_wrong(later);
        assert!(guests.enter(HERE, later).is_none());
    }

    #[test]
    fn a_place_is_free_again_when_its_connection_ends() {
        let (guests, now) = (Guests::default(), Mono::default());
        let all: Vec<_> = (0..PER_ADDRESS_MAX).map(|_| guests.enter(HERE, now).unwrap()).collect();
        assert!(guests.enter(HERE, now).is_none());
        drop(all);
        assert!(guests.enter(HERE, now).is_some());
        assert!(guests.book().addresses.is_empty());
    }
}
