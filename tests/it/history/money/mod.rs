//! Money under races and kills (A3 to A5, K6): a town in which everybody is paid by a scheme, two hands that
//! carry batches, and what its books must be at every moment.

mod ask;
mod check;
mod corrupt;
mod kills;
mod life;
mod observe;
mod races;

use std::{path::Path, process::Command, sync::Mutex, time::Duration};

use prost::Message as _;
use steelyard::{
    domain::time::Moment,
    proto::{
        google::r#type::{Date, Money},
        v1::{
            self, RecordKind, award_service_client::AwardServiceClient,
            budget_service_client::BudgetServiceClient,
            evaluation_service_client::EvaluationServiceClient,
            recovery_service_client::RecoveryServiceClient,
            registry_service_client::RegistryServiceClient,
            scheme_service_client::SchemeServiceClient,
        },
    },
};
use tonic::{Code, Request, Status, transport::Channel};
use tonic_types::StatusExt as _;

use ask::{Ask, answers, approve, cancel, export, increase, propose};

use super::process;
use crate::harness::{COUNTY, date, member, reference, units};

/// Answers after which a caller sends the same again: it was not its turn, or nobody knows.
const AGAIN: [Code; 4] =
    [Code::Aborted, Code::Unavailable, Code::Cancelled, Code::DeadlineExceeded];

/// What everybody gets, in fen.
pub(super) const AWARD: i64 = 500_000;

/// Everyone whose result is final gets the award; nothing else decides.
fn document(id: &str) -> Vec<u8> {
    format!(
        "steelyard: scheme/v1
id: {id}
version: 1
title: 奖励办法
subject: member
period: year
in_force: {{from: 2000-01-01}}
score: {{id: root, out_of: 100, base: 50, sum: [{{id: deeds, counted: {{points: 1}}}}]}}
awards:
  - {{id: bonus, title: 奖励, amount: '5000.00', to: person}}
"
    )
    .into_bytes()
}

/// Fen as an amount of a message.
pub(super) fn cny(fen: i64) -> Option<Money> {
    let nanos = i32::try_from(fen % 100).unwrap() * 10_000_000;
    Some(Money { currency_code: "CNY".into(), units: fen / 100, nanos })
}

/// An amount of a message in fen.
#[expect(clippy::ref_option, reason = "fields of messages are looked at as they are")]
pub(super) fn fen(of: &Option<Money>) -> i64 {
    let it = of.as_ref().expect("an amount");
    it.units * 100 + i64::from(it.nanos / 10_000_000)
}

/// The day in Beijing.
pub(super) fn today() -> Option<Date> {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap();
    let now = Moment::from_micros(i64::try_from(now.as_micros()).unwrap());
    date(&now.beijing_day().unwrap().to_string())
}

/// The stable reason of a refusal; of one with several, that of the first.
pub(super) fn why(status: &Status) -> String {
    let details = status.get_error_details();
    let first = details.precondition_failure().and_then(|it| it.violations.first());
    let of_all = details.error_info().map(|it| it.reason.clone()).unwrap_or_default();
    first.map_or(of_all, |it| it.r#type.clone())
}

/// Who calls: nobody approves what they proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hand {
    /// Appropriates, proposes, hands over, settles.
    One,
    /// Approves and waives.
    Other,
}

/// The servers, and the hands' tokens.
#[derive(Debug)]
pub(super) struct Town {
    ends: Mutex<Vec<Channel>>,
    tokens: [String; 2],
}

impl Town {
    /// A town behind these servers, whose keys are in the folder.
    pub(super) async fn of(folder: &Path, ends: Vec<Channel>) -> Self {
        let mut issue = Command::new(env!("CARGO_BIN_EXE_steelyard"));
        let issued = issue.args(["token", "other", "--keys"]).arg(folder.join("keys")).output();
        let issued = issued.unwrap();
        assert!(issued.status.success(), "{issued:?}");
        let other = String::from_utf8(issued.stdout).unwrap().trim().to_owned();
        let town = Self { ends: Mutex::new(ends), tokens: [process::token(folder), other] };
        let request = v1::GrantRoleRequest {
            county: COUNTY.into(),
            request_id: "other".into(),
            principal: "other".into(),
            role_id: "organization_department".into(),
            unit: reference(RecordKind::County, COUNTY),
            reason: "复核".into(),
            ..Default::default()
        };
        let mut accesses = v1::access_service_client::AccessServiceClient::new(town.channel(0));
        accesses.grant_role(town.by(Hand::One, request)).await.unwrap();
        town
    }

