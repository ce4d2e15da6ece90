//! DNS-SD (RFC 6763) over multicast DNS (RFC 6762): as much of DNS (RFC 1035) as finding cameras takes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::shown;

/// Where everybody listens.
pub const PORT: u16 = 5353;

/// Bytes of id, flags and counts (RFC 1035, section 4.1.1).
pub const HEAD_BYTES: usize = 12;
/// The IPv4 group.
pub const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
/// The IPv6 group.
pub const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);

/// What cameras call their services.
pub const SERVICES: [&str; 3] = ["_rtsp._tcp.local", "_onvif._tcp.local", "_axis-video._tcp.local"];

/// Records of one message that are read.
const RECORDS_MAX: usize = 64;
/// Jumps within one name: more is a circle.
const JUMPS_MAX: usize = 16;
/// Bytes of a name (RFC 1035, section 2.3.4).
const NAME_BYTES_MAX: usize = 255;

const A: u16 = 1;
const PTR: u16 = 12;
const TXT: u16 = 16;
const AAAA: u16 = 28;
const SRV: u16 = 33;
const ANY: u16 = 255;
const IN: u16 = 1;
/// "Others' records of this name are void" (RFC 6762, section 10.2).
const FLUSH: u16 = 0x8000;

/// Why a message is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a DNS message")]
pub struct NotDns;

/// One service of one host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Instance {
    /// One of [`SERVICES`].
    pub service: &'static str,
    /// The name that people see.
    pub name: String,
    /// Where it listens; 0 where the message does not say.
    pub port: u16,
    /// The `path` of its TXT record: where its stream or service lies.
    pub path: Option<String>,
    /// The `model` or `md` of its TXT record.
    pub model: Option<String>,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Somebody asks; those of the questions that name one of [`SERVICES`].
    Question {
        /// To be repeated to one who asks from another port than 5353 (RFC 6762, section 6.7).
        id: u16,
        /// The services.
        services: Vec<&'static str>,
    },
    /// Somebody answers.
    Answer(Vec<Instance>),
}

/// The question for all of [`SERVICES`].
#[must_use]
pub fn question(id: u16) -> Vec<u8> {
    let mut out = header(id, 0, SERVICES.len(), 0);
    for service in SERVICES {
        put_name(&mut out, service);
        put_u16(&mut out, PTR);
        put_u16(&mut out, IN);
    }
    out
}

/// What a host says about an instance: PTR, SRV, TXT and its addresses. `time_to_live_s` 0 takes it back.
#[must_use]
pub fn answer(id: u16, instance: &Instance, host: &str, addresses: &[IpAddr], time_to_live_s: u32) -> Vec<u8> {
    let mut out = header(id, 0x8400, 0, 3 + addresses.len());
    let label: String = instance.name.chars().filter(|c| *c != '.').take(20).collect();
    let full = format!("{label}.{}", instance.service);
    let host = format!("{host}.local");
    let mut record = |name: &str, kind: u16, class: u16, data: &dyn Fn(&mut Vec<u8>)| {
        put_name(&mut out, name);
        put_u16(&mut out, kind);
        put_u16(&mut out, class);
        out.extend_from_slice(&time_to_live_s.to_be_bytes());
        let mut bytes = Vec::new();
        data(&mut bytes);
        put_u16(&mut out, u16::try_from(bytes.len()).unwrap_or(u16::MAX));
        out.extend_from_slice(&bytes);
    };
    record(instance.service, PTR, IN, &|data| put_name(data, &full));
    record(&full, SRV, IN | FLUSH, &|data| {
        data.extend_from_slice(&[0, 0, 0, 0]);
        put_u16(data, instance.port);
        put_name(data, &host);
    });
    record(&full, TXT, IN | FLUSH, &|data| {
        let pairs = [("path", &instance.path), ("model", &instance.model)];
        for (key, value) in pairs.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?))) {
            let text: Vec<u8> = format!("{key}={value}").into_bytes().into_iter().take(255).collect();
            data.push(text.len() as u8);
            data.extend_from_slice(&text);
        }
        if data.is_empty() {
            data.push(0);
        }
    });
    for address in addresses {
        match address {
            IpAddr::V4(v4) => record(&host, A, IN | FLUSH, &|data| data.extend_from_slice(&v4.octets())),
            IpAddr::V6(v6) => record(&host, AAAA, IN | FLUSH, &|data| data.extend_from_slice(&v6.octets())),
        }
    }
    out
}

fn header(id: u16, flags: u16, questions: usize, answers: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    for value in [id, flags, questions as u16, answers as u16, 0, 0] {
        put_u16(&mut out, value);
    }
    out
}

fn put_u16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

fn put_name(out: &mut Vec<u8>, name: &str) {
    for label in name.split('.').filter(|label| !label.is_empty()) {
        let label = &label.as_bytes()[..label.len().min(63)];
        out.push(label.len() as u8);
        out.extend_from_slice(label);
    }
    out.push(0);
}

