//! The keys of a handshake on their way past: the WebRTC stack keeps them to itself, and has no say in how media is sent here.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use str0m::crypto::CryptoError;
use str0m::crypto::dtls::{DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion};
use str0m::crypto::{CryptoProvider, from_feature_flags};

use super::srtp::Keys;

thread_local! {
    /// Where the handshake that is being made on this thread will put its keys: the stack makes it without telling for whom.
    static NEXT: RefCell<Option<Agreed>> = const { RefCell::new(None) };
}

/// Where a handshake leaves its keys.
#[derive(Debug, Clone, Default)]
pub(super) struct Agreed(Arc<Mutex<Option<Keys>>>);

impl Agreed {
    /// Makes something whose handshake leaves its keys here.
    pub(super) fn of<T>(make: impl FnOnce() -> T) -> (Self, T) {
        let agreed = Self::default();
        NEXT.set(Some(agreed.clone()));
        let made = make();
        NEXT.take();
        (agreed, made)
    }

    /// The keys, once there are some.
    pub(super) fn take(&self) -> Option<Keys> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The stack's provider, with handshakes that leave their keys.
pub(super) fn provider() -> CryptoProvider {
    CryptoProvider { dtls_provider: &Watched, ..from_feature_flags() }
}

#[derive(Debug)]
struct Watched;

impl DtlsProvider for Watched {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        from_feature_flags().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let inner = from_feature_flags().dtls_provider.new_dtls(certificate, now, version, mtu)?;
        Ok(Box::new(Handshake { inner, agreed: NEXT.take().unwrap_or_default() }))
    }
}

#[derive(Debug)]
struct Handshake {
    inner: Box<dyn DtlsInstance>,
    agreed: Agreed,
}

impl DtlsInstance for Handshake {
    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        let output = self.inner.poll_output(buffer);
        if let DtlsOutput::KeyingMaterial(material, profile) = &output {
            // Without keys the session ends as soon as it should send.
            let keys = Keys::new(*profile, material, self.inner.is_active()).ok();
            *self.agreed.0.lock().unwrap_or_else(PoisonError::into_inner) = keys;
        }
        output
    }

    fn set_active(&mut self, active: bool) {
        self.inner.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.inner.handle_packet(packet)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.inner.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.inner.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.inner.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.inner.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.inner.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.inner.close()
    }
}