    /// Puts a connection in the place of what there was.
    pub(super) fn reach(&self, replica: usize, channel: Channel) {
        self.ends.lock().unwrap()[replica] = channel;
    }

    pub(super) fn replicas(&self) -> usize {
        self.ends.lock().unwrap().len()
    }

    fn channel(&self, replica: usize) -> Channel {
        let ends = self.ends.lock().unwrap();
        ends[replica % ends.len()].clone()
    }

    /// A message of a hand.
    pub(super) fn by<T>(&self, hand: Hand, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let token = match hand {
            Hand::One => &self.tokens[0],
            Hand::Other => &self.tokens[1],
        };
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        request.set_timeout(Duration::from_secs(30));
        request
    }

    /// So many members with a published result of each scheme in each year.
    pub(super) async fn prepared(&self, members: usize, schemes: &[&str], years: &[i32]) {
        let mut records = units();
        records.extend((0..members).map(|it| member(&format!("m{it:03}"))));
        let records = records.into_iter();
        let records: Vec<_> = records
            .map(|it| v1::RegistryRecord { effective_from: date("2000-01-01"), ..it })
            .collect();
        for (part, records) in records.chunks(250).enumerate() {
            let message = v1::UpsertRecordsRequest {
                county: COUNTY.into(),
                request_id: format!("records-{part}"),
                records: records.to_vec(),
            };
            let mut registry = RegistryServiceClient::new(self.channel(0));
            let message = self.by(Hand::One, tokio_stream::once(message));
            assert_eq!(registry.upsert_records(message).await.unwrap().into_inner().items, []);
        }
        for scheme in schemes {
            let request = v1::PublishSchemeRequest {
                county: COUNTY.into(),
                request_id: (*scheme).into(),
                document: document(scheme),
            };
            let mut schemes = SchemeServiceClient::new(self.channel(0));
            schemes.publish_scheme(self.by(Hand::One, request)).await.unwrap();
            for year in years {
                self.published(scheme, *year).await;
            }
        }
    }

    async fn published(&self, scheme: &str, year: i32) {
        let mut evaluations = EvaluationServiceClient::new(self.channel(0));
        let request = v1::StartRunRequest {
            county: COUNTY.into(),
            request_id: format!("run-{scheme}-{year}"),
            scheme_id: scheme.into(),
            period: year.to_string(),
            ..Default::default()
        };
        let run = evaluations.start_run(self.by(Hand::One, request)).await.unwrap().into_inner();
        let run_id = run.run.unwrap().run_id;
        let watch = v1::WatchRunRequest { county: COUNTY.into(), run_id: run_id.clone() };
        let watched = evaluations.watch_run(self.by(Hand::One, watch)).await;
        let mut progress = watched.unwrap().into_inner();
        while let Some(message) = progress.message().await.unwrap() {
            assert_ne!(message.progress.unwrap().state(), v1::RunState::Failed);
        }
        let request = v1::PublishRunRequest {
            county: COUNTY.into(),
            request_id: format!("publish-{run_id}"),
            run_id,
        };
        evaluations.publish_run(self.by(Hand::One, request)).await.unwrap();
    }

    /// Sends a call at one of the servers, and gives the answer's bytes.
    async fn send(&self, ask: &Ask, replica: usize) -> Result<Vec<u8>, Status> {
        self.send_within(ask, replica, Duration::from_secs(30)).await
    }

