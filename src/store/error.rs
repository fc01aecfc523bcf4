//! What a store can answer besides values: each variant is something a caller can act on.

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row of that key is there already: a source record, a reversal, a scheme version, a
    /// published run. Nothing of the transaction is kept.
    #[error("already recorded")]
    AlreadyRecorded,
    /// The row changed since it was read, or a claim was lost. Read again and try again.
    #[error("the record changed since it was read")]
    StaleRevision,
    /// Another transaction held on for too long or got there first; the whole use case may be tried
    /// again.
    #[error("lost to a concurrent transaction")]
    Contended,
    /// An earlier statement failed, so nothing of this transaction is kept.
    #[error("the transaction had already failed")]
    Aborted,
    /// A write of a county whose head the transaction has not taken by `lock_county`: a mistake in
    /// the calling code.
    #[error("county `{county}` is not locked by this transaction")]
    NotLocked {
        /// The county.
        county: String,
    },
    /// A rolled-up sum left the range that can be kept; the entry is not stored.
    #[error("a sum of points leaves its range")]
    Overflow,
    /// A stored value is none of its type: somebody edited the database.
    #[error("stored value of `{column}` does not decode")]
    Corrupt {
        /// The column.
        column: String,
        /// What was wrong with the value.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No room on the disk. Reads go on; nothing half is stored.
    #[error("no space left for the database")]
    StorageFull,
    /// The database cannot be reached or refused the statement.
    #[error("the database cannot be reached or refused the statement ({})", kind(.0))]
    Unavailable(#[source] sqlx::Error),
    /// The connection broke while `COMMIT` was under way: it was kept or it was not. Never resent;
    /// the caller repeats the call with the same request id.
    #[error("the connection was lost at commit; the outcome is unknown ({})", kind(.0))]
    OutcomeUnknown(#[source] sqlx::Error),
    /// The schema of the database is older or newer than this program, half made, or of another
    /// program; the sentence says which, and what to do.
    #[error("{0}")]
    Schema(String),
    /// Nobody should serve from this store as it is: its role may do too much, its server does not
    /// keep what it says it keeps, another server has it. The sentence says which, and what to do.
    #[error("{0}")]
    Unfit(String),
}

impl StoreError {
    /// The database was migrated by a newer program.
    pub(crate) fn newer_schema(version: i64) -> Self {
        Self::Schema(format!(
            "the schema of the database is newer than this program: it has migration {version}; \
             use the program that made it, or a newer one"
        ))
    }

    /// The database lacks a migration.
    pub(crate) fn older_schema(version: i64) -> Self {
        Self::Schema(format!(
            "the schema of the database is older than this program: migration {version} is missing; \
             run `steelyard migrate` as the owner of the schema"
        ))
    }

    /// A migration began and did not end.
    pub(crate) fn half_done_schema(version: i64) -> Self {
        Self::Schema(format!(
            "migration {version} of the database's schema was begun and not finished; restore the \
             database from before it, then run `steelyard migrate`"
        ))
    }

    /// A migration of that number was another one.
    pub(crate) fn other_schema(version: i64) -> Self {
        Self::Schema(format!(
            "migration {version} of the database's schema is not the one of this program; the \
             database belongs to another program or another line of this one"
        ))
    }

    /// A stored value of that column that does not decode.
    pub(crate) fn corrupt(
        column: &str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Corrupt { column: column.to_owned(), source: source.into() }
    }

    /// A stored text of that column that is none of the words it may be.
    pub(crate) fn unknown_word(column: &str, word: &str) -> Self {
        Self::corrupt(column, format!("`{word}` is not one of its words"))
    }
}

/// What sort of error it is, without a word of the database's own: those may quote what is stored.
fn kind(error: &sqlx::Error) -> String {
    use sqlx::Error::{Configuration, Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed};
    if let Some(code) = error.as_database_error().and_then(sqlx::error::DatabaseError::code) {
        return format!("code {code}");
    }
    if let Io(why) = error {
        return why.kind().to_string();
    }
    let kinds = [
        (matches!(error, Configuration(_)), "the URL is wrong"),
        (matches!(error, Tls(_)), "TLS failed"),
        (matches!(error, Protocol(_)), "the protocol was broken"),
        (matches!(error, PoolTimedOut), "no connection in time"),
        (matches!(error, PoolClosed), "the connections are closed"),
        (matches!(error, WorkerCrashed), "its worker ended"),
    ];
    let kind = kinds.into_iter().find(|it| it.0);
    kind.map_or("a value does not fit", |it| it.1).to_owned()
}
