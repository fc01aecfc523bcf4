//! What is kept about a person, what can be erased of it, and what never tells a name.

use std::{
    path::PathBuf,
    process::{Command, Output},
};

use serde_json::Value;
use sqlx::{Connection as _, Executor as _, Row as _};
use steelyard::{
    app::{AppError, Write, person::Erased, registry::RecordKind as Kind},
    proto::v1::{self, RecordKind, registry_record::Detail},
    store::{self, StoreError, verify},
};
use tonic::Code;

use crate::{
    harness::{
        COUNTY, Served, entry, member, reason, record, record_facts, reference, served,
        served_over, units,
    },
    postgres,
};

const NAME: &str = "李文琼";
const OTHER: &str = "方秀勇";
/// Made up, with the right number of digits.
const CITIZEN: &str = "530427198605040017";

fn named(id: &str, name: &str) -> v1::RegistryRecord {
    v1::RegistryRecord { name: name.into(), ..member(id) }
}

fn post(id: &str, person: &str, name: &str) -> v1::RegistryRecord {
    let detail = v1::Post {
        person_id: person.into(),
        title: "branch_secretary".into(),
        unit: reference(RecordKind::Compound, "k-01"),
    };
    v1::RegistryRecord {
        name: format!("龙泉花园支部书记{name}"),
        ..record(RecordKind::Post, id, Detail::Post(detail))
    }
}

/// A county with two members and a post of each, and facts about them.
async fn peopled(url: &str) -> Served {
    let served = served_over(url).await;
    served.upsert("units", units()).await;
    let sent = vec![named("m1", NAME), post("s-1", "m1", NAME)];
    assert_eq!(served.upsert("first", sent).await.items, []);
    let sent = vec![named("m2", OTHER), post("s-2", "m2", OTHER)];
    assert_eq!(served.upsert("second", sent).await.items, []);
    let mut by_person = entry("m2", "volunteering", "2022-03-01");
    by_person.recorded_by = "m1".into();
    let facts = vec![entry("m1", "volunteering", "2022-03-01"), by_person];
    served.facts().record_facts(record_facts("facts", facts)).await.unwrap();
    served
}

fn erasing(request_id: &str) -> Write {
    Write {
        county: COUNTY.into(),
        principal: "clerk".into(),
        request_id: request_id.into(),
        method: "Person.Erase",
        fingerprint: [1; 32],
    }
}

async fn erase(served: &Served, request_id: &str) -> Result<(u64, bool), AppError> {
    let encode = |it: &Erased| vec![u8::try_from(it.names).unwrap(), u8::from(it.before)];
    let answer = served.app.erase_person(erasing(request_id), "m1", "本人申请", encode).await?;
    Ok((answer[0].into(), answer[1] == 1))
}

async fn name_of(served: &Served, kind: RecordKind, id: &str) -> String {
    let request = v1::GetRecordRequest {
        county: COUNTY.into(),
        kind: kind.into(),
        id: id.into(),
        ..Default::default()
    };
    let answer = served.registry().get_record(request).await.unwrap().into_inner();
    answer.record.unwrap().name
}

/// A file of this case's own, not there yet.
fn file(case: &str) -> (PathBuf, String) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("person-{case}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("steelyard.db");
    let url = format!("sqlite:{}", path.display());
    (path, url)
}

/// What every erasure must leave, whatever the store.
async fn is_erased(served: &Served) {
    assert_eq!(name_of(served, RecordKind::Member, "m1").await, "");
    assert_eq!(name_of(served, RecordKind::Post, "s-1").await, "");
    assert_eq!(name_of(served, RecordKind::Member, "m2").await, OTHER);
    let mut tx = served.app.read().await.unwrap();
    let history = tx.registry_history(COUNTY, Kind::Member.word(), "m1").await.unwrap();
    let record = steelyard::app::registry::Record::from_version(&history[0].version).unwrap();
    assert!(record.erased && record.name.is_empty());
    assert_eq!(verify(&mut *tx, COUNTY).await.unwrap(), None, "the chain is whole");
    let audit = tx.audit_page(COUNTY, 0, 100).await.unwrap();
    let about: Vec<_> = audit.iter().filter(|it| it.entry.subject == "person/m1 erased").collect();
    assert_eq!(about.len(), 1, "one effect, one entry");
    assert_eq!(about[0].entry.principal, "clerk");
}

