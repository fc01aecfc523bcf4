//! One way to write for every use case: once per request id, all or nothing, with its audit entry,
//! and answered only after the commit.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use tracing::Instrument as _;

use super::{App, AppError, FieldFault, StoredRefusal};
use crate::{
    domain::time::Moment,
    store::{Begun, NewAudit, Request, StoreError, StoreTx},
};

/// How often a write is tried again when another transaction got in its way, ...
const RETRIES: u32 = 3;
/// ... unless it has waited this long already: whoever holds on for two seconds holds on.
const RETRY_WITHIN: Duration = Duration::from_millis(500);

/// A write as the caller named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The county.
    pub county: String,
    /// Who calls.
    pub principal: String,
    /// The caller's id of the request.
    pub request_id: String,
    /// The method, as `FactService.ReverseFact`.
    pub method: &'static str,
    /// SHA-256 over method and message, without the request id.
    pub fingerprint: [u8; 32],
}

/// What a write changed: one entry of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// What it was done to, as `fact/f12`; no names of persons.
    pub subject: String,
    /// SHA-256 over what was changed.
    pub digest: [u8; 32],
}

/// What the work of a write gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The encoded answer, kept for repeats of the request.
    pub response: Vec<u8>,
    /// What was changed.
    pub effects: Vec<Effect>,
}

/// What became of one item of a bulk write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is stored, under this id.
    Recorded(String),
    /// The same content was there already, under this id.
    Unchanged(String),
    /// It is refused and nothing of it is stored.
    Refused {
        /// Its id as it was given; the fact that is there, if it is that which refuses it.
        id: String,
        /// Why.
        because: RefusedBecause,
    },
}

/// Why an item of a bulk write is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedBecause {
    /// It is wrong in its shape: every fault of it.
    Shape(Vec<FieldFault>),
    /// The state of the county says no.
    State {
        /// The stable reason.
        reason: &'static str,
        /// Why, in English.
        en: String,
        /// In Chinese.
        zh: String,
    },
    /// Something else is there already.
    Exists {
        /// The stable reason.
        reason: &'static str,
        /// Why, in English.
        en: String,
        /// In Chinese.
        zh: String,
    },
}

/// An item that was decoded, or the id and the faults of one that was not.
pub type Item<T> = Result<T, (String, Vec<FieldFault>)>;

/// The work of a write inside its transaction.
pub type Work<'t> = Pin<Box<dyn Future<Output = Result<Done, AppError>> + Send + 't>>;

/// The method whose messages have persons' names in them.
pub(super) const WITH_NAMES: &str = "RegistryService.UpsertRecords";

/// The first byte of a stored answer: an encoded message follows.
const ANSWER: u8 = 0;
/// The first byte of a stored answer: a refusal follows, as JSON.
const REFUSAL: u8 = 1;

impl Write {
    pub(super) fn request(&self) -> Request {
        Request {
            county: self.county.clone(),
            principal: self.principal.clone(),
            request_id: self.request_id.clone(),
            method: self.method.to_owned(),
            fingerprint: self.fingerprint,
        }
    }

    /// The entries of the audit trail. A message with persons' names in it leaves no fingerprint of
    /// itself there, since the trail stays when a name is erased and whoever has it could try names
    /// until one fits: the effect's digest, which goes by commitments, stands in its place.
    pub(super) fn audit(&self, effects: &[Effect]) -> Vec<NewAudit> {
        let with_names = self.method == WITH_NAMES;
        let entry = |it: &Effect| NewAudit {
            principal: self.principal.clone(),
            method: self.method.to_owned(),
            request_id: self.request_id.clone(),
            fingerprint: if with_names { it.digest } else { self.fingerprint },
            subject: it.subject.clone(),
            effect_digest: it.digest,
        };
        if effects.is_empty() {
            // Said again under another id: nothing is changed, and the request has its entry all the same.
            return vec![entry(&Effect { subject: "unchanged".to_owned(), digest: digest(&[]) })];
        }
        effects.iter().map(entry).collect()
    }
}

