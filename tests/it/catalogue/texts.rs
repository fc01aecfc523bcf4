//! E. Names, reasons and ids: what is hidden in them, what looks like another, what is no text.

use std::sync::Arc;

use prost::Message as _;
use steelyard::proto::v1::{self, RecordKind, fact::Fact as Kind};

use super::{
    Row,
    messages::{
        GET_RECORD, RECORD_FACTS, UPSERT, all_refused, ask, county, facts, get_record, item, items,
        of_fact, one, one_record, unique, upsert,
    },
    process::Process,
    row,
    wire::{call, client, told, told_on},
};
use crate::harness::{COUNTY, entry, member, reference, unit};

const REVERSE: &str = "/steelyard.v1.FactService/ReverseFact";
const LIST_AUDIT: &str = "/steelyard.v1.AuditService/ListAudit";
/// A number that looks like a citizen's, and is nobody's.
const CITIZEN: &str = "11010519491231002X";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = ids();
    rows.extend(names());
    rows.extend(good());
    rows.extend(reasons());
    rows
}

/// What ids are answered where one is asked for, where one is given, and where one is referred to.
async fn identified(at: &Arc<Process>, ids: &[String]) -> Vec<String> {
    let mut client = client(at.address, [127, 0, 0, 1]).await;
    let mut seen = Vec::new();
    for id in ids {
        let asked = ask(GET_RECORD, &get_record(id).encode_to_vec());
        seen.push(told_on(&mut client, &asked).await.end);
    }
    let given = |id: &String| v1::RegistryRecord { id: id.clone(), ..member("m1") };
    let known = |id: &String| {
        let mut fact = entry("m1", "volunteering", "2022-03-01");
        fact.subject.as_mut().unwrap().id.clone_from(id);
        fact
    };
    let records = ids.iter().map(given).collect();
    seen.extend(all_refused(&mut client, records, ids.iter().map(known).collect()).await);
    seen
}

fn ids() -> Vec<Row> {
    vec![
        row!(
            "E1",
            "an id that is empty, of 65 bytes, or has a space, a slash, NUL, a line end in it",
            "INVALID_ARGUMENT ID_INVALID",
            Cheap,
            |at| {
                let mut ids: Vec<String> = [
                    "",
                    "a b",
                    "a/b",
                    "../m1",
                    "m1\0",
                    "m1\n",
                    "m1\r\nX: y",
                    "a\tb",
                    "a\\b",
                    "a%2f",
                ]
                .map(str::to_owned)
                .to_vec();
                ids.push("x".repeat(65));
                identified(&at, &ids).await
            }
        ),
        row!(
            "E2",
            "an id with a Cyrillic `а`, a full-width `ａ`, digits of two widths, a ligature",
            "INVALID_ARGUMENT ID_INVALID",
            Cheap,
            |at| {
                let ids = ["m\u{430}1", "ａ1", "2０26", "ﬁ1", "m１", "é", "m1\u{200b}", "甲"];
                identified(&at, &ids.map(str::to_owned)).await
            }
        ),
        row!("E3", "ids `ABC` and `abc`: two records", "OK", Cheap, |at| {
            let mut seen = vec![call(at.address, &ask(UPSERT, &county("county"))).await];
            for (id, name) in [("ABC", "大写"), ("abc", "小写")] {
                let record = v1::RegistryRecord { name: name.into(), ..member(id) };
                seen.push(item(&told(at.address, &ask(UPSERT, &one_record(record))).await));
            }
            for (id, name) in [("ABC", "大写"), ("abc", "小写")] {
                seen.push(named(&at, RecordKind::Member, id, name).await);
            }
            seen
        }),
    ]
}

/// Whether a record is read back with exactly this name.
async fn named(at: &Arc<Process>, kind: RecordKind, id: &str, name: &str) -> String {
    let asked = v1::GetRecordRequest { kind: kind.into(), ..get_record(id) };
    let told = told(at.address, &ask(GET_RECORD, &asked.encode_to_vec())).await;
    if told.end != "OK" {
        return told.end;
    }
    let record = told.message::<v1::GetRecordResponse>().record.unwrap();
    if record.name == name { "OK".to_owned() } else { format!("{:?}", record.name) }
}

