//! Multicast sockets, an interface at a time.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use if_addrs::IfAddr;
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};
use tokio::net::UdpSocket;

/// Addresses of this machine that are asked from: hosts with hundreds of container bridges exist.
const INTERFACES_MAX: usize = 32;

/// One address of one interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// The address.
    pub address: IpAddr,
    /// The interface's number.
    pub index: u32,
    prefix: u8,
}

impl Interface {
    /// Whether another address is on the same link, by the prefix.
    #[must_use]
    pub fn has_on_link(&self, other: IpAddr) -> bool {
        match (self.address, other.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix.min(32))).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix.min(128))).unwrap_or(0);
                other.is_unicast_link_local() || own.to_bits() & mask == other.to_bits() & mask
            }
            _ => false,
        }
    }
}

/// The addresses of all interfaces that are up: loopback's alone where `loopback`, and never otherwise.
#[must_use]
pub fn interfaces(loopback: bool) -> Vec<Interface> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    let usable = all.into_iter().filter(|i| i.is_loopback() == loopback && i.is_oper_up() || i.is_loopback() && loopback);
    let read = |i: if_addrs::Interface| {
        let prefix = match &i.addr {
            IfAddr::V4(v4) => v4.prefixlen,
            IfAddr::V6(v6) => v6.prefixlen,
        };
        Interface { address: i.ip(), index: i.index.unwrap_or(0), prefix }
    };
    usable.map(read).take(INTERFACES_MAX).collect()
}

/// A socket that asks on one link: bound to the interface's address, its multicasts stay there (TTL or hop limit 1).
///
/// # Errors
/// The operating system's.
pub fn asker(interface: &Interface) -> io::Result<UdpSocket> {
    let socket = new(interface.address)?;
    let address = match interface.address {
        IpAddr::V4(v4) => {
            socket.set_multicast_if_v4(&v4)?;
            socket.set_multicast_ttl_v4(1)?;
            SocketAddr::from((v4, 0))
        }
        IpAddr::V6(v6) => {
            socket.set_multicast_if_v6(interface.index)?;
            socket.set_multicast_hops_v6(1)?;
            SocketAddrV6::new(v6, 0, 0, interface.index).into()
        }
    };
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

/// A socket that hears a group's IPv4 multicasts on all these interfaces, beside other programs that do.
///
/// # Errors
/// The operating system's, where the port cannot be bound or no interface can join.
pub fn listener_v4(port: u16, group: Ipv4Addr, interfaces: &[Interface]) -> io::Result<UdpSocket> {
    let socket = shared(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port)?;
    // Without this, groups that other programs joined are heard too.
    socket.set_multicast_all_v4(false)?;
    let joined = interfaces.iter().filter_map(|interface| match interface.address {
        IpAddr::V4(v4) => Some(socket.join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Address(v4))),
        IpAddr::V6(_) => None,
    });
    finish(joined.collect::<Vec<_>>(), socket)
}

/// The same for IPv6.
///
/// # Errors
/// As [`listener_v4`].
pub fn listener_v6(port: u16, group: Ipv6Addr, interfaces: &[Interface]) -> io::Result<UdpSocket> {
    let socket = shared(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port)?;
    let joined = interfaces.iter().filter(|interface| interface.address.is_ipv6());
    let joined = joined.map(|interface| socket.join_multicast_v6(&group, interface.index));
    finish(joined.collect::<Vec<_>>(), socket)
}

fn new(address: IpAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(SocketAddr::new(address, 0)), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn shared(address: IpAddr, port: u16) -> io::Result<Socket> {
    let socket = new(address)?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.bind(&SocketAddr::new(address, port).into())?;
    Ok(socket)
}

/// An interface may have two addresses, and joins once: some success is success.
fn finish(joined: Vec<io::Result<()>>, socket: Socket) -> io::Result<UdpSocket> {
    if joined.iter().any(Result::is_ok) {
        return UdpSocket::from_std(socket.into());
    }
    Err(joined.into_iter().find_map(Result::err).unwrap_or_else(|| io::Error::other("no interface has such an address")))
}
