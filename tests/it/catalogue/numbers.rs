//! D. Numbers that are none, too long, too fine or out of their range; and stored ones that somebody
//! changed.

use std::sync::Arc;

use prost::Message as _;
use sqlx::Connection as _;
use steelyard::proto::v1::{self, fact::Fact as Kind};

use super::{
    Row,
    messages::{
        GET_RECORD, LIST_FACTS, RECORD_FACTS, UPSERT, all_refused, ask, county, facts, get_record,
        item, metric, of_fact, one, one_record, unique,
    },
    process::Process,
    row,
    wire::{call, client, told},
};
use crate::harness::{COUNTY, date, decimal, reference, unit};

const COMPUTE: &str = "/steelyard.v1.EvaluationService/Compute";
const PUBLISH_SCHEME: &str = "/steelyard.v1.SchemeService/PublishScheme";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = spellings();
    rows.extend(ranges());
    rows.extend(kept());
    rows
}

/// A compound that states an area.
fn with_area(text: &str) -> v1::RegistryRecord {
    let detail = v1::OrgUnit { site_area: decimal(text), ..Default::default() };
    v1::RegistryRecord {
        detail: Some(v1::registry_record::Detail::OrgUnit(detail)),
        ..unit(v1::RecordKind::Compound, "k-01", reference(v1::RecordKind::Community, "c-01"))
    }
}

/// What each spelling is answered as a value of a fact and as an area of a record.
async fn spelled(at: &Arc<Process>, texts: &[&str]) -> Vec<String> {
    let mut client = client(at.address, [127, 0, 0, 1]).await;
    let records = texts.iter().map(|it| with_area(it)).collect();
    all_refused(&mut client, records, texts.iter().map(|it| metric(it)).collect()).await
}

/// A row of spellings.
macro_rules! spelled {
    ($id:literal, $case:literal, $texts:expr) => {
        row!($id, $case, "INVALID_ARGUMENT DECIMAL_INVALID", Cheap, |at| {
            spelled(&at, &$texts).await
        })
    };
}

fn spellings() -> Vec<Row> {
    vec![
        spelled!(
            "D1",
            "`NaN`, `nan`, `inf`, `Infinity`, `null`, nothing, `-`, `+`, `.`",
            ["NaN", "nan", "inf", "-inf", "Infinity", "null", "", "-", "+", "."]
        ),
        spelled!("D2", "`1_000`, `1__0`", ["1_000", "1__0", "_1", "1_"]),
        spelled!(
            "D3",
            "`5.`, `.5`, `+5`, `00005`",
            ["5.", ".5", "-.5", "+5", "00005", "-05", "01.5"]
        ),
        spelled!(
            "D4",
            "`1e5`, `1E5`, `1e-28`, `1e999999999999`",
            ["1e5", "1E5", "1e-28", "1e999999999999", "1.5e0"]
        ),
        spelled!("D5", "`-0`, `-0.00`: zero has one spelling", ["-0", "-0.0", "-0.00"]),
        spelled!(
            "D6",
            "29 digits; `79228162514264337593543950336`; 11 digits before the point",
            [
                "12345678901234567890123456789",
                "79228162514264337593543950335",
                "79228162514264337593543950336",
                "10000000000",
                "-10000000000"
            ]
        ),
        spelled!(
            "D7",
            "what others round silently: `79228162514264337593543950335.4`, `0.` and 28 zeros and `5`",
            ["79228162514264337593543950335.4", "0.00000000000000000000000000005", "5.0000000000"]
        ),
        row!(
            "D8",
            "a million characters: `0.000…1`",
            "INVALID_ARGUMENT DECIMAL_INVALID",
            Cheap,
            |at| {
                let long = format!("0.{}1", "0".repeat(1_000_000));
                let fact = told(at.address, &ask(RECORD_FACTS, &one(metric(&long)))).await;
                let record = told(at.address, &ask(UPSERT, &one_record(with_area(&long)))).await;
                assert!(fact.text().len() < 2_000, "it is not told again");
                vec![fact.end, item(&record)]
            }
        ),
        spelled!(
            "D9",
            "full-width `５` and `－5`, Arabic and Devanagari digits, `½`, `五`, the minus sign of mathematics",
            ["５", "－5", "５．５", "٥", "۵", "५", "½", "五", "−5", "１２", "𝟓", "²"]
        ),
        spelled!(
            "D10",
            "a space, a line end, NUL, a BOM or a direction mark before or after",
            [
                " 5",
                "5 ",
                "\t5",
                "5\n",
                "5\r\n",
                "5\0",
                "\u{feff}5",
                "\u{200e}5",
                "5\u{202e}",
                "\u{a0}5",
                "5\u{3000}"
            ]
        ),
        spelled!(
            "D11",
            "`1,000`, `50%`, `5元`, `0x10`",
            ["1,000", "1，000", "50%", "5元", "￥5", "0x10", "0b1", "0o7", "1/3", "5分"]
        ),
        spelled!("D12", "`1.1.1`, `--5`, `5-`", ["1.1.1", "--5", "5-", "-+5", "1..1", "(5)"]),
        spelled!("D13.a", "seven places after the point", ["1.0000000", "0.1234567"]),
        row!(
            "D13.b",
            "five places in a fact, of which four are kept",
            "INVALID_ARGUMENT DECIMAL_TOO_PRECISE",
            Cheap,
            |at| {
                let mut seen = Vec::new();
                for text in ["0.00001", "99.12345", "-0.000001"] {
                    seen.push(call(at.address, &ask(RECORD_FACTS, &one(metric(text)))).await);
                }
                seen
            }
        ),
    ]
}

