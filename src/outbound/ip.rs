//! What kind of address a peer has, by the special-purpose registries of RFC 6890.
//!
//! Pure; must not resolve names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address lies in the public internet: the only kind that addresses named by
/// tenants may lead to.
pub fn is_public(address: IpAddr) -> bool {
    kind(address) == Kind::Public
}

/// Whether an address is public, of a private network or of this machine. What remains
/// (link-local with the metadata services of clouds, multicast, reserved) is nobody's
/// identity provider.
pub fn is_public_or_private(address: IpAddr) -> bool {
    kind(address) != Kind::Never
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Public,
    Private,
    Never,
}

type Range<Address> = (Address, u8, Kind);

const V4: &[Range<Ipv4Addr>] = &[
    (Ipv4Addr::UNSPECIFIED, 8, Kind::Never), // "this network", reaches ourselves
    (Ipv4Addr::new(10, 0, 0, 0), 8, Kind::Private), // RFC 1918
    (Ipv4Addr::new(100, 64, 0, 0), 10, Kind::Private), // carrier-grade NAT, RFC 6598
    (Ipv4Addr::new(127, 0, 0, 0), 8, Kind::Private), // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32, Kind::Never), // Azure's platform address
    (Ipv4Addr::new(169, 254, 0, 0), 16, Kind::Never), // link-local, cloud metadata
    (Ipv4Addr::new(172, 16, 0, 0), 12, Kind::Private), // RFC 1918
    (Ipv4Addr::new(192, 0, 0, 0), 24, Kind::Never), // protocol assignments, RFC 6890
    (Ipv4Addr::new(192, 0, 2, 0), 24, Kind::Never), // documentation, RFC 5737
    (Ipv4Addr::new(192, 88, 99, 0), 24, Kind::Never), // 6to4 relays, RFC 7526
    (Ipv4Addr::new(192, 168, 0, 0), 16, Kind::Private), // RFC 1918
    (Ipv4Addr::new(198, 18, 0, 0), 15, Kind::Never), // benchmarking, RFC 2544
    (Ipv4Addr::new(198, 51, 100, 0), 24, Kind::Never), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24, Kind::Never), // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4, Kind::Never), // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4, Kind::Never), // reserved, broadcast
];

/// The first match decides. Only `2000::/3` is given out as public (RFC 4291 §2.4).
const V6: &[Range<Ipv6Addr>] = &[
    (Ipv6Addr::LOCALHOST, 128, Kind::Private),
    (
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
        128,
        Kind::Never,
    ), // AWS metadata
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Kind::Private), // RFC 4193
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Kind::Never),  // Teredo, ORCHID, …
    (
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0),
        32,
        Kind::Never,
    ), // documentation
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Kind::Never),  // RFC 9637
    (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3, Kind::Public),
];

fn kind(address: IpAddr) -> Kind {
    match address {
        IpAddr::V4(v4) => kind_v4(v4),
        IpAddr::V6(v6) => embedded_v4(v6).map_or_else(|| kind_v6(v6), kind_v4),
    }
}

fn kind_v4(address: Ipv4Addr) -> Kind {
    let hit = V4.iter().find(|(net, prefix, _)| {
        (address.to_bits() ^ net.to_bits()) >> (32 - u32::from(*prefix)) == 0
    });
    hit.map_or(Kind::Public, |(.., kind)| *kind)
}

fn kind_v6(address: Ipv6Addr) -> Kind {
    let hit = V6.iter().find(|(net, prefix, _)| {
        (address.to_bits() ^ net.to_bits()) >> (128 - u32::from(*prefix)) == 0
    });
    hit.map_or(Kind::Never, |(.., kind)| *kind)
}

/// The IPv4 address that packets to an IPv6 address end up at: mapped (`::ffff:a.b.c.d`),
/// NAT64 (`64:ff9b::/96`, RFC 6052) and 6to4 (`2002::/16`, RFC 3056).
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(join(high, low))
        }
        [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{is_public, is_public_or_private};

    fn ip(text: &str) -> IpAddr {
        text.parse().expect(text)
    }

    #[test]
    fn public() {
        let table = [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00::1",
            "2001:200::1",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2002:101:101::1",
        ];
        for text in table {
            assert!(
                is_public(ip(text)) && is_public_or_private(ip(text)),
                "{text}"
            );
        }
    }

    #[test]
    fn private() {
        let table = [
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "192.168.0.0",
            "192.168.255.255",
            "::1",
            "fc00::1",
            "fdff:ffff::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::192.168.0.1",
            "2002:7f00:1::1",
        ];
        for text in table {
            assert!(
                !is_public(ip(text)) && is_public_or_private(ip(text)),
                "{text}"
            );
        }
    }

    #[test]
    fn never() {
        let table = [
            "0.0.0.0",
            "0.255.255.255",
            "169.254.0.0",
            "169.254.169.254",
            "168.63.129.16",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.0",
            "255.255.255.255",
            "::",
            "::2",
            "::127.0.0.1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "100::1",
            "5f00::1",
            "64:ff9b:1::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "::ffff:0:127.0.0.1",
            "4000::1",
        ];
        for text in table {
            assert!(
                !is_public(ip(text)) && !is_public_or_private(ip(text)),
                "{text}"
            );
        }
    }
}
