//! Two servers over one PostgreSQL, and eight clients that want the last seat (F1, F5): each round one
//! of them gets it.

use std::sync::Arc;

use steelyard::proto::v1::{
    self, CandidateVerdict, RecordKind, registry_record::Detail,
    selection_document_service_client::SelectionDocumentServiceClient,
    selection_service_client::SelectionServiceClient,
};
use tokio::task::JoinSet;
use tonic::{Request, Status, transport::Channel};
use tonic_types::StatusExt as _;

use super::process::{self, Process};
use crate::{
    harness::{COUNTY, date, decimal, record, reference, unit},
    postgres,
};

/// How many want a seat at once.
const RIVALS: usize = 8;
/// How many branches there are; a round takes one of them out.
const BRANCHES: usize = 57;
/// The years, each of them a selection of each kind.
const YEARS: std::ops::Range<i32> = 2011..2021;
/// Rounds of each selection: until fewer rivals are left.
const ROUNDS: usize = BRANCHES - RIVALS + 1;

/// Where the cap is.
#[derive(Clone, Copy, PartialEq)]
enum Cap {
    /// A street has one seat.
    Street,
    /// Every branch may be recommended, and the county has one seat.
    County,
}

impl Cap {
    const fn document(self) -> &'static str {
        match self {
            Self::Street => "test.street-cap",
            Self::County => "test.county-cap",
        }
    }

    const fn seats(self) -> &'static str {
        match self {
            Self::Street => "{share: 2%, rounding: floor}",
            Self::County => "{share: 100%, rounding: ceiling, at_most: 1}",
        }
    }
}

/// One end of a service and the callers' tokens.
struct Ends {
    channels: [Channel; 2],
    token: String,
}

impl Ends {
    fn by<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let token = format!("Bearer {}", self.token);
        request.metadata_mut().insert("authorization", token.parse().unwrap());
        request
    }

    fn selections(&self, end: usize) -> SelectionServiceClient<Channel> {
        SelectionServiceClient::new(self.channels[end % 2].clone())
    }
}

fn branch(number: usize) -> String {
    format!("b-{number:02}")
}

fn step(number: usize) -> v1::CandidateStep {
    v1::CandidateStep { branch_id: branch(number), opinion: "争取".into(), evidence: vec![] }
}

fn id(cap: Cap, year: i32) -> String {
    format!("{}-{year}", cap.document())
}

async fn prepare(at: &Ends) {
    let mut records = vec![
        unit(RecordKind::County, COUNTY, None),
        unit(RecordKind::Street, "guishan", reference(RecordKind::County, COUNTY)),
        unit(RecordKind::Community, "c-01", reference(RecordKind::Street, "guishan")),
    ];
    for number in 0..BRANCHES {
        let compound = format!("k-{number:02}");
        records.push(unit(
            RecordKind::Compound,
            &compound,
            reference(RecordKind::Community, "c-01"),
        ));
        let detail = v1::Branch {
            anchor: reference(RecordKind::Compound, &compound),
            form: v1::BranchForm::CompoundBranch.into(),
            ..Default::default()
        };
        records.push(record(RecordKind::Branch, &branch(number), Detail::Branch(detail)));
    }
    let message = v1::UpsertRecordsRequest {
        county: COUNTY.into(),
        request_id: "records".into(),
        records: records
            .into_iter()
            .map(|it| v1::RegistryRecord { effective_from: date("2000-01-01"), ..it })
            .collect(),
    };
    let mut registry =
        v1::registry_service_client::RegistryServiceClient::new(at.channels[0].clone());
    let answer = registry.upsert_records(at.by(tokio_stream::once(message))).await.unwrap();
    assert_eq!(answer.into_inner().items, []);
    let scheme = "steelyard: scheme/v1
id: test.criteria
version: 1
title: 测试办法
subject: compound
period: year
in_force: {from: 2000-01-01}
score: {id: total, out_of: 100, measured: {metric: points, linear: [[0, 0], [100, 100]]}}
ranking: {within: [street, county], by: [score]}
";
    let mut schemes = v1::scheme_service_client::SchemeServiceClient::new(at.channels[0].clone());
    let request = v1::PublishSchemeRequest {
        county: COUNTY.into(),
        request_id: "scheme".into(),
        document: scheme.into(),
    };
    schemes.publish_scheme(at.by(request)).await.unwrap();
    let mut documents = SelectionDocumentServiceClient::new(at.channels[1].clone());
    for cap in [Cap::Street, Cap::County] {
        let (id, seats) = (cap.document(), cap.seats());
        let document = format!(
            "steelyard: selection/v1
id: {id}
version: 1
title: 测试评选
honour: {id}
in_force: {{from: 2000-01-01}}
criteria: {{scheme: test.criteria}}
forms: [compound_branch]
seats: {seats}
steps:
  application: {{by: county}}
  opinion: {{by: office}}
  recommendation: {{by: county}}
  examination: {{by: group}}
  consultation: {{by: office}}
  decision: {{by: committee}}
notice: {{days: 5, of: working}}
"
        );
        let request = v1::PublishSelectionDocumentRequest {
            county: COUNTY.into(),
            request_id: id.into(),
            document: document.into(),
        };
        documents.publish_selection_document(at.by(request)).await.unwrap();
    }
}