/// What texts are answered as a person's name, a unit's, an attribute, and a reason.
async fn texts(at: &Arc<Process>, texts: &[String]) -> Vec<String> {
    let mut client = client(at.address, [127, 0, 0, 1]).await;
    let mut records = Vec::new();
    let mut facts = Vec::new();
    for text in texts {
        records.push(v1::RegistryRecord { name: text.clone(), ..member("m1") });
        let street = unit(RecordKind::Street, "guishan", reference(RecordKind::County, COUNTY));
        records.push(v1::RegistryRecord { name: text.clone(), ..street });
        records.push(v1::RegistryRecord {
            attributes: [("note".to_owned(), text.clone())].into(),
            ..member("m1")
        });
        facts.push(of_fact(Kind::NodeState(v1::NodeState {
            node: "duty".into(),
            state: v1::NodeStateKind::Excused.into(),
            reason: text.clone(),
            period: "2022".into(),
        })));
    }
    let mut seen = all_refused(&mut client, records, facts).await;
    let one = texts.first().map_or("", String::as_str);
    seen.push(told_on(&mut client, &ask(REVERSE, &reversal("f1", one))).await.end);
    seen
}

fn reversal(fact_id: &str, reason: &str) -> Vec<u8> {
    let message = v1::ReverseFactRequest {
        county: COUNTY.into(),
        request_id: unique("reverse"),
        fact_id: fact_id.into(),
        reason: reason.into(),
        recorded_by: "clerk".into(),
        evidence: Vec::new(),
    };
    message.encode_to_vec()
}

/// A row of texts with a character in their midst.
macro_rules! hidden {
    ($id:literal, $case:literal, $texts:expr) => {
        row!($id, $case, "INVALID_ARGUMENT TEXT_INVALID", Cheap, |at| {
            let all = $texts.map(|it| format!("红旗{it}小区"));
            texts(&at, &all).await
        })
    };
}

fn names() -> Vec<Row> {
    vec![
        row!(
            "E4",
            "a text that is not NFC; with 50 combining marks on one character; with a mark on nothing",
            "INVALID_ARGUMENT TEXT_INVALID",
            Cheap,
            |at| {
                let all = [
                    "cafe\u{301}".to_owned(),
                    "\u{1112}\u{1161}\u{11ab}".to_owned(),
                    "\u{f900}".to_owned(),
                    format!("x{}", "\u{302}".repeat(50)),
                    format!("x{}", "\u{302}".repeat(5)),
                    "\u{302}x".to_owned(),
                ];
                texts(&at, &all).await
            }
        ),
        hidden!(
            "E5",
            "characters that turn the direction: U+202A to U+202E, U+2066 to U+2069, the marks",
            [
                '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}',
                '\u{2068}', '\u{2069}', '\u{200e}', '\u{200f}', '\u{61c}'
            ]
        ),
        hidden!(
            "E6",
            "characters without a width: U+200B to U+200D, U+FEFF, the soft hyphen, the joiners, tags",
            [
                '\u{200b}',
                '\u{200c}',
                '\u{200d}',
                '\u{feff}',
                '\u{ad}',
                '\u{2060}',
                '\u{34f}',
                '\u{180e}',
                '\u{3164}',
                '\u{fe0f}',
                '\u{e0041}',
                '\u{e0100}'
            ]
        ),
        hidden!(
            "E7",
            "controls, line ends, private, unassigned and noncharacters",
            [
                '\0',
                '\t',
                '\n',
                '\r',
                '\u{1b}',
                '\u{7f}',
                '\u{85}',
                '\u{2028}',
                '\u{2029}',
                '\u{e000}',
                '\u{f8ff}',
                '\u{10fffd}',
                '\u{378}',
                '\u{fdd0}',
                '\u{ffff}',
                '\u{1fffe}',
                '\u{fffd}'
            ]
        ),
        row!(
            "E7.b",
            "half a surrogate pair in UTF-8; a name cut within a character",
            "INVALID_ARGUMENT MESSAGE_MALFORMED",
            Cheap,
            |at| {
                let mut seen = Vec::new();
                for cut in [&b"\xed\xa0\x80"[..], &"龟".as_bytes()[..2]] {
                    let record = [member("m1").encode_to_vec(), super::messages::field(3, cut)];
                    let message = [
                        upsert(&unique("cut"), vec![]),
                        super::messages::field(3, &record.concat()),
                    ];
                    seen.push(call(at.address, &ask(UPSERT, &message.concat())).await);
                }
                seen
            }
        ),
        row!(
            "E9",
            "a name of 201 bytes; of 66 characters of 3 bytes and 3 more; of blanks",
            "INVALID_ARGUMENT TEXT_INVALID",
            Cheap,
            |at| {
                let mut seen = Vec::new();
                for name in
                    ["x".repeat(201), "龟".repeat(67), " ".to_owned(), "\u{3000}龟".to_owned()]
                {
                    let record = v1::RegistryRecord { name, ..member("m1") };
                    seen.push(item(&told(at.address, &ask(UPSERT, &one_record(record))).await));
                }
                seen
            }
        ),
        row!(
            "E11.a",
            "the name of a unit with a radical for a character, a wide letter or digit, a ligature",
            "INVALID_ARGUMENT NAME_CONFUSABLE",
            Cheap,
            |at| {
                let mut seen = Vec::new();
                let names = ["红旗⼩区", "⺠主小区", "Ｂ栋", "２号", "ﬁ", "㈱", "红旗\u{3000}小区"];
                let street = |name: &str| {
                    let above = reference(RecordKind::County, COUNTY);
                    let record = unit(RecordKind::Street, "guishan", above);
                    v1::RegistryRecord { name: name.into(), ..record }
                };
                let all = upsert(&unique("confusable"), names.map(street).to_vec());
                seen.extend(items(&told(at.address, &ask(UPSERT, &all)).await));
                assert_eq!(seen.len(), names.len());
                seen
            }
        ),
    ]
}

