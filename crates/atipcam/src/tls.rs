//! The server's certificate: a given one, or one by an authority of its own that people can choose to trust.
//!
//! The authority may vouch for names and addresses of private networks only, so that trusting it puts nothing else at risk.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use api::Network;
use domain::onboarding::Fingerprint;
use domain::{Error, Kind, Result, Timestamp};
use policy::point;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Long enough that nobody has to trust a new authority while the machine lives.
const AUTHORITY_LIFE: Duration = Duration::from_secs(20 * 365 * 24 * 3600);

/// What browsers accept of a certificate at most is 398 days.
const LIFE: Duration = Duration::from_secs(397 * 24 * 3600);

/// A start within so long of the end makes a new certificate.
const RENEW_BEFORE: Duration = Duration::from_secs(200 * 24 * 3600);

/// Names that never leave a private network, and what ends in them.
const PRIVATE_NAMES: [&str; 6] = ["localhost", "local", "lan", "home.arpa", "internal", "intranet"];

/// Networks that are never routed on the internet (RFC 1918, 3927, 4193, 4291, 6598).
const PRIVATE_V4: [([u8; 4], u8); 6] = [
    ([10, 0, 0, 0], 8),
    ([172, 16, 0, 0], 12),
    ([192, 168, 0, 0], 16),
    ([169, 254, 0, 0], 16),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
];
const PRIVATE_V6: [(u16, u8); 2] = [(0xfc00, 7), (0xfe80, 10)];

/// Whether the way to browsers must be encrypted: always, unless it does not leave this machine (C-3.a.3.b).
pub(crate) fn needed(network: Network) -> bool {
    network == Network::Lan && point::TRANSPORT_TLS.holds()
}

/// What the listener serves TLS with.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) config: Arc<ServerConfig>,
    /// SHA-256 of our own authority's certificate, for people to compare; `None` where a certificate was given.
    pub(crate) fingerprint: Option<String>,
    /// SHA-256 of the certificate by which devices know us: our authority's, or the given one's own.
    pub(crate) certificate: Fingerprint,
}

/// Loads a given certificate chain and key.
pub(crate) fn given(cert: &Path, key: &Path) -> Result<Identity> {
    let chain = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| unusable(cert, error))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, error))?;
    let certificate = sha256(chain.first().ok_or_else(|| unusable(cert, "it holds no certificate"))?)?;
    let config = server_config(chain, key).map_err(|error| unusable(cert, error))?;
    Ok(Identity { config, fingerprint: None, certificate })
}

/// Loads, or makes, our own authority and a certificate of it for `names`, in `dir`.
pub(crate) fn own(dir: &Path, names: &BTreeSet<String>, now: Timestamp) -> Result<Identity> {
    let files = Files { dir: dir.to_owned() };
    files.prepare()?;
    let authority = files.authority(now)?;
    let (cert, key) = files.server(&authority, names, now)?;
    let config = server_config(vec![cert, authority.cert.clone()], key).map_err(Error::internal)?;
    let certificate = sha256(&authority.cert)?;
    let shown = certificate.to_bytes().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
    Ok(Identity { config, fingerprint: Some(shown), certificate })
}

fn sha256(cert: &CertificateDer<'_>) -> Result<Fingerprint> {
    let suite = rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;
    let hash = suite.tls13().map(|suite| suite.common.hash_provider.hash(cert));
    let bytes = hash.and_then(|hash| hash.as_ref().try_into().ok());
    bytes.map(Fingerprint::from_bytes).ok_or_else(|| Error::internal("no SHA-256"))
}

/// Whether our own authority may vouch for a name or address.
pub(crate) fn is_private(name: &str) -> bool {
    match name.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => PRIVATE_V4.iter().any(|(net, bits)| (u32::from(ip) ^ u32::from_be_bytes(*net)) >> (32 - bits) == 0),
        Ok(IpAddr::V6(ip)) => {
            ip.is_loopback() || PRIVATE_V6.iter().any(|(net, bits)| (ip.segments()[0] ^ net) >> (16 - bits) == 0)
        }
        Err(_) => {
            PRIVATE_NAMES.iter().any(|zone| name == *zone || name.strip_suffix(zone).is_some_and(|host| host.ends_with('.')))
        }
    }
}

struct Authority {
    cert: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// `authority.pem` is for people to trust; `authority.key` and `server.pem` are for us alone.
struct Files {
    dir: PathBuf,
}

impl Files {
    fn prepare(&self) -> Result<()> {
        use std::os::unix::fs::DirBuilderExt as _;
        let made = std::fs::DirBuilder::new().mode(0o700).recursive(true).create(&self.dir);
        made.map_err(|error| unusable(&self.dir, error))
    }