#[tokio::test]
async fn names_of_persons_stand_apart_from_rows_that_stay() {
    let (path, url) = file("apart");
    let served = peopled(&url).await;
    assert_eq!(name_of(&served, RecordKind::Member, "m1").await, NAME);
    let mut db = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let text = "SELECT kind, name, length(commitment) FROM registry_versions ORDER BY seq";
    let mut persons = 0;
    for row in db.fetch_all(text).await.unwrap() {
        let (kind, name, length): (String, String, i64) = (row.get(0), row.get(1), row.get(2));
        let person = matches!(kind.as_str(), "member" | "post");
        persons += i64::from(person);
        assert_eq!((name.is_empty(), length == 32), (person, person), "{kind} {name}");
    }
    assert_eq!(persons, 4);
    let edited = "UPDATE person_names SET name = 'x' WHERE id = 'm1'";
    let why = db.execute(edited).await.unwrap_err().to_string();
    assert!(why.contains("can only be erased"), "{why}");
    let why = db.execute("DELETE FROM person_names").await.unwrap_err().to_string();
    assert!(why.contains("append-only"), "{why}");
    drop(path);
}

#[tokio::test]
async fn an_erased_name_is_gone_from_the_file_and_the_chain_stays_whole() {
    let (path, url) = file("erased");
    let served = peopled(&url).await;
    assert_eq!(erase(&served, "e-1").await.unwrap(), (2, false));
    is_erased(&served).await;
    assert_eq!(erase(&served, "e-1").await.unwrap(), (2, false), "a repeat of the request");
    assert_eq!(erase(&served, "e-2").await.unwrap(), (0, true), "nothing was left");
    is_erased(&served).await;
    served.app.store.close().await;
    let bytes = std::fs::read(&path).unwrap();
    let has = |text: &str| bytes.windows(text.len()).any(|it| it == text.as_bytes());
    assert!(has(OTHER), "the names of others are there");
    assert!(!has(NAME), "the name is nowhere in the file");
    let log = path.with_file_name("steelyard.db-wal");
    assert!(!log.exists() || std::fs::metadata(&log).unwrap().len() == 0, "the log is folded in");
}

#[tokio::test]
async fn an_erased_name_is_in_no_row_of_the_server() {
    let schema = postgres::migrated("an_erased_name").await;
    let served = peopled(&schema.service).await;
    let found = async |name: &str| {
        let mut db = sqlx::PgConnection::connect(&schema.superuser).await.unwrap();
        let text = "SELECT table_name::text FROM information_schema.tables
                     WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'";
        let mut rows = 0;
        for table in db.fetch_all(text).await.unwrap() {
            let table: String = table.get(0);
            let text = format!("SELECT COUNT(*) FROM {table} t WHERE t::text LIKE '%{name}%'");
            let row = db.fetch_one(sqlx::AssertSqlSafe(text)).await.unwrap();
            rows += row.get::<i64, _>(0);
        }
        rows
    };
    assert_eq!(found(NAME).await, 2, "each name stands in one row");
    assert_eq!(erase(&served, "e-1").await.unwrap(), (2, false));
    is_erased(&served).await;
    assert_eq!((found(NAME).await, found(OTHER).await), (0, 2));
}

#[tokio::test]
async fn nothing_that_is_left_lets_a_name_be_tried() {
    let served = peopled("sqlite::memory:").await;
    // The very message: what somebody would try names with.
    let message = v1::UpsertRecordsRequest {
        county: COUNTY.into(),
        request_id: String::new(),
        records: vec![named("m1", NAME), post("s-1", "m1", NAME)],
    };
    erase(&served, "e-1").await.unwrap();
    let mut tx = served.app.read().await.unwrap();
    let audit = tx.audit_page(COUNTY, 0, 100).await.unwrap();
    let first = audit.iter().find(|it| it.entry.request_id == "first").unwrap();
    assert_eq!(first.entry.fingerprint, first.entry.effect_digest);
    drop(tx);
    // Its fingerprint is gone from the log too: the id is taken, and by what, nobody can tell.
    let again = v1::UpsertRecordsRequest { request_id: "first".into(), ..message };
    let status = served.registry().upsert_records(tokio_stream::once(again)).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::AlreadyExists, "REQUEST_ID_REUSED")
    );
}

