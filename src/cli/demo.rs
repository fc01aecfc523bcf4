//! `steelyard demo`: a whole county's year, from registry to published results, through the
//! service's own API.

mod awards;
mod chain;
mod dual;
mod folder;
mod formation;
mod report;
mod round;
mod selection;
mod service;
mod sight;
mod tables;

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::Failure;
use crate::{
    client::{CallError, Client, Tell},
    domain::scheme::Scheme,
    proto::v1::ExplainResultResponse,
    sample::{COMPANIES, COUNTY, Document, Fact, RecordKind, SCHEMES, Sample, Size, SubjectKind},
};
use awards::Awards;
use chain::Appraised;
use dual::{DUAL, Dual};
use formation::Formations;
use report::{Done, Report};
use round::Assessed;
use selection::Selection;
use service::Serving;

/// Where `--keep` serves.
const SERVED: &str = "127.0.0.1:50051";

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// What the sample county is made of.
    #[arg(long, default_value_t = 2022)]
    seed: u64,
    /// The folder of the embedded store; one that a demonstration made before is replaced.
    #[arg(long, default_value = "demo-county")]
    dir: PathBuf,
    /// A store to use instead of the folder, such as `postgres://user@host/database`.
    #[arg(long)]
    store: Option<String>,
    /// The folder of the service's keys [default: beside the store].
    #[arg(long, value_name = "FOLDER")]
    keys: Option<String>,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
    /// Go on serving on 127.0.0.1:50051 afterwards, until Ctrl-C.
    #[arg(long)]
    keep: bool,
    /// A county in little, with 25 compounds and 5,000 entries.
    #[arg(long)]
    little: bool,
}

impl Demo {
    pub(super) fn run(self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Runtime::new().map_err(|why| Failure::software(&why))?;
        runtime.block_on(self.show())
    }

    fn sample(&self, stage: &mut Stage) -> Result<Sample, Failure> {
        let size = if self.little { Size::LITTLE } else { Size::COUNTY };
        let sample = Sample::make(self.seed, &size);
        stage.done(&format!("sample county of seed {} made", self.seed))?;
        Ok(sample)
    }

    async fn show(self) -> Result<(), Failure> {
        let started = Instant::now();
        let mut stage = Stage { quiet: self.json, started };
        let url = match &self.store {
            Some(url) => url.clone(),
            None => folder::fresh(&self.dir)?,
        };
        let sample = self.sample(&mut stage)?;
        let service = Serving::start(&url, self.keys.as_deref(), "127.0.0.1:0").await?;
        let (token_file, token) = &service.token;
        let where_to = format!("service started on {}, store {url}", service.address);
        stage.done(&where_to)?;
        stage.done(&format!("the administrator's token lies in {}", token_file.display()))?;
        let client = Client::new(service.connect().await?, COUNTY, Some(token));
        let client = client.map_err(|why| Failure::software(&why))?;
        let told = tell((&service, &client), &sample, &mut stage).await;
        let Told { done, dual, formations, assessed, appraised, selection, awards, explained } =
            match told {
                Ok(told) => told,
                Err(why) => {
                    service.stop().await?;
                    return Err(Failure::software(&format!("the demonstration stopped: {why}")));
                }
            };
        let subject = explained.result.as_ref().map_or("", report::id_of).to_owned();
        let sight = sight::look(&service, &client, &subject).await?;
        stage.done("six callers with roles of their own asked; one signed result checked")?;
        let report = Report::new(&sample, done, (dual, formations), selection.honours());
        let mut out = io::stdout().lock();
        if self.json {
            let object = report.json(self.seed, &explained).map_err(|it| Failure::software(&it))?;
            let parts = [
                ("trust", sight.json()),
                ("round", assessed.json()),
                ("chain", appraised.json()),
                ("selection", selection.json()),
                ("money", awards.json()),
            ];
            let object = with(object, parts);
            serde_json::to_writer_pretty(&mut out, &object).map_err(io::Error::from)?;
            writeln!(out)?;
        } else {
            tables::print(&report, &mut out)?;
            assessed.print(&mut out)?;
            appraised.print(&mut out)?;
            selection.print(&report, &mut out)?;
            awards.print(&mut out)?;
            tables::sight(&sight, &mut out)?;
            let name = report.name(RecordKind::Member, &subject);
            tables::explanation(&explained, &format!("{subject} {name}"), &mut out)?;
            let shop = folder::Shop {
                url: &url,
                token: &service.token.0,
                tie: report.ties().into_iter().next(),
                subject: &subject,
            };
            shop.print(&mut out)?;
            stage.done("all done")?;
        }
        drop(out);
        drop(client);
        service.stop().await?;
        if self.keep {
            let service = Serving::start(&url, self.keys.as_deref(), SERVED).await?;
            stage.done(&format!("serving on {}; Ctrl-C ends it", service.address))?;
            tokio::signal::ctrl_c().await.map_err(|why| Failure::software(&why))?;
            service.stop().await?;
        }
        Ok(())
    }
}

/// An object with more fields.
fn with<const N: usize>(mut object: Value, parts: [(&str, Value); N]) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.extend(parts.map(|(name, part)| (name.to_owned(), part)));
    }
    object
}

/// Prints one line for everything that is done, with the time since the start.
struct Stage {
    quiet: bool,
    started: Instant,
}

