//! Ed25519 keys of the service: made once, kept in a file that only its owner can read, named by
//! their thumbprint (RFC 7638), told to others as a JWK.

mod file;
pub mod jws;
mod receipt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use sha2::{Digest, Sha256};

pub use file::{KeyFileError, make_private, read_or_make};
pub use jws::KeySet;
pub use receipt::ReceiptKeys;

/// The lines of a private key's text.
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// How many characters a line of it has.
const LINE: usize = 64;

/// A key cannot be made or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The system gave no random bytes.
    #[error("no key could be made")]
    Generate,
    /// It is not a private Ed25519 key of PKCS#8 in PEM.
    #[error("this is not a private Ed25519 key (PKCS#8, PEM)")]
    Unreadable,
    /// It is not a public Ed25519 key.
    #[error("this is not a public Ed25519 key")]
    NotPublic,
}

/// A private key.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    document: Vec<u8>,
    id: String,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// A new key.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::Generate)?;
        let document = pair.to_pkcs8v1().map_err(|_| KeyError::Generate)?.as_ref().to_vec();
        Self::from_document(document)
    }

    /// Reads the text that [`SigningKey::to_pem`] writes, or `openssl genpkey -algorithm ed25519`.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let body = text.trim().strip_prefix(BEGIN).and_then(|it| it.strip_suffix(END));
        let body: String = body.ok_or(KeyError::Unreadable)?.split_whitespace().collect();
        Self::from_document(STANDARD.decode(body).map_err(|_| KeyError::Unreadable)?)
    }

    fn from_document(document: Vec<u8>) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&document)
            .map_err(|_| KeyError::Unreadable)?;
        let public = PublicKey::from_bytes(pair.public_key().as_ref())?;
        Ok(Self { pair, document, id: public.id() })
    }

    /// The key as text, for its file.
    pub fn to_pem(&self) -> String {
        let body = STANDARD.encode(&self.document);
        let mut text = format!("{BEGIN}\n");
        for line in body.as_bytes().chunks(LINE) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text + END + "\n"
    }

    /// The PKCS#8 document itself.
    pub fn document(&self) -> &[u8] {
        &self.document
    }

    /// Its name: the thumbprint of the public part.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The 64 bytes of a signature.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }

    /// The public part.
    pub fn public(&self) -> Result<PublicKey, KeyError> {
        PublicKey::from_bytes(self.pair.public_key().as_ref())
    }
}

/// A public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// The key of these 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        Ok(Self(bytes.try_into().map_err(|_| KeyError::NotPublic)?))
    }

    /// The key of a JWK's `x`.
    pub fn from_x(x: &str) -> Result<Self, KeyError> {
        Self::from_bytes(&URL_SAFE_NO_PAD.decode(x).map_err(|_| KeyError::NotPublic)?)
    }

    /// The `x` of its JWK.
    pub fn x(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Its name: the SHA-256 thumbprint of RFC 7638.
    pub fn id(&self) -> String {
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.x());
        URL_SAFE_NO_PAD.encode(Sha256::digest(canonical.as_bytes()))
    }

    /// The key as a JWK (RFC 8037).
    pub fn jwk(&self) -> serde_json::Value {
        serde_json::json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
            "kid": self.id(), "x": self.x(),
        })
    }

    /// Whether the signature is this key's, over this message.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, signature).is_ok()
    }
}

/// Bytes as base64url without padding, as JOSE writes them.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What base64url stands for.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_from_its_text_and_signs_the_same() {
        let key = SigningKey::generate().unwrap();
        let again = SigningKey::from_pem(&key.to_pem()).unwrap();
        assert_eq!(again.id(), key.id());
        assert_eq!(again.sign(b"x"), key.sign(b"x"));
        let public = key.public().unwrap();
        assert!(public.verifies(b"x", &key.sign(b"x")));
        assert!(!public.verifies(b"y", &key.sign(b"x")));
        assert_eq!(PublicKey::from_x(&public.x()), Ok(public));
        assert!(!format!("{key:?}").contains("document"), "a key's bytes are not shown");
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        let public = PublicKey::from_x("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(public.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"] {
            assert!(SigningKey::from_pem(text).is_err(), "{text}");
        }
        assert!(PublicKey::from_x("AAAA").is_err());
    }
}
