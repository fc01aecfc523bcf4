//! G6: unary reads of a published result, 64 in flight.

use std::time::Duration;

use prost::Message;
use sqlx::{Row as _, SqlitePool, sqlite::SqlitePoolOptions};
use steelyard::{
    proto::v1::{
        self,
        evaluation_service_client::EvaluationServiceClient,
        evaluation_service_server::{EvaluationService, EvaluationServiceServer},
    },
    sample::{COUNTY, SCHEMES, Sample, Size},
};
use tokio::runtime::Runtime;
use tokio_stream::Empty;
use tonic::{Request, Response, Status, service::Routes};

use crate::{
    measure::{Contender, Failure, alternate},
    report::{Report, Wanted},
    service::{Place, Served, bare, hammer, product, quiet, register},
};

const IN_FLIGHT: u32 = 64;
const CALLS: u32 = 20_000;
const SCHEME: &str = "xinping.member-dual-score";

/// Answers with one message, or with the row of the subject.
enum Bare {
    Constant(v1::GetResultResponse),
    Rows(SqlitePool),
}

macro_rules! not_here {
    ($($method:ident($request:ty) -> $response:ty;)*) => {
        #[tonic::async_trait]
        impl EvaluationService for Bare {
            type WatchRunStream = Empty<Result<v1::WatchRunResponse, Status>>;
            type StreamResultsStream = Empty<Result<v1::StreamResultsResponse, Status>>;
            type WatchResultsStream = Empty<Result<v1::WatchResultsResponse, Status>>;
            type ExportResultsStream = Empty<Result<v1::ExportResultsResponse, Status>>;

            async fn get_result(
                &self,
                request: Request<v1::GetResultRequest>,
            ) -> Result<Response<v1::GetResultResponse>, Status> {
                self.answer(request.into_inner()).await.map(Response::new)
            }

            $(async fn $method(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                Err(Status::unimplemented("bare"))
            })*
        }
    };
}

not_here! {
    start_run(v1::StartRunRequest) -> v1::StartRunResponse;
    watch_run(v1::WatchRunRequest) -> Self::WatchRunStream;
    get_run(v1::GetRunRequest) -> v1::GetRunResponse;
    list_runs(v1::ListRunsRequest) -> v1::ListRunsResponse;
    list_results(v1::ListResultsRequest) -> v1::ListResultsResponse;
    stream_results(v1::StreamResultsRequest) -> Self::StreamResultsStream;
    explain_result(v1::ExplainResultRequest) -> v1::ExplainResultResponse;
    publish_run(v1::PublishRunRequest) -> v1::PublishRunResponse;
    supersede_run(v1::SupersedeRunRequest) -> v1::SupersedeRunResponse;
    list_changes(v1::ListChangesRequest) -> v1::ListChangesResponse;
    list_result_events(v1::ListResultEventsRequest) -> v1::ListResultEventsResponse;
    watch_results(v1::WatchResultsRequest) -> Self::WatchResultsStream;
    export_results(v1::ExportResultsRequest) -> Self::ExportResultsStream;
    compute(v1::ComputeRequest) -> v1::ComputeResponse;
}

impl Bare {
    async fn answer(&self, asked: v1::GetResultRequest) -> Result<v1::GetResultResponse, Status> {
        match self {
            Self::Constant(answer) => Ok(answer.clone()),
            Self::Rows(pool) => {
                let query = sqlx::query("SELECT answer FROM answers WHERE subject = $1");
                let row = query.bind(asked.subject_id).fetch_one(pool).await;
                let row = row.map_err(|why| Status::internal(why.to_string()))?;
                v1::GetResultResponse::decode(row.get::<&[u8], _>(0))
                    .map_err(|why| Status::internal(why.to_string()))
            }
        }
    }
}

fn asked(subject: &str) -> v1::GetResultRequest {
    let published = v1::PublishedRunSelector {
        scheme_id: SCHEME.to_owned(),
        period: steelyard::sample::YEAR.to_owned(),
    };
    let selector = v1::run_selector::Selector::Published(published);
    v1::GetResultRequest {
        county: COUNTY.to_owned(),
        run: Some(v1::RunSelector { selector: Some(selector) }),
        subject_id: subject.to_owned(),
    }
}