impl Stage {
    fn done(&mut self, what: &str) -> Result<(), Failure> {
        if self.quiet {
            return Ok(());
        }
        let took = self.started.elapsed();
        let (seconds, tenths) = (took.as_secs(), took.subsec_millis().div_euclid(100));
        Ok(writeln!(io::stdout().lock(), "{seconds:>4}.{tenths} s  {what}")?)
    }

    /// A bar on the error stream, where that is a terminal; hidden otherwise.
    fn bar(what: &str, total: usize) -> ProgressBar {
        let bar = ProgressBar::new(u64::try_from(total).unwrap_or(0));
        let style = ProgressStyle::with_template("{msg:32} [{bar:40}] {pos:>7}/{len} {eta:>4}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what.to_owned());
        bar
    }
}

/// Tells a bar of so many more.
fn more(bar: &ProgressBar) -> Tell {
    let bar = bar.clone();
    Arc::new(move |rows| bar.inc(rows))
}

/// Tells a bar how many there are now.
fn now(bar: &ProgressBar) -> Tell {
    let (bar, most) = (bar.clone(), AtomicU64::new(0));
    Arc::new(move |done| {
        let most = most.fetch_max(done, Ordering::Relaxed).max(done);
        bar.set_position(most);
    })
}

/// What came of the story.
struct Told {
    done: Vec<Done>,
    dual: Dual,
    formations: Formations,
    assessed: Assessed,
    appraised: Appraised,
    selection: Selection,
    awards: Awards,
    explained: ExplainResultResponse,
}

/// The whole story: registry, schemes, point schedules, facts, corrections, evaluations, one
/// explanation.
async fn tell(
    (service, client): (&Serving, &Client),
    sample: &Sample,
    stage: &mut Stage,
) -> Result<Told, Failed> {
    let bar = Stage::bar("registry", sample.records.len());
    let records = client.load_records(&sample.records, more(&bar)).await?;
    bar.finish_and_clear();
    stage.done(&format!("{records} records of the registry loaded in one stream"))?;
    let documents: Vec<Document> = SCHEMES.into_iter().chain([COMPANIES]).collect();
    for document in &documents {
        client.publish_scheme(document).await?;
    }
    stage.done(&format!("{} schemes checked and published", documents.len()))?;
    let bar = Stage::bar("schedules", sample.schedules.len());
    let adopted = client.adopt_schedules(&sample.schedules, more(&bar)).await?;
    bar.finish_and_clear();
    let first = sample.schedules.iter().filter(|it| it.version == 1).count();
    let later = adopted.saturating_sub(first);
    let words = "point schedules adopted by general meetings";
    stage.done(&format!("{first} {words}, and {later} next versions within the year"))?;
    let (mistakes, facts): (Vec<Fact>, Vec<Fact>) =
        sample.facts.iter().cloned().partition(|it| it.reversed_because.is_some());
    let (sheets, facts): (Vec<Fact>, Vec<Fact>) =
        facts.into_iter().partition(|it| round::goes_through(sample, it));
    let bar = Stage::bar("facts", facts.len());
    let loaded = client.load_facts(facts.into(), more(&bar)).await?;
    bar.finish_and_clear();
    stage.done(&format!("{loaded} facts loaded in four streams side by side"))?;
    let reversed = client.record_and_reverse(&mistakes).await?;
    stage.done(&format!("{reversed} entries recorded by mistake and reversed with a reason"))?;
    let today = Serving::today()?;
    let assessed = round::carry_out((service, client), (sample, &sheets), today).await?;
    for line in assessed.stages() {
        stage.done(&line)?;
    }
    let appraised = chain::carry_out((service, client), sample).await?;
    stage.done(&appraised.stage())?;
    let mut done = Vec::new();
    for document in documents {
        let companies = sample.records.iter().filter(|it| it.kind == RecordKind::Company);
        let subjects = match document.id {
            id if id == COMPANIES.id => companies.count(),
            _ => sample.lines(&document, &[]).len(),
        };
        let bar = Stage::bar(document.id, subjects);
        let run = client.evaluate(&document, now(&bar)).await?;
        bar.finish_and_clear();
        let results = client.results(&document).await?;
        let many = results.len();
        stage.done(&format!("{} evaluated and published: {many} subjects", document.id))?;
        let scheme = Scheme::read(document.text.as_bytes())
            .map_err(|_| CallError::Lacks("a sound scheme document"))?;
        let appraisals = if document.subject == SubjectKind::Post {
            client.appraisals(&document).await?.unwrap_or_default()
        } else {
            Vec::new()
        };
        done.push(Done { document, scheme, run, results, appraisals });
    }
    let selection = selection::carry_out((service, client), (sample, &done), today).await?;
    stage.done(&selection.stage())?;
    let awards = awards::carry_out((service, client), today).await?;
    stage.done(&awards.stage())?;
    let of_members = done.iter().find(|it| it.document.id == DUAL);
    let of_members = of_members.ok_or(CallError::Lacks("the dual score"))?;
    let dual = Dual::gather(client, sample, of_members).await?;
    let formations = Formations::gather(client).await?;
    let moved = dual.worth_explaining(of_members);
    let moved = moved.ok_or(CallError::Lacks("anybody who moved and has a score"))?;
    let explained = client.explain(&of_members.document, report::id_of(moved)).await?;
    Ok(Told { done, dual, formations, assessed, appraised, selection, awards, explained })
}

/// Why the story broke off.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("{0}")]
    Call(#[from] CallError),
    #[error("{0}")]
    Print(String),
}

impl From<Failure> for Failed {
    fn from(why: Failure) -> Self {
        Self::Print(why.lines.join("\n"))
    }
}
