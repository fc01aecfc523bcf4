//! Records the cases are made of, and writes in one line.

use steelyard::{
    domain::time::{Day, Moment},
    store::{
        Fact, FactKind, NameKept, NewAudit, NewPublication, RegistryVersion, Request, ResultRecord,
        RunRecord, RunState, ScheduleHeader, SchemeHeader, Store, StoreError, StoreTx,
    },
};

pub(crate) const COUNTY: &str = "xinping";

pub(crate) fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

pub(crate) fn at(micros: i64) -> Moment {
    Moment::from_micros(micros)
}

/// Later than anything recorded here.
pub(crate) const NOW: Moment = Moment::from_micros(i64::MAX);

pub(crate) fn entry(subject: &str, item: &str, on: &str, times: i64, points: Option<i64>) -> Fact {
    let mut fact = Fact::of(FactKind::Entry, "member", subject, item);
    fact.on_day = Some(day(on));
    fact.until_day = fact.on_day;
    fact.amount_a = Some(times);
    fact.amount_b = points;
    "clerk".clone_into(&mut fact.recorded_by);
    fact
}

pub(crate) fn metric(subject: &str, name: &str, period: &str, value: i64) -> Fact {
    let mut fact = Fact::of(FactKind::Metric, "member", subject, name);
    period.clone_into(&mut fact.period);
    fact.amount_a = Some(value);
    fact
}

pub(crate) fn version(kind: &str, id: &str, from: &str, name: &str) -> RegistryVersion {
    RegistryVersion {
        kind: kind.to_owned(),
        id: id.to_owned(),
        effective_from: day(from),
        effective_until: None,
        name: name.to_owned(),
        kept: NameKept::InRow,
        parent_kind: "street".to_owned(),
        parent_id: "guishan".to_owned(),
        attributes: "{}".to_owned(),
        recorded_by: "clerk".to_owned(),
    }
}

pub(crate) fn request(id: &str, method: &str, mark: u8) -> Request {
    Request {
        county: COUNTY.to_owned(),
        principal: "clerk".to_owned(),
        request_id: id.to_owned(),
        method: method.to_owned(),
        fingerprint: [mark; 32],
    }
}

pub(crate) fn audit(id: &str) -> NewAudit {
    NewAudit {
        principal: "clerk".to_owned(),
        method: "RecordFacts".to_owned(),
        request_id: id.to_owned(),
        fingerprint: [3; 32],
        subject: "fact/f1".to_owned(),
        effect_digest: [4; 32],
    }
}

pub(crate) fn scheme(id: &str, version: i64, from: &str, until: Option<&str>) -> SchemeHeader {
    SchemeHeader {
        scheme_id: id.to_owned(),
        version,
        digest: [9; 32],
        title: "在职党员双积分".to_owned(),
        subject_kind: "member".to_owned(),
        period_kind: "year".to_owned(),
        in_force_from: day(from),
        in_force_until: until.map(day),
        published: at(0),
        published_by: "office".to_owned(),
        retired: None,
    }
}

pub(crate) fn schedule(
    compound: &str,
    version: i64,
    from: &str,
    until: Option<&str>,
) -> ScheduleHeader {
    ScheduleHeader {
        compound: compound.to_owned(),
        version,
        digest: [9; 32],
        title: "积分细则".to_owned(),
        in_force_from: day(from),
        in_force_until: until.map(day),
        branch: "b-1".to_owned(),
        met_on: day("2021-12-01"),
        eligible: 12,
        present: 10,
        in_favour: 8,
        evidence: String::new(),
        adopted: at(0),
        adopted_by: "office".to_owned(),
        request_id: "r".to_owned(),
        retired: None,
    }
}

pub(crate) fn run(id: &str) -> RunRecord {
    RunRecord {
        run_id: id.to_owned(),
        scheme_id: "s".to_owned(),
        version: 1,
        scheme_digest: [9; 32],
        period: "2022".to_owned(),
        known: at(5),
        facts_seq: 1,
        registry_seq: i64::MAX,
        state: RunState::Pending,
        subjects: 3,
        engine_version: "1".to_owned(),
        result_digest: None,
        quotas: String::new(),
        supersedes: String::new(),
        superseded_by: String::new(),
        reason: String::new(),
        started: (at(7), "office".to_owned()),
        computed: None,
        published: None,
        revision: 1,
    }
}

pub(crate) fn result(subject: &str, ordinal: i64, score: Option<i64>) -> ResultRecord {
    ResultRecord {
        subject: subject.to_owned(),
        ordinal,
        period: "2022".to_owned(),
        status: "final".to_owned(),
        score,
        score_before: score,
        grade: "优秀".to_owned(),
        ranks: r#"{"county":1}"#.to_owned(),
        awards: "[]".to_owned(),
        reasons: "[]".to_owned(),
        groups: r#"{"county":"xinping"}"#.to_owned(),
        digest: [1; 32],
    }
}

pub(crate) fn publication(run_id: &str, replaced_run_id: &str) -> NewPublication {
    NewPublication {
        run_id: run_id.to_owned(),
        replaced_run_id: replaced_run_id.to_owned(),
        scheme_id: "s".to_owned(),
        period: "2022".to_owned(),
        subject_kind: "member".to_owned(),
    }
}

/// A transaction that has locked the county, at the clock's moment.
pub(crate) async fn begin(store: &dyn Store, now: i64) -> Result<Box<dyn StoreTx>, StoreError> {
    let mut tx = store.begin().await?;
    tx.lock_county(COUNTY, at(now)).await?;
    Ok(tx)
}

/// Records facts in a transaction of their own; answers the first one's number.
pub(crate) async fn record(store: &dyn Store, now: i64, facts: &[Fact]) -> i64 {
    let mut tx = begin(store, now).await.unwrap();
    let first = tx.insert_facts(COUNTY, "r", facts).await.unwrap();
    tx.commit().await.unwrap();
    first
}

/// Records registry versions in a transaction of their own.
pub(crate) async fn register(store: &dyn Store, now: i64, versions: &[RegistryVersion]) {
    let mut tx = begin(store, now).await.unwrap();
    tx.insert_registry(COUNTY, "r", versions).await.unwrap();
    tx.commit().await.unwrap();
}

/// Numbers that look random and are the same every time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    pub(crate) fn small(&mut self, bound: u64) -> i64 {
        i64::try_from(self.below(bound)).unwrap()
    }
}
