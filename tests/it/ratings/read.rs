//! One rating, by page, by stream, as of a day; who is told; what is refused.

use steelyard::proto::v1::{self, RecordKind, ResultStatus};
use tonic::Code;

use super::world::{
    add, address, again, county, figure, half, listed, of, published, rating, streamed, subject,
    text,
};
use crate::{
    harness::{COUNTY, Served, date, reason, violations},
    result_feed::grant,
};

fn all(scheme: &str, day: &str, page_size: i32) -> v1::ListRatingsRequest {
    v1::ListRatingsRequest {
        county: COUNTY.into(),
        of: of(scheme, "2022-H1", day),
        page_size,
        ..Default::default()
    }
}

fn stream(scheme: &str) -> v1::StreamRatingsRequest {
    v1::StreamRatingsRequest {
        county: COUNTY.into(),
        of: of(scheme, "2022-H1", ""),
        ..Default::default()
    }
}

async fn everything(on_postgres: bool) {
    let url = address(on_postgres, "everything").await;
    let served = county(&url, half()).await;
    let run = published(&served, "rate.project", "2022-H1").await;
    let told = rating(&served, None, of("rate.project", "2022-H1", ""), "p-2").await.unwrap();
    let publication = told.publication.unwrap();
    assert_eq!((publication.seq, publication.run_id.as_str()), (1, &*run));
    let it = told.rating.unwrap();
    assert_eq!((it.period.as_str(), it.status()), ("2022-H1", ResultStatus::Final));
    assert_eq!(text(it.score.as_ref()), "89.00");
    assert_eq!(text(it.score_before_vetoes.as_ref()), "89.00", "beside the outcome (P3)");
    let grade = it.grade.as_ref().unwrap();
    assert_eq!((grade.id.as_str(), grade.title.as_str()), ("star_3", "三星"));
    assert_eq!((grade.level, grade.levels), (1, 3));
    let sheets: Vec<String> = it
        .sheets
        .iter()
        .map(|it| {
            let value = it.value.as_ref().unwrap();
            let shown = text(value.shown.as_ref());
            format!("{} {} {shown} of {}", it.id, it.title, text(it.out_of.as_ref()))
        })
        .collect();
    let both = ["party_building 党建工作 90 of 100", "service_quality 服务质量 88 of 100"];
    assert_eq!(sheets, both, "both sheets (P1)");
    let [veto] = it.vetoes.as_slice() else { panic!("{:?}", it.vetoes) };
    assert_eq!((veto.item.as_str(), veto.title.as_str()), ("fund_misuse", "挪用专项维修资金"));
    let record = |from: &str, until: &str, evidence: &str| v1::RatingVetoRecord {
        raised_by: "street".into(),
        effective_from: date(from),
        effective_until: Some(until).filter(|it| !it.is_empty()).and_then(date),
        evidence: vec![evidence.into()],
    };
    let expected =
        [record("2022-02-01", "2022-02-20", "doc:9"), record("2022-03-01", "", "doc:17")];
    assert_eq!(veto.records, expected, "who, when, on what evidence");
    let advice = |it: &Option<v1::Advice>| it.as_ref().map(|it| it.id.clone()).unwrap_or_default();
    assert_eq!((advice(&it.renewal).as_str(), advice(&it.price).as_str()), ("not_renew", "keep"));
    assert_eq!(it.no_advice, None);
    assert_eq!(it.basis[0].document, "组通〔2020〕15号");
    assert_eq!((it.groups["company"].as_str(), it.digest.len()), ("co-a", 64));
    assert_eq!(it.receipt.as_ref().unwrap().run_id, run);
    let best = rating(&served, None, of("rate.project", "", ""), "p-1").await.unwrap();
    let best = best.rating.unwrap();
    assert_eq!(
        (advice(&best.renewal).as_str(), advice(&best.price).as_str()),
        ("renew", "may_rise")
    );

    // By page, by stream, and one by one: the same.
    let whole = listed(&served, None, all("rate.project", "", 0)).await;
    assert_eq!(whole.iter().map(subject).collect::<Vec<_>>(), ["p-1", "p-2", "p-3", "p-4"]);
    assert_eq!((&whole[0], &whole[1]), (&best, &it));
    for size in [1, 2, 3] {
        assert_eq!(listed(&served, None, all("rate.project", "", size)).await, whole);
    }
    assert_eq!(streamed(&served, None, stream("rate.project")).await, whole);
    let group = ("company".to_owned(), "co-b".to_owned());
    let of_b = v1::ListRatingsRequest {
        group_dimension: group.0,
        group: group.1,
        ..all("rate.project", "", 1)
    };
    let of_b = listed(&served, None, of_b).await;
    assert_eq!(of_b.iter().map(subject).collect::<Vec<_>>(), ["p-4"]);
}

