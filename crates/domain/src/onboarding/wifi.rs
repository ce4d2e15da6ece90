use super::fields::{Fields, Writer};
use super::{ClaimToken, Fingerprint, Invitation, Network, Refused, Security, ServerUrl, Ssid, text};
use crate::Secret;

const PATH: &str = "atipcam:wifi";

/// What a phone shows a camera: the network to join and, in our own form, the server to call from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WifiCode {
    /// The network to join.
    pub network: Network,
    /// The server to call; the `WIFI:` form of other phones names none.
    pub invitation: Option<Invitation>,
}

impl WifiCode {
    /// Reads our form, or the `WIFI:` form.
    pub fn parse(code: &[u8]) -> Result<Self, Refused> {
        let text = text(code)?;
        match text.get(..5) {
            Some(scheme) if scheme.eq_ignore_ascii_case("WIFI:") => {
                plain(text.get(5..).unwrap_or_default()).map(|network| Self { network, invitation: None })
            }
            _ => ours(text),
        }
    }

    /// The one spelling of our form; the `WIFI:` form, which has text alone, where there is no
    /// invitation.
    #[must_use]
    pub fn to_uri(&self) -> String {
        let Some(invitation) = &self.invitation else { return to_plain(&self.network) };
        let (kind, password) = match self.network.security() {
            Security::Open => ("open", None),
            Security::Wpa(password) => ("wpa", Some(password)),
            Security::Sae(password) => ("sae", Some(password)),
        };
        let mut uri = Writer::new(PATH).text('s', self.network.ssid().as_bytes()).text('t', kind);
        if let Some(password) = password {
            uri = uri.text('p', password.expose());
        }
        if self.network.is_hidden() {
            uri = uri.text('h', "1");
        }
        let uri = uri.text('u', invitation.server.as_str());
        uri.bytes('f', &invitation.certificate.to_bytes()).bytes('c', invitation.claim.expose()).finish()
    }
}

fn ours(text: &str) -> Result<WifiCode, Refused> {
    let mut fields = Fields::read(text, PATH)?;
    let ssid = Ssid::new(fields.must('s')?)?;
    let kind = fields.must('t')?;
    let password = fields.may_text('p')?.map(Secret::new);
    let security = match (&kind[..], password) {
        (b"open", None) => Security::Open,
        (b"wpa", Some(password)) => Security::Wpa(password),
        (b"sae", Some(password)) => Security::Sae(password),
        (b"wpa" | b"sae", None) => return Err(Refused::Missing('p')),
        (b"open", Some(_)) => return Err(Refused::Password),
        _ => return Err(Refused::Security),
    };
    let hidden = fields.may('h').is_some();
    let server = fields.must('u')?;
    let server = ServerUrl::new(std::str::from_utf8(&server).map_err(|_| Refused::NotUtf8)?)?;
    let certificate = fields.must_bytes('f')?.map(Fingerprint::from_bytes).ok_or(Refused::Fingerprint)?;
    let claim = fields.must_bytes('c')?.map(ClaimToken::from_bytes).ok_or(Refused::Token)?;
    let invitation = Some(Invitation { server, certificate, claim });
    let code = WifiCode { network: Network::new(ssid, security, hidden)?, invitation };
    // One spelling: no other order, no further fields, nothing hidden in the unused bits of base64.
    if code.to_uri() == text { Ok(code) } else { Err(Refused::Misspelt) }
}

/// What follows `WIFI:` in the codes that phones and routers draw: `T:WPA;S:name;P:password;H:true;;` in any order, with a
/// backslash before `\`, `;`, `,`, `:` and `"` within a value. What else they write (`R`, `I`, `K`, `PH2`) is passed over.
fn plain(mut rest: &str) -> Result<Network, Refused> {
    let (mut kind, mut ssid, mut password, mut hidden) = (None, None, None, None);
    while !rest.is_empty() && rest != ";" {
        let (key, tail) = rest.split_once(':').ok_or(Refused::Misspelt)?;
        let (value, tail) = unescaped(tail)?;
        rest = tail;
        // A field that asks for more than a password: EAP's method, identity and anonymous identity.
        let (slot, letter) = match key {
            "T" => (&mut kind, 'T'),
            "S" => (&mut ssid, 'S'),
            "P" => (&mut password, 'P'),
            "H" => (&mut hidden, 'H'),
            "E" | "A" => return Err(Refused::Security),
            _ if !key.is_empty() && key.len() <= 8 && key.bytes().all(|byte| byte.is_ascii_alphanumeric()) => continue,
            _ => return Err(Refused::Misspelt),
        };
        if slot.replace(value).is_some() {
            return Err(Refused::Twice(letter));
        }
    }
    let password = password.filter(|password| !password.is_empty()).map(Secret::new);
    let security = match (kind.unwrap_or_default().to_ascii_uppercase().as_str(), password) {
        ("" | "NOPASS", None) => Security::Open,
        ("WPA" | "WPA2" | "WPA/WPA2", Some(password)) => Security::Wpa(password),
        ("SAE" | "WPA3", Some(password)) => Security::Sae(password),
        ("WPA" | "WPA2" | "WPA/WPA2" | "SAE" | "WPA3", None) => return Err(Refused::Missing('P')),
        ("" | "NOPASS", Some(_)) => return Err(Refused::Password),
        _ => return Err(Refused::Security),
    };
    let hidden = match hidden.as_deref() {
        None | Some("" | "false") => false,
        Some("true") => true,
        Some(_) => return Err(Refused::Misspelt),
    };
    Network::new(Ssid::new(ssid.ok_or(Refused::Missing('S'))?)?, security, hidden)
}

/// A value up to its `;`, and what follows. Plain quotes round the whole of it are not part of it; escaped ones are.
fn unescaped(text: &str) -> Result<(String, &str), Refused> {
    let (mut value, mut quotes) = (String::new(), (false, false));
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        quotes.1 = letter == '"';
        match letter {
            ';' => return Ok((value, text.get(at + 1..).unwrap_or_default())),
            '\\' => match letters.next() {
                Some((_, escaped @ ('\\' | ';' | ',' | ':' | '"'))) => value.push(escaped),
                _ => return Err(Refused::Misspelt),
            },
            letter => {
                quotes.0 |= at == 0 && letter == '"';
                value.push(letter);
            }
        }
        if quotes == (true, true) && at > 0 && text.get(at + 1..).is_some_and(|tail| tail.starts_with(';')) {
            let bare = value.get(1..value.len() - 1).unwrap_or_default().to_owned();
            return Ok((bare, text.get(at + 2..).unwrap_or_default()));
        }
    }
    Err(Refused::Misspelt)
}

fn to_plain(network: &Network) -> String {
    let escaped = |text: &str| {
        let mut out = String::new();
        for letter in text.chars() {
            if matches!(letter, '\\' | ';' | ',' | ':' | '"') {
                out.push('\\');
            }
            out.push(letter);
        }
        out
    };
    let (kind, password) = match network.security() {
        Security::Open => ("nopass", ""),
        Security::Wpa(password) => ("WPA", password.expose()),
        Security::Sae(password) => ("SAE", password.expose()),
    };
    let mut uri = format!("WIFI:T:{kind};S:{};", escaped(&network.ssid().to_string()));
    if !password.is_empty() {
        uri.push_str(&format!("P:{};", escaped(password)));
    }
    uri.push_str(if network.is_hidden() { "H:true;;" } else { ";" });
    uri
}
