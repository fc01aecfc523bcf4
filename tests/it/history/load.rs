//! What the clients do: several of them at once, until told to stop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use steelyard::proto::v1::{self, run_selector::Selector};

use super::{
    dice::Dice,
    log::{Effect, Event, Part, Sighting},
    observe::Database,
    world::{LONG, Outcome, Sent, World, one},
};
use crate::harness::{COUNTY, decimal, entry, member, record_facts, reference, unit, units};

/// The subjects of every run.
pub(super) const MEMBERS: u64 = 24;

const SCHEME: &str = "
steelyard: scheme/v1
id: test.kills
version: 1
title: 断电
subject: member
period: year
in_force: {from: 2022-01-01}
score:
  id: root
  out_of: 100
  base: 20
  clamp: [0, 100]
  sum:
    - {id: volunteering, counted: {points: 2, caps: [{per: month, at_most: 60}]}}
    - {id: place, placed: {node: volunteering, within: compound, points: [[1, 20], [2, 10]], otherwise: 1}}
grades:
  - {id: excellent, at_least: 56, seats: {share: 30%, of: subjects, within: compound, rounding: floor}}
  - {id: competent}
ranking: {within: [compound], by: [score]}
";

/// Who does it in which cycle.
#[derive(Debug, Clone)]
pub(super) struct Who {
    pub(super) cycle: u64,
    pub(super) client: u64,
    pub(super) dice: Dice,
    /// Which replica it calls; the others where there are several.
    pub(super) replica: usize,
    /// Whether it sends everything once only.
    pub(super) once: bool,
    pub(super) number: u64,
}

impl Who {
    pub(super) fn new(cycle: u64, client: u64, dice: &mut Dice) -> Self {
        let replica = usize::try_from(client).unwrap();
        Self { cycle, client, dice: dice.split(), replica, once: false, number: 0 }
    }

    /// What marks the next write out.
    fn marker(&mut self) -> String {
        self.number += 1;
        format!("c{:03}-w{}-{:04}", self.cycle, self.client, self.number)
    }

    /// Mostly long; now and then so short that time runs out in the midst of the work.
    fn patience(&mut self) -> Duration {
        match self.dice.below(25) {
            0 => Duration::from_millis(1 + self.dice.below(8)),
            _ => LONG,
        }
    }
}

/// The county, its members and the scheme.
pub(super) async fn prepare(world: &World) {
    let mut records = units();
    records.extend((0..MEMBERS).map(|it| member(&format!("m{it:02}"))));
    let effects = records.iter().map(|it| Effect::Record { marker: it.id.clone() }).collect();
    let request_id = "county".to_owned();
    let county = COUNTY.to_owned();
    let upsert = v1::UpsertRecordsRequest { county: county.clone(), request_id, records };
    let parts = vec![Part { request_id: "county".to_owned(), effects }];
    let outcome = world.call(Sent::Upsert(upsert), parts, 0, LONG).await;
    assert_eq!(outcome, Outcome::Ok);
    let request_id = "scheme".to_owned();
    let document = SCHEME.as_bytes().to_vec();
    let publish = v1::PublishSchemeRequest { county, request_id, document };
    let outcome = world.call(Sent::Scheme(publish), one("scheme", Effect::Scheme), 0, LONG).await;
    assert_eq!(outcome, Outcome::Ok);
}

/// So many facts under one marker; the bad one is about somebody who does not exist.
fn facts(who: &mut Who, marker: &str, many: u64, bad: Option<u64>) -> (Vec<v1::Fact>, Vec<Effect>) {
    let mut facts = Vec::new();
    let mut effects = Vec::new();
    for index in 0..many {
        let good = bad != Some(index);
        let number = who.dice.below(MEMBERS);
        let subject = if good { format!("m{number:02}") } else { "nobody".to_owned() };
        let amount = i64::try_from(1 + who.dice.below(50_000)).unwrap();
        let day = format!("2022-{:02}-{:02}", 1 + who.dice.below(12), 1 + who.dice.below(28));
        let marker = format!("{marker}-{index}");
        let mut fact = entry(&subject, "volunteering", &day);
        if let Some(v1::fact::Fact::Entry(entry)) = &mut fact.fact {
            entry.times = decimal(&format!("{}.{:04}", amount / 10_000, amount % 10_000));
        }
        facts.push(v1::Fact { source: "kills".into(), source_record: marker.clone(), ..fact });
        effects.push(Effect::Fact { marker, subject, amount, good });
    }
    (facts, effects)
}

/// One call of a client that writes facts.
async fn write_facts(world: &World, who: &mut Who) -> Outcome {
    let within = who.patience();
    write_within(world, who, within).await
}

/// The same with all the time that it takes.
pub(super) async fn write_facts_patiently(world: &World, who: &mut Who) -> Outcome {
    write_within(world, who, LONG).await
}