#[tokio::test]
async fn a_rating_tells_stars_sheets_vetoes_advice_and_what_it_rests_on() {
    everything(false).await;
    everything(true).await;
}

async fn days(on_postgres: bool) {
    let url = address(on_postgres, "days").await;
    let served = county(&url, half()).await;
    let old = published(&served, "rate.project", "2022-H1").await;
    served.clock.set("2023-03-01T01:00:00Z");
    add(&served, "more", vec![figure("p-4", "2022-H1", "service", "95")]).await;
    add(&served, "second", vec![figure("p-4", "2022-H2", "party", "60")]).await;
    let new = again(&served, &old, "rate.project", "2022-H1").await;
    served.clock.set("2023-04-01T01:00:00Z");
    let other = published(&served, "rate.project", "2022-H2").await;
    let score = async |period: &str, day: &str| {
        let told = rating(&served, None, of("rate.project", period, day), "p-4").await?;
        let it = told.rating.unwrap();
        Ok::<_, tonic::Status>((
            it.period,
            text(it.score.as_ref()),
            told.publication.unwrap().run_id,
        ))
    };
    let told = |period: &str, score: &str, run: &str| {
        (period.to_owned(), score.to_owned(), run.to_owned())
    };
    assert_eq!(score("2022-H1", "").await.unwrap(), told("2022-H1", "82.50", &new));
    assert_eq!(score("2022-H1", "2023-03-01").await.unwrap(), told("2022-H1", "82.50", &new));
    assert_eq!(score("2022-H1", "2023-02-28").await.unwrap(), told("2022-H1", "72.50", &old));
    assert_eq!(score("2022-H1", "2023-01-10").await.unwrap(), told("2022-H1", "72.50", &old));
    assert_eq!(score("", "").await.unwrap(), told("2022-H2", "", &other), "the latest");
    assert_eq!(score("", "2023-03-31").await.unwrap(), told("2022-H1", "82.50", &new));
    let before = score("2022-H1", "2023-01-09").await.unwrap_err();
    assert_eq!((before.code(), reason(&before)), (Code::NotFound, "RUN_NOT_PUBLISHED".into()));
    let future = score("2022-H1", "2023-04-02").await.unwrap_err();
    let expected = [("of.as_of_day".to_owned(), "DAY_IN_FUTURE".to_owned())];
    assert_eq!(violations(&future), expected);
    // A later page stays with the publication of the first.
    let first = v1::ListRatingsRequest {
        of: of("rate.project", "2022-H1", ""),
        ..all("rate.project", "", 2)
    };
    let page = served.ratings().list_ratings(first.clone()).await.unwrap().into_inner();
    let newest = again(&served, &new, "rate.project", "2022-H1").await;
    let token = page.next_page_token;
    let second = v1::ListRatingsRequest { page_token: token, ..first };
    let page = served.ratings().list_ratings(second).await.unwrap().into_inner();
    assert_eq!(page.publication.unwrap().run_id, new);
    assert_ne!(new, newest);
}

#[tokio::test]
async fn ratings_are_told_as_they_were_published_on_a_day() {
    days(false).await;
    days(true).await;
}

async fn sight(served: &Served, who: &str, scheme: &str) -> Vec<String> {
    let told = listed(served, Some(who), all(scheme, "", 0)).await;
    told.iter().map(|it| subject(it).to_owned()).collect()
}

