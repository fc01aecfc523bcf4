//! Selection documents as a caller and a command see them, on both stores.

use std::{path::Path, process::Command};

use steelyard::{
    app::{AppError, Missing, audit, selection_document},
    domain::{selection::StepKind, time::Day},
    proto::v1::{self, get_selection_document_request::Selector},
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{
    audit::trail::{Client, address},
    harness::{COUNTY, Served, date, reason, served_over, violations},
    scheme_rpc,
};

/// Runs each case on each store, on one of its own.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(&super::prepared("sqlite::memory:").await).await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!("sel_", stringify!($case));
                let url = crate::postgres::schema(name.get(..59).unwrap_or(name)).await;
                super::$case(&super::prepared(&url).await).await;
            }
        )+ }
    };
}
on_both!(
    a_check_tells_every_fault_and_what_the_criteria_lack,
    a_published_version_is_read_byte_for_byte_and_never_changed,
    versions_have_no_gaps,
    a_faulty_document_is_not_published_and_every_fault_is_told,
    criteria_are_of_a_published_scheme_that_fits,
    the_version_in_force_is_picked_by_the_day,
    versions_are_listed_by_page,
    both_readers_stand_in_a_transaction,
);

/// A scheme that ranks compounds.
const CRITERIA: &str = "steelyard: scheme/v1
id: test.criteria
version: 1
title: 评选标准
subject: compound
period: year
in_force: {from: 2022-01-01, until: 2024-12-31}
score:
  id: total
  out_of: 10
  sum:
    - {id: tidiness, out_of: 10, assessed: {by: {street: 100%}, several: average}}
grades:
  - {id: meets_line, at_least: 7}
  - {id: below_line}
vetoes:
  - {id: serious_incident, then: {grade: below_line}}
ranking: {within: [street, county], by: [score]}
";

/// A document that asks for it.
pub(crate) fn document(id: &str, version: u32, in_force: &str) -> String {
    format!(
        "steelyard: selection/v1
id: {id}
version: {version}
title: 县“红旗小区”评选办法
honour: 红旗小区
in_force: {in_force}
basis: [{{document: 项目文本, clause: （一）至（六）}}]
criteria: {{scheme: test.criteria, grade: meets_line, bars: [serious_incident]}}
forms: [compound_branch, joint_branch]
seats: {{share: 20%, rounding: largest_remainder, at_most: 20}}
steps:
  application: {{by: compound, until: 11-30, forms: [{{id: application_form, title: 申报表}}]}}
  opinion: {{by: community, until: 12-10}}
  recommendation: {{by: street, until: 12-30}}
  examination: {{by: selection_group, until: {{day: 01-10, year: next}}}}
  consultation: {{by: organization_department}}
  decision: {{by: standing_committee}}
notice: {{days: 5, of: working}}
awards: [{{id: fund, title: 经费, amount: '5000.00', to: branch}}]
"
    )
}

fn first() -> String {
    document("a.one", 1, "{from: 2022-01-01}")
}

async fn prepared(url: &str) -> Served {
    let on = served_over(url).await.with_a_county().await;
    scheme_rpc::publish(&on, "criteria", CRITERIA).await.unwrap();
    on
}

async fn publish(
    on: &Served,
    request_id: &str,
    document: &str,
) -> Result<v1::SelectionDocument, Status> {
    let request = v1::PublishSelectionDocumentRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        document: document.into(),
    };
    let answer = on.selection_documents().publish_selection_document(request).await?;
    Ok(answer.into_inner().selection_document.unwrap())
}

async fn check(on: &Served, county: &str, text: &str) -> v1::CheckSelectionDocumentResponse {
    let county = county.into();
    let request = v1::CheckSelectionDocumentRequest { county, document: text.into() };
    on.selection_documents().check_selection_document(request).await.unwrap().into_inner()
}

async fn get(
    on: &Served,
    id: &str,
    selector: Option<Selector>,
) -> Result<v1::SelectionDocument, Status> {
    let (county, document_id) = (COUNTY.into(), id.into());
    let request = v1::GetSelectionDocumentRequest { county, document_id, selector };
    let answer = on.selection_documents().get_selection_document(request).await?;
    Ok(answer.into_inner().selection_document.unwrap())
}