async fn write_within(world: &World, who: &mut Who, within: Duration) -> Outcome {
    let marker = who.marker();
    match who.dice.below(20) {
        0..10 => {
            let many = 1 + who.dice.below(32);
            let bad = (who.dice.below(8) == 0 && many > 1).then(|| who.dice.below(many));
            let (facts, effects) = facts(who, &marker, many, bad);
            let sent = Sent::Record(record_facts(&marker, facts));
            twice(world, who, sent, vec![Part { request_id: marker, effects }], within).await
        }
        10..14 => {
            let (mut messages, mut parts) = (Vec::new(), Vec::new());
            for message in 0..=who.dice.below(3) {
                let request_id = format!("{marker}-s{message}");
                let many = 1 + who.dice.below(12);
                let (facts, effects) = facts(who, &request_id, many, None);
                let county = COUNTY.to_owned();
                let request = request_id.clone();
                messages.push(v1::StreamFactsRequest { county, request_id: request, facts });
                parts.push(Part { request_id, effects });
            }
            world.call(Sent::Stream(messages), parts, who.replica, within).await
        }
        14..17 => reverse(world, who, &marker, within).await,
        17 => {
            // A number that is none: the whole batch is refused.
            let (mut facts, effects) = facts(who, &marker, 4, None);
            if let Some(v1::fact::Fact::Entry(entry)) = &mut facts[2].fact {
                entry.times = decimal("1e2");
            }
            let sent = Sent::Record(record_facts(&marker, facts));
            world.call(sent, vec![Part { request_id: marker, effects }], who.replica, within).await
        }
        18 => {
            let building = unit(
                v1::RecordKind::Building,
                &marker,
                reference(v1::RecordKind::Compound, "k-01"),
            );
            let upsert = v1::UpsertRecordsRequest {
                county: COUNTY.into(),
                request_id: marker.clone(),
                records: vec![building],
            };
            let parts = one(&marker, Effect::Record { marker: marker.clone() });
            world.call(Sent::Upsert(upsert), parts, who.replica, within).await
        }
        _ => {
            let grant = v1::GrantRoleRequest {
                county: COUNTY.into(),
                request_id: marker.clone(),
                principal: marker.clone(),
                role_id: "auditor".into(),
                unit: reference(v1::RecordKind::County, COUNTY),
                reason: "审计".into(),
                ..Default::default()
            };
            let parts = one(&marker, Effect::Grant { marker: marker.clone() });
            world.call(Sent::Grant(grant), parts, who.replica, within).await
        }
    }
}

async fn reverse(world: &World, who: &mut Who, marker: &str, within: Duration) -> Outcome {
    let of = {
        let facts = world.facts.lock().unwrap();
        if facts.is_empty() { 1 } else { facts[who.dice.index(facts.len())] }
    };
    let reverse = v1::ReverseFactRequest {
        county: COUNTY.into(),
        request_id: marker.to_owned(),
        fact_id: format!("f{of}"),
        reason: marker.to_owned(),
        recorded_by: "clerk".into(),
        evidence: Vec::new(),
    };
    let parts = one(marker, Effect::Reversal { of, marker: marker.to_owned() });
    world.call(Sent::Reverse(reverse), parts, who.replica, within).await
}

/// Sends a call; now and then twice at the same time, to two replicas where there are two.
async fn twice(
    world: &World,
    who: &mut Who,
    sent: Sent,
    parts: Vec<Part>,
    within: Duration,
) -> Outcome {
    let call = world.invoke(sent, parts);
    if who.dice.below(6) > 0 || who.once {
        return world.attempt(call, who.replica, within).await;
    }
    world.log.write(&Event::Again { at: world.log.now(), call });
    let (one, _) = tokio::join!(
        world.attempt(call, who.replica, within),
        world.attempt(call, who.replica + 1, LONG),
    );
    one
}

/// Goes on after an answer, and after none only while there is another replica to call.
fn goes_on(world: &World, who: &mut Who, outcome: &Outcome) {
    if matches!(outcome, Outcome::Unknown(_)) && world.replicas() > 1 {
        who.replica += 1;
    }
}

/// A client that writes facts, buildings and grants.
pub(super) async fn writer(world: Arc<World>, mut who: Who, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::SeqCst) {
        let outcome = write_facts(&world, &mut who).await;
        goes_on(&world, &mut who, &outcome);
    }
}

/// The present state of a run; none while nobody answers.
async fn state(world: &World, replica: usize, run_id: &str) -> Option<v1::Run> {
    let request = v1::GetRunRequest { county: COUNTY.into(), run_id: run_id.into() };
    let answer = world.evaluations(replica).get_run(world.by(request, LONG)).await;
    answer.ok().and_then(|it| it.into_inner().run)
}

/// A request to start a run.
fn start(marker: &str) -> (Sent, Vec<Part>) {
    let start = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: marker.to_owned(),
        scheme_id: "test.kills".into(),
        period: "2022".into(),
        ..Default::default()
    };
    (Sent::Start(start), one(marker, Effect::Run))
}

