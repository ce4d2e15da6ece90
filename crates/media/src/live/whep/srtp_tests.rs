use proptest::prelude::*;

use super::*;

const PROFILES: [(SrtpProfile, usize); 3] = [
    (SrtpProfile::AES128_CM_SHA1_80, 2 * (16 + 14)),
    (SrtpProfile::AEAD_AES_128_GCM, 2 * (16 + 12)),
    (SrtpProfile::AEAD_AES_256_GCM, 2 * (32 + 12)),
];

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Server and client of one handshake.
fn pair(profile: SrtpProfile, length: usize) -> (Keys, Keys) {
    let material: Vec<u8> = (0..length).map(|n| n as u8).collect();
    (Keys::new(profile, &material, false).unwrap(), Keys::new(profile, &material, true).unwrap())
}

#[test]
fn session_keys_are_those_of_the_standard() {
    // RFC 3711, appendix B.3.
    let (key, salt) = (hex("E1F97A0D3E018BE0D64FA32C06DE4139"), hex("0EC675AD498AFEEBB6960B3AABE6"));
    let derived = |label, length| {
        let mut out = vec![0; length];
        derive(&key, &salt, label, &mut out).unwrap();
        out
    };
    assert_eq!(derived(0, 16), hex("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(derived(2, 14), hex("30CBBC08863D8C85D49DB34A9AE1"));
    assert_eq!(derived(1, 20), hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
}

#[test]
fn packets_are_sealed_as_the_standard_shows() {
    // RFC 7714, section 16.1.1: 128 bits, sequence number 0xf17b, rollover counter 0.
    let key = || LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &hex("000102030405060708090a0b0c0d0e0f")).unwrap());
    let cipher = || Cipher::Gcm { key: key(), salt: hex("517569642070726f2071756f").try_into().unwrap() };
    let outgoing = Outgoing { rtp: cipher(), rtcp: cipher(), index: 0 };
    let header = hex("8040f17b 8041f8d3 5501a0b2");
    let mut out = header.clone();
    out.extend_from_slice(b"Gallia est omnis divisa in partes tres");
    outgoing.seal_rtp(&mut out, 0, 12, 0xf17b).unwrap();
    let sealed = "f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833 899d7f27 beb16a91 52cf765e e4390cce";
    assert_eq!(out, [header, hex(sealed)].concat());
}

#[test]
fn what_one_side_sends_the_other_opens_once() {
    for (profile, length) in PROFILES {
        let (mut server, mut client) = pair(profile, length);
        let plain = [&[0x81, 206, 0, 2, 0, 0, 0, 1][..], &[0, 0, 0, 7]].concat();
        let sealed: Vec<Vec<u8>> = (0..100)
            .map(|_| {
                let mut out = plain.clone();
                client.outgoing.seal_rtcp(&mut out).unwrap();
                out
            })
            .collect();
        let mut opened = Vec::new();
        let mut open = |n: usize| server.incoming.open_rtcp(&sealed[n], &mut opened).map(|()| opened.clone());
        // In any order within the window, and each once.
        for n in [3, 0, 1, 80, 79, 30] {
            assert_eq!(open(n).as_ref(), Ok(&plain), "{profile:?} {n}");
            assert!(open(n).is_err(), "{profile:?}: {n} again");
        }
        assert!(open(15).is_err(), "{profile:?}: too old to tell");
        // Our own direction has other keys.
        assert!(client.incoming.open_rtcp(&sealed[90], &mut Vec::new()).is_err());
    }
}

#[test]
fn a_changed_or_cut_packet_is_not_opened() {
    for (profile, length) in PROFILES {
        let (_, mut client) = pair(profile, length);
        let mut sealed = vec![0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 7];
        client.outgoing.seal_rtcp(&mut sealed).unwrap();
        for at in 0..sealed.len() {
            let (mut server, _) = pair(profile, length);
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(server.incoming.open_rtcp(&changed, &mut Vec::new()).is_err(), "{profile:?}: byte {at}");
            assert!(server.incoming.open_rtcp(&sealed[..at], &mut Vec::new()).is_err(), "{profile:?}: {at} bytes");
            assert!(server.incoming.open_rtcp(&sealed, &mut Vec::new()).is_ok(), "none of these uses the index up");
        }
    }
}

#[test]
fn material_of_another_length_makes_no_keys() {
    for (profile, length) in PROFILES {
        for wrong in [0, length - 1, length + 1] {
            assert!(Keys::new(profile, &vec![0; wrong], false).is_err());
        }
    }
}

proptest! {
    #[test]
    fn strangers_datagrams_do_no_harm(datagram in prop::collection::vec(any::<u8>(), 0..200)) {
        for (profile, length) in PROFILES {
            let (mut server, _) = pair(profile, length);
            prop_assert!(server.incoming.open_rtcp(&datagram, &mut Vec::new()).is_err());
        }
    }
}
