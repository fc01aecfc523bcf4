//! The messages of the rows, byte by byte where need be.

use std::sync::atomic::{AtomicU32, Ordering};

use prost::Message as _;
use steelyard::proto::v1;

use super::wire::{Ask, Client, Told, code, told_on};
use crate::harness::{COUNTY, entry, record_facts, reference};

pub(super) const GET_RECORD: &str = "/steelyard.v1.RegistryService/GetRecord";
pub(super) const LIST_RECORDS: &str = "/steelyard.v1.RegistryService/ListRecords";
pub(super) const UPSERT: &str = "/steelyard.v1.RegistryService/UpsertRecords";
pub(super) const RECORD_FACTS: &str = "/steelyard.v1.FactService/RecordFacts";
pub(super) const LIST_FACTS: &str = "/steelyard.v1.FactService/ListFacts";
pub(super) const LIST_RUNS: &str = "/steelyard.v1.EvaluationService/ListRuns";
pub(super) const CHECK: &str = "/grpc.health.v1.Health/Check";
pub(super) const WATCH: &str = "/grpc.health.v1.Health/Watch";

/// A field of bytes.
pub(super) fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length > 127 {
        out.push(u8::try_from(length % 128).unwrap() | 128);
        length /= 128;
    }
    out.push(u8::try_from(length).unwrap());
    out.extend(bytes);
    out
}

/// A good question for runs, of a county that may have none.
pub(super) fn list_runs() -> Vec<u8> {
    field(1, COUNTY.as_bytes())
}

/// A request id that was not used before.
pub(super) fn unique(what: &str) -> String {
    static USED: AtomicU32 = AtomicU32::new(0);
    format!("{what}-{}", USED.fetch_add(1, Ordering::Relaxed))
}

/// A call with one message.
pub(super) fn ask(path: &str, message: &[u8]) -> Ask {
    Ask::of(path).message(message)
}

/// A fact that can be recorded once its member is there.
pub(super) fn facts(request_id: &str, count: usize) -> v1::RecordFactsRequest {
    record_facts(request_id, vec![entry("m1", "volunteering", "2022-03-01"); count])
}

/// The county and two members.
pub(super) fn county(request_id: &str) -> Vec<u8> {
    let mut records = crate::harness::units();
    records.extend(["m1", "m2"].map(crate::harness::member));
    upsert(request_id, records)
}

pub(super) fn upsert(request_id: &str, records: Vec<v1::RegistryRecord>) -> Vec<u8> {
    let message =
        v1::UpsertRecordsRequest { county: COUNTY.into(), request_id: request_id.into(), records };
    message.encode_to_vec()
}

/// A record that a question is about.
pub(super) fn get_record(id: &str) -> v1::GetRecordRequest {
    let kind = reference(v1::RecordKind::Member, id).unwrap().kind;
    v1::GetRecordRequest { county: COUNTY.into(), kind, id: id.into(), ..Default::default() }
}

/// What became of the one record of a message: like a status.
pub(super) fn item(told: &Told) -> String {
    if told.end != "OK" {
        return told.end.clone();
    }
    match &items(told)[..] {
        [] => "OK".to_owned(),
        [one] => one.clone(),
        more => format!("{more:?}"),
    }
}

/// The refused records of a message, each like a status.
pub(super) fn items(told: &Told) -> Vec<String> {
    let named = |it: &v1::ItemStatus| format!("{} {}", code(it.code.into()), it.reason);
    told.message::<v1::UpsertRecordsResponse>().items.iter().map(named).collect()
}

/// Sends records and facts that are all faulty, and answers what each record is told and what the
/// facts are, of which every one must have its fault.
pub(super) async fn all_refused(
    client: &mut Client,
    records: Vec<v1::RegistryRecord>,
    facts: Vec<v1::Fact>,
) -> Vec<String> {
    let (sent, faulty) = (records.len(), facts.len());
    let told = told_on(client, &ask(UPSERT, &upsert(&unique("all"), records))).await;
    let mut seen = items(&told);
    assert_eq!(seen.len(), sent, "{seen:?}");
    let message = record_facts(&unique("all"), facts).encode_to_vec();
    let told = told_on(client, &ask(RECORD_FACTS, &message)).await;
    assert_eq!(told.faults, faulty, "{}", told.text());
    seen.push(told.end);
    seen
}

/// A metric of a member.
pub(super) fn metric(value: &str) -> v1::Fact {
    let metric = v1::Metric {
        name: "cleanliness".into(),
        period: "2022".into(),
        value: crate::harness::decimal(value),
    };
    of_fact(v1::fact::Fact::Metric(metric))
}

/// What is known of a member.
pub(super) fn of_fact(fact: v1::fact::Fact) -> v1::Fact {
    v1::Fact { fact: Some(fact), ..entry("m1", "volunteering", "2022-03-01") }
}

/// One fact in a message.
pub(super) fn one(fact: v1::Fact) -> Vec<u8> {
    record_facts(&unique("one"), vec![fact]).encode_to_vec()
}

/// One record in a message.
pub(super) fn one_record(record: v1::RegistryRecord) -> Vec<u8> {
    upsert(&unique("one"), vec![record])
}