impl App {
    /// Does `work` once per request id and gives its encoded answer; a repeat gets the first answer
    /// again, byte for byte. `work` gets the moment that everything it records carries. It may run
    /// several times, each time in a transaction of its own, of which at most one is kept.
    ///
    /// The whole runs in a task of its own: a caller that goes away stops nothing half-way.
    ///
    /// # Errors
    /// Those of `work`, of which nothing is kept; [`AppError::IdReused`]; [`AppError::Store`].
    pub async fn write(
        &self,
        call: Write,
        work: impl for<'t> Fn(&'t mut dyn StoreTx, Moment) -> Work<'t> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let span = tracing::info_span!(
            target: "steelyard::use_case",
            "use_case",
            otel.name = call.method,
        );
        let app = self.clone();
        let write = async move { app.write_here(&call, &work).await };
        ended(tokio::spawn(write.instrument(span)).await)
    }

    /// The same, inside a task that is spawned already.
    pub(super) async fn write_here(
        &self,
        call: &Write,
        work: &(impl for<'t> Fn(&'t mut dyn StoreTx, Moment) -> Work<'t> + Send + Sync),
    ) -> Result<Vec<u8>, AppError> {
        let answer = retried(|| self.attempt(call, work)).await;
        let Err(AppError::Refused(refusal)) = &answer else { return answer };
        if !refusal.remember {
            return answer;
        }
        let stored = Arc::new(StoredRefusal::from(refusal));
        let kept = retried(|| self.remember(call, &stored)).await;
        match kept {
            Ok(()) => answer,
            Err(error) => Err(error),
        }
    }

    /// Tries again while another transaction is in the way, a few times.
    pub(super) async fn retried<T, F>(&self, attempt: impl Fn() -> F) -> Result<T, AppError>
    where
        F: Future<Output = Result<T, AppError>>,
    {
        retried(attempt).await
    }

    async fn attempt(
        &self,
        call: &Write,
        work: &(impl for<'t> Fn(&'t mut dyn StoreTx, Moment) -> Work<'t> + Send + Sync),
    ) -> Result<Vec<u8>, AppError> {
        let request = call.request();
        let mut tx = self.store.begin().await?;
        let head = tx.lock_county(&call.county, self.clock.now()).await?;
        self.guard.check(&mut *tx, &head).await?;
        match tx.begin_request(&request).await? {
            Begun::Fresh => (),
            Begun::Replay(stored) => return replayed(&stored),
            Begun::Reused => return Err(AppError::IdReused),
        }
        let done = work(&mut *tx, head.recorded).await?;
        tx.append_audit(&call.county, &call.audit(&done.effects)).await?;
        tx.finish_request(&request, &stored_answer(&done.response)).await?;
        tx.commit().await?;
        Ok(done.response)
    }

    /// Keeps a refusal as the answer, in a transaction of its own; the one that was refused is
    /// given up.
    async fn remember(&self, call: &Write, refusal: &StoredRefusal) -> Result<(), AppError> {
        let request = call.request();
        let mut tx = self.store.begin().await?;
        tx.lock_county(&call.county, self.clock.now()).await?;
        match tx.begin_request(&request).await? {
            Begun::Fresh => (),
            Begun::Replay(stored) => return replayed(&stored).map(|_| ()),
            Begun::Reused => return Err(AppError::IdReused),
        }
        let text = serde_json::to_vec(refusal).map_err(|it| AppError::Internal(it.to_string()))?;
        let digest = digest(&[&text]);
        let effects = [Effect { subject: format!("refused/{}", refusal.reason), digest }];
        tx.append_audit(&call.county, &call.audit(&effects)).await?;
        let mut stored = vec![REFUSAL];
        stored.extend_from_slice(&text);
        tx.finish_request(&request, &stored).await?;
        Ok(tx.commit().await?)
    }
}

/// Tries again while another transaction is in the way, at most [`RETRIES`] times.
pub(super) async fn retried<T, F>(attempt: impl Fn() -> F) -> Result<T, AppError>
where
    F: Future<Output = Result<T, AppError>>,
{
    let mut tries = 0_u32;
    let started = tokio::time::Instant::now();
    loop {
        match attempt().await {
            Err(AppError::Store(StoreError::Contended))
                if tries < RETRIES && started.elapsed() < RETRY_WITHIN =>
            {
                tries = tries.saturating_add(1);
                let pause = 5_u64.saturating_mul(u64::from(tries));
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            ended => return ended,
        }
    }
}

/// An answer as it is stored.
pub(super) fn stored_answer(response: &[u8]) -> Vec<u8> {
    let mut stored = Vec::with_capacity(response.len().saturating_add(1));
    stored.push(ANSWER);
    stored.extend_from_slice(response);
    stored
}

/// What was answered the first time.
pub(super) fn replayed(stored: &[u8]) -> Result<Vec<u8>, AppError> {
    match stored.split_first() {
        Some((&ANSWER, response)) => Ok(response.to_vec()),
        Some((&REFUSAL, text)) => match serde_json::from_slice(text) {
            Ok(refusal) => Err(AppError::Replayed(refusal)),
            Err(why) => Err(StoreError::corrupt("response", why).into()),
        },
        _ => Err(StoreError::corrupt("response", "an answer of an unknown form").into()),
    }
}

/// What became of a spawned write.
pub(super) fn ended<T>(
    task: Result<Result<T, AppError>, tokio::task::JoinError>,
) -> Result<T, AppError> {
    task.unwrap_or_else(|why| Err(AppError::Internal(format!("a write did not end: {why}"))))
}

/// SHA-256 over parts, each preceded by its length in eight bytes.
pub fn digest(parts: &[&[u8]]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}
