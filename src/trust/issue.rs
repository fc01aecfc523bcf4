//! Tokens of our own, for small installations without a system that issues them.

use serde_json::json;

use super::{
    Terms,
    token::{LIFETIME_MAX, is_principal},
};
use crate::{
    domain::time::Moment,
    sign::{SigningKey, base64url},
};

/// A token.
#[derive(Clone, PartialEq, Eq)]
pub struct Issued {
    /// The token itself.
    pub token: String,
    /// When it expires, in seconds since 1970.
    pub expires: i64,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// Issues a token from now on for so many seconds, a day at most. Nothing where the principal is no
/// id or the time is none.
pub fn issue(
    key: &SigningKey,
    terms: &Terms,
    principal: &str,
    now: Moment,
    seconds: i64,
) -> Option<Issued> {
    if !is_principal(principal) || !(1..=LIFETIME_MAX).contains(&seconds) {
        return None;
    }
    let from = now.micros().checked_div(1_000_000)?;
    let expires = from.checked_add(seconds)?;
    let header = json!({"alg": "EdDSA", "kid": key.id(), "typ": "JWT"});
    let claims = json!({
        "iss": terms.issuer, "aud": terms.audience, "sub": principal,
        "iat": from, "nbf": from, "exp": expires,
    });
    let encoded = |it: &serde_json::Value| base64url(it.to_string().as_bytes());
    let message = format!("{}.{}", encoded(&header), encoded(&claims));
    let signature = base64url(&key.sign(message.as_bytes()));
    Some(Issued { token: format!("{message}.{signature}"), expires })
}