/// A client that starts runs, waits for each, and publishes it in the place of the one before.
pub(super) async fn runner(world: Arc<World>, mut who: Who, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::SeqCst) {
        let (started, published) = known(&world);
        if started <= published {
            let marker = who.marker();
            let (start, parts) = start(&marker);
            let outcome = world.call(start, parts, who.replica, LONG).await;
            goes_on(&world, &mut who, &outcome);
            continue;
        }
        let run = state(&world, who.replica, &started).await;
        match run.as_ref().map(v1::Run::state) {
            Some(v1::RunState::Computed) => {
                let outcome = publish(&world, &mut who, &published, &started).await;
                goes_on(&world, &mut who, &outcome);
            }
            Some(v1::RunState::Failed) => panic!("a run failed: {run:?}"),
            Some(v1::RunState::Published) => {
                // By a call whose answer was lost: it is known once the call is repeated.
                return;
            }
            Some(_) => {
                // Too early now and then: refused, and the refusal is kept.
                if who.dice.below(10) == 0 {
                    publish(&world, &mut who, &published, &started).await;
                }
                tokio::time::sleep(Duration::from_millis(4)).await;
            }
            None => {
                who.replica += 1;
                tokio::time::sleep(Duration::from_millis(4)).await;
            }
        }
    }
}

fn known(world: &World) -> (String, String) {
    let started = world.started.lock().unwrap().clone();
    (started, world.published.lock().unwrap().clone())
}

/// A request to publish a run, in the place of another if there is one.
pub(super) fn publication(marker: &str, old: &str, new: &str) -> (Sent, Vec<Part>) {
    let (county, request_id, run_id) = (COUNTY.to_owned(), marker.to_owned(), new.to_owned());
    if old.is_empty() {
        let parts = one(marker, Effect::Publish { run: new.to_owned() });
        return (Sent::Publish(v1::PublishRunRequest { county, request_id, run_id }), parts);
    }
    let supersede = v1::SupersedeRunRequest {
        county,
        request_id,
        old_run_id: old.to_owned(),
        new_run_id: run_id,
        reason: "新批次".into(),
        validate_only: false,
    };
    let effect = Effect::Supersede { old: old.to_owned(), new: new.to_owned() };
    (Sent::Supersede(supersede), one(marker, effect))
}

/// Publishes a run; by two requests at once where there are two replicas, of which one is refused.
async fn publish(world: &World, who: &mut Who, old: &str, new: &str) -> Outcome {
    let (sent, parts) = publication(&who.marker(), old, new);
    let within = who.patience();
    if world.replicas() == 1 {
        return twice(world, who, sent, parts, within).await;
    }
    let (other, others) = publication(&who.marker(), old, new);
    let (one, _) = tokio::join!(
        world.call(sent, parts, who.replica, within),
        world.call(other, others, who.replica + 1, LONG),
    );
    one
}

/// Starts a run and waits until it is computed.
pub(super) async fn computed(world: &World, marker: &str) -> String {
    let (start, parts) = start(marker);
    assert_eq!(world.call(start, parts, 0, LONG).await, Outcome::Ok);
    let run = known(world).0;
    loop {
        let now = state(world, 0, &run).await.map(|it| it.state());
        if now == Some(v1::RunState::Computed) {
            return run;
        }
        assert_ne!(now, Some(v1::RunState::Failed));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A reader that looks at the published run all the time, at one replica after the other.
pub(super) async fn reader(world: Arc<World>, mut who: Who, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::SeqCst) {
        who.replica += 1;
        if let Some(sighting) = look(&world, who.replica).await {
            world.log.write(&Event::Saw(sighting));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn look(world: &World, replica: usize) -> Option<Sighting> {
    let from = world.log.now();
    let of = v1::PublishedRunSelector { scheme_id: "test.kills".into(), period: "2022".into() };
    let request = v1::ListResultsRequest {
        county: COUNTY.into(),
        run: Some(v1::RunSelector { selector: Some(Selector::Published(of)) }),
        page_size: 1_000,
        ..Default::default()
    };
    let page = world.evaluations(replica).list_results(world.by(request, LONG)).await;
    let page = match page {
        Ok(page) => page.into_inner(),
        Err(status) if status.code() == tonic::Code::NotFound => {
            return Some(Sighting { from, until: world.log.now(), ..Sighting::default() });
        }
        Err(_) => return None,
    };
    let run = state(world, replica, &page.run_id).await?;
    let name = run.state().as_str_name().trim_start_matches("RUN_STATE_").to_lowercase();
    let results = page.results.into_iter();
    let results = results.map(|it| (it.subject.unwrap().id, it.digest)).collect();
    Some(Sighting {
        from,
        until: world.log.now(),
        run: page.run_id,
        state: name,
        digest: run.result_digest,
        subjects: run.subjects_total,
        results,
    })
}

/// A dead process holds its batches for a minute, until another may take them. The minute is made
/// over, so that the next process carries on what the last one left half done.
pub(super) async fn forget_claims(database: &mut Database, claimant: &str) {
    let text = format!(
        "UPDATE run_batches SET claimed_until = 0
          WHERE state = 'claimed' AND claimed_by LIKE '{claimant}%'"
    );
    database.execute(&text).await;
}