#[tokio::test]
async fn what_is_sent_again_does_not_bring_a_name_back() {
    let served = peopled("sqlite::memory:").await;
    erase(&served, "e-1").await.unwrap();
    let sent = vec![named("m1", NAME), post("s-1", "m1", NAME)];
    let counts = served.upsert("feed", sent).await.counts.unwrap();
    assert_eq!((counts.unchanged, counts.recorded), (2, 0), "the rest is as it was");
    let mut moved = named("m1", NAME);
    moved.effective_from = crate::harness::date("2022-06-01");
    let counts = served.upsert("moved", vec![moved, post("s-9", "m1", NAME)]).await.counts.unwrap();
    assert_eq!((counts.unchanged, counts.recorded), (0, 2));
    assert_eq!(name_of(&served, RecordKind::Member, "m1").await, "");
    assert_eq!(name_of(&served, RecordKind::Post, "s-9").await, "", "a new post of the person");
    let mut tx = served.app.read().await.unwrap();
    assert_eq!(verify(&mut *tx, COUNTY).await.unwrap(), None);
    drop(tx);
    assert_eq!(erase(&served, "e-2").await.unwrap(), (0, true));
}

#[tokio::test]
async fn an_erasure_is_refused_for_nobody_and_for_a_reason_with_the_name() {
    let served = peopled("sqlite::memory:").await;
    let erase = async |id: &str, reason: &str| {
        served.app.erase_person(erasing(id), id, reason, |_| Vec::new()).await
    };
    let nobody = erase("m9", "x").await;
    assert!(matches!(nobody, Err(AppError::NotFound { .. })), "{nobody:?}");
    let reason = |answer: Result<Vec<u8>, AppError>| match answer {
        Err(AppError::Invalid(faults)) => faults[0].reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(erase("m1", " ").await), "REASON_MISSING");
    assert_eq!(reason(erase("m1", &format!("{NAME}本人申请")).await), "REASON_NAMES_PERSON");
    assert_eq!(name_of(&served, RecordKind::Member, "m1").await, NAME);
}

#[tokio::test]
async fn a_name_that_was_changed_past_the_service_is_found() {
    let (_, url) = file("changed");
    let served = peopled(&url).await;
    let mut db = sqlx::SqliteConnection::connect(&url).await.unwrap();
    db.execute("DROP TRIGGER person_names_only_erased").await.unwrap();
    db.execute("UPDATE person_names SET name = '王五' WHERE id = 'm1'").await.unwrap();
    let mut tx = served.app.read().await.unwrap();
    let read = tx.registry_history(COUNTY, "member", "m1").await;
    let Err(StoreError::Corrupt { column, .. }) = &read else { panic!("{read:?}") };
    assert_eq!(column, "person_names");
}

fn steelyard(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_steelyard")).args(arguments).output().unwrap()
}

