//! A caller of the API over the wire, as any other program would be: it loads a sample county,
//! publishes schemes, runs evaluations, and reads what came of them.

mod awards;
mod chains;
mod members;
mod rounds;
mod selections;
mod trust;
pub mod wire;

use std::sync::Arc;

pub use awards::PaidOut;
pub use chains::Chained;
pub use rounds::{Handing, item};
pub use selections::{Chosen, ID as SELECTION_ID};

use tokio_stream::{Stream, StreamExt, iter};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::Channel,
};

use crate::{
    proto::v1::{
        self, evaluation_service_client::EvaluationServiceClient,
        fact_service_client::FactServiceClient, registry_service_client::RegistryServiceClient,
        scheme_service_client::SchemeServiceClient,
    },
    sample::{Document, Fact, Record},
    telemetry::Outgoing,
};

/// Rows of one message.
const ROWS: usize = 500;
/// Streams of facts side by side.
const STREAMS: usize = 4;
/// Rows of one call of a stream: a call that takes long is cut off by the service.
const CALL_ROWS: usize = 10_000;
/// The largest answer that is taken.
const ANSWER_MAX: usize = 8 * 1024 * 1024;

/// Why a call did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The service said no, or could not be reached.
    #[error("{0}")]
    Status(#[from] Status),
    /// Some items were refused.
    #[error("{refused} refused; the first: {first}")]
    Refused {
        /// How many.
        refused: i64,
        /// What the service said of the first.
        first: String,
    },
    /// The answer is not what the API promises.
    #[error("the answer lacks {0}")]
    Lacks(&'static str),
    /// The run was given up.
    #[error("the run failed: {0}")]
    RunFailed(String),
    /// A stream of facts ended before its time.
    #[error("a stream was given up: {0}")]
    GivenUp(#[from] tokio::task::JoinError),
}

/// What is told while something goes on: so many more rows, or subjects, are done.
pub type Tell = Arc<dyn Fn(u64) + Send + Sync>;

/// A caller, on behalf of one county.
#[derive(Debug, Clone)]
pub struct Client {
    calls: Calls,
    county: String,
}

/// Puts the caller's token into every call.
#[derive(Clone)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl std::fmt::Debug for Bearer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bearer")
    }
}

