//! Schemes as a caller sees them.

use steelyard::proto::v1::{self, get_scheme_request::Selector};
use tonic::{Code, Status};

use crate::harness::{COUNTY, Served, date, reason, served, violations};

/// A small scheme about members; `more` is put behind the score.
pub(crate) fn document(id: &str, version: i32, more: &str) -> String {
    format!(
        "steelyard: scheme/v1
id: {id}
version: {version}
title: 测试办法
subject: member
period: year
in_force: {{from: 2022-01-01, until: 2023-12-31}}
basis: [{{document: 组通〔2020〕15号}}]
score:
  id: total
  out_of: 10
  round: {{to: 2, mode: half_up}}
  sum:
    - {{id: tidiness, out_of: 10, assessed: {{by: {{street: 100%}}, several: average}}}}
{more}"
    )
}

pub(crate) async fn publish(
    served: &Served,
    request_id: &str,
    document: &str,
) -> Result<v1::PublishSchemeResponse, Status> {
    let request = v1::PublishSchemeRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        document: document.as_bytes().to_vec(),
    };
    served.schemes().publish_scheme(request).await.map(tonic::Response::into_inner)
}

async fn check(served: &Served, county: &str, document: &str) -> v1::CheckSchemeResponse {
    let request = v1::CheckSchemeRequest { county: county.into(), document: document.into() };
    served.schemes().check_scheme(request).await.unwrap().into_inner()
}

async fn get(served: &Served, id: &str, selector: Option<Selector>) -> Result<v1::Scheme, Status> {
    let request = v1::GetSchemeRequest { county: COUNTY.into(), scheme_id: id.into(), selector };
    let answer = served.schemes().get_scheme(request).await?;
    Ok(answer.into_inner().scheme.unwrap())
}

#[tokio::test]
async fn a_document_with_faults_is_a_good_answer_of_a_check() {
    let served = served().await;
    let broken =
        document("a.one", 1, "").replace("100%", "60%").replace("out_of: 10\n", "out_of: ten\n");
    let answer = check(&served, "", &broken).await;
    assert!(!answer.publishable);
    assert!(answer.faults.len() >= 2, "{:?}", answer.faults);
    for fault in &answer.faults {
        assert!(fault.line > 0 && fault.column > 0, "{fault:?}");
        assert_eq!(fault.code, fault.code.to_ascii_lowercase());
        assert!(!fault.text.clone().unwrap().zh.is_empty(), "{fault:?}");
    }
    let example = "examples:
  - {title: right, facts: {sheets: [{item: tidiness, role: street, points: 8}]}, gives: {score: \"8.00\"}}
  - {title: wrong, facts: {sheets: [{item: tidiness, role: street, points: 8}]}, gives: {score: \"9.00\"}}
";
    let answer = check(&served, "", &document("a.one", 1, example)).await;
    assert_eq!((answer.examples_passed, answer.examples_total), (1, 2));
    let codes: Vec<_> = answer.faults.iter().map(|it| it.code.as_str()).collect();
    assert_eq!((answer.publishable, codes), (false, vec!["example_differs"]));
    let good = check(&served, COUNTY, &document("a.one", 1, "")).await;
    assert!(good.publishable, "{:?}", good.faults);
    let scheme = good.scheme.unwrap();
    assert_eq!((scheme.scheme_id.as_str(), scheme.version), ("a.one", 1));
    assert_eq!(scheme.subject(), v1::SubjectKind::Member);
}

#[tokio::test]
async fn a_published_version_is_read_byte_for_byte_and_never_changed() {
    let served = served().await;
    let text = document("a.one", 1, "");
    let first = publish(&served, "1", &text).await.unwrap();
    assert_eq!(publish(&served, "1", &text).await.unwrap(), first, "a repeat");
    let scheme = get(&served, "a.one", None).await.unwrap();
    assert_eq!(scheme.document, text.as_bytes());
    assert_eq!(v1::Scheme { document: vec![], ..scheme }, first.scheme.unwrap());
    let status = publish(&served, "2", &text).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::AlreadyExists, "SCHEME_VERSION_EXISTS")
    );
    let status = publish(&served, "1", &document("a.two", 1, "")).await.unwrap_err();
    assert_eq!(reason(&status), "REQUEST_ID_REUSED");
    publish(&served, "3", &document("a.one", 3, "")).await.unwrap();
    let status = publish(&served, "4", &document("a.one", 2, "")).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::FailedPrecondition, "SCHEME_VERSION_NOT_NEXT")
    );
    let other = document("a.one", 4, "").replace("period: year", "period: half");
    let status = publish(&served, "5", &other).await.unwrap_err();
    assert_eq!(reason(&status), "SCHEME_SUBJECT_CHANGED");
}

#[tokio::test]
async fn a_faulty_document_is_not_published_and_every_fault_is_told() {
    let served = served().await;
    let broken = document("a.one", 1, "").replace("100%", "60%");
    let status = publish(&served, "1", &broken).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "SCHEME_FAULTY"));
    assert!(violations(&status).len() >= 2);
    assert_eq!(reason(&get(&served, "a.one", None).await.unwrap_err()), "SCHEME_NOT_FOUND");
    let large = "#".repeat(1024 * 1024 + 1);
    let status = publish(&served, "1", &large).await.unwrap_err();
    assert_eq!(reason(&status), "DOCUMENT_TOO_LARGE");
    // A document of exactly 1 MiB comes through.
    let text = document("a.one", 1, "");
    let padded = format!("{text}#{}", " ".repeat(1024 * 1024 - 1 - text.len()));
    assert_eq!(padded.len(), 1024 * 1024);
    publish(&served, "2", &padded).await.unwrap();
}