/// Reads a message.
///
/// # Errors
/// [`NotDns`] where it is cut short, goes in circles or is none.
pub fn parse(message: &[u8]) -> Result<Message, NotDns> {
    let mut reader = Reader { bytes: message, at: 0 };
    let id = reader.u16()?;
    let is_answer = reader.u16()? & 0x8000 != 0;
    let questions = usize::from(reader.u16()?);
    let records = usize::from(reader.u16()?) + usize::from(reader.u16()?) + usize::from(reader.u16()?);
    let mut services = Vec::new();
    for _ in 0..questions.min(RECORDS_MAX) {
        let name = reader.name()?;
        let kind = reader.u16()?;
        reader.u16()?;
        services.extend(service(&name).filter(|_| matches!(kind, PTR | ANY)));
    }
    if !is_answer {
        return Ok(Message::Question { id, services });
    }
    let mut instances: Vec<(String, Instance)> = Vec::new();
    for _ in 0..records.min(RECORDS_MAX) {
        let name = reader.name()?;
        let kind = reader.u16()?;
        reader.u16()?;
        let dead = reader.u32()? == 0;
        let length = usize::from(reader.u16()?);
        let end = reader.at + length;
        let data = message.get(reader.at..end).ok_or(NotDns)?;
        match kind {
            PTR if !dead && service(&name).is_some() => {
                let full = Reader { bytes: message, at: reader.at }.name()?;
                instance(&mut instances, &full);
            }
            SRV if !dead => {
                if let Some(instance) = instance(&mut instances, &name) {
                    instance.port = data.get(4..6).map(|b| u16::from_be_bytes([b[0], b[1]])).ok_or(NotDns)?;
                }
            }
            TXT if !dead => {
                if let Some(instance) = instance(&mut instances, &name) {
                    read_pairs(data, instance);
                }
            }
            _ => {}
        }
        reader.at = end;
    }
    Ok(Message::Answer(instances.into_iter().map(|(_, instance)| instance).collect()))
}

fn service(name: &str) -> Option<&'static str> {
    SERVICES.into_iter().find(|service| service.eq_ignore_ascii_case(name))
}

/// The instance of that full name, made where it is new.
fn instance<'a>(instances: &'a mut Vec<(String, Instance)>, full: &str) -> Option<&'a mut Instance> {
    let at = match instances.iter().position(|(known, _)| known == full) {
        Some(at) => at,
        None => {
            let (name, service) = SERVICES.into_iter().find_map(|s| Some((full.strip_suffix(s)?.strip_suffix('.')?, s)))?;
            instances.push((full.to_owned(), Instance { service, name: shown(name)?, ..Instance::default() }));
            instances.len() - 1
        }
    };
    instances.get_mut(at).map(|(_, instance)| instance)
}

fn read_pairs(mut data: &[u8], instance: &mut Instance) {
    while let Some((length, rest)) = data.split_first() {
        let Some((text, rest)) = rest.split_at_checked(usize::from(*length)) else { return };
        data = rest;
        let text = String::from_utf8_lossy(text);
        match text.split_once('=') {
            Some(("path", value)) if !value.contains(char::is_control) => instance.path = Some(value.to_owned()),
            Some(("model" | "md", value)) => instance.model = shown(value),
            _ => {}
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn u16(&mut self) -> Result<u16, NotDns> {
        let pair = self.bytes.get(self.at..self.at + 2).ok_or(NotDns)?;
        self.at += 2;
        Ok(u16::from_be_bytes([pair[0], pair[1]]))
    }

    fn u32(&mut self) -> Result<u32, NotDns> {
        Ok(u32::from(self.u16()?) << 16 | u32::from(self.u16()?))
    }

    /// A name with its pointers followed (RFC 1035, section 4.1.4), without the last dot.
    fn name(&mut self) -> Result<String, NotDns> {
        let mut name = Vec::new();
        let (mut at, mut after) = (self.at, None);
        let mut jumps = 0;
        loop {
            let length = *self.bytes.get(at).ok_or(NotDns)?;
            match length {
                0 => break,
                1..=63 => {
                    let label = self.bytes.get(at + 1..at + 1 + usize::from(length)).ok_or(NotDns)?;
                    if !name.is_empty() {
                        name.push(b'.');
                    }
                    name.extend_from_slice(label);
                    at += 1 + usize::from(length);
                }
                192.. => {
                    let low = *self.bytes.get(at + 1).ok_or(NotDns)?;
                    after.get_or_insert(at + 2);
                    at = usize::from(length & 0x3f) << 8 | usize::from(low);
                    jumps += 1;
                }
                _ => return Err(NotDns),
            }
            if name.len() > NAME_BYTES_MAX || jumps > JUMPS_MAX {
                return Err(NotDns);
            }
        }
        self.at = after.unwrap_or(at + 1);
        Ok(String::from_utf8_lossy(&name).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let Ok(Message::Question { id, services }) = parse(&question(7)) else { panic!() };
        assert_eq!((id, services), (7, SERVICES.to_vec()));
        let instance = Instance {
            service: SERVICES[0],
            name: "门 cam".into(),
            port: 8554,
            path: Some("/main".into()),
            model: Some("Virtual".into()),
        };
        let addresses = ["10.0.0.7".parse().unwrap(), "fe80::7".parse().unwrap()];
        assert_eq!(parse(&answer(7, &instance, "cam", &addresses, 120)), Ok(Message::Answer(vec![instance.clone()])));
        assert_eq!(parse(&answer(7, &instance, "cam", &addresses, 0)), Ok(Message::Answer(Vec::new())), "taken back");
    }

    #[test]
    fn a_name_that_points_at_itself_and_a_cut_message_are_refused() {
        let mut circle = header(1, 0x8400, 0, 1);
        circle.extend_from_slice(&[0xc0, 12, 0, 12, 0, 1]);
        assert_eq!(parse(&circle), Err(NotDns));
        let whole = answer(7, &Instance { service: SERVICES[0], name: "a".into(), ..Instance::default() }, "cam", &[], 1);
        for length in 0..whole.len() {
            assert_eq!(parse(&whole[..length]), Err(NotDns), "{length}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_makes_it_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }
    }
}