#[tokio::test]
async fn the_credit_system_reads_projects_and_companies_and_others_what_is_theirs() {
    let served = county("sqlite::memory:", half()).await;
    for scheme in ["rate.project", "rate.households", "rate.member"] {
        published(&served, scheme, "2022-H1").await;
    }
    grant(&served, "credit", "credit_reader", (RecordKind::County, COUNTY)).await;
    grant(&served, "hr", "hr_reader", (RecordKind::County, COUNTY)).await;
    grant(&served, "street", "street", (RecordKind::Street, "guishan")).await;
    grant(&served, "operator", "operator", (RecordKind::County, COUNTY)).await;
    assert_eq!(sight(&served, "credit", "rate.project").await, ["p-1", "p-2", "p-3", "p-4"]);
    assert_eq!(sight(&served, "credit", "rate.households").await, ["co-a", "co-b", "co-none"]);
    assert_eq!(sight(&served, "street", "rate.project").await, ["p-1", "p-2", "p-3", "p-4"]);
    assert_eq!(sight(&served, "hr", "rate.project").await, [] as [&str; 0]);
    let denied = rating(&served, Some("hr"), of("rate.project", "", ""), "p-1").await.unwrap_err();
    assert_eq!(reason(&denied), "PERMISSION_DENIED");
    let absent = rating(&served, Some("hr"), of("rate.project", "", ""), "p-9").await.unwrap_err();
    assert_eq!(reason(&absent), "PERMISSION_DENIED", "one answer for not yours and not there");
    let absent = rating(&served, Some("credit"), of("rate.project", "", ""), "p-9").await;
    assert_eq!(reason(&absent.unwrap_err()), "RESULT_NOT_FOUND");
    let refused = rating(&served, Some("operator"), of("", "x", ""), "").await.unwrap_err();
    assert_eq!(reason(&refused), "PERMISSION_DENIED", "before any fault of the message");
    // Ballots are nobody's to see who reads ratings.
    let explain = v1::ExplainResultRequest {
        county: COUNTY.into(),
        run: Some(v1::RunSelector {
            selector: Some(v1::run_selector::Selector::Published(v1::PublishedRunSelector {
                scheme_id: "rate.project".into(),
                period: "2022-H1".into(),
            })),
        }),
        subject_id: "p-1".into(),
    };
    let explain = crate::harness::by("credit", explain);
    let refused = served.evaluations().explain_result(explain).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn every_fault_is_told_at_once_and_every_refusal_has_its_reason() {
    let served = county("sqlite::memory:", half()).await;
    published(&served, "rate.member", "2022-H1").await;
    let of_members = rating(&served, None, of("rate.member", "", ""), "m1").await.unwrap_err();
    let expected = (Code::FailedPrecondition, "NOT_A_RATING".to_owned());
    assert_eq!((of_members.code(), reason(&of_members)), expected);
    for period in ["", "2022-H1"] {
        let none = rating(&served, None, of("rate.project", period, ""), "p-1").await.unwrap_err();
        assert_eq!((none.code(), reason(&none)), (Code::NotFound, "RUN_NOT_PUBLISHED".into()));
    }
    let request = v1::ListRatingsRequest {
        county: COUNTY.into(),
        of: Some(v1::RatingSelector {
            scheme_id: "a b".into(),
            period: "2022-H3".into(),
            as_of_day: date("2022-02-30"),
        }),
        group: "co-a".into(),
        page_size: -1,
        page_token: "x".into(),
        ..Default::default()
    };
    let refused = served.ratings().list_ratings(request).await.unwrap_err();
    let expected = [
        ("of.scheme_id", "ID_INVALID"),
        ("of.period", "PERIOD_INVALID"),
        ("of.as_of_day", "DATE_INVALID"),
        ("group_dimension", "FIELD_MISSING"),
        ("page_size", "PAGE_SIZE_INVALID"),
        ("page_token", "PAGE_TOKEN_INVALID"),
    ];
    let mut told = violations(&refused);
    let mut expected = expected.map(|(path, why)| (path.to_owned(), why.to_owned()));
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
    let refused = rating(&served, None, None, "p-1").await.unwrap_err();
    assert_eq!(violations(&refused), [("of".to_owned(), "FIELD_MISSING".to_owned())]);
    let request = v1::ListRatingChangesRequest {
        county: COUNTY.into(),
        cursor: "yesterday".into(),
        ..Default::default()
    };
    let refused = served.ratings().list_rating_changes(request).await.unwrap_err();
    assert_eq!(violations(&refused), [("cursor".to_owned(), "CURSOR_INVALID".to_owned())]);
}
