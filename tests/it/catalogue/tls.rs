//! Certificates made for the test, and calls over TLS.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _};
use steelyard::transport::Tls;
use tokio_rustls::TlsConnector;

use super::{
    messages::{LIST_RUNS, ask, list_runs},
    wire::{Ask, Client, connected, told_on},
};

const NAME: &str = "steelyard.test";

/// A certificate and its key (PEM).
pub(crate) type Certificate = (String, String);

/// Makes certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(crate) fn client(&self) -> Certificate {
        self.of(&CertificateParams::new(["a-client.test".to_owned()]).unwrap())
    }

    /// A client certificate of other names.
    pub(crate) fn named(&self, name: &str) -> Certificate {
        self.of(&CertificateParams::new([name.to_owned()]).unwrap())
    }

    pub(crate) fn expired(&self) -> Certificate {
        let mut params = CertificateParams::new(["a-client.test".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2019, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        self.of(&params)
    }

    fn of(&self, params: &CertificateParams) -> Certificate {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// What the server shows: a certificate that clients know. With an authority it asks them too.
pub(crate) fn server(clients: Option<&Authority>) -> Tls {
    let (shown, key) = own();
    let clients = clients.map(Authority::pem);
    let clients = clients.as_ref().map(String::as_bytes);
    Tls::new(shown.as_bytes(), key.as_bytes(), clients).unwrap()
}

/// The one certificate of every server here.
pub(crate) fn own() -> &'static Certificate {
    static OWN: OnceLock<Certificate> = OnceLock::new();
    OWN.get_or_init(|| {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([NAME.to_owned()]).unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    })
}

/// A call over TLS.
pub(crate) async fn call(at: SocketAddr, with: Option<Certificate>) -> String {
    called(at, with, &ask(LIST_RUNS, &list_runs())).await
}

/// The same with a call that is given.
pub(crate) async fn called(at: SocketAddr, with: Option<Certificate>, ask: &Ask) -> String {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(own().0.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match with {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            config.with_client_auth_cert(vec![chain], key).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = connected(at, [127, 0, 0, 1]).await;
    let name = ServerName::try_from(NAME).unwrap();
    let refused = || "hand-shake refused".to_owned();
    let Ok(stream) = TlsConnector::from(Arc::new(config)).connect(name, stream).await else {
        return refused();
    };
    let Ok((send, connection)) = h2::client::handshake(stream).await else {
        return refused();
    };
    let mut client = Client { send, at };
    // TLS 1.3 tells the client after its own part is done.
    let connection = tokio::spawn(connection);
    let told = told_on(&mut client, ask).await;
    if !told.status.is_empty() {
        return told.end;
    }
    match connection.await.unwrap() {
        // The alert, or the end of the connection where that overtook it.
        Err(why) if why.is_io() => refused(),
        other => format!("{}, {other:?}", told.end),
    }
}

/// A certificate as it is sent.
pub(crate) fn der(certificate: &Certificate) -> Vec<u8> {
    CertificateDer::from_pem_slice(certificate.0.as_bytes()).unwrap().to_vec()
}