fn exported(url: &str, id: &str) -> Value {
    let output = steelyard(&["person", "export", "--store", url, "--county", COUNTY, "--id", id]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn the_commands_export_and_erase() {
    let (path, url) = file("commands");
    let served = peopled(&url).await;
    let grant = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: "grant-self".into(),
        principal: "m1".into(),
        role_id: "member".into(),
        unit: Some(v1::RecordRef { kind: v1::RecordKind::Member.into(), id: "m1".into() }),
        reason: "本人查询".into(),
        ..Default::default()
    };
    served.accesses().grant_role(grant).await.unwrap();
    let told = exported(&url, "m1");
    assert_eq!(told["access"][0]["role"], "member");
    assert_eq!(told["access"].as_array().unwrap().len(), 1);
    let names: Vec<_> = told["registry"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, [NAME, &format!("龙泉花园支部书记{NAME}")]);
    let facts = told["facts"].as_array().unwrap();
    let because: Vec<_> = facts.iter().map(|it| (&it["because"], &it["subject"])).collect();
    let pairs = [("about", "member/m1"), ("named", "member/m2")];
    assert_eq!(
        because,
        pairs.map(|(a, b)| (Value::from(a), Value::from(b))).each_ref().map(|it| (&it.0, &it.1))
    );
    assert!(told["erased"].is_null());
    assert!(!told.to_string().contains(OTHER), "nothing of others: {told}");

    let erase = |id: &str, more: &[&str]| {
        let mut all = vec!["person", "erase", "--store", &url, "--county", COUNTY, "--id", id];
        all.extend(["--reason", "本人申请", "--by", "clerk-1"]);
        all.extend(more);
        let output = steelyard(&all);
        let told = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(told).unwrap())
    };
    let (code, told) = erase("m1", &[]);
    assert!(code == 64 && told.contains("--yes"), "{code} {told}");
    assert_eq!(name_of(&served, RecordKind::Member, "m1").await, NAME, "nothing yet");
    let done = "2 names of `m1` are erased\n";
    assert_eq!(erase("m1", &["--yes"]), (0, done.to_owned()));
    let (code, told) = erase("m1", &["--yes"]);
    assert!(code == 0 && told.contains("erased before"), "{code} {told}");
    let (code, told) = erase(CITIZEN, &["--yes"]);
    assert!(code == 65 && told.contains("`******`"), "{code} {told}");
    assert_eq!(name_of(&served, RecordKind::Member, "m1").await, "");

    let out = path.with_file_name("m1.json");
    let into = ["person", "export", "--store", &url, "--county", COUNTY, "--id", "m1", "--out"];
    let into = [&into[..], &[out.to_str().unwrap()]].concat();
    assert!(steelyard(&into).status.success());
    assert_eq!(steelyard(&into).status.code(), Some(73), "a file that is there stays");
    let told: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(
        (&told["registry"][0]["name"], &told["registry"][0]["name_erased"]),
        (&Value::from(""), &Value::from(true))
    );
    assert_eq!(told["erased"]["by"], "clerk-1");
    assert_eq!(told["facts"].as_array().unwrap().len(), 2, "facts stay under the id");
    let trail = told["audit"].as_array().unwrap();
    assert!(trail.iter().any(|it| it["subject"] == "person/m1 erased"), "{trail:?}");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&out).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn no_status_tells_a_name_or_a_citizen_s_number() {
    let served = served().await.with_a_county().await;
    let mut told: Vec<String> = Vec::new();
    let mut bad = named(CITIZEN, NAME);
    bad.effective_from = crate::harness::date("2022-02-30");
    bad.parent = reference(RecordKind::Compound, CITIZEN);
    bad.attributes.insert("status".into(), NAME.into());
    let mut orphan = named("m7", &format!("{NAME}\u{200b}"));
    orphan.attributes.insert(CITIZEN.into(), format!("{NAME}\n"));
    let mut lost = named("m8", NAME);
    lost.parent = None;
    if let Some(Detail::Member(of)) = &mut lost.detail {
        of.compound_id = CITIZEN.into();
    }
    let doubles = [named("m9", NAME), named("m9", OTHER)];
    let records = [bad, orphan, lost].into_iter().chain(doubles).collect();
    let answer = served.upsert("bad", records).await;
    assert_eq!(answer.items.len(), 5, "each is refused");
    for mut item in answer.items {
        item.id.clear();
        told.push(format!("{item:?}"));
    }
    let get = |kind: RecordKind, id: &str| v1::GetRecordRequest {
        county: COUNTY.into(),
        kind: kind.into(),
        id: id.into(),
        ..Default::default()
    };
    let mut registry = served.registry();
    for id in [CITIZEN, NAME] {
        let status = registry.get_record(get(RecordKind::Member, id)).await.unwrap_err();
        told.push(format!(
            "{} {status:?} {}",
            status.message(),
            String::from_utf8_lossy(status.details())
        ));
    }
    let long: Vec<_> = (0..501).map(|_| named("m1", NAME)).collect();
    let message =
        v1::UpsertRecordsRequest { county: NAME.into(), request_id: NAME.into(), records: long };
    let status = registry.upsert_records(tokio_stream::once(message)).await.unwrap_err();
    told.push(format!("{status:?} {}", String::from_utf8_lossy(status.details())));
    let mut fact = entry(CITIZEN, "volunteering", "2022-03-01");
    fact.recorded_by = NAME.into();
    let status = served.facts().record_facts(record_facts("bad", vec![fact])).await;
    told.push(match status {
        Ok(answer) => {
            format!("{:?}", answer.into_inner().items.iter().map(|it| &it.text).collect::<Vec<_>>())
        }
        Err(status) => format!("{status:?} {}", String::from_utf8_lossy(status.details())),
    });
    assert_eq!(told.len(), 9);
    for text in &told {
        assert!(!text.contains(NAME) && !text.contains(OTHER), "{text}");
        assert!(!text.contains(CITIZEN), "{text}");
    }
    assert!(told.iter().any(|it| it.contains("******")), "a number was given and starred out");
}

#[tokio::test]
async fn a_store_error_tells_no_number_of_a_stored_value() {
    let error = StoreError::Corrupt {
        column: "attributes".into(),
        source: format!("unknown variant `{CITIZEN}`").into(),
    };
    let told = steelyard::domain::masked::told(&error);
    assert!(told.contains("unknown variant `******`") && !told.contains(CITIZEN), "{told}");
    let opened = store::open("sqlite:/nowhere/at/all.db").await;
    assert!(opened.is_err());
}
