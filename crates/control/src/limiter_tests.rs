use super::*;

const ME: Target = Target::Account([1; 32]);

fn at(seconds: u64) -> Mono {
    Mono::from_micros(seconds * 1_000_000)
}

fn ip(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

fn other(n: u32) -> Target {
    let mut index = [0; 32];
    index[..4].copy_from_slice(&n.to_be_bytes());
    Target::Account(index)
}

/// An address that no other try came from.
fn fresh_ip(n: u32) -> Option<IpAddr> {
    Some(IpAddr::V4(n.into()))
}

#[test]
fn a_network_that_knocks_in_vain_waits_and_one_that_is_let_in_does_not() {
    let mut limiter = Limiter::default();
    let (house, stranger) = (ip("192.0.2.1").unwrap(), ip("192.0.2.2").unwrap());
    for n in 0..100 {
        assert_eq!(limiter.knock(house, at(0)), Ok(()), "try {n}");
        limiter.welcome(house);
    }
    for n in 0..20 {
        assert_eq!(limiter.knock(stranger, at(0)), Ok(()), "try {n} is free");
    }
    assert!(limiter.knock(stranger, at(0)).is_err());
    assert_eq!(limiter.knock(house, at(0)), Ok(()));
}

#[test]
fn an_account_waits_twice_as_long_each_time_but_never_over_a_minute() {
    let mut limiter = Limiter::default();
    for n in 0..5 {
        assert_eq!(limiter.attempt(fresh_ip(n), ME, at(0)), Ok(()), "try {n} is free");
    }
    let mut now = 0;
    for (n, wait) in (100..).zip([1, 2, 4, 8, 16, 32, 60, 60, 60]) {
        assert_eq!(limiter.attempt(fresh_ip(n), ME, at(now)), Err(Duration::from_secs(wait)));
        now += wait;
        assert_eq!(limiter.attempt(fresh_ip(n), ME, at(now)), Ok(()));
    }
}

#[test]
fn an_address_waits_up_to_a_quarter_of_an_hour_whatever_names_it_tries() {
    let mut limiter = Limiter::default();
    for n in 0..20 {
        assert_eq!(limiter.attempt(ip("192.0.2.1"), other(n), at(0)), Ok(()));
    }
    let mut now = 0;
    for (n, wait) in (100..).zip([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
        assert_eq!(limiter.attempt(ip("192.0.2.1"), other(n), at(now)), Err(Duration::from_secs(wait)));
        now += wait;
        assert_eq!(limiter.attempt(ip("192.0.2.1"), other(n), at(now)), Ok(()));
    }
    assert_eq!(limiter.attempt(ip("192.0.2.2"), other(100), at(now)), Ok(()), "the neighbour is not concerned");
}

#[test]
fn a_refused_try_does_not_lengthen_the_wait() {
    let mut limiter = Limiter::default();
    for _ in 0..5 {
        limiter.attempt(None, ME, at(0)).unwrap();
    }
    for _ in 0..1000 {
        assert_eq!(limiter.attempt(None, ME, at(0)), Err(Duration::from_secs(1)));
    }
    assert_eq!(limiter.attempt(None, ME, at(1)), Ok(()));
}

#[test]
fn success_clears_the_account_and_gives_the_address_one_try_back() {
    let mut limiter = Limiter::default();
    for _ in 0..4 {
        limiter.attempt(ip("192.0.2.1"), ME, at(0)).unwrap();
    }
    limiter.succeeded(ip("192.0.2.1"), ME);
    for n in 0..17 {
        assert_eq!(limiter.attempt(ip("192.0.2.1"), other(n), at(0)), Ok(()), "{n}");
    }
    assert!(limiter.attempt(ip("192.0.2.1"), other(99), at(0)).is_err(), "3 + 17 tries are not forgotten");
    assert_eq!(limiter.attempt(ip("192.0.2.9"), ME, at(0)), Ok(()));
}

#[test]
fn addresses_of_one_network_are_one() {
    for (a, b, same) in [
        ("2001:db8::1", "2001:db8::ffff:1", true),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
        ("192.0.2.1", "::ffff:192.0.2.1", true),
        ("192.0.2.1", "192.0.2.2", false),
    ] {
        assert_eq!(network(a.parse().unwrap()) == network(b.parse().unwrap()), same, "{a} {b}");
    }
}

#[test]
fn an_hour_without_tries_forgets() {
    let mut limiter = Limiter::default();
    for _ in 0..5 {
        limiter.attempt(None, ME, at(0)).unwrap();
    }
    for _ in 0..5 {
        assert_eq!(limiter.attempt(None, ME, at(3600)), Ok(()));
    }
    assert!(limiter.attempt(None, ME, at(3600)).is_err());
}

#[test]
fn memory_is_bounded_and_a_series_of_failures_is_not_flushed_out() {
    let mut limiter = Limiter::default();
    for _ in 0..5 {
        limiter.attempt(None, ME, at(0)).unwrap();
    }
    for n in 0..20_000 {
        limiter.attempt(fresh_ip(n), other(n), at(0)).unwrap();
    }
    assert!(limiter.targets.0.len() <= ENTRIES_MAX && limiter.addresses.0.len() <= ENTRIES_MAX);
    assert!(limiter.attempt(None, ME, at(0)).is_err());
}

#[test]
fn no_number_of_tries_overflows() {
    for tries in [0, 1, 5, 6, 36, 37, u32::MAX] {
        assert!(ACCOUNT.wait(tries) <= ACCOUNT.longest);
    }
}
