//! The wider committees of streets and communities (I4).

use steelyard::proto::v1::{
    self, FormationRule as Rule, FormationStanding as Standing,
    RecordKind::{self, Community, Compound, Street},
};
use tonic::Code;

use super::{on_both, post};
use crate::harness::{COUNTY, Served, by, date, reference, violations};

on_both!(streets_and_communities_are_held_against_their_rule);

async fn listed(
    on: &Served,
    who: Option<&str>,
    request: v1::ListUnitFormationsRequest,
) -> Result<v1::ListUnitFormationsResponse, tonic::Status> {
    let request = v1::ListUnitFormationsRequest {
        county: COUNTY.into(),
        as_of_day: date("2022-12-31"),
        ..request
    };
    let request = match who {
        Some(who) => by(who, request),
        None => tonic::Request::new(request),
    };
    Ok(on.formations().list_unit_formations(request).await?.into_inner())
}

fn ids(page: &v1::ListUnitFormationsResponse) -> Vec<&str> {
    page.formations.iter().map(|it| it.unit.as_ref().unwrap().id.as_str()).collect()
}

fn count(of: &v1::UnitFormation, rule: Rule) -> (Standing, i64) {
    let it = of.findings.iter().find(|it| it.rule() == rule).unwrap();
    (it.standing(), it.count.unwrap().least)
}

async fn streets_and_communities_are_held_against_their_rule(on: &Served) {
    use Standing::{Lacking, Met, NotDue};
    let (street, community) = ((Street, "guishan"), (Community, "c-01"));
    let days = ("2022-01-01", "");
    let mut records = vec![
        post(("f", "big_committee_first_secretary"), "u1", community, days),
        post(("s", "big_committee_secretary"), "m1", community, days),
        post(("own-s", "community_secretary"), "m1", community, days),
        post(("own-s2", "committee_member"), "m1", community, days),
        post(("d", "big_committee_deputy_secretary"), "m2", community, days),
        post(("own-d", "deputy_secretary"), "m2", community, days),
        post(("x1", "big_committee_member"), "m3", community, days),
        post(("own-x", "committee_member"), "m3", community, days),
        // Of a compound's committee: not the community's own.
        post(("x2", "big_committee_member"), "m4", community, days),
        post(("k", "committee_member"), "m4", (Compound, "k-01"), days),
        post(("x3", "big_committee_member"), "m4", community, ("2023-01-01", "")),
    ];
    for id in ["w1", "w2"] {
        records.push(post((id, "big_working_committee_member"), id, street, days));
    }
    assert_eq!(on.upsert("posts", records).await.items, []);
    let all = listed(on, None, v1::ListUnitFormationsRequest::default()).await.unwrap();
    assert_eq!(ids(&all), ["guishan", "c-01", "c-02"]);
    assert_eq!(all.formations[0].parent, reference(RecordKind::County, COUNTY));
    assert_eq!(count(&all.formations[0], Rule::WorkingCommittee), (Lacking, 2));
    let of = &all.formations[1];
    assert_eq!(count(of, Rule::BigCommitteeSize), (Met, 5));
    assert_eq!(count(of, Rule::FirstSecretary), (Met, 1));
    assert_eq!(count(of, Rule::BigCommitteeSecretary), (Met, 1));
    assert_eq!(count(of, Rule::BigCommitteeDeputies), (Met, 1));
    assert_eq!(count(of, Rule::OwnMembers), (Met, 2), "the secretary is in it by office");
    assert_eq!(count(&all.formations[2], Rule::BigCommitteeSize), (NotDue, 0));
    // By pages, by standing, below a street.
    let mut request = v1::ListUnitFormationsRequest { page_size: 1, ..Default::default() };
    let mut told = Vec::new();
    loop {
        let page = listed(on, None, request.clone()).await.unwrap();
        told.extend(page.formations.iter().map(|it| it.unit.clone().unwrap().id));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(told, ["guishan", "c-01", "c-02"]);
    let lacking =
        v1::ListUnitFormationsRequest { standings: vec![Lacking.into()], ..Default::default() };
    assert_eq!(ids(&listed(on, None, lacking).await.unwrap()), ["guishan"]);
    let one =
        v1::ListUnitFormationsRequest { unit: reference(Community, "c-02"), ..Default::default() };
    assert_eq!(ids(&listed(on, None, one).await.unwrap()), ["c-02"]);
    crate::result_feed::grant(on, "c1", "community", community).await;
    crate::result_feed::grant(on, "hr", "hr_reader", (RecordKind::County, COUNTY)).await;
    let none = v1::ListUnitFormationsRequest::default();
    assert_eq!(ids(&listed(on, Some("c1"), none.clone()).await.unwrap()), ["c-01"]);
    assert_eq!(ids(&listed(on, Some("hr"), none.clone()).await.unwrap()), <[&str; 0]>::default());
    let error = listed(on, Some("stranger"), none).await.unwrap_err();
    assert_eq!(error.code(), Code::PermissionDenied);
    let bad =
        v1::ListUnitFormationsRequest { standings: vec![0], page_size: -1, ..Default::default() };
    let all = violations(&listed(on, None, bad).await.unwrap_err());
    let paths: Vec<_> = all.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(paths, ["standings[0]", "page_size"]);
}
