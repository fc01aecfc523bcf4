//! What every county has: its head, its answered requests and its audit trail.

use async_trait::async_trait;

use super::{AuditRecord, NewAudit, StoreError};
use crate::domain::time::Moment;

/// The head of a county: the row that every write takes first, so that its writers are in a line
/// and sequence numbers follow the order of commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountyHead {
    /// The county.
    pub county: String,
    /// The sequence number of the newest fact; 0 before the first.
    pub fact_seq: i64,
    /// The sequence number of the newest registry version; 0 before the first.
    pub registry_seq: i64,
    /// How many audit entries there are.
    pub audit_count: i64,
    /// The hash of the newest audit entry; zeros before the first.
    pub audit_head: [u8; 32],
    /// In a write: the moment of this transaction, later than that of every earlier one of the
    /// county, whatever the clock does. Otherwise: the moment of the newest one. What is known as of
    /// this moment never changes afterwards.
    pub recorded: Moment,
}

/// A write as the caller named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The county.
    pub county: String,
    /// Who calls; a request id means nothing outside its principal.
    pub principal: String,
    /// The caller's id of the request, 1 to 64 characters.
    pub request_id: String,
    /// The called method.
    pub method: String,
    /// SHA-256 over method and message, without request id and trace fields.
    pub fingerprint: [u8; 32],
}

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is new: do the work, then `finish_request` in the same transaction.
    Fresh,
    /// It has been answered: give these bytes again and do nothing.
    Replay(Vec<u8>),
    /// The id was used for another method or message (`REQUEST_ID_REUSED`).
    Reused,
}

/// Reading of heads and of the audit trail.
#[async_trait]
pub trait CountyReads {
    /// The counties that have a head, by id.
    async fn counties(&mut self) -> Result<Vec<String>, StoreError>;
    /// The county's head; `None` before the first write.
    async fn head(&mut self, county: &str) -> Result<Option<CountyHead>, StoreError>;
    /// Up to `limit` audit entries after the one of that number, in order.
    async fn audit_page(
        &mut self,
        county: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<AuditRecord>, StoreError>;
    /// The stored answer to a request, without taking it up: for a look before any work.
    async fn answered(&mut self, request: &Request) -> Result<Begun, StoreError>;
}

/// Writing of heads, requests and the audit trail.
#[async_trait]
pub trait CountyWrites {
    /// Takes the county's head, and makes it if there is none. Waits up to two seconds for another
    /// writer of the county, then [`StoreError::Contended`]. Every other write asks for it first;
    /// several counties are taken in the order of their ids. `now` is the clock's moment. What the
    /// transaction adds is put back into the head by `commit`.
    async fn lock_county(&mut self, county: &str, now: Moment) -> Result<CountyHead, StoreError>;
    /// Takes a request up (reliability 4.1): the first of an id is `Fresh`, a repeat is answered.
    async fn begin_request(&mut self, request: &Request) -> Result<Begun, StoreError>;
    /// Keeps the answer to a request that was `Fresh`.
    async fn finish_request(
        &mut self,
        request: &Request,
        response: &[u8],
    ) -> Result<(), StoreError>;
    /// Appends to the county's chain, in the given order.
    async fn append_audit(&mut self, county: &str, entries: &[NewAudit]) -> Result<(), StoreError>;
}
