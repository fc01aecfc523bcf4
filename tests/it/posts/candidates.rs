//! Candidates for posts: what bars them and until when (S5), and the branch with them (I3).

use steelyard::proto::v1::{
    self, FormationRule as Rule, FormationStanding as Standing,
    RecordKind::{self, Branch, Community, Compound},
    SubjectKind, VetoStanding,
    registry_record::Detail,
};
use tonic::{Code, Status};

use super::{lifted, on_both, post, publish, scheme, told, veto};
use crate::harness::{COUNTY, Served, by, date, reason, record, reference, violations};

const LIST: &str = "
vetoes:
  - {id: crime, title: 涉黑涉恶, raised_by: [county], of: holder, candidacy: true, then: {grade: poor}}
  - {id: arrears, title: 恶意欠费, raised_by: [community], of: holder, candidacy: true, then: {grade: poor}}
  - {id: late, of: holder, then: {score_less: 5}}
";

on_both!(
    what_bars_on_the_day_is_told_with_its_record_and_its_end,
    the_branch_is_told_as_it_is_and_as_it_would_be,
    faults_are_told_at_once_and_what_is_not_yours_is_not_there,
);

fn asked(person: &str, on: &str) -> v1::CheckCandidateRequest {
    v1::CheckCandidateRequest {
        county: COUNTY.into(),
        person_id: person.into(),
        title: "branch_secretary".into(),
        unit: reference(Compound, "k-01"),
        on: date(on),
        ..Default::default()
    }
}

async fn check(
    on: &Served,
    request: v1::CheckCandidateRequest,
) -> Result<v1::CheckCandidateResponse, Status> {
    Ok(on.candidates().check_candidate(request).await?.into_inner())
}

fn ids(bars: &[v1::CandidacyBar]) -> Vec<(&str, &str)> {
    bars.iter().map(|it| (it.item.as_ref().unwrap().item.as_str(), it.veto_id.as_str())).collect()
}

async fn what_bars_on_the_day_is_told_with_its_record_and_its_end(on: &Served) {
    let error = check(on, asked("m1", "2022-05-01")).await.unwrap_err();
    assert_eq!(reason(&error), "CANDIDACY_NOT_SAID");
    publish(on, &scheme("bars", LIST)).await;
    publish(on, &scheme("none", "")).await;
    let was =
        post(("p1", "committee_member"), "m1", (Compound, "k-02"), ("2022-01-01", "2022-06-30"));
    let is = post(("p1", "committee_member"), "m2", (Compound, "k-02"), ("2022-07-01", ""));
    assert_eq!(on.upsert("posts", vec![was, is]).await.items, []);
    let member = |item, by, days| veto((SubjectKind::Member, "m1"), item, by, days);
    let facts = vec![
        member("crime", "county", ("2022-03-01", "2022-08-31")),
        member("arrears", "community", ("2022-04-01", "")),
        member("late", "anybody", ("2022-01-01", "")),
        // Of a post: of whoever held it when it began.
        veto((SubjectKind::Post, "p1"), "crime", "county", ("2022-02-01", "")),
        veto((SubjectKind::Post, "p1"), "crime", "county", ("2022-09-01", "")),
    ];
    assert_eq!(told(on, "v", facts).await, ["f1", "f2", "f3", "f4", "f5"]);
    let of = check(on, asked("m1", "2022-03-15")).await.unwrap();
    assert!(!of.eligible);
    assert_eq!(ids(&of.bars), [("crime", "f1"), ("crime", "f4")]);
    assert_eq!(ids(&of.later), [("arrears", "f2")]);
    let items: Vec<_> =
        of.items.iter().map(|it| (it.scheme_id.as_str(), it.item.as_str())).collect();
    assert_eq!(items, [("test.bars", "crime"), ("test.bars", "arrears")]);
    let bar = &of.bars[0];
    assert_eq!((bar.from, bar.until), (date("2022-03-01"), date("2022-08-31")));
    assert_eq!((bar.standing(), bar.raised_by.as_str()), (VetoStanding::Raised, "county"));
    let words = bar.text.clone().unwrap();
    assert_eq!(words.en, "`crime` bars from candidacy from 2022-03-01 to 2022-08-31");
    assert_eq!(words.zh, "涉黑涉恶（crime）：2022-03-01 至 2022-08-31 不得列为候选人");
    assert_eq!(of.bars[1].subject.as_ref().unwrap().kind(), SubjectKind::Post);
    assert_eq!(of.member.unwrap().compound_id, "k-01");
    let posts: Vec<_> = of.posts.iter().map(|it| it.post_id.as_str()).collect();
    assert_eq!(posts, ["p1"]);
    // Ended, lifted, and somebody else's.
    assert_eq!(told(on, "l", vec![lifted("m1", "f2", "2022-10-01")]).await, ["f6"]);
    let of = check(on, asked("m1", "2022-09-30")).await.unwrap();
    assert_eq!(ids(&of.bars), [("crime", "f4"), ("arrears", "f2")]);
    assert_eq!(of.bars[1].until, date("2022-09-30"));
    assert_eq!(of.posts, []);
    let of = check(on, asked("m2", "2022-09-30")).await.unwrap();
    assert_eq!(ids(&of.bars), [("crime", "f5")]);
    let of = check(on, asked("m3", "2022-12-31")).await.unwrap();
    assert!(of.eligible && of.bars.is_empty() && of.items.len() == 2);
    // As it was known before the lifting.
    let named = |ids: &[&str]| v1::CheckCandidateRequest {
        scheme_ids: ids.iter().map(|it| (*it).to_owned()).collect(),
        ..asked("m1", "2022-09-30")
    };
    assert_eq!(ids(&check(on, named(&["test.bars"])).await.unwrap().bars).len(), 2);
    for (ids, reason_of) in [
        (["test.bars", "test.none"], "CANDIDACY_NOT_SAID"),
        (["test.bars", "test.other"], "SCHEME_NOT_FOUND"),
    ] {
        assert_eq!(reason(&check(on, named(&ids)).await.unwrap_err()), reason_of);
    }
    let early = v1::CheckCandidateRequest { on: date("2021-12-31"), ..named(&["test.bars"]) };
    // The unit is not there yet: that comes first.
    assert_eq!(check(on, early).await.unwrap_err().code(), Code::NotFound);
}