fn good() -> Vec<Row> {
    vec![
        row!(
            "E8",
            "rare and legal names of persons: U+3400 and U+20000 blocks, `·`, U+3007, other scripts: read back as they are",
            "OK",
            Cheap,
            |at| {
                let mut seen = vec![call(at.address, &ask(UPSERT, &county("county"))).await];
                let names = [
                    "㐀䶿",
                    "𠀀𪛖",
                    "阿卜杜·热西提",
                    "〇一",
                    "\u{fa11}",
                    "ئۇيغۇر",
                    "བོད་ཡིག",
                    "ᠮᠣᠩᠭᠣᠯ",
                    "café",
                ];
                let all = names.iter().enumerate().map(|(number, name)| {
                    let name = (*name).to_owned();
                    v1::RegistryRecord { name, ..member(&format!("m-rare-{number}")) }
                });
                let all = upsert(&unique("rare"), all.collect());
                seen.push(item(&told(at.address, &ask(UPSERT, &all)).await));
                for (number, name) in names.iter().enumerate() {
                    let id = format!("m-rare-{number}");
                    seen.push(named(&at, RecordKind::Member, &id, name).await);
                }
                seen
            }
        ),
        row!(
            "E10",
            "two branches of one name in one place: ids tell them apart",
            "OK",
            Cheap,
            |at| {
                let mut seen = vec![call(at.address, &ask(UPSERT, &county("county"))).await];
                for id in ["b-same-1", "b-same-2"] {
                    let detail = v1::Branch {
                        form: v1::BranchForm::CompoundBranch.into(),
                        anchor: reference(RecordKind::Compound, "k-01"),
                        ..Default::default()
                    };
                    let detail = v1::registry_record::Detail::Branch(detail);
                    let record = crate::harness::record(RecordKind::Branch, id, detail);
                    let record = v1::RegistryRecord { name: "红旗支部".into(), ..record };
                    seen.push(item(&told(at.address, &ask(UPSERT, &one_record(record))).await));
                    seen.push(named(&at, RecordKind::Branch, id, "红旗支部").await);
                }
                seen
            }
        ),
        row!(
            "E11.b",
            "the same in a person's name, and wide brackets in a unit's: taken as they are",
            "OK",
            Cheap,
            |at| {
                let mut seen = vec![call(at.address, &ask(UPSERT, &county("county"))).await];
                let person = v1::RegistryRecord { name: "⼩明Ｂ".into(), ..member("m-wide") };
                let above = reference(RecordKind::County, COUNTY);
                let place = unit(RecordKind::Street, "s-wide", above);
                let place = v1::RegistryRecord { name: "红旗街道（新区）".into(), ..place };
                for record in [person, place] {
                    seen.push(item(&told(at.address, &ask(UPSERT, &one_record(record))).await));
                }
                seen.push(named(&at, RecordKind::Member, "m-wide", "⼩明Ｂ").await);
                seen.push(named(&at, RecordKind::Street, "s-wide", "红旗街道（新区）").await);
                seen
            }
        ),
        row!(
            "E12",
            "`'; DROP TABLE`, `%`, `_`, `\\` in a filter: looked for as they are, and nothing is found",
            "OK",
            Cheap,
            |at| {
                let mut seen = vec![call(at.address, &ask(UPSERT, &county("county"))).await];
                for text in ["'; DROP TABLE facts; --", "%", "_", "\\", "registry\\", "*", "reg%"] {
                    let message = v1::ListAuditRequest {
                        county: COUNTY.into(),
                        subject_prefix: text.into(),
                        ..Default::default()
                    };
                    let told = told(at.address, &ask(LIST_AUDIT, &message.encode_to_vec())).await;
                    assert_eq!(told.message::<v1::ListAuditResponse>().entries, [], "{text}");
                    seen.push(told.end);
                }
                seen
            }
        ),
    ]
}

