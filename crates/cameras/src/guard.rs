//! Where packets to cameras may go, decided on addresses and never on names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where clouds tell their machines secrets, over IPv4 and IPv6: no camera has ever lived there.
const METADATA: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

/// Whether a camera can have that address at all. This machine's own (loopback) counts only where `own` says so.
#[must_use]
pub fn may_be_camera(address: IpAddr, own: bool) -> bool {
    let address = address.to_canonical();
    let special = match address {
        IpAddr::V4(v4) => v4.is_unspecified() || v4.is_broadcast() || v4.is_multicast() || v4.octets()[0] == 0,
        IpAddr::V6(v6) => v6.is_unspecified() || v6.is_multicast(),
    };
    !special && !METADATA.contains(&address) && (own || !address.is_loopback())
}

/// Whether an address belongs to a local network: private (RFC 1918), unique local (RFC 4193) or link-local; carriers' shared
/// space (RFC 6598) is none.
#[must_use]
pub fn is_local(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_no_camera_has_are_told_apart() {
        for (text, camera, local) in [
            ("192.168.1.64", true, true),
            ("10.0.0.1", true, true),
            ("169.254.9.9", true, true),
            ("fe80::1", true, true),
            ("fd00::7", true, true),
            ("203.0.113.9", true, false),
            ("100.64.0.1", true, false),
            ("169.254.169.254", false, true),
            ("::ffff:169.254.169.254", false, true),
            ("fd00:ec2::254", false, true),
            ("127.0.0.1", false, false),
            ("::ffff:127.0.0.1", false, false),
            ("::1", false, false),
            ("0.0.0.0", false, false),
            ("224.0.0.251", false, false),
            ("255.255.255.255", false, false),
            ("ff02::c", false, false),
        ] {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!((may_be_camera(address, false), is_local(address)), (camera, local), "{text}");
        }
        assert!(may_be_camera("127.0.0.1".parse().unwrap(), true));
    }
}