fn refused(status: &Status) -> (Code, String) {
    (status.code(), reason(status))
}

async fn a_check_tells_every_fault_and_what_the_criteria_lack(on: &Served) {
    let good = check(on, COUNTY, &first()).await;
    assert!(good.publishable, "{:?}", good.faults);
    let declared = good.selection_document.unwrap();
    assert_eq!((declared.document_id.as_str(), declared.version), ("a.one", 1));
    assert_eq!((declared.honour.as_str(), declared.publish_time), ("红旗小区", None));
    let broken = first().replace("days: 5", "days: 4").replace("12-10", "11-29");
    let answer = check(on, COUNTY, &broken).await;
    let codes: Vec<_> = answer.faults.iter().map(|it| it.code.as_str()).collect();
    assert_eq!((answer.publishable, codes), (false, vec!["deadline_order", "notice_too_short"]));
    assert_eq!(answer.selection_document, None);
    for fault in &answer.faults {
        assert!(fault.line > 0 && fault.column > 0, "{fault:?}");
        assert!(!fault.text.clone().unwrap().zh.is_empty(), "{fault:?}");
        assert!(!fault.suggestion.clone().unwrap().en.is_empty(), "{fault:?}");
    }
    let lacking = first().replace("meets_line", "best").replace("[serious_incident]", "[fire]");
    assert!(check(on, "", &lacking).await.publishable, "no county, no scheme");
    let answer = check(on, COUNTY, &lacking).await;
    let told: Vec<_> =
        answer.faults.iter().map(|it| (it.code.as_str(), it.path.as_str())).collect();
    let want = [
        ("criteria_grade_unknown", "criteria.grade"),
        ("criteria_bar_unknown", "criteria.bars[0]"),
    ];
    assert_eq!(told, want);
    assert_eq!((answer.faults[1].line, answer.publishable), (8, false));
    assert!(answer.selection_document.is_some());
    let none = on.selection_documents();
    let request = v1::ListSelectionDocumentsRequest { county: COUNTY.into(), ..Default::default() };
    let answer = none.clone().list_selection_documents(request).await.unwrap().into_inner();
    assert_eq!(answer.selection_documents, [], "a check stores nothing");
}

async fn a_published_version_is_read_byte_for_byte_and_never_changed(on: &Served) {
    let text = first();
    let kept = publish(on, "1", &text).await.unwrap();
    assert_eq!(publish(on, "1", &text).await.unwrap(), kept, "a repeat");
    on.clock.set("2023-01-11T01:00:00Z");
    assert_eq!(publish(on, "2", &text).await.unwrap(), kept, "the same bytes, asked anew");
    let found = get(on, "a.one", None).await.unwrap();
    assert_eq!(found.document, text.as_bytes());
    assert_eq!(v1::SelectionDocument { document: vec![], ..found }, kept);
    assert_eq!(kept.criteria_scheme_id, "test.criteria");
    assert_eq!(kept.digest.len(), 64);
    let other = publish(on, "3", &(text.clone() + "# a comment\n")).await.unwrap_err();
    assert_eq!(refused(&other), (Code::AlreadyExists, "SELECTION_DOCUMENT_VERSION_EXISTS".into()));
    let other = publish(on, "1", &document("a.two", 1, "{from: 2022-01-01}")).await.unwrap_err();
    assert_eq!(reason(&other), "REQUEST_ID_REUSED");
}

async fn versions_have_no_gaps(on: &Served) {
    let second = document("a.one", 2, "{from: 2023-01-01}");
    let early = publish(on, "1", &second).await.unwrap_err();
    let want = (Code::FailedPrecondition, "SELECTION_DOCUMENT_VERSION_NOT_NEXT".to_owned());
    assert_eq!(refused(&early), want);
    assert_eq!(early.get_error_details().error_info().unwrap().metadata["expected"], "1");
    publish(on, "2", &first()).await.unwrap();
    let third = publish(on, "3", &document("a.one", 3, "{from: 2023-01-01}")).await.unwrap_err();
    assert_eq!(refused(&third), want);
    publish(on, "1", &second).await.expect("a refusal frees its request id");
    assert_eq!(publish(on, "4", &first()).await.unwrap().version, 1, "the same bytes, still");
}