/// Records a fact and takes it back for a reason, then answers the reason as it is kept.
async fn reversed_for(at: &Arc<Process>, reason: &str) -> String {
    assert_eq!(call(at.address, &ask(UPSERT, &county("county"))).await, "OK");
    let stored =
        told(at.address, &ask(RECORD_FACTS, &facts(&unique("reason"), 1).encode_to_vec())).await;
    let id = stored.message::<v1::RecordFactsResponse>().items[0].id.clone();
    let told = told(at.address, &ask(REVERSE, &reversal(&id, reason))).await;
    if told.end == "OK" {
        let fact = told.message::<v1::ReverseFactResponse>().fact.unwrap();
        assert_eq!(fact.reverse_reason, reason);
    }
    told.end
}

fn reasons() -> Vec<Row> {
    vec![
        row!(
            "E13",
            "a reason that begins like a formula: `=cmd|…`, `+1`, `-1`, `@x`: kept as it is, there is no table for spreadsheets",
            "OK",
            Cheap,
            |at| {
                let mut seen = Vec::new();
                for reason in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)"] {
                    seen.push(reversed_for(&at, reason).await);
                }
                seen
            }
        ),
        row!("E14.a", "a citizen's number in a reason: kept", "OK", Cheap, |at| {
            let seen = reversed_for(&at, &format!("重复登记，{CITIZEN} 本人确认")).await;
            assert!(!at.wrote().contains(CITIZEN), "the log tells it");
            vec![seen]
        }),
        row!(
            "E14.b",
            "a citizen's number for an id: starred out in the answer and in the log",
            "NOT_FOUND NOT_FOUND",
            Cheap,
            |at| {
                assert_eq!(call(at.address, &ask(UPSERT, &county("county"))).await, "OK");
                let asked = get_record(CITIZEN).encode_to_vec();
                let told = told(at.address, &ask(GET_RECORD, &asked)).await;
                assert!(told.text().contains("******"), "{}", told.text());
                assert!(!told.text().contains(CITIZEN), "{}", told.text());
                assert!(!at.wrote().contains(CITIZEN), "the log tells it");
                vec![told.end]
            }
        ),
        row!("E15.a", "a reason of 2,001 bytes", "INVALID_ARGUMENT TEXT_INVALID", Cheap, |at| {
            vec![
                call(at.address, &ask(REVERSE, &reversal("f1", &"x".repeat(2_001)))).await,
                call(at.address, &ask(REVERSE, &reversal("f1", &"龟".repeat(667)))).await,
            ]
        }),
        row!(
            "E15.b",
            "10,000 references to evidence; 65 attributes, 10,000 of them",
            "INVALID_ARGUMENT BATCH_TOO_LARGE",
            Cheap,
            |at| {
                let evidence = vec!["https://example.test/1".to_owned(); 10_000];
                let fact = v1::Fact { evidence, ..entry("m1", "volunteering", "2022-03-01") };
                let mut seen = vec![call(at.address, &ask(RECORD_FACTS, &one(fact))).await];
                for count in [65, 10_000] {
                    let attributes = (0..count).map(|it| (format!("a b {it}"), "x".to_owned()));
                    let attributes = attributes.collect();
                    let record = v1::RegistryRecord { attributes, ..member("m1") };
                    let told = told(at.address, &ask(UPSERT, &one_record(record))).await;
                    let answer: v1::UpsertRecordsResponse = told.message();
                    assert_eq!(answer.items[0].faults.len(), 1, "it is said once");
                    seen.push(item(&told));
                }
                seen
            }
        ),
        row!(
            "E16",
            "a line end and a made-up line of a log, colours of a terminal",
            "INVALID_ARGUMENT TEXT_INVALID",
            Cheap,
            |at| {
                let lines = [
                    "x\n2022-01-01T00:00:00Z ERROR steelyard: forged".to_owned(),
                    "x\r\nforged: line".to_owned(),
                    "\u{1b}[31mred\u{1b}[0m".to_owned(),
                ];
                let seen = texts(&at, &lines).await;
                let log = at.wrote();
                assert!(!log.contains("forged") && !log.contains("\u{1b}[31mred"), "{log}");
                seen
            }
        ),
    ]
}
