//! A round of sheets (P2) in the property companies' half-year: whose sheets of some projects are
//! expected, what the service says while one is missing, and what the closing records. And a run of
//! the half-year after it under public notice (F8).

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde_json::{Value, json};
use tonic_types::StatusExt as _;

use super::{report::RATING, service::Serving};
use crate::{
    client::{CallError, Client, Handing, item},
    domain::{scheme::Scheme, time::Day},
    proto::{
        google::r#type::Date,
        v1::{self, RecordKind, sheet_holder::Holder},
    },
    sample::{Body, COUNTY, Detail, Document, Fact, SCHEMES, Sample},
};

/// The round.
const ROUND: &str = "2022-h2";
/// How many projects' sheets go through it; the others are loaded as facts of an earlier system.
const PROJECTS: usize = 3;
/// The half-year after the sample's.
const NEXT: &str = "2023-H1";
/// Where to object.
const OBJECT_TO: &str = "县住建局物业管理股，电话 0877-7010000";

/// What came of it.
#[derive(Debug)]
pub(super) struct Assessed {
    sheets: i64,
    assessors: usize,
    facts: i64,
    refused: v1::LocalText,
    notice: v1::Notice,
    too_soon: v1::LocalText,
    text: String,
}

/// A message in both languages.
pub(super) fn words(status: &tonic::Status) -> v1::LocalText {
    let zh = status.get_details_localized_message().map(|it| it.message).unwrap_or_default();
    v1::LocalText { en: status.message().to_owned(), zh }
}

fn document() -> Result<Document, CallError> {
    let found = SCHEMES.iter().find(|it| it.id == RATING).copied();
    found.ok_or(CallError::Lacks("the property document"))
}

pub(super) fn date(day: Day) -> Date {
    let part = |it: i64| i32::try_from(it).unwrap_or(0);
    Date { year: part(day.year()), month: part(day.month()), day: part(day.day()) }
}

/// Whether a fact is a sheet that goes through the round: of the first projects, by whoever assesses
/// every item of its role.
pub(super) fn goes_through(sample: &Sample, fact: &Fact) -> bool {
    let Body::Sheet { assessor, .. } = &fact.body else { return false };
    let several = assessor.ends_with("-branch-2") || assessor.ends_with("-branch-3");
    !several && projects(sample).contains(&fact.subject.id.as_str())
}

fn projects(sample: &Sample) -> Vec<&str> {
    let all = sample.records.iter().filter(|it| matches!(it.detail, Detail::Project { .. }));
    all.map(|it| it.id.as_str()).take(PROJECTS).collect()
}

/// Who holds the sheets of an assessor: the record of which it is the office, or a caller by name.
fn holder(
    sample: &Sample,
    role: &str,
    assessor: &str,
    subject: &str,
) -> Option<(RecordKind, String)> {
    match role {
        "street" => Some((RecordKind::Street, assessor.to_owned())),
        "community" => Some((RecordKind::Community, assessor.to_owned())),
        "compound_branch" => {
            let project = sample.records.iter().find(|it| it.id == subject);
            let Some(Detail::Project { compound_id, .. }) = project.map(|it| &it.detail) else {
                return None;
            };
            Some((RecordKind::Compound, compound_id.clone()))
        }
        _ => None,
    }
}

/// The sheets by role and assessor.
fn handings(facts: &[Fact]) -> Vec<Handing> {
    let mut by_whom: BTreeMap<(String, String), BTreeMap<String, Vec<v1::ItemPoints>>> =
        BTreeMap::new();
    for fact in facts {
        let Body::Sheet { item: of, role, assessor, points, .. } = &fact.body else { continue };
        let sheets = by_whom.entry(((*role).to_owned(), assessor.clone())).or_default();
        sheets.entry(fact.subject.id.clone()).or_default().push(item(of, *points));
    }
    let one = |((role, assessor), sheets): (_, BTreeMap<String, Vec<v1::ItemPoints>>)| {
        let sheets = sheets.into_iter();
        let sheets = sheets.map(|(subject_id, points)| v1::DraftSheet { subject_id, points });
        Handing { role, assessor, sheets: sheets.collect() }
    };
    by_whom.into_iter().map(one).collect()
}