async fn a_faulty_document_is_not_published_and_every_fault_is_told(on: &Served) {
    let broken = first().replace("days: 5", "days: 4").replace("20%", "0%");
    let status = publish(on, "1", &broken).await.unwrap_err();
    assert_eq!(refused(&status), (Code::InvalidArgument, "SELECTION_DOCUMENT_FAULTY".into()));
    let told = violations(&status);
    assert_eq!(told.len(), 3, "{told:?}");
    let large = publish(on, "1", &"#".repeat(1024 * 1024 + 1)).await.unwrap_err();
    assert_eq!(refused(&large), (Code::InvalidArgument, "DOCUMENT_TOO_LARGE".into()));
    let none = get(on, "a.one", None).await.unwrap_err();
    assert_eq!(refused(&none), (Code::NotFound, "SELECTION_DOCUMENT_NOT_FOUND".into()));
    // A document of exactly 1 MiB comes through.
    let text = first();
    let padded = format!("{text}#{}", " ".repeat(1024 * 1024 - 1 - text.len()));
    publish(on, "2", &padded).await.unwrap();
}

async fn criteria_are_of_a_published_scheme_that_fits(on: &Served) {
    let unlike =
        CRITERIA.replace("test.criteria", "test.members").replace(": compound", ": member");
    let unlike = unlike.replace("[street, county]", "[compound]");
    scheme_rpc::publish(on, "members", &unlike).await.unwrap();
    let naming = |id: &str| first().replace("test.criteria", id);
    let after = first().replace("{from: 2022-01-01}", "{from: 2025-01-01}");
    for (text, want) in [
        (naming("test.nothing"), vec!["CRITERIA_SCHEME_UNKNOWN"]),
        (after, vec!["CRITERIA_SCHEME_NOT_IN_FORCE"]),
        (naming("test.members"), vec!["CRITERIA_NOT_OF_COMPOUNDS", "CRITERIA_NOT_RANKED"]),
        (first().replace("meets_line", "best"), vec!["CRITERIA_GRADE_UNKNOWN"]),
        (first().replace("[serious_incident]", "[a, b]"), vec!["CRITERIA_BAR_UNKNOWN"; 2]),
    ] {
        let status = publish(on, "1", &text).await.unwrap_err();
        assert_eq!(refused(&status), (Code::FailedPrecondition, want[0].to_owned()));
        let details = status.get_error_details();
        let told = &details.precondition_failure().unwrap().violations;
        assert_eq!(told.iter().map(|it| it.r#type.as_str()).collect::<Vec<_>>(), want);
        assert!(!details.localized_message().unwrap().message.is_empty());
        let answer = check(on, COUNTY, &text).await;
        let codes: Vec<_> = answer.faults.iter().map(|it| it.code.to_ascii_uppercase()).collect();
        assert_eq!(codes, want, "the check says the same");
    }
}

async fn the_version_in_force_is_picked_by_the_day(on: &Served) {
    for (version, in_force) in [
        (1, "{from: 2022-01-01}"),
        (2, "{from: 2023-01-01, until: 2023-12-31}"),
        (3, "{from: 2023-07-01, until: 2023-09-30}"),
    ] {
        let text = document("a.one", version, in_force);
        publish(on, &version.to_string(), &text).await.unwrap();
    }
    for (day, version) in [
        ("2022-01-01", 1),
        ("2022-12-31", 1),
        ("2023-01-01", 2),
        ("2023-06-30", 2),
        ("2023-07-01", 3),
        ("2023-09-30", 3),
        ("2023-10-01", 2),
        ("2024-01-01", 1),
    ] {
        let found = get(on, "a.one", date(day).map(Selector::InForceOn)).await.unwrap();
        assert_eq!(found.version, version, "on {day}");
        let request = v1::ListSelectionDocumentsRequest {
            county: COUNTY.into(),
            in_force_on: date(day),
            ..Default::default()
        };
        let answer = on.selection_documents().list_selection_documents(request).await.unwrap();
        let listed = answer.into_inner().selection_documents;
        assert_eq!(listed.iter().map(|it| it.version).collect::<Vec<_>>(), [version], "on {day}");
    }
    let before = get(on, "a.one", date("2021-12-31").map(Selector::InForceOn)).await.unwrap_err();
    assert_eq!(refused(&before), (Code::NotFound, "SELECTION_DOCUMENT_NOT_IN_FORCE".into()));
    let other = get(on, "a.two", date("2022-12-31").map(Selector::InForceOn)).await.unwrap_err();
    assert_eq!(refused(&other), (Code::NotFound, "SELECTION_DOCUMENT_NOT_FOUND".into()));
    assert_eq!(get(on, "a.one", Some(Selector::Version(2))).await.unwrap().version, 2);
    assert_eq!(get(on, "a.one", None).await.unwrap().version, 3);
    let four = get(on, "a.one", Some(Selector::Version(4))).await.unwrap_err();
    assert_eq!(refused(&four), (Code::NotFound, "SELECTION_DOCUMENT_NOT_FOUND".into()));
    let zero = get(on, "a.one", Some(Selector::Version(0))).await.unwrap_err();
    assert_eq!(refused(&zero), (Code::InvalidArgument, "VERSION_INVALID".into()));
}

async fn versions_are_listed_by_page(on: &Served) {
    for (id, version) in [("b", 1), ("a.one", 1), ("b", 2), ("a.one", 2), ("a-b", 1)] {
        let text = document(id, version, "{from: 2022-01-01}");
        publish(on, &format!("{id}-{version}"), &text).await.unwrap();
    }
    let mut request = v1::ListSelectionDocumentsRequest {
        county: COUNTY.into(),
        page_size: 2,
        ..Default::default()
    };
    let mut seen = Vec::new();
    loop {
        let answer = on.selection_documents().list_selection_documents(request.clone()).await;
        let page = answer.unwrap().into_inner();
        assert!(page.selection_documents.iter().all(|it| it.document.is_empty()));
        seen.extend(page.selection_documents.into_iter().map(|it| (it.document_id, it.version)));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    let want = [("a-b", 1), ("a.one", 1), ("a.one", 2), ("b", 1), ("b", 2)];
    assert_eq!(seen, want.map(|(id, version)| (id.to_owned(), version)));
    let of_one = v1::ListSelectionDocumentsRequest {
        county: COUNTY.into(),
        document_id: "b".into(),
        ..Default::default()
    };
    let answer = on.selection_documents().list_selection_documents(of_one).await.unwrap();
    assert_eq!(answer.into_inner().selection_documents.len(), 2);
}

async fn both_readers_stand_in_a_transaction(on: &Served) {
    publish(on, "1", &first()).await.unwrap();
    let day = |text: &str| Day::parse(text).unwrap();
    let mut tx = on.app.store.begin().await.unwrap();
    let (header, read) =
        selection_document::in_force_on(&mut *tx, COUNTY, "a.one", day("2022-12-31"))
            .await
            .unwrap();
    assert_eq!((header.version, read.version, read.id.as_str()), (1, 1, "a.one"));
    assert_eq!(read.step(StepKind::Opinion).unwrap().by, "community");
    let (again, _) = selection_document::of_version(&mut *tx, COUNTY, "a.one", 1).await.unwrap();
    assert_eq!(again, header);
    let none = selection_document::in_force_on(&mut *tx, COUNTY, "a.one", day("2021-12-31")).await;
    let what = Missing::SelectionDocumentInForce;
    assert!(matches!(none, Err(AppError::NotFound { what: it, .. }) if it == what), "{none:?}");
}

/// What is done past the service, and words that the proof must have.
const CHANGES: &[(&str, &str)] = &[
    ("UPDATE selection_documents SET title = 'x'", "`a.one/1` has another `title`"),
    ("UPDATE selection_documents SET honour = 'x'", "`a.one/1` has another `honour`"),
    ("UPDATE selection_documents SET criteria_scheme = 'x'", "has another `criteria_scheme`"),
    ("UPDATE selection_documents SET in_force_from = '2021-01-01'", "another `in_force_from`"),
    ("UPDATE selection_documents SET in_force_until = '2023-01-01'", "another `in_force_until`"),
    ("UPDATE selection_documents SET document = document || '#'", "has another `document`"),
    ("UPDATE selection_documents SET published = published + 1", "has another `published`"),
    ("UPDATE selection_documents SET published_by = 'x'", "has another `published_by`"),
    ("UPDATE selection_documents SET request_id = 'x'", "has another `request_id`"),
    (
        "UPDATE selection_documents SET version = 2",
        "no entry speaks of selection document `a.one/2`",
    ),
    ("DELETE FROM selection_documents", "selection document `a.one/1` is not there"),
];

async fn every_change_is_found(on_postgres: bool) {
    let url = address(on_postgres, "selection_documents").await;
    let on = prepared(&url).await;
    publish(&on, "1", &first()).await.unwrap();
    publish(&on, "2", &first()).await.unwrap();
    let proved = async || {
        let outside = audit::Outside::default();
        let proof = audit::verify(&*on.app.store, Some(COUNTY), &outside).await.unwrap();
        proof.findings.iter().map(|it| format!("{it}\n")).collect::<String>()
    };
    assert_eq!(proved().await, "");
    let mut client = Client::of(&url).await;
    client.off("selection_documents").await;
    client.run("CREATE TABLE copy_of_documents AS SELECT * FROM selection_documents").await;
    for (change, words) in CHANGES {
        client.run(change).await;
        let found = proved().await;
        assert!(found.contains(words), "{change}\nlacks: {words}\nfound:\n{found}");
        client.run("DELETE FROM selection_documents").await;
        client.run("INSERT INTO selection_documents SELECT * FROM copy_of_documents").await;
    }
    assert_eq!(proved().await, "");
}

#[tokio::test]
async fn every_change_is_found_on_sqlite() {
    every_change_is_found(false).await;
}

#[tokio::test]
async fn every_change_is_found_on_postgres() {
    every_change_is_found(true).await;
}

fn command(arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
    let done = command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().unwrap();
    let text = [done.stdout, done.stderr].concat();
    (done.status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[test]
fn the_countys_document_is_good_and_a_wrong_one_ends_with_65() {
    let (code, text) = command(&["selection", "check", "selections/xinping/red-flag.yaml"]);
    assert!(code == 0 && text.contains(": good: xinping.red-flag-selection 1"), "{code} {text}");
    let name = "wrong-selection.yaml";
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, first().replace("days: 5", "days: 3").replace("12-10", "02-29")).unwrap();
    let wrong = path.to_string_lossy().into_owned();
    let (code, text) = command(&["selection", "check", "selections/xinping/red-flag.yaml", &wrong]);
    assert_eq!(code, 65, "{text}");
    for want in ["red-flag.yaml: good", "fault NOT_A_MONTH_DAY at steps.opinion.until", "F8"] {
        assert!(text.contains(want), "{text}");
    }
    std::fs::remove_file(&path).unwrap();
    let (code, _) = command(&["selection", "check", "nothing.yaml"]);
    assert_eq!(code, 66);
    let (code, text) = command(&["selection", "schema"]);
    assert!(code == 0 && text.contains("urn:steelyard:selection:v1"), "{text}");
}

/// The county's own documents, against the county's own schemes, as far as those are there.
#[tokio::test]
async fn the_countys_document_names_what_its_scheme_has() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("selections/xinping/red-flag.yaml")).unwrap();
    let own = steelyard::domain::selection::SelectionDocument::read(text.as_bytes()).unwrap();
    let scheme = std::fs::read(root.join("schemes/xinping/red-flag-compound.yaml")).unwrap();
    let scheme = steelyard::domain::scheme::Scheme::read(&scheme).unwrap();
    let lacking = steelyard::domain::selection::unfit(&own, &scheme);
    // The grade comes with version 2 of the scheme.
    let lacking: Vec<_> =
        lacking.iter().filter(|it| scheme.version > 1 || it.key != "grade").collect();
    assert!(lacking.is_empty(), "{lacking:?}");
}