    /// The same, with so much time.
    async fn send_within(
        &self,
        ask: &Ask,
        replica: usize,
        within: Duration,
    ) -> Result<Vec<u8>, Status> {
        let channel = self.channel(replica);
        macro_rules! sent {
            ($client:ident, $call:ident, $hand:expr, $request:expr) => {{
                let mut request = self.by($hand, $request.clone());
                request.set_timeout(within);
                $client::new(channel).$call(request).await?.into_inner().encode_to_vec()
            }};
        }
        let (one, other) = (Hand::One, Hand::Other);
        Ok(match ask {
            Ask::Act(it) => sent!(BudgetServiceClient, record_budget_act, one, it),
            Ask::Propose(it) => sent!(AwardServiceClient, propose_batch, one, it),
            Ask::Approve(it) => sent!(AwardServiceClient, approve_batch, other, it),
            Ask::ApproveOwn(it) => sent!(AwardServiceClient, approve_batch, one, it),
            Ask::Reject(it) => sent!(AwardServiceClient, reject_batch, other, it),
            Ask::Cancel(it) => sent!(AwardServiceClient, cancel_batch, one, it),
            Ask::Export(it) => sent!(AwardServiceClient, export_batch, one, it),
            Ask::Answer(it) => sent!(AwardServiceClient, record_treasury_answers, one, it),
            Ask::Close(it) => sent!(AwardServiceClient, close_batch, one, it),
            Ask::Demand(it) => sent!(RecoveryServiceClient, demand_recovery, one, it),
            Ask::Collect(it) => sent!(RecoveryServiceClient, record_recovered, one, it),
            Ask::Waive(it) => sent!(RecoveryServiceClient, waive_recovery, other, it),
        })
    }

    /// Sends a call until it is its turn.
    async fn sure(&self, ask: &Ask, replica: usize) -> Result<Vec<u8>, Status> {
        loop {
            match self.send(ask, replica).await {
                Err(it) if AGAIN.contains(&it.code()) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                answered => return answered,
            }
        }
    }

    /// What a purpose has, by one of the servers; none while it does not answer.
    pub(super) async fn budget(
        &self,
        (year, purpose): (&str, &str),
        replica: usize,
    ) -> Option<v1::PurposeBudget> {
        let (year, purpose_id) = (year.to_owned(), purpose.to_owned());
        let request =
            v1::GetBudgetRequest { county: COUNTY.into(), year, purpose_id, known_at: None };
        let mut budgets = BudgetServiceClient::new(self.channel(replica));
        let answer = budgets.get_budget(self.by(Hand::One, request)).await;
        let found = answered(answer)?.into_inner().budgets.pop()?;
        assert_sound(&found);
        Some(found)
    }

    /// The trial balance of a purpose, which must hold; none while the server does not answer.
    pub(super) async fn balance(
        &self,
        (year, purpose): (&str, &str),
        replica: usize,
    ) -> Option<v1::GetTrialBalanceResponse> {
        let (year, purpose_id) = (year.to_owned(), purpose.to_owned());
        let request =
            v1::GetTrialBalanceRequest { county: COUNTY.into(), year, purpose_id, known_at: None };
        let mut budgets = BudgetServiceClient::new(self.channel(replica));
        let answer = budgets.get_trial_balance(self.by(Hand::One, request)).await;
        let found = answered(answer)?.into_inner();
        assert_eq!(fen(&found.debits), fen(&found.credits), "{found:?}");
        let sum: i64 = found.accounts.iter().map(|it| fen(&it.balance)).sum();
        assert_eq!(sum, 0, "{found:?}");
        Some(found)
    }
}

/// What was answered, or nothing where the server is gone: anything else is a fault.
fn answered<T>(answer: Result<T, Status>) -> Option<T> {
    match answer {
        Ok(answer) => Some(answer),
        Err(status) => {
            let ours = [Code::Internal, Code::DataLoss, Code::NotFound, Code::PermissionDenied];
            assert!(!ours.contains(&status.code()), "{status:?}");
            None
        }
    }
}

/// K6: `available = appropriated - reserved - paid + recovered`, and nothing below zero.
pub(super) fn assert_sound(of: &v1::PurposeBudget) {
    let all = [
        &of.appropriated,
        &of.reserved,
        &of.paid,
        &of.returned,
        &of.recovered,
        &of.due,
        &of.available,
    ]
    .map(fen);
    let [appropriated, reserved, paid, _, recovered, due, available] = all;
    assert!(all.iter().all(|it| *it >= 0), "{of:?}");
    assert_eq!(available, appropriated - reserved - paid + recovered, "{of:?}");
    assert!(recovered + due <= paid, "{of:?}");
}