    fn authority(&self, now: Timestamp) -> Result<Authority> {
        let key = self.key("authority.key")?;
        // The key is in the name: a browser that trusted an authority before must not take this one for it.
        let id: String = key.public_key_raw().iter().rev().take(4).map(|byte| format!("{byte:02x}")).collect();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, format!("atipcam of this network ({id})"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.name_constraints = Some(NameConstraints { permitted_subtrees: private_subtrees(), excluded_subtrees: Vec::new() });
        live(&mut params, now, AUTHORITY_LIFE);
        let path = self.dir.join("authority.pem");
        if !path.exists() {
            let cert = params.self_signed(&key).map_err(Error::internal)?;
            write(&path, &cert.pem(), 0o644)?;
        }
        let cert = CertificateDer::from_pem_file(&path).map_err(|error| unusable(&path, error))?;
        Ok(Authority { cert, issuer: Issuer::new(params, key) })
    }

    /// The certificate and its key lie in one file, so that a crash never parts them.
    fn server(
        &self,
        authority: &Authority,
        names: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
        let path = self.dir.join("server.pem");
        // What PEM readers skip says what the certificate is for and when it must be renewed.
        let names: Vec<String> = names.iter().filter(|name| is_private(name)).cloned().collect();
        let made_for = format!("names: {}", names.join(" "));
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        let renew_at = kept.lines().find_map(|line| Timestamp::parse(line.strip_prefix("renew: ")?).ok());
        let good = renew_at.is_some_and(|renew_at| now < renew_at) && kept.lines().any(|line| line == made_for);
        if !good {
            // A new key too: its hash is the serial number, which browsers must never see twice.
            let key = KeyPair::generate().map_err(Error::internal)?;
            let cert = leaf(authority, &key, names, now)?;
            let text = format!("{made_for}\nrenew: {}\n{}{}", now + (LIFE - RENEW_BEFORE), cert.pem(), key.serialize_pem());
            write(&path, &text, 0o600)?;
        }
        let cert = CertificateDer::from_pem_file(&path).map_err(|error| unusable(&path, error))?;
        let key = PrivateKeyDer::from_pem_file(&path).map_err(|error| unusable(&path, error))?;
        Ok((cert, key))
    }

    fn key(&self, name: &str) -> Result<KeyPair> {
        let path = self.dir.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => KeyPair::from_pem(&text).map_err(|error| unusable(&path, error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = KeyPair::generate().map_err(Error::internal)?;
                write(&path, &key.serialize_pem(), 0o600)?;
                Ok(key)
            }
            Err(error) => Err(unusable(&path, error)),
        }
    }
}

fn leaf(authority: &Authority, key: &KeyPair, names: Vec<String>, now: Timestamp) -> Result<Certificate> {
    let mut params = CertificateParams::new(names).map_err(Error::internal)?;
    params.distinguished_name.push(DnType::CommonName, "atipcam");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    live(&mut params, now, LIFE);
    params.signed_by(key, &authority.issuer).map_err(Error::internal)
}

fn private_subtrees() -> Vec<GeneralSubtree> {
    let names = PRIVATE_NAMES.iter().map(|name| GeneralSubtree::DnsName((*name).to_owned()));
    let v4 = PRIVATE_V4.iter().map(|(net, bits)| CidrSubnet::from_v4_prefix(*net, *bits));
    let v6 = PRIVATE_V6.iter().map(|(net, bits)| {
        let mut prefix = [0; 16];
        prefix[..2].copy_from_slice(&net.to_be_bytes());
        CidrSubnet::from_v6_prefix(prefix, *bits)
    });
    let loopback = CidrSubnet::from_v6_prefix(std::net::Ipv6Addr::LOCALHOST.octets(), 128);
    names.chain(v4.chain(v6).chain([loopback]).map(GeneralSubtree::IpAddress)).collect()
}

/// From a day ago, so that a clock that is a little behind trusts it too.
fn live(params: &mut CertificateParams, now: Timestamp, life: Duration) {
    let from = date_time_ymd(1970, 1, 1) + (now - DAY).since(Timestamp::default());
    (params.not_before, params.not_after) = (from, from + life);
}

fn server_config(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Arc<ServerConfig>, rustls::Error> {
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Writes a file at once or not at all.
fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    let new = path.with_extension("new");
    let written = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    });
    written.map_err(|error| unusable(path, error))
}

fn unusable(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    let error = error.into();
    Error::new(Kind::Unavailable, "tls.unusable", format!("{}: {error}", path.display())).with_source(error)
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
