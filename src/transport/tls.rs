//! TLS, and who may connect by certificate.

use std::{fmt, io, sync::Arc};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    server::{NoServerSessionStorage, WebPkiClientVerifier},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Why a key or a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Text that is no PEM, or PEM without what is looked for.
    #[error("{what}: {why}")]
    Pem {
        /// What was read.
        what: &'static str,
        /// What is wrong.
        why: rustls_pki_types::pem::Error,
    },
    /// There is none.
    #[error("{0}: no certificate is in it")]
    Empty(&'static str),
    /// The key, the chain or the authority does not serve.
    #[error("{0}")]
    Unfit(#[from] rustls::Error),
    /// No verifier can be made of the authority.
    #[error("the clients' certificate authority: {0}")]
    Authority(#[from] rustls::server::VerifierBuilderError),
}

/// What a server shows and asks for in a hand-shake. Cheap to clone.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// From the chain of certificates and its key. With an authority for clients, a client without
    /// a valid certificate of that authority is refused in the hand-shake.
    pub fn new(
        chain_pem: &[u8],
        key_pem: &[u8],
        client_authority_pem: Option<&[u8]>,
    ) -> Result<Self, TlsError> {
        // Named: with two providers in the tree, asking for "the" provider is a panic.
        let provider = Arc::new(aws_lc_rs::default_provider());
        let chain = certificates("the chain of certificates", chain_pem)?;
        let key = PrivateKeyDer::from_pem_slice(key_pem)
            .map_err(|why| TlsError::Pem { what: "the key", why })?;
        let building = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let asked = client_authority_pem.is_some();
        let building = match client_authority_pem {
            None => building.with_no_client_auth(),
            Some(pem) => {
                let mut roots = RootCertStore::empty();
                for root in certificates("the clients' certificate authority", pem)? {
                    roots.add(root)?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .build()?;
                building.with_client_cert_verifier(verifier)
            }
        };
        let mut config = building.with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        if asked {
            // A session that is resumed would not look at the certificate's expiry again.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.0.accept(stream).await
    }
}

/// The leaf certificate that the other side was verified by.
pub(super) fn leaf(stream: &TlsStream<TcpStream>) -> Option<Arc<[u8]>> {
    let certificates = stream.get_ref().1.peer_certificates()?;
    certificates.first().map(|it| Arc::from(it.as_ref()))
}

fn certificates(what: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let all = all.map_err(|why| TlsError::Pem { what, why })?;
    if all.is_empty() { Err(TlsError::Empty(what)) } else { Ok(all) }
}