/// The round from its opening to its closing, each assessor as a caller of its own; then a run of the
/// next half-year under notice.
pub(super) async fn carry_out(
    (service, client): (&Serving, &Client),
    (sample, facts): (&Sample, &[Fact]),
    today: Day,
) -> Result<Assessed, super::Failed> {
    let document = document()?;
    let handings = handings(facts);
    let mut assignments = Vec::new();
    let mut callers = Vec::new();
    for of in &handings {
        let subject = of.sheets.first().map_or("", |it| it.subject_id.as_str());
        let principal = format!("round-{}-{}", of.role, of.assessor);
        let unit = holder(sample, &of.role, &of.assessor, subject);
        let over = unit.clone().unwrap_or((RecordKind::County, COUNTY.to_owned()));
        let over = v1::RecordRef { kind: over.0.into(), id: over.1 };
        client.grant_role(&principal, &of.role, over.clone()).await?;
        let holder = match unit {
            Some(_) => Holder::Unit(over),
            None => Holder::Principal(principal.clone()),
        };
        assignments.push(v1::Assignment {
            assessor_id: of.assessor.clone(),
            role: of.role.clone(),
            holder: Some(v1::SheetHolder { holder: Some(holder) }),
            subject_ids: of.sheets.iter().map(|it| it.subject_id.clone()).collect(),
            optional: false,
        });
        let token = service.token_for(&principal)?;
        callers.push(Client::new(service.connect().await?, COUNTY, Some(&token))?);
    }
    let due = (0..10).try_fold(today, |day, _| day.next()).unwrap_or(today);
    let days = (date(today), date(due));
    let sheets = client.open_round(ROUND, &document, days, assignments).await?;
    let mut refused = v1::LocalText::default();
    for (number, (caller, of)) in callers.iter().zip(&handings).enumerate() {
        if number.checked_add(1) == Some(handings.len()) {
            let soon = client.close_round(ROUND, "sample-close-too-soon").await;
            refused = words(&soon.err().ok_or(CallError::Lacks("a refusal to close"))?);
        }
        caller.hand_in(ROUND, of).await?;
    }
    let closed = client.close_round(ROUND, "sample-close").await.map_err(CallError::from)?;
    let facts = closed.round.map_or(0, |it| it.facts);
    let (notice, too_soon) = put_up(client, &document, today).await?;
    let text = client.notice_text(&notice.run_id).await?;
    let assessors = handings.len();
    Ok(Assessed { sheets, assessors, facts, refused, notice, too_soon: words(&too_soon), text })
}

/// The document's next version asks for a public notice; a run by it is put up.
async fn put_up(
    client: &Client,
    document: &Document,
    today: Day,
) -> Result<(v1::Notice, tonic::Status), CallError> {
    let scheme = Scheme::read(document.text.as_bytes());
    let scheme = scheme.map_err(|_| CallError::Lacks("a sound scheme document"))?;
    let (version, from) = (scheme.version, scheme.in_force.from);
    let next = version.saturating_add(1);
    let text = document
        .text
        .replacen(&format!("\nversion: {version}\n"), &format!("\nversion: {next}\n"), 1)
        .replacen(
            &format!("\nin_force: {{from: {from}}}\n"),
            "\nin_force: {from: 2023-01-01}\nnotice: {days: 5, of: calendar}\n",
            1,
        );
    client.publish_text(&format!("{}-{next}", document.id), &text).await?;
    let next = Document { period: NEXT, ..*document };
    client.put_up(&next, date(today), OBJECT_TO).await
}

impl Assessed {
    /// The lines that say how it went.
    pub(super) fn stages(&self) -> [String; 2] {
        let Self { sheets, assessors, facts, .. } = self;
        let day = |it: &Option<Date>| {
            it.as_ref().map_or_else(String::new, |it| {
                format!("{:04}-{:02}-{:02}", it.year, it.month, it.day)
            })
        };
        [
            format!(
                "{sheets} sheets of {assessors} assessors through a round, {facts} facts at its closing"
            ),
            format!("{RATING} {NEXT} under public notice until {}", day(&self.notice.ends_on)),
        ]
    }

    /// Prints what was refused, and the head of the notice.
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "\nA round of sheets (P2), and a public notice (F8)")?;
        let refused = [("closed too soon", &self.refused), ("published too soon", &self.too_soon)];
        for (what, words) in refused {
            writeln!(out, "  {what}: {}\n    {}", words.en, words.zh)?;
        }
        let head = self.text.lines().filter(|it| !it.is_empty()).take(4);
        head.into_iter().try_for_each(|it| writeln!(out, "  {it}"))
    }

    /// The same for machines, without what the day decides.
    pub(super) fn json(&self) -> Value {
        json!({
            "sheets": self.sheets,
            "assessors": self.assessors,
            "facts": self.facts,
            "refused": self.refused.en,
            "notice_days": self.notice.days,
        })
    }
}