fn import(raw: &str, full: &str) -> Vec<u8> {
    let (source, period) = ("unit_branch".into(), "2022".into());
    let (raw, full) = (decimal(raw), decimal(full));
    one(of_fact(Kind::Imported(v1::Import {
        source,
        period,
        raw,
        full,
        bonus: false,
        ..Default::default()
    })))
}

fn sheet(points: &str) -> v1::Fact {
    of_fact(Kind::Sheet(v1::Sheet {
        item: "visits".into(),
        role: "street".into(),
        assessor: "clerk".into(),
        at: Some(prost_types::Timestamp { seconds: 1_650_000_000, nanos: 0 }),
        points: decimal(points),
        period: "2022".into(),
    }))
}

fn entry_of(times: &str) -> Vec<u8> {
    let (item, on) = ("volunteering".into(), date("2022-03-01"));
    one(of_fact(Kind::Entry(v1::Entry { item, on, times: decimal(times), points: None })))
}

fn ranges() -> Vec<Row> {
    vec![
        row!(
            "D14.a",
            "100.0001 of full marks 100",
            "INVALID_ARGUMENT RAW_ABOVE_FULL",
            Cheap,
            |at| { vec![call(at.address, &ask(RECORD_FACTS, &import("100.0001", "100"))).await] }
        ),
        row!(
            "D14.b",
            "-0.0001 times, points, square metres",
            "INVALID_ARGUMENT COUNT_NEGATIVE",
            Cheap,
            |at| {
                let area =
                    told(at.address, &ask(UPSERT, &one_record(with_area("-0.000001")))).await;
                vec![
                    call(at.address, &ask(RECORD_FACTS, &entry_of("-0.0001"))).await,
                    call(at.address, &ask(RECORD_FACTS, &one(sheet("-0.0001")))).await,
                    item(&area),
                ]
            }
        ),
        row!(
            "D14.c",
            "full marks of 0, of -1",
            "INVALID_ARGUMENT FULL_NOT_POSITIVE",
            Cheap,
            |at| {
                vec![
                    call(at.address, &ask(RECORD_FACTS, &import("0", "0"))).await,
                    call(at.address, &ask(RECORD_FACTS, &import("-1", "-1"))).await,
                ]
            }
        ),
        row!(
            "D14.d",
            "a sheet of 100.0001 where the scheme in force gives 100: the item",
            "FAILED_PRECONDITION POINTS_OUT_OF_RANGE",
            Cheap,
            |at| {
                let document = "
steelyard: scheme/v1
id: catalogue.visits
version: 1
title: 目录
subject: member
period: year
in_force: {from: 2022-01-01}
score:
  id: visits
  out_of: 100
  assessed: {by: {street: 100%}}
";
                let publish = v1::PublishSchemeRequest {
                    county: COUNTY.into(),
                    request_id: "visits".into(),
                    document: document.into(),
                };
                assert_eq!(call(at.address, &ask(UPSERT, &county("county"))).await, "OK");
                let publish = ask(PUBLISH_SCHEME, &publish.encode_to_vec());
                assert_eq!(call(at.address, &publish).await, "OK");
                let answer = told(at.address, &ask(RECORD_FACTS, &one(sheet("100.0001")))).await;
                let answer: v1::RecordFactsResponse = answer.message();
                let item = &answer.items[0];
                let text = item.text.clone().unwrap();
                assert!(text.en.contains("100"), "{text:?}");
                vec![format!("{} {}", super::wire::code(item.code.into()), item.reason)]
            }
        ),
        row!(
            "D17",
            "9,223,372,036,854,775,807 twice: who answered, votes of a ballot",
            "INVALID_ARGUMENT COUNT_TOO_LARGE",
            Cheap,
            |at| {
                let survey = Kind::Survey(v1::Survey {
                    survey: "owners".into(),
                    channel: "paper".into(),
                    period: "2022".into(),
                    answered: i64::MAX,
                    satisfied: i64::MAX,
                });
                let counts = [("good", i64::MAX), ("poor", i64::MAX)];
                let counts = counts.into_iter().map(|it| (it.0.to_owned(), it.1)).collect();
                let (ballot, period) = ("neighbours".into(), "2022".into());
                let ballot = Kind::Ballot(v1::Ballot { ballot, period, counts, eligible: None });
                vec![
                    call(at.address, &ask(RECORD_FACTS, &one(of_fact(survey)))).await,
                    call(at.address, &ask(RECORD_FACTS, &one(of_fact(ballot)))).await,
                ]
            }
        ),
        row!(
            "D20",
            "a mean of nobody: a ballot without a vote, a survey that nobody answered: no score, and why",
            "OK",
            Cheap,
            |at| {
                let document = "
steelyard: scheme/v1
id: catalogue.nobody
version: 1
title: 目录
subject: member
period: year
in_force: {from: 2022-01-01}
score:
  id: whole
  out_of: 100
  weighted:
    - {id: voice, weight: 50%, out_of: 100, voted: {ballot: neighbours, options: {good: 100, poor: 0}}}
    - {id: asked, weight: 50%, out_of: 100, surveyed: {survey: owners, channels: pooled}}
";
                let line = r#"{"subject":"a","period":"2022","ballots":{"neighbours":{"good":0,"poor":0}},"surveys":{"owners":{"paper":{"answered":0,"satisfied":0}}}}"#;
                let message = v1::ComputeRequest {
                    document: document.into(),
                    fact_lines: vec![line.to_owned()],
                    ..Default::default()
                };
                let told = told(at.address, &ask(COMPUTE, &message.encode_to_vec())).await;
                if told.end != "OK" {
                    return vec![told.text()];
                }
                let answer: v1::ComputeResponse = told.message();
                let result = answer.results[0].result.clone().unwrap();
                assert_eq!(result.status(), v1::ResultStatus::Incomplete);
                assert_eq!(result.score, None);
                assert!(result.reasons.iter().all(|it| it.code == "missing"), "{result:?}");
                assert!(!result.reasons.is_empty());
                vec![told.end]
            }
        ),
    ]
}