fn stand(findings: &[v1::FormationFinding], rule: Rule) -> (Standing, i64) {
    let it = findings.iter().find(|it| it.rule() == rule).unwrap();
    (it.standing(), it.count.unwrap().least)
}

async fn the_branch_is_told_as_it_is_and_as_it_would_be(on: &Served) {
    use Standing::{Lacking, Met, NotDue};
    publish(on, &scheme("bars", LIST)).await;
    let branch = v1::Branch {
        form: v1::BranchForm::CompoundBranch.into(),
        anchor: reference(Compound, "k-01"),
        ..Default::default()
    };
    let at = (Compound, "k-01");
    let days = ("2022-01-01", "");
    let records = vec![
        record(Branch, "b", Detail::Branch(branch)),
        post(("p1", "branch_secretary"), "m1", at, days),
        post(("p2", "deputy_secretary"), "m2", at, days),
        post(("p3", "committee_member"), "m3", at, days),
    ];
    assert_eq!(on.upsert("posts", records).await.items, []);
    let of = check(on, asked("m4", "2022-12-31")).await.unwrap();
    assert_eq!(stand(&of.formation_now, Rule::Secretary), (Met, 1));
    assert_eq!(stand(&of.formation_with, Rule::Secretary), (Lacking, 2));
    assert_eq!(stand(&of.formation_now, Rule::CommitteeSize), (Met, 3));
    assert_eq!(stand(&of.formation_with, Rule::CommitteeSize), (Met, 4));
    assert!(of.eligible, "the branch changes nothing of it");
    // In the secretary's place.
    let follows = |id: &str| v1::CheckCandidateRequest {
        replaces_post_id: id.into(),
        ..asked("m4", "2022-12-31")
    };
    let of = check(on, follows("p1")).await.unwrap();
    assert_eq!(stand(&of.formation_with, Rule::Secretary), (Met, 1));
    assert_eq!(stand(&of.formation_with, Rule::CommitteeSize), (Met, 3));
    assert_eq!(check(on, follows("p9")).await.unwrap_err().code(), Code::NotFound);
    // Who holds another post there counts once.
    let deputy =
        v1::CheckCandidateRequest { title: "deputy_secretary".into(), ..asked("m3", "2022-12-31") };
    let of = check(on, deputy).await.unwrap();
    assert_eq!(stand(&of.formation_with, Rule::Deputies), (Met, 2));
    assert_eq!(stand(&of.formation_with, Rule::CommitteeSize), (Met, 3));
    // In a community, by I4.
    let community = v1::CheckCandidateRequest {
        title: "big_committee_first_secretary".into(),
        unit: reference(Community, "c-01"),
        ..asked("m4", "2022-12-31")
    };
    let of = check(on, community).await.unwrap();
    assert_eq!(stand(&of.formation_now, Rule::FirstSecretary), (NotDue, 0));
    assert_eq!(stand(&of.formation_with, Rule::FirstSecretary), (Met, 1));
    assert_eq!(stand(&of.formation_with, Rule::BigCommitteeSecretary), (Lacking, 0));
    let county = v1::CheckCandidateRequest {
        unit: reference(RecordKind::County, COUNTY),
        ..asked("m4", "2022-12-31")
    };
    assert_eq!(check(on, county).await.unwrap().formation_with, []);
}

