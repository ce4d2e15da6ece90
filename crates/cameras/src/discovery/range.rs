//! A range of addresses that a person asked to be swept.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use crate::guard::is_local;

/// Addresses of one range: a /22. More is a scan of somebody else's network, and takes minutes.
pub const ADDRESSES_MAX: u32 = 1024;

/// Why a range is not swept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// Neither `192.168.3.0/24` nor `192.168.3.10-192.168.3.20` nor one address.
    #[error("write a range as 192.168.3.0/24, 192.168.3.10-192.168.3.20 or one address; only IPv4 can be swept")]
    Malformed,
    /// More than [`ADDRESSES_MAX`] addresses.
    #[error("a range has at most 1024 addresses (/22)")]
    TooLarge,
    /// Not only private or link-local addresses.
    #[error("only local networks are swept: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16")]
    NotLocal,
}

/// At most [`ADDRESSES_MAX`] local IPv4 addresses in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    first: u32,
    last: u32,
}

impl Range {
    /// The addresses, in order; a network's own and its broadcast address are left out by [`FromStr`].
    pub fn addresses(self) -> impl Iterator<Item = Ipv4Addr> + Send + 'static {
        (self.first..=self.last).map(Ipv4Addr::from_bits)
    }

    /// Whether an address is in it.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        matches!(address.to_canonical(), IpAddr::V4(v4) if (self.first..=self.last).contains(&v4.to_bits()))
    }

    /// This machine's own addresses in a row: for tests and demonstrations, which have their cameras here.
    #[must_use]
    pub const fn loopback() -> Self {
        let own = Ipv4Addr::LOCALHOST.to_bits();
        Self { first: own, last: own }
    }
}

impl FromStr for Range {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let address = |text: &str| text.trim().parse::<Ipv4Addr>().map(Ipv4Addr::to_bits).map_err(|_| RangeError::Malformed);
        let (first, last) = if let Some((network, bits)) = text.split_once('/') {
            let bits: u32 = bits.trim().parse().ok().filter(|bits| *bits <= 32).ok_or(RangeError::Malformed)?;
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            let (network, broadcast) = (address(network)? & mask, address(network)? | !mask);
            if bits < 31 { (network + 1, broadcast - 1) } else { (network, broadcast) }
        } else if let Some((first, last)) = text.split_once('-') {
            (address(first)?, address(last)?)
        } else {
            (address(text)?, address(text)?)
        };
        if first > last {
            return Err(RangeError::Malformed);
        }
        if last - first >= ADDRESSES_MAX {
            return Err(RangeError::TooLarge);
        }
        // The local networks are larger than a range may be and apart from one another: both ends tell.
        if ![first, last].into_iter().all(|bits| is_local(Ipv4Addr::from_bits(bits).into())) {
            return Err(RangeError::NotLocal);
        }
        Ok(Self { first, last })
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", Ipv4Addr::from_bits(self.first), Ipv4Addr::from_bits(self.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_bounded_and_local() {
        for (text, expected) in [
            ("192.168.3.0/24", Ok("192.168.3.1-192.168.3.254")),
            ("192.168.3.77/24", Ok("192.168.3.1-192.168.3.254")),
            ("10.1.0.0/22", Ok("10.1.0.1-10.1.3.254")),
            (" 10.1.0.5 - 10.1.0.9 ", Ok("10.1.0.5-10.1.0.9")),
            ("172.16.0.9", Ok("172.16.0.9-172.16.0.9")),
            ("10.1.0.0/31", Ok("10.1.0.0-10.1.0.1")),
            ("10.0.0.0/21", Err(RangeError::TooLarge)),
            ("0.0.0.0/0", Err(RangeError::TooLarge)),
            ("10.0.0.9-10.0.0.1", Err(RangeError::Malformed)),
            ("203.0.113.0/24", Err(RangeError::NotLocal)),
            ("127.0.0.1", Err(RangeError::NotLocal)),
            ("10.255.255.250-11.0.0.3", Err(RangeError::NotLocal)),
            ("10.0.0.0/33", Err(RangeError::Malformed)),
            ("fd00::/120", Err(RangeError::Malformed)),
            ("cameras", Err(RangeError::Malformed)),
            ("", Err(RangeError::Malformed)),
        ] {
            let range = text.parse::<Range>().map(|range| range.to_string());
            assert_eq!(range, expected.map(str::to_owned), "{text}");
        }
        assert_eq!("10.1.0.0/22".parse::<Range>().unwrap().addresses().count(), 1022);
    }
}