#[tokio::test]
async fn results_are_taken_of_published_schemes_only_and_never_in_a_circle() {
    let served = served().await;
    let taking = |id: &str, version, other: &str| {
        let node = format!(
            "    - {{id: taken, out_of: 10, result_of: {{scheme: {other}, of: self, combine: average}}}}\n"
        );
        document(id, version, "") + &node
    };
    let answer = check(&served, COUNTY, &taking("a.one", 1, "a.two")).await;
    let codes: Vec<_> = answer.faults.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(codes, ["scheme_reference_unknown"]);
    assert!(check(&served, "", &taking("a.one", 1, "a.two")).await.publishable);
    let status = publish(&served, "1", &taking("a.one", 1, "a.two")).await.unwrap_err();
    assert_eq!(reason(&status), "SCHEME_REFERENCE_UNKNOWN");
    publish(&served, "2", &document("a.two", 1, "")).await.unwrap();
    publish(&served, "1", &taking("a.one", 1, "a.two")).await.unwrap();
    let status = publish(&served, "3", &taking("a.two", 2, "a.one")).await.unwrap_err();
    assert_eq!(reason(&status), "SCHEME_CYCLE");
}

#[tokio::test]
async fn the_version_in_force_is_picked_by_date_and_ends_with_its_retirement() {
    let served = served().await;
    publish(&served, "1", &document("a.one", 1, "")).await.unwrap();
    let second = document("a.one", 2, "").replace("from: 2022-01-01", "from: 2023-01-01");
    publish(&served, "2", &second).await.unwrap();
    let on = async |day: &str| {
        let selector = date(day).map(Selector::InForceOn);
        get(&served, "a.one", selector).await.map(|it| it.version)
    };
    assert_eq!(on("2022-12-31").await.unwrap(), 1);
    assert_eq!(on("2023-01-01").await.unwrap(), 2);
    assert_eq!(reason(&on("2024-01-01").await.unwrap_err()), "SCHEME_NOT_IN_FORCE");
    let retire = async |request_id: &str, version, day: &str| {
        let request = v1::RetireSchemeRequest {
            county: COUNTY.into(),
            request_id: request_id.into(),
            scheme_id: "a.one".into(),
            version,
            last_day_in_force: date(day),
            reason: "修订".into(),
        };
        served.schemes().retire_scheme(request).await.map(|it| it.into_inner().scheme.unwrap())
    };
    assert_eq!(reason(&retire("3", 2, "2022-12-31").await.unwrap_err()), "RETIRE_BEFORE_FORCE");
    assert_eq!(reason(&retire("3", 2, "2024-01-01").await.unwrap_err()), "RETIRE_AFTER_FORCE");
    assert_eq!(reason(&retire("3", 9, "2023-06-30").await.unwrap_err()), "SCHEME_NOT_FOUND");
    let retired = retire("3", 2, "2023-06-30").await.unwrap();
    assert_eq!(
        (retired.in_force_until, retired.retire_reason.as_str()),
        (date("2023-06-30"), "修订")
    );
    assert_eq!(retire("3", 2, "2023-06-30").await.unwrap(), retired, "a repeat");
    assert_eq!(reason(&retire("4", 2, "2023-05-31").await.unwrap_err()), "SCHEME_RETIRED");
    assert_eq!(on("2023-06-30").await.unwrap(), 2);
    assert_eq!(on("2023-07-01").await.unwrap(), 1, "the earlier one still runs");
}

#[tokio::test]
async fn schemes_are_listed_by_page_and_filter() {
    let served = served().await;
    let names = [("a.one", 1), ("a.one", 2), ("a.two", 1), ("b.one", 7)];
    for (index, (id, version)) in names.into_iter().enumerate() {
        publish(&served, &index.to_string(), &document(id, version, "")).await.unwrap();
    }
    let all = async |request: v1::ListSchemesRequest| {
        let mut request = v1::ListSchemesRequest { county: COUNTY.into(), page_size: 1, ..request };
        let mut found = Vec::new();
        loop {
            let page = served.schemes().list_schemes(request.clone()).await.unwrap().into_inner();
            found.extend(page.schemes.into_iter().map(|it| (it.scheme_id, it.version)));
            if page.next_page_token.is_empty() {
                return found;
            }
            request.page_token = page.next_page_token;
        }
    };
    let named = |it: &[(&str, i32)]| {
        it.iter().map(|(id, version)| ((*id).to_owned(), *version)).collect::<Vec<_>>()
    };
    let any = v1::ListSchemesRequest::default;
    assert_eq!(all(any()).await, named(&names));
    let one = v1::ListSchemesRequest { scheme_id: "a.one".into(), ..any() };
    assert_eq!(all(one).await, named(&names[..2]));
    let in_force = v1::ListSchemesRequest { in_force_on: date("2022-05-01"), ..any() };
    assert_eq!(all(in_force).await, named(&names[1..]));
    let posts = v1::ListSchemesRequest { subject: v1::SubjectKind::Post.into(), ..any() };
    assert_eq!(all(posts).await, []);
}