/// Runs statements past the service, as somebody with its file can.
async fn altered(at: &Process, text: &str) {
    let mut db = sqlx::SqliteConnection::connect(&at.folder.store()).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned())).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}

fn kept() -> Vec<Row> {
    vec![row!(
        "D19",
        "stored numbers changed by hand: `NaN` and 29 digits for an area, more than fits for a fact; what is beside them is read",
        "DATA_LOSS DIGEST_MISMATCH",
        Slow,
        |_at| {
            let at = Process::start(&[]);
            let stored = [
                (UPSERT, county("county")),
                (UPSERT, one_record(with_area("120.5"))),
                (RECORD_FACTS, facts("whole", 1).encode_to_vec()),
            ];
            for (path, message) in stored {
                assert_eq!(call(at.address, &ask(path, &message)).await, "OK");
            }
            let fact = v1::Fact {
                subject: Some(v1::SubjectRef {
                    kind: v1::SubjectKind::Member.into(),
                    id: "m2".into(),
                }),
                ..metric("1.5")
            };
            assert_eq!(call(at.address, &ask(RECORD_FACTS, &one(fact))).await, "OK");
            let compound = v1::GetRecordRequest {
                kind: v1::RecordKind::Compound.into(),
                ..get_record("k-01")
            };
            let listed = |id: &str| {
                let subject =
                    v1::SubjectRef { kind: v1::SubjectKind::Member.into(), id: id.into() };
                let subject = Some(subject);
                v1::ListFactsRequest { county: COUNTY.into(), subject, ..Default::default() }
                    .encode_to_vec()
            };
            altered(&at, "DROP TRIGGER facts_no_update; DROP TRIGGER registry_versions_no_update")
                .await;
            let mut seen = Vec::new();
            let mut area = "120.5".to_owned();
            for other in ["NaN", "12345678901234567890123456789", "1e5"] {
                let change = format!(
                    "UPDATE registry_versions SET attributes = replace(attributes, '\"{area}\"', '\"{other}\"') WHERE id = 'k-01'"
                );
                altered(&at, &change).await;
                area = other.to_owned();
                seen.push(call(at.address, &ask(GET_RECORD, &compound.encode_to_vec())).await);
            }
            altered(&at, "UPDATE facts SET amount_a = 9223372036854775807 WHERE subject = 'm2'")
                .await;
            seen.push(call(at.address, &ask(LIST_FACTS, &listed("m2"))).await);
            for (path, message) in
                [(GET_RECORD, get_record("m1").encode_to_vec()), (LIST_FACTS, listed("m1"))]
            {
                assert_eq!(call(at.address, &ask(path, &message)).await, "OK", "{path}");
            }
            let after = facts(&unique("after"), 1).encode_to_vec();
            assert_eq!(call(at.address, &ask(RECORD_FACTS, &after)).await, "OK");
            let log = at.wrote();
            assert!(log.contains(" ERROR "), "the operator is told: {log}");
            seen
        }
    )]
}