/// The results of a year: every compound has a place of its own.
async fn ranked(at: &Ends, year: i32) -> String {
    let fact = |number: usize| v1::Fact {
        subject: Some(v1::SubjectRef {
            kind: v1::SubjectKind::Compound.into(),
            id: format!("k-{number:02}"),
        }),
        fact: Some(v1::fact::Fact::Metric(v1::Metric {
            name: "points".into(),
            period: year.to_string(),
            value: decimal(&(90 - number).to_string()),
        })),
        recorded_by: "clerk".into(),
        ..Default::default()
    };
    let request = v1::RecordFactsRequest {
        county: COUNTY.into(),
        request_id: format!("facts-{year}"),
        facts: (0..BRANCHES).map(fact).collect(),
    };
    let mut facts = v1::fact_service_client::FactServiceClient::new(at.channels[0].clone());
    let counts = facts.record_facts(at.by(request)).await.unwrap().into_inner();
    let recorded = counts.counts.as_ref().map(|it| it.recorded);
    assert_eq!(recorded, i64::try_from(BRANCHES).ok(), "{counts:?}");
    let mut evaluations =
        v1::evaluation_service_client::EvaluationServiceClient::new(at.channels[0].clone());
    let request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: format!("run-{year}"),
        scheme_id: "test.criteria".into(),
        period: year.to_string(),
        ..Default::default()
    };
    let run = evaluations.start_run(at.by(request)).await.unwrap().into_inner().run.unwrap();
    let watch = v1::WatchRunRequest { county: COUNTY.into(), run_id: run.run_id.clone() };
    let mut progress = evaluations.watch_run(at.by(watch)).await.unwrap().into_inner();
    while let Some(message) = progress.message().await.unwrap() {
        assert_ne!(message.progress.unwrap().state(), v1::RunState::Failed);
    }
    run.run_id
}