/// Every result as the product answers it.
async fn published(served: &Served) -> Result<Vec<(String, v1::GetResultResponse)>, Failure> {
    let sample = Sample::make(2022, &Size::LITTLE);
    register(served, &sample).await?;
    let client = served.client()?;
    let scheme = SCHEMES.iter().find(|it| it.id == SCHEME).ok_or("the scheme is gone")?;
    client.publish_scheme(scheme).await?;
    client.adopt_schedules(&sample.schedules, quiet()).await?;
    let facts = sample.facts.iter().filter(|it| it.reversed_because.is_none()).cloned().collect();
    client.load_facts(facts, quiet()).await?;
    client.evaluate(scheme, quiet()).await?;
    let mut single = EvaluationServiceClient::new(served.channel.clone());
    let mut answers = Vec::new();
    for result in client.results(scheme).await? {
        let id = result.subject.map(|it| it.id).unwrap_or_default();
        let answer = single.get_result(asked(&id)).await?.into_inner();
        answers.push((id, answer));
    }
    Ok(answers)
}

async fn rows(
    url: &str,
    answers: &[(String, v1::GetResultResponse)],
) -> Result<SqlitePool, Failure> {
    let pool = SqlitePoolOptions::new().max_connections(4).test_before_acquire(false);
    let pool = pool.connect(url).await?;
    sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&pool).await?;
    let ddl = "CREATE TABLE answers (subject TEXT PRIMARY KEY, answer BLOB NOT NULL) WITHOUT ROWID";
    sqlx::raw_sql(ddl).execute(&pool).await?;
    for (subject, answer) in answers {
        let query = sqlx::query("INSERT INTO answers VALUES ($1, $2)");
        query.bind(subject).bind(answer.encode_to_vec()).execute(&pool).await?;
    }
    Ok(pool)
}

pub fn run(
    runtime: &Runtime,
    place: &Place,
    rounds: usize,
    report: &mut Report,
) -> Result<(), Failure> {
    eprintln!(
        "G6, SQLite: unary reads of a published result, {IN_FLIGHT} in flight, wall time a call"
    );
    let served = runtime.block_on(product(&place.sqlite("g6")))?;
    let answers = runtime.block_on(published(&served))?;
    let bytes = answers[0].1.encoded_len();
    report.note(&format!("G6: {} results, the first answer has {bytes} bytes", answers.len()));
    let pool = runtime.block_on(rows(&place.sqlite("g6-bare"), &answers))?;
    let serve = |it| runtime.block_on(bare(Routes::new(EvaluationServiceServer::new(it))));
    let constant = serve(Bare::Constant(answers[0].1.clone()))?;
    let point = serve(Bare::Rows(pool))?;
    let subjects: std::sync::Arc<[String]> = answers.into_iter().map(|(id, _)| id).collect();
    let contender = |name, served: &Served, calls: u32| {
        let client = EvaluationServiceClient::new(served.channel.clone());
        let subjects = subjects.clone();
        let round = move || -> Result<Duration, Failure> {
            let (client, subjects) = (client.clone(), subjects.clone());
            runtime.block_on(hammer(calls, IN_FLIGHT, move |number| {
                let (mut client, subjects) = (client.clone(), subjects.clone());
                async move {
                    let place = usize::try_from(number).unwrap_or(0) * 7_919 % subjects.len();
                    let answer = client.get_result(asked(&subjects[place])).await?.into_inner();
                    let there = answer.result.is_some();
                    there.then_some(()).ok_or_else(|| Status::internal("no result"))
                }
            }))
        };
        Contender { name, pieces: calls, round: Box::new(round) }
    };
    let figures = alternate(
        vec![
            contender("GetResult", &served, CALLS),
            contender("bare tonic, constant", &constant, CALLS),
            contender("bare point read", &point, CALLS),
        ],
        rounds,
    )?;
    report.compare("G6", figures[0], figures[1], Some(Wanted::Share(0.75)));
    report.compare("G6", figures[0], figures[2], Some(Wanted::Times(1.5)));
    for served in [served, constant, point] {
        runtime.block_on(served.stop())?;
    }
    Ok(())
}
