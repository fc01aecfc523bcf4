//! A county's round: a hundred projects, five assessors each, six items a sheet.

use steelyard::proto::v1::{self, sheet_holder::Holder};

use super::{add, assignment, close, draft, named, on_both, open, opening, proved, publish};
use crate::harness::{COUNTY, Served, by, reason};

on_both!(a_county_s_round_becomes_three_thousand_facts);

const ROLES: [&str; 5] = ["housing_bureau", "owners", "expert", "inspector", "neighbours"];
const ITEMS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn scheme() -> String {
    let weights = ROLES.map(|it| format!("{it}: 20%")).join(", ");
    let item = |it| format!("    - {{id: {it}, out_of: 15, assessed: {{by: {{{weights}}}}}}}");
    let items = ITEMS.map(item).join("\n");
    format!(
        "steelyard: scheme/v1
id: test.rating
version: 2
title: 测试办法
subject: project
period: half
in_force: {{from: 2022-01-01, until: 2023-12-31}}
score:
  id: total
  out_of: 90
  sum:
{items}
"
    )
}

async fn a_county_s_round_becomes_three_thousand_facts(on: &Served) {
    publish(on, scheme()).await;
    let subjects: Vec<String> = (0..100).map(|it| format!("p-{it:03}")).collect();
    let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
    let records = subjects.iter().map(|it| super::project(it, "k-01")).collect();
    assert_eq!(on.upsert("projects", records).await.items, []);
    open(on, opening("r1")).await.unwrap();
    let assignments = ROLES.map(|role| assignment((role, role), named("bureau"), &subjects));
    assert_eq!(add(on, "all", assignments.to_vec()).await.unwrap(), (500, 0));
    for role in ROLES {
        let who = ("bureau", role, role);
        let points: Vec<(&str, &str)> = ITEMS.map(|it| (it, "12.5")).to_vec();
        let sheets = subjects.iter().map(|it| draft(it, &points)).collect();
        assert_eq!(super::save(on, &format!("save-{role}"), who, sheets).await.unwrap(), (100, 0));
        if role == ROLES[4] {
            let status = close(on, "early", "").await.unwrap_err();
            assert_eq!(super::told(&status, "missing"), "100");
            let named = super::in_the_way(&status);
            assert!(named.len() > 60 && named.len() <= 100, "{}", named.len());
            assert!(status.details().len() < 8 * 1024, "{}", status.details().len());
        }
        let id = format!("in-{role}");
        assert_eq!(super::hand_in(on, &id, who, &subjects).await.unwrap(), (100, 0));
    }
    let closed = close(on, "close", "").await.unwrap();
    assert_eq!((closed.sheets, closed.round.unwrap().facts), (500, 3_000));
    let request = v1::ListSpreadRequest {
        county: COUNTY.into(),
        round_id: "r1".into(),
        ..Default::default()
    };
    let spread = on.rounds().list_spread(by("auditor", request)).await.unwrap().into_inner();
    assert!(spread.assessors.iter().all(|it| it.flags[0].code == "same_total_to_all"));
    proved(on).await;
    // More than a round may hold is refused before anything is kept.
    let more = v1::OpenRoundRequest { request_id: "2".into(), ..opening("r2") };
    open(on, more).await.unwrap();
    let mut refused = None;
    for number in 0..20 {
        let of = |it: usize| v1::Assignment {
            assessor_id: format!("h-{number}-{it}"),
            role: "owners".into(),
            holder: Some(v1::SheetHolder { holder: Some(Holder::Principal("bureau".into())) }),
            subject_ids: subjects.iter().map(|it| (*it).to_owned()).collect(),
            optional: true,
        };
        let request = v1::AddAssignmentsRequest {
            county: COUNTY.into(),
            request_id: format!("more-{number}"),
            round_id: "r2".into(),
            assignments: (0..50).map(of).collect(),
        };
        if let Err(status) = on.rounds().add_assignments(by("organiser", request)).await {
            refused = Some((number, reason(&status)));
            break;
        }
    }
    // Six items a sheet: 8,333 sheets fit.
    assert_eq!(refused, Some((1, "ROUND_TOO_LARGE".to_owned())));
}
