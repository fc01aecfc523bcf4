//! The connection of a transaction, as statements are run on it: each in a span under its name.
//!
//! The name is found by the text, so a new statement has its span without a word, and neither text
//! nor parameters are told. Where nobody traces, a statement goes straight to the database.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::LazyLock,
    task::{Context, Poll, ready},
};

use sqlx::{
    Database, Describe, Either, Error, Execute, Executor, SqlStr, Transaction, error::BoxDynError,
};
use tokio_stream::Stream;
use tracing::{Instrument as _, Span, field::Empty};

use super::super::{Db, SYSTEM, sql};

type Row = <Db as Database>::Row;
type Done = <Db as Database>::QueryResult;
type Steps<'e> = Pin<Box<dyn Stream<Item = Result<Either<Done, Row>, Error>> + Send + 'e>>;
type Promised<'e, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'e>>;

/// Statements by text.
static NAMES: LazyLock<BTreeMap<&'static str, &'static str>> =
    LazyLock::new(|| sql::all().into_iter().map(|(name, text)| (text, name)).collect());

/// The connection of an open transaction.
pub(in super::super) struct Connection(Transaction<'static, Db>);

impl Connection {
    pub(super) fn of(tx: Transaction<'static, Db>) -> Self {
        Self(tx)
    }

    /// Keeps what the transaction did.
    pub(super) async fn commit(self) -> Result<(), Error> {
        self.0.commit().instrument(span("COMMIT")).await
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

/// The span of one statement; nothing where its call is not traced.
pub(super) fn span(name: &str) -> Span {
    tracing::info_span!(
        target: "steelyard::statement",
        "statement",
        otel.name = name,
        otel.kind = "client",
        otel.status_code = Empty,
        db.system.name = SYSTEM,
        db.query.summary = name,
    )
}

fn traced() -> bool {
    tracing::span_enabled!(target: "steelyard::statement", tracing::Level::INFO)
}

/// A statement's name: its own, or what an insert by set is made for.
fn name(text: &str) -> String {
    if let Some(name) = NAMES.get(text) {
        return (*name).to_owned();
    }
    let words: Vec<&str> = text.split_ascii_whitespace().take(3).collect();
    match words.as_slice() {
        ["INSERT", "INTO", table] => format!("INSERT_{}", table.to_ascii_uppercase()),
        [] | [..] => "statement".to_owned(),
    }
}

/// A statement taken apart, because its text can only be had by giving it up.
struct Parts {
    text: SqlStr,
    arguments: Result<Option<<Db as Database>::Arguments>, BoxDynError>,
    persistent: bool,
}

impl Parts {
    fn of<'q>(mut query: impl Execute<'q, Db>) -> Self {
        let arguments = query.take_arguments();
        let persistent = query.persistent();
        Self { text: query.sql(), arguments, persistent }
    }

    fn span(&self) -> Span {
        span(&name(self.text.as_str()))
    }
}

impl Execute<'_, Db> for Parts {
    fn sql(self) -> SqlStr {
        self.text
    }

    fn statement(&self) -> Option<&<Db as Database>::Statement> {
        None
    }

    fn take_arguments(&mut self) -> Result<Option<<Db as Database>::Arguments>, BoxDynError> {
        std::mem::replace(&mut self.arguments, Ok(None))
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}

/// What a statement gives, step by step, within its span.
struct Traced<'e> {
    span: Span,
    steps: Steps<'e>,
}

impl Stream for Traced<'_> {
    type Item = Result<Either<Done, Row>, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let _entered = this.span.enter();
        let step = ready!(this.steps.as_mut().poll_next(context));
        if let Some(Err(_)) = &step {
            this.span.record("otel.status_code", "error");
        }
        Poll::Ready(step)
    }
}

impl<'c> Executor<'c> for &'c mut Connection {
    type Database = Db;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Steps<'e>
    where
        'c: 'e,
        E: 'q + Execute<'q, Db>,
    {
        if !traced() {
            return (&mut *self.0).fetch_many(query);
        }
        let parts = Parts::of(query);
        Box::pin(Traced { span: parts.span(), steps: (&mut *self.0).fetch_many(parts) })
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> Promised<'e, Option<Row>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Db>,
    {
        if !traced() {
            return (&mut *self.0).fetch_optional(query);
        }
        let parts = Parts::of(query);
        let span = parts.span();
        let row = (&mut *self.0).fetch_optional(parts);
        let row = async move {
            let row = row.await;
            if row.is_err() {
                Span::current().record("otel.status_code", "error");
            }
            row
        };
        Box::pin(row.instrument(span))
    }

    fn prepare_with<'e>(
        self,
        text: SqlStr,
        parameters: &'e [<Db as Database>::TypeInfo],
    ) -> Promised<'e, <Db as Database>::Statement>
    where
        'c: 'e,
    {
        (&mut *self.0).prepare_with(text, parameters)
    }

    fn describe<'e>(self, text: SqlStr) -> Promised<'e, Describe<Db>>
    where
        'c: 'e,
    {
        (&mut *self.0).describe(text)
    }
}
