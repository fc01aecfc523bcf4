//! Detached signatures (RFC 7515, appendix F, with the algorithm of RFC 8037) and the sets of keys that check
//! them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{KeyError, PublicKey, SigningKey, base64url, from_base64url};

/// Why a detached signature is not good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// It is not `header..signature` with a header that this service writes.
    #[error("this is not a detached JWS of EdDSA with a key id")]
    Shape,
    /// The set has no key of that id.
    #[error("the key set has no key `{kid}`")]
    UnknownKey {
        /// The id.
        kid: String,
    },
    /// The signature is not that of the payload.
    #[error("the signature by key `{kid}` is not one of this payload")]
    Wrong {
        /// The key's id.
        kid: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
}

/// Public keys by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeySet(BTreeMap<String, PublicKey>);

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    #[serde(default)]
    kty: String,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    kid: String,
    #[serde(default)]
    x: String,
}

impl KeySet {
    /// Reads a JWK set. Keys of other kinds than Ed25519 are left out.
    pub fn from_json(text: &str) -> Result<Self, KeyError> {
        let read: Jwks = serde_json::from_str(text).map_err(|_| KeyError::NotPublic)?;
        let mut keys = BTreeMap::new();
        for it in read.keys {
            if (it.kty.as_str(), it.crv.as_str()) == ("OKP", "Ed25519") {
                let key = PublicKey::from_x(&it.x)?;
                let id = if it.kid.is_empty() { key.id() } else { it.kid };
                keys.insert(id, key);
            }
        }
        Ok(Self(keys))
    }

    /// The set as text, keys by id.
    pub fn to_json(&self) -> String {
        let keys: Vec<serde_json::Value> = self.0.values().map(PublicKey::jwk).collect();
        serde_json::json!({ "keys": keys }).to_string()
    }

    /// Adds a key; answers whether it was not there.
    pub fn add(&mut self, key: PublicKey) -> bool {
        self.0.insert(key.id(), key).is_none()
    }

    /// The key of that id.
    pub fn get(&self, id: &str) -> Option<&PublicKey> {
        self.0.get(id)
    }
}

/// The bytes that are signed.
fn signed(header: &str, payload: &[u8]) -> Vec<u8> {
    format!("{header}.{}", base64url(payload)).into_bytes()
}

/// A detached signature of a payload: `header..signature`.
pub fn detached(key: &SigningKey, payload: &[u8]) -> String {
    let header = format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, key.id());
    let header = base64url(header.as_bytes());
    let signature = key.sign(&signed(&header, payload));
    format!("{header}..{}", base64url(&signature))
}

/// Checks a detached signature and answers the id of the key that made it.
pub fn check_detached(jws: &str, payload: &[u8], keys: &KeySet) -> Result<String, JwsError> {
    let mut parts = jws.trim().split('.');
    let (Some(header), Some(""), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(JwsError::Shape);
    };
    let said = from_base64url(header).ok_or(JwsError::Shape)?;
    let Header { alg, kid } = serde_json::from_slice(&said).map_err(|_| JwsError::Shape)?;
    let signature = from_base64url(signature).ok_or(JwsError::Shape)?;
    if alg != "EdDSA" {
        return Err(JwsError::Shape);
    }
    let Some(key) = keys.get(&kid) else { return Err(JwsError::UnknownKey { kid }) };
    if key.verifies(&signed(header, payload), &signature) {
        Ok(kid)
    } else {
        Err(JwsError::Wrong { kid })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_good_for_its_payload_and_keys_only() {
        let (key, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let mut keys = KeySet::default();
        assert!(keys.add(key.public().unwrap()));
        assert!(!keys.add(key.public().unwrap()), "once");
        let keys = KeySet::from_json(&keys.to_json()).unwrap();
        let jws = detached(&key, b"{}");
        assert_eq!(check_detached(&jws, b"{}", &keys).as_deref(), Ok(key.id()));
        let kid = key.id().to_owned();
        assert_eq!(check_detached(&jws, b"{ }", &keys), Err(JwsError::Wrong { kid }));
        let kid = other.id().to_owned();
        let foreign = detached(&other, b"{}");
        assert_eq!(check_detached(&foreign, b"{}", &keys), Err(JwsError::UnknownKey { kid }));
        for shape in ["", "a", "a.b.c", "..", &jws.replace("..", "."), &format!("{jws}.x")] {
            assert_eq!(check_detached(shape, b"{}", &keys), Err(JwsError::Shape), "{shape}");
        }
        let none = base64url(format!(r#"{{"alg":"none","kid":"{}"}}"#, key.id()).as_bytes());
        assert_eq!(check_detached(&format!("{none}.."), b"{}", &keys), Err(JwsError::Shape));
    }

    #[test]
    fn a_set_of_other_keys_is_empty_and_a_broken_one_is_refused() {
        let rsa = r#"{"keys":[{"kty":"RSA","kid":"a","n":"x","e":"AQAB"}]}"#;
        assert_eq!(KeySet::from_json(rsa), Ok(KeySet::default()));
        for text in ["", "[]", r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}"#] {
            assert!(KeySet::from_json(text).is_err(), "{text}");
        }
    }
}