/// Opens a selection and brings every branch to the step before the cap.
async fn begun(at: &[Ends; 4], (cap, year): (Cap, i32), run: &str) {
    let [branches, community, street, _] = at;
    let (county, selection_id) = (COUNTY.to_owned(), id(cap, year));
    let mut selections = branches.selections(0);
    let request = v1::OpenSelectionRequest {
        county: county.clone(),
        request_id: format!("open-{selection_id}"),
        selection_id: selection_id.clone(),
        document_id: cap.document().into(),
        period: year.to_string(),
        roster_day: date("2022-01-01"),
    };
    selections.open_selection(branches.by(request)).await.unwrap();
    let request = v1::AdoptRankingRequest {
        county: county.clone(),
        request_id: format!("rank-{selection_id}"),
        selection_id: selection_id.clone(),
        run_id: run.to_owned(),
    };
    selections.adopt_ranking(branches.by(request)).await.unwrap();
    for number in 0..BRANCHES {
        let request = v1::ApplyForSelectionRequest {
            county: county.clone(),
            request_id: format!("apply-{selection_id}-{number}"),
            selection_id: selection_id.clone(),
            candidate: Some(step(number)),
            decided_by: "branch".into(),
        };
        branches.selections(number).apply_for_selection(branches.by(request)).await.unwrap();
    }
    let opinion = |number| v1::ApplicationOpinion {
        candidate: Some(step(number)),
        verdict: v1::OpinionVerdict::Pass.into(),
    };
    let request = v1::GiveOpinionsRequest {
        county: county.clone(),
        request_id: format!("opinions-{selection_id}"),
        selection_id: selection_id.clone(),
        opinions: (0..BRANCHES).map(opinion).collect(),
        decided_by: "community".into(),
    };
    selections.give_opinions(community.by(request)).await.unwrap();
    let request = v1::ReviewCandidatesRequest {
        county: county.clone(),
        request_id: format!("review-{selection_id}"),
        selection_id: selection_id.clone(),
        candidates: (0..BRANCHES).map(step).collect(),
        decided_by: "street".into(),
    };
    selections.review_candidates(street.by(request)).await.unwrap();
    if cap == Cap::County {
        let request = v1::RecommendCandidatesRequest {
            county,
            request_id: format!("recommend-{selection_id}"),
            selection_id,
            candidates: (0..BRANCHES).map(step).collect(),
            decided_by: "street".into(),
        };
        selections.recommend_candidates(street.by(request)).await.unwrap();
    }
}

/// One rival's try for a candidate, at one of the two ends.
async fn attempt(
    at: &[Ends; 4],
    (cap, selection_id): (Cap, &str),
    (number, end): (usize, usize),
) -> Result<(), Status> {
    let [_, _, street, group] = at;
    let (county, selection_id) = (COUNTY.to_owned(), selection_id.to_owned());
    let request_id = format!("want-{selection_id}-{number}-{end}-{}", fresh());
    match cap {
        Cap::Street => {
            let request = v1::RecommendCandidatesRequest {
                county,
                request_id,
                selection_id,
                candidates: vec![step(number)],
                decided_by: "street".into(),
            };
            let answer = street.selections(end).recommend_candidates(street.by(request)).await;
            answer.map(|_| ())
        }
        Cap::County => {
            let request = v1::ExamineCandidatesRequest {
                county,
                request_id,
                selection_id,
                judgements: vec![v1::CandidateJudgement {
                    candidate: Some(step(number)),
                    verdict: CandidateVerdict::Pass.into(),
                }],
                decided_by: "group".into(),
            };
            let answer = group.selections(end).examine_candidates(group.by(request)).await;
            answer.map(|_| ())
        }
    }
}

/// A number that no request had.
fn fresh() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Eight rivals at once, each for another candidate: one gets the seat, which is given back.
async fn round(at: &Arc<[Ends; 4]>, cap: Cap, (selection_id, left): (&str, &mut Vec<usize>)) {
    let rivals: Vec<usize> = left.iter().copied().take(RIVALS).collect();
    let mut tries = JoinSet::new();
    for (end, number) in rivals.iter().copied().enumerate() {
        let (at, selection_id) = (Arc::clone(at), selection_id.to_owned());
        tries.spawn(
            async move { (number, attempt(&at, (cap, &selection_id), (number, end)).await) },
        );
    }
    let mut won = Vec::new();
    for (number, answer) in tries.join_all().await {
        match answer {
            Ok(()) => won.push(number),
            Err(status) => {
                let reason = status.get_details_error_info().map(|it| it.reason);
                assert_eq!(reason.as_deref(), Some("QUOTA_EXCEEDED"), "{status:?}");
            }
        }
    }
    assert_eq!(won.len(), 1, "{selection_id}: {won:?}");
    let request = v1::WithdrawApplicationRequest {
        county: COUNTY.to_owned(),
        request_id: format!("back-{selection_id}-{}", won[0]),
        selection_id: selection_id.to_owned(),
        candidate: Some(step(won[0])),
        decided_by: "branch".into(),
    };
    at[0].selections(won[0]).withdraw_application(at[0].by(request)).await.unwrap();
    left.retain(|it| *it != won[0]);
}

