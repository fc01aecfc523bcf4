//! Tokens (RFC 7519): three parts, three algorithms, five claims that must be there, and nothing in
//! the header that says where to find a key.

use jsonwebtoken::Algorithm;
use serde::Deserialize;

use super::keys::KeyRing;
use crate::sign::from_base64url;

/// The longest token, in bytes.
pub(super) const LENGTH_MAX: usize = 8 * 1024;
/// How much two clocks may differ, in seconds.
const LEEWAY: i64 = 5;
/// How long a token may be valid, in seconds: a day.
pub(super) const LIFETIME_MAX: i64 = 24 * 60 * 60;

/// What a token must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Who issued it.
    pub issuer: String,
    /// For whom: this service.
    pub audience: String,
}

/// A header without anything that would lead elsewhere: `jku`, `x5u`, `jwk` and `crit` are refused
/// with everything else that is not named here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(rename = "x5t")]
    _thumbprint: Option<String>,
    #[serde(rename = "x5t#S256")]
    _thumbprint_256: Option<String>,
}

/// The claims that count. A text where a number belongs, a list where one value belongs, a number
/// with a point: all fail to read.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: String,
    pub(super) sub: String,
    pub(super) exp: i64,
    nbf: i64,
    iat: Option<i64>,
}

/// The claims of a token that holds at `now` (seconds since 1970).
pub(super) fn verified(text: &str, keys: &KeyRing, terms: &Terms, now: i64) -> Option<Claims> {
    let (message, signature) = text.rsplit_once('.')?;
    let (header, payload) = message.split_once('.')?;
    let header: Header = serde_json::from_slice(&from_base64url(header)?).ok()?;
    if header.typ.is_some_and(|it| !["JWT", "at+jwt"].contains(&it.as_str())) {
        return None;
    }
    let algorithm = match header.alg.as_str() {
        "EdDSA" => Algorithm::EdDSA,
        "ES256" => Algorithm::ES256,
        "RS256" => Algorithm::RS256,
        _ => return None,
    };
    let key = keys.key(header.kid.as_deref(), algorithm)?;
    let good = jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, algorithm);
    if good != Ok(true) {
        return None;
    }
    let claims: Claims = serde_json::from_slice(&from_base64url(payload)?).ok()?;
    holds(&claims, terms, now).then_some(claims)
}

fn holds(claims: &Claims, terms: &Terms, now: i64) -> bool {
    let (late, early) = (now.saturating_sub(LEEWAY), now.saturating_add(LEEWAY));
    let lifetime = claims.exp.saturating_sub(claims.nbf);
    claims.iss == terms.issuer
        && claims.aud == terms.audience
        && is_principal(&claims.sub)
        && claims.exp > late
        && claims.nbf <= early
        && claims.iat.is_none_or(|it| it <= early)
        && (1..=LIFETIME_MAX).contains(&lifetime)
}

/// Whether a name can be a principal's: it is an id like every other.
pub(super) fn is_principal(name: &str) -> bool {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"._:-".contains(&it);
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}