async fn faults_are_told_at_once_and_what_is_not_yours_is_not_there(on: &Served) {
    publish(on, &scheme("bars", LIST)).await;
    let request = v1::CheckCandidateRequest {
        person_id: "a b".into(),
        title: String::new(),
        unit: None,
        scheme_ids: vec!["x".into(), "x".into(), "?".into()],
        replaces_post_id: "a b".into(),
        ..asked("m1", "2022-12-31")
    };
    let all = violations(&check(on, request).await.unwrap_err());
    let paths: Vec<_> = all.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(
        paths,
        ["person_id", "title", "unit", "scheme_ids[1]", "scheme_ids[2]", "replaces_post_id"]
    );
    let days = ("2022-01-01", "");
    let records = vec![
        post(("p1", "committee_member"), "m1", (Compound, "k-02"), days),
        post(("p2", "committee_member"), "outsider", (Compound, "k-01"), days),
    ];
    assert_eq!(on.upsert("posts", records).await.items, []);
    crate::result_feed::grant(on, "c1", "community", (Community, "c-01")).await;
    crate::result_feed::grant(on, "c2", "community", (Community, "c-02")).await;
    let may = async |who: &str, request: v1::CheckCandidateRequest| {
        on.candidates().check_candidate(by(who, request)).await.map(tonic::Response::into_inner)
    };
    let code = |it: Result<v1::CheckCandidateResponse, Status>| it.map_err(|it| it.code());
    let of = may("c1", asked("m1", "2022-12-31")).await.unwrap();
    assert_eq!(
        (of.eligible, of.posts.len()),
        (true, 0),
        "the post in the other community is not told"
    );
    // Neither the unit nor the member is c2's; one that is not there is like one that is not theirs.
    assert_eq!(code(may("c2", asked("m1", "2022-12-31")).await), Err(Code::PermissionDenied));
    let there = |person: &str, unit: &str| v1::CheckCandidateRequest {
        unit: reference(Compound, unit),
        ..asked(person, "2022-12-31")
    };
    for (person, unit) in [("m1", "k-02"), ("m1", "k-09"), ("nobody", "k-02"), ("outsider", "k-02")]
    {
        assert_eq!(
            code(may("c2", there(person, unit)).await),
            Err(Code::PermissionDenied),
            "{person} {unit}"
        );
    }
    let of = may("c1", there("outsider", "k-01")).await.unwrap();
    assert_eq!((of.member, of.posts[0].post_id.as_str()), (None, "p2"));
    // A record about a post elsewhere bars m1, and c1 may not see it.
    let facts = vec![veto((SubjectKind::Post, "p1"), "crime", "county", days)];
    assert_eq!(told(on, "v", facts).await, ["f1"]);
    assert_eq!(code(may("c1", asked("m1", "2022-12-31")).await), Err(Code::PermissionDenied));
    assert!(!check(on, asked("m1", "2022-12-31")).await.unwrap().eligible);
}