impl Bearer {
    /// Of a token; nothing for calls without one.
    ///
    /// # Errors
    /// The token is none.
    pub fn new(token: Option<&str>) -> Result<Self, CallError> {
        let Some(token) = token else { return Ok(Self(None)) };
        let value = MetadataValue::try_from(format!("Bearer {token}"));
        let mut value = value.map_err(|_| CallError::Lacks("a token of printable characters"))?;
        value.set_sensitive(true);
        Ok(Self(Some(value)))
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

/// The way to the service: every call carries the token, and the trace that it is made in.
type Calls = InterceptedService<InterceptedService<Channel, Outgoing>, Bearer>;

impl Client {
    /// A caller over a connection, with its token.
    ///
    /// # Errors
    /// The token is none.
    pub fn new(channel: Channel, county: &str, token: Option<&str>) -> Result<Self, CallError> {
        let traced = InterceptedService::new(channel, Outgoing);
        let calls = InterceptedService::new(traced, Bearer::new(token)?);
        Ok(Self { calls, county: county.to_owned() })
    }

    fn evaluations(&self) -> EvaluationServiceClient<Calls> {
        EvaluationServiceClient::new(self.calls.clone()).max_decoding_message_size(ANSWER_MAX)
    }

    fn facts(&self) -> FactServiceClient<Calls> {
        FactServiceClient::new(self.calls.clone()).max_decoding_message_size(ANSWER_MAX)
    }

    /// Streams records, in order; all of them must be taken.
    pub async fn load_records(&self, records: &[Record], tell: Tell) -> Result<i64, CallError> {
        let county = self.county.clone();
        let messages: Vec<v1::UpsertRecordsRequest> = (0..)
            .zip(records.chunks(ROWS))
            .map(|(number, rows): (u32, _)| v1::UpsertRecordsRequest {
                county: county.clone(),
                request_id: format!("sample-records-{number}"),
                records: rows.iter().map(wire::record).collect(),
            })
            .collect();
        let messages = iter(messages).map(move |it| {
            tell(length(&it.records));
            it
        });
        let mut client = RegistryServiceClient::new(self.calls.clone());
        let answer = client.upsert_records(messages).await?.into_inner();
        all_taken(answer.counts, &answer.items)
    }

    /// Streams facts, several streams side by side, each over a part of the facts in their order;
    /// all of them must be taken.
    pub async fn load_facts(&self, facts: Arc<[Fact]>, tell: Tell) -> Result<i64, CallError> {
        let part = facts.len().div_ceil(STREAMS).max(1);
        let mut streams = tokio::task::JoinSet::new();
        for (number, start) in (0..facts.len()).step_by(part).enumerate() {
            let (client, facts, tell) = (self.clone(), Arc::clone(&facts), Arc::clone(&tell));
            let end = start.saturating_add(part).min(facts.len());
            streams.spawn(async move { client.stream(facts, number, start..end, tell).await });
        }
        let mut taken = 0_i64;
        while let Some(done) = streams.join_next().await {
            taken = taken.saturating_add(done??);
        }
        Ok(taken)
    }

    async fn stream(
        &self,
        facts: Arc<[Fact]>,
        number: usize,
        range: std::ops::Range<usize>,
        tell: Tell,
    ) -> Result<i64, CallError> {
        let mut taken = 0_i64;
        for start in range.clone().step_by(CALL_ROWS) {
            let call = start..start.saturating_add(CALL_ROWS).min(range.end);
            let (facts, tell) = (Arc::clone(&facts), Arc::clone(&tell));
            let messages = messages(self.county.clone(), facts, number, call, tell);
            let answer = self.facts().stream_facts(messages).await?.into_inner();
            taken = taken.saturating_add(all_taken(answer.counts, &answer.items)?);
        }
        Ok(taken)
    }

    /// Records facts by a single call, and then reverses each with its reason.
    pub async fn record_and_reverse(&self, facts: &[Fact]) -> Result<usize, CallError> {
        let mut client = self.facts();
        let mut reversed = 0_usize;
        for (number, rows) in facts.chunks(ROWS).enumerate() {
            let request = v1::RecordFactsRequest {
                county: self.county.clone(),
                request_id: format!("sample-mistakes-{number}"),
                facts: rows.iter().map(wire::fact).collect(),
            };
            let answer = client.record_facts(request).await?.into_inner();
            all_taken(answer.counts, &answer.items)?;
            for (item, fact) in answer.items.iter().zip(rows) {
                let request = v1::ReverseFactRequest {
                    county: self.county.clone(),
                    request_id: format!("sample-reversal-{reversed}"),
                    fact_id: item.id.clone(),
                    reason: fact.reversed_because.unwrap_or_default().to_owned(),
                    recorded_by: fact.recorded_by.clone(),
                    evidence: Vec::new(),
                };
                client.reverse_fact(request).await?;
                reversed = reversed.saturating_add(1);
            }
        }
        Ok(reversed)
    }

    /// Publishes a scheme.
    pub async fn publish_scheme(&self, document: &Document) -> Result<(), CallError> {
        self.publish_text(document.id, document.text).await
    }

    /// Publishes a version of a scheme that is no document of the sample.
    pub async fn publish_text(&self, name: &str, text: &str) -> Result<(), CallError> {
        let request = v1::PublishSchemeRequest {
            county: self.county.clone(),
            request_id: format!("sample-scheme-{name}").chars().take(64).collect(),
            document: text.as_bytes().to_vec(),
        };
        let mut client = SchemeServiceClient::new(self.calls.clone());
        client.publish_scheme(request).await?;
        Ok(())
    }

    /// Starts a run, watches it until it is computed, publishes it, and reads it with its quotas.
    pub async fn evaluate(&self, document: &Document, tell: Tell) -> Result<v1::Run, CallError> {
        let mut client = self.evaluations();
        let name = document.id.split('.').next_back().unwrap_or_default();
        let (county, run_id) = (self.county.clone(), self.compute(document, name, tell).await?);
        let publish = v1::PublishRunRequest {
            county: county.clone(),
            request_id: format!("sample-publish-{name}"),
            run_id: run_id.clone(),
        };
        client.publish_run(publish).await?;
        let answer = client.get_run(v1::GetRunRequest { county, run_id }).await?.into_inner();
        answer.run.ok_or(CallError::Lacks("the run"))
    }

    /// Starts a run and watches it until it is computed.
    async fn compute(
        &self,
        document: &Document,
        name: &str,
        tell: Tell,
    ) -> Result<String, CallError> {
        let start = v1::StartRunRequest {
            county: self.county.clone(),
            request_id: format!("sample-run-{name}"),
            scheme_id: document.id.to_owned(),
            version: 0,
            period: document.period.to_owned(),
            known_at: None,
        };
        let started = self.evaluations().start_run(start).await?.into_inner();
        let run = started.run.ok_or(CallError::Lacks("the run"))?;
        self.watch(&run.run_id, tell).await?;
        Ok(run.run_id)
    }

    async fn watch(&self, run_id: &str, tell: Tell) -> Result<(), CallError> {
        let request =
            v1::WatchRunRequest { county: self.county.clone(), run_id: run_id.to_owned() };
        let mut progress = self.evaluations().watch_run(request).await?.into_inner();
        while let Some(message) = progress.message().await? {
            let progress = message.progress.ok_or(CallError::Lacks("the progress"))?;
            tell(u64::try_from(progress.subjects_done).unwrap_or(0));
            if progress.state() == v1::RunState::Failed {
                let why =
                    progress.failure.and_then(|it| it.text).map_or_else(String::new, |it| it.en);
                return Err(CallError::RunFailed(why));
            }
        }
        Ok(())
    }

    /// Reads all results of a published run.
    pub async fn results(&self, document: &Document) -> Result<Vec<v1::Result>, CallError> {
        let request = v1::StreamResultsRequest {
            county: self.county.clone(),
            run: Some(published(document)),
            filter: None,
        };
        let mut stream = self.evaluations().stream_results(request).await?.into_inner();
        let mut results = Vec::new();
        while let Some(message) = stream.message().await? {
            results.extend(message.results);
        }
        Ok(results)
    }

    /// Explains one result of a published run.
    pub async fn explain(
        &self,
        document: &Document,
        subject: &str,
    ) -> Result<v1::ExplainResultResponse, CallError> {
        let request = v1::ExplainResultRequest {
            county: self.county.clone(),
            run: Some(published(document)),
            subject_id: subject.to_owned(),
        };
        Ok(self.evaluations().explain_result(request).await?.into_inner())
    }
}

/// The messages of one call. Each is made when the stream asks for it: the whole year is never
/// held twice.
fn messages(
    county: String,
    facts: Arc<[Fact]>,
    number: usize,
    range: std::ops::Range<usize>,
    tell: Tell,
) -> impl Stream<Item = v1::StreamFactsRequest> + Send + 'static {
    let starts: Vec<usize> = range.clone().step_by(ROWS).collect();
    iter(starts).map(move |start| {
        let end = start.saturating_add(ROWS).min(range.end);
        let rows = facts.get(start..end).unwrap_or_default();
        let facts: Vec<v1::Fact> = rows.iter().map(wire::fact).collect();
        tell(length(&facts));
        let request_id = format!("sample-facts-{number}-{start}");
        v1::StreamFactsRequest { county: county.clone(), request_id, facts }
    })
}

fn published(document: &Document) -> v1::RunSelector {
    let published = v1::PublishedRunSelector {
        scheme_id: document.id.to_owned(),
        period: document.period.to_owned(),
    };
    v1::RunSelector { selector: Some(v1::run_selector::Selector::Published(published)) }
}

fn length<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

/// How many were recorded, if none was refused.
fn all_taken(counts: Option<v1::BulkCounts>, items: &[v1::ItemStatus]) -> Result<i64, CallError> {
    let counts = counts.ok_or(CallError::Lacks("the counts"))?;
    if counts.refused == 0 {
        return Ok(counts.recorded);
    }
    let refused = items.iter().find(|it| it.state() == v1::ItemState::Refused);
    let first = refused.map_or_else(String::new, |it| {
        let words = it.text.as_ref().map_or("", |text| text.en.as_str());
        format!("{}: {} {words}", it.id, it.reason)
    });
    Err(CallError::Refused { refused: counts.refused, first })
}
