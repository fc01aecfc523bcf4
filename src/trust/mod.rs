//! From credentials to a caller: bearer tokens signed by keys that are known, and client
//! certificates whose identities are listed. Nothing is believed that was not verified, and a
//! verified token is remembered by its digest until it expires.

mod folder;
mod identity;
mod issue;
mod keys;
#[cfg(test)]
mod tests;
mod token;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use sha2::{Digest, Sha256};

pub use folder::{ADMINISTRATOR, FolderError, KeyFolder};
pub use identity::{Identities, IdentityError};
pub use issue::{Issued, issue};
pub use keys::{KeyRing, KeyRingError};
pub use token::Terms;

use crate::app::{Caller, Clock};

/// The most tokens that are remembered.
const REMEMBERED_MAX: usize = 10_000;

/// Why credentials give no caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// They are missing, faulty, or contradict each other. Which, nobody is told.
    Unauthenticated,
    /// The certificate is good, and its identity is not listed.
    NotListed,
}

/// Whom the service believes.
#[derive(Debug)]
pub struct Trust {
    /// The keys of tokens.
    pub keys: Arc<KeyRing>,
    /// What a token must say.
    pub terms: Terms,
    /// The identities of certificates; none where no client certificates are asked for.
    pub identities: Option<Identities>,
    /// The principals who may do everything in every county.
    pub administrators: BTreeSet<String>,
    clock: Arc<dyn Clock>,
    verified: Mutex<Verified>,
}

/// Tokens that were verified: by digest, until when, for whom; all by keys of one generation.
#[derive(Debug, Default)]
struct Verified {
    generation: u64,
    tokens: BTreeMap<[u8; 32], (i64, Caller)>,
}

impl Trust {
    /// Believes tokens of these keys and terms, and certificates of these identities.
    pub fn new(
        keys: Arc<KeyRing>,
        terms: Terms,
        identities: Option<Identities>,
        administrators: BTreeSet<String>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let verified = Mutex::default();
        Self { keys, terms, identities, administrators, clock, verified }
    }

    /// Who calls, by all that was presented: a token, a certificate, or both of one principal.
    pub fn caller(
        &self,
        authorization: Option<&str>,
        certificate: Option<&[u8]>,
    ) -> Result<Caller, Refused> {
        let by_token = match authorization {
            None => None,
            Some(header) => {
                let token = header.strip_prefix("Bearer ").ok_or(Refused::Unauthenticated)?;
                Some(self.by_token(token).ok_or(Refused::Unauthenticated)?)
            }
        };
        let by_certificate = match (certificate, &self.identities) {
            (Some(certificate), Some(identities)) => {
                let principal = identities.principal(certificate).ok_or(Refused::NotListed)?;
                Some(self.named(principal))
            }
            (Some(_), None) | (None, _) => None,
        };
        match (by_token, by_certificate) {
            (Some(token), Some(certificate)) if token != certificate => {
                Err(Refused::Unauthenticated)
            }
            (Some(caller), _) | (None, Some(caller)) => Ok(caller),
            (None, None) => Err(Refused::Unauthenticated),
        }
    }

    fn named(&self, principal: &str) -> Caller {
        let administrator = self.administrators.contains(principal);
        Caller { principal: principal.into(), administrator }
    }

    fn by_token(&self, text: &str) -> Option<Caller> {
        if text.len() > token::LENGTH_MAX {
            return None;
        }
        let now = self.clock.now().micros().checked_div(1_000_000)?;
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let generation = self.keys.generation();
        if let Some(known) = self.known(&digest, generation, now) {
            return Some(known);
        }
        let claims = token::verified(text, &self.keys, &self.terms, now)?;
        let caller = self.named(&claims.sub);
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.generation == generation {
            if verified.tokens.len() >= REMEMBERED_MAX {
                verified.tokens.retain(|_, (until, _)| *until > now);
                if verified.tokens.len() >= REMEMBERED_MAX {
                    verified.tokens.clear();
                }
            }
            // To the second of its expiry: the leeway is for clocks, not for keeping.
            verified.tokens.insert(digest, (claims.exp, caller.clone()));
        }
        Some(caller)
    }

    fn known(&self, digest: &[u8; 32], generation: u64, now: i64) -> Option<Caller> {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.generation != generation {
            // The keys changed: what they signed is verified anew.
            *verified = Verified { generation, tokens: BTreeMap::new() };
        }
        let (until, caller) = verified.tokens.get(digest)?;
        (*until > now).then(|| caller.clone())
    }
}