/// By its events: how many held the seat at any moment, and how often it was taken.
async fn seats_held(at: &Ends, cap: Cap, selection_id: &str) -> (usize, usize) {
    let taking = if cap == Cap::Street { "recommend" } else { "examine" };
    let (mut held, mut most, mut taken) = (std::collections::BTreeSet::new(), 0, 0);
    let mut cursor = String::new();
    loop {
        let request = v1::ListSelectionEventsRequest {
            county: COUNTY.into(),
            selection_id: selection_id.into(),
            cursor,
            page_size: 1_000,
        };
        let page = at.selections(0).list_selection_events(at.by(request)).await.unwrap();
        let page = page.into_inner();
        for event in page.events {
            if event.what == taking {
                held.insert(event.branch_id);
                taken += 1;
            } else if event.what == "withdraw" {
                held.remove(&event.branch_id);
            }
            most = most.max(held.len());
        }
        cursor = page.cursor;
        if !page.more {
            return (most, taken);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_races_for_a_last_seat_have_one_winner_each() {
    let schema = postgres::migrated("races_for_a_last_seat").await;
    let folder = process::folder("races_for_a_last_seat");
    let servers = [
        Process::start(&schema.service, &folder, "one").await,
        Process::start(&schema.service, &folder, "other").await,
    ];
    let channels = [servers[0].connect().await, servers[1].connect().await];
    let administrator = Ends { channels: channels.clone(), token: process::token(&folder) };
    prepare(&administrator).await;
    // A caller for each hand: nobody takes two steps on one candidate.
    let hand = |name: &str| {
        let mut issue = std::process::Command::new(env!("CARGO_BIN_EXE_steelyard"));
        let issued = issue.args(["token", name, "--keys"]).arg(folder.join("keys")).output();
        let issued = issued.unwrap();
        assert!(issued.status.success(), "{issued:?}");
        let token = String::from_utf8(issued.stdout).unwrap().trim().to_owned();
        Ends { channels: channels.clone(), token }
    };
    let hands = [
        ("branches", "compound_branch"),
        ("community", "community"),
        ("street", "street"),
        ("group", "selection_group"),
    ];
    for (principal, role) in hands.into_iter().chain([("branches", "organization_department")]) {
        let request = v1::GrantRoleRequest {
            county: COUNTY.into(),
            request_id: format!("{principal}-{role}"),
            principal: principal.into(),
            role_id: role.into(),
            unit: reference(RecordKind::County, COUNTY),
            reason: "竞争席位".into(),
            ..Default::default()
        };
        let mut accesses = v1::access_service_client::AccessServiceClient::new(channels[0].clone());
        accesses.grant_role(administrator.by(request)).await.unwrap();
    }
    let at = Arc::new(hands.map(|(principal, _)| hand(principal)));
    let mut rounds = 0;
    for year in YEARS {
        let run = ranked(&administrator, year).await;
        for cap in [Cap::Street, Cap::County] {
            begun(&at, (cap, year), &run).await;
            let selection_id = id(cap, year);
            let mut left: Vec<usize> = (0..BRANCHES).collect();
            for _ in 0..ROUNDS {
                round(&at, cap, (&selection_id, &mut left)).await;
                rounds += 1;
            }
            let held = seats_held(&at[0], cap, &selection_id).await;
            assert_eq!(held, (1, ROUNDS), "{selection_id}");
        }
    }
    assert_eq!(rounds, 1_000);
    servers.iter().for_each(Process::assert_sound);
}
