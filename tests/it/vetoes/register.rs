//! The register: how vetoes stand on a day, whose they are, and nothing disappears.

use steelyard::proto::v1::{self, RecordKind, VetoStanding, VetoStepKind as Step};
use tonic::Code;

use super::{listed, on_both, on_day, step, told, veto};
use crate::harness::{COUNTY, Served, date, reference};

on_both!(
    a_veto_stands_by_its_days,
    an_answer_of_an_earlier_day_hides_no_objection,
    the_register_is_read_by_unit_and_by_what_is_held,
);

async fn a_veto_stands_by_its_days(on: &Served) {
    told(on, "v", vec![veto("p1", "fees", "2022-03-01")]).await;
    let steps = vec![
        step("p1", "f1", Step::Lifted, "2022-09-01", "county"),
        step("p1", "f1", Step::ObjectionDismissed, "2022-03-25", "county"),
        step("p1", "f1", Step::Objected, "2022-03-20", "co"),
        step("p1", "f1", Step::NoticeServed, "2022-03-10", ""),
    ];
    assert_eq!(told(on, "s", steps).await, ["f2", "f3", "f4", "f5"]);
    for (day, standing, in_force) in [
        ("2022-02-28", VetoStanding::Raised, false),
        ("2022-03-09", VetoStanding::Raised, true),
        ("2022-03-10", VetoStanding::NoticeServed, true),
        ("2022-03-20", VetoStanding::ObjectionOpen, true),
        ("2022-03-25", VetoStanding::NoticeServed, true),
        ("2022-08-31", VetoStanding::NoticeServed, true),
        ("2022-09-01", VetoStanding::Lifted, false),
    ] {
        let cases = on_day(on, day).await;
        assert_eq!((cases[0].standing(), cases[0].in_force), (standing, in_force), "{day}");
    }
    let case = on_day(on, "2022-12-31").await.remove(0);
    assert_eq!(case.in_force_until, date("2022-08-31"));
    let days: Vec<_> = case.steps.iter().map(|it| it.fact_id.clone()).collect();
    assert_eq!(days, ["f5", "f4", "f3", "f2"], "in time order");
    let Some(v1::fact::Fact::Veto(kept)) = case.veto.clone().unwrap().fact else { panic!() };
    assert_eq!((kept.happened_on, kept.raised_on), (date("2022-03-01"), date("2022-06-30")));
    assert_eq!(case.veto.unwrap().evidence, ["photo/1"]);
    // A reversed lifting stays to be seen, and counts for nothing.
    let reverse = |id: &str| v1::ReverseFactRequest {
        county: COUNTY.into(),
        request_id: format!("reverse-{id}"),
        fact_id: id.into(),
        reason: "误记".into(),
        recorded_by: "clerk".into(),
        evidence: Vec::new(),
    };
    on.facts().reverse_fact(reverse("f2")).await.unwrap();
    let case = on_day(on, "2022-12-31").await.remove(0);
    assert_eq!((case.steps.len(), case.standing()), (4, VetoStanding::NoticeServed));
    assert_eq!((case.in_force, case.in_force_until), (true, None));
    on.facts().reverse_fact(reverse("f1")).await.unwrap();
    let case = on_day(on, "2022-12-31").await.remove(0);
    assert_eq!((case.standing(), case.in_force), (VetoStanding::Reversed, false));
}

async fn an_answer_of_an_earlier_day_hides_no_objection(on: &Served) {
    told(on, "v", vec![veto("p1", "fees", "2022-03-01")]).await;
    let steps = vec![
        step("p1", "f1", Step::NoticeServed, "2022-03-10", ""),
        step("p1", "f1", Step::ObjectionDismissed, "2022-03-15", "county"),
        step("p1", "f1", Step::Objected, "2022-03-20", "co"),
    ];
    assert_eq!(told(on, "s", steps).await, ["f2", "f3", "f4"]);
    for (day, standing) in [
        ("2022-03-15", VetoStanding::NoticeServed),
        ("2022-03-20", VetoStanding::ObjectionOpen),
        ("2022-12-31", VetoStanding::ObjectionOpen),
    ] {
        assert_eq!(on_day(on, day).await[0].standing(), standing, "{day}");
    }
}

async fn the_register_is_read_by_unit_and_by_what_is_held(on: &Served) {
    let vetoes = vec![
        veto("p1", "fees", "2022-03-01"),
        veto("p2", "fees", "2022-03-01"),
        veto("p2", "fire", "2022-04-01"),
    ];
    told(on, "v", vetoes).await;
    told(on, "s", vec![step("p2", "f3", Step::NoticeServed, "2022-04-10", "")]).await;
    let of = async |who: Option<&str>, request: v1::ListVetoesRequest| {
        let found = listed(on, who, request).await;
        found.map(|it| it.into_iter().map(|it| it.veto.unwrap().fact_id).collect::<Vec<_>>())
    };
    let subject = Some(v1::SubjectRef { kind: v1::SubjectKind::Project.into(), id: "p2".into() });
    let asked = v1::ListVetoesRequest { subject, ..Default::default() };
    assert_eq!(of(None, asked.clone()).await.unwrap(), ["f2", "f3"]);
    for (kind, id, count) in [
        (RecordKind::Company, "co", 3),
        (RecordKind::Street, "guishan", 3),
        (RecordKind::Street, "other", 0),
    ] {
        let asked = v1::ListVetoesRequest { unit: reference(kind, id), ..Default::default() };
        assert_eq!(of(None, asked).await.unwrap().len(), count, "{id}");
    }
    let standings = vec![VetoStanding::NoticeServed.into()];
    let served = v1::ListVetoesRequest { standings, ..Default::default() };
    assert_eq!(of(None, served).await.unwrap(), ["f3"]);
    // By page.
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        let county = COUNTY.to_owned();
        let request =
            v1::ListVetoesRequest { county, page_size: 2, page_token, ..Default::default() };
        let page = on.vetoes().list_vetoes(request).await.unwrap().into_inner();
        seen.extend(page.vetoes.into_iter().map(|it| it.veto.unwrap().fact_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, ["f1", "f2", "f3"]);
    // Who holds one project sees its vetoes alone.
    let request = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: "grant".into(),
        principal: "branch".into(),
        role_id: "housing_bureau".into(),
        unit: reference(RecordKind::Project, "p1"),
        reason: "测试".into(),
        ..Default::default()
    };
    on.accesses().grant_role(request).await.unwrap();
    assert_eq!(of(Some("branch"), v1::ListVetoesRequest::default()).await.unwrap(), ["f1"]);
    let denied = of(Some("branch"), asked).await.unwrap_err();
    assert_eq!(denied.code(), Code::PermissionDenied);
}
