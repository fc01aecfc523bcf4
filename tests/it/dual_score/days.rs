//! Where members belong on which days, moves, late check-ins, units without a report, conduct.

use steelyard::proto::v1::{
    self,
    ConductStanding::{Established, Open, PutRight},
    ConductStepKind, MemberStatus,
};
use tonic::Code;

use super::world::{case, check_in, county, lives, report, step, stores, tell, year};
use crate::harness::{COUNTY, Served, by, date, reason, reference, violations};

async fn membership(served: &Served, member: &str) -> v1::Membership {
    let request = v1::GetMembershipRequest {
        county: COUNTY.into(),
        member_id: member.into(),
        scheme_id: "xinping.member-dual-score".into(),
        as_of_day: date("2024-12-31"),
        ..Default::default()
    };
    let answer = served.members().get_membership(request).await.unwrap().into_inner();
    answer.membership.unwrap()
}

fn days(span: Option<&v1::DaySpan>) -> String {
    let day = |it: &Option<steelyard::proto::google::r#type::Date>| {
        it.as_ref()
            .map_or_else(String::new, |it| format!("{}-{:02}-{:02}", it.year, it.month, it.day))
    };
    let span = span.unwrap();
    format!("{}..{}", day(&span.from), day(&span.until))
}

fn stays(all: &[v1::Stay]) -> Vec<String> {
    all.iter().map(|it| format!("{} {}", it.place_id, days(it.days.as_ref()))).collect()
}

#[tokio::test]
async fn a_member_s_days_are_told_with_gaps_and_late_days() {
    for url in stores("membership").await {
        let served = county(&url).await;
        for (name, fact) in year().into_iter().filter(|it| it.0.starts_with("in-")) {
            tell(&served, name, fact).await;
        }
        let of = membership(&served, "m-1").await;
        assert_eq!(stays(&of.compounds), ["k-017 2020-01-01..2024-02-28", "k-020 2024-02-29.."]);
        assert_eq!(stays(&of.units), ["u-03 2020-01-01..2024-05-12", "u-07 2024-05-13.."]);
        assert_eq!(of.standings.len(), 1);
        assert_eq!(of.gaps, []);
        let late: Vec<i64> = of.stints.iter().map(|it| it.late_days).collect();
        assert_eq!(late, [0, 3]);
        assert_eq!(of.stints[1].due, date("2024-03-29"), "a month after 29 February");
        // Retired for a while, and a record that ends: the days between say so.
        let mut retired = lives("m-2", "2024-03-01", ("k-017", "u-03"));
        retired.effective_until = date("2024-03-31");
        if let Some(v1::registry_record::Detail::Member(member)) = &mut retired.detail {
            member.status = MemberStatus::Retired.into();
        }
        assert_eq!(served.upsert("retired", vec![retired]).await.items, []);
        let back = vec![lives("m-2", "2024-05-01", ("k-020", "u-03"))];
        assert_eq!(served.upsert("back", back).await.items, []);
        let of = membership(&served, "m-2").await;
        let gaps: Vec<String> = of.gaps.iter().map(|it| days(Some(it))).collect();
        assert_eq!(gaps, ["2024-04-01..2024-04-30"]);
        let standings: Vec<_> = of.standings.iter().map(v1::StandingSpan::status).collect();
        let served_again =
            [MemberStatus::InService, MemberStatus::Retired, MemberStatus::InService];
        assert_eq!(standings, served_again);
        // Never checked in anywhere: in k-017 since June 2020 while in service, in k-020 since June.
        let late: Vec<_> =
            of.stints.iter().map(|it| (it.compound_id.as_str(), it.late_days)).collect();
        assert_eq!(late, [("k-017", 1_339), ("k-020", 213)]);
    }
}

fn moving(member: &str, on: &str) -> v1::MoveMemberRequest {
    v1::MoveMemberRequest {
        county: COUNTY.into(),
        request_id: format!("move-{member}-{on}"),
        member_id: member.into(),
        on: date(on),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_move_changes_what_it_says_and_leaves_no_gap_or_says_so() {
    for url in stores("moves").await {
        let served = county(&url).await;
        let mut members = served.members();
        let away = v1::MoveMemberRequest {
            compound_id: Some("k-020".into()),
            ..moving("m-2", "2024-08-31")
        };
        let moved = members.move_member(away.clone()).await.unwrap().into_inner();
        assert_eq!(moved.check_in_due, date("2024-09-30"), "that month's last day");
        assert_eq!(moved.gap, None);
        let of = moved.membership.unwrap();
        assert_eq!(stays(&of.compounds), ["k-017 2020-01-01..2024-08-30", "k-020 2024-08-31.."]);
        assert_eq!(stays(&of.units), ["u-03 2020-01-01.."], "what is not said stays");
        assert_eq!(members.move_member(away).await.unwrap().into_inner().membership, Some(of));
        // The same again is nothing; before a later record it would not hold.
        let same = v1::MoveMemberRequest {
            compound_id: Some("k-020".into()),
            ..moving("m-2", "2024-09-01")
        };
        let refused = members.move_member(same).await.unwrap_err();
        assert_eq!(violations(&refused)[0].1, "NOTHING_MOVES");
        let earlier = v1::MoveMemberRequest {
            unit_branch_id: Some("u-07".into()),
            ..moving("m-2", "2024-06-01")
        };
        let refused = members.move_member(earlier).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::FailedPrecondition, "LATER_VERSION")
        );
        let nowhere = v1::MoveMemberRequest {
            compound_id: Some("k-999".into()),
            ..moving("m-2", "2024-10-01")
        };
        assert_eq!(reason(&members.move_member(nowhere).await.unwrap_err()), "PARENT_UNKNOWN");
        let unknown = v1::MoveMemberRequest {
            compound_id: Some("k-020".into()),
            ..moving("m-9", "2024-10-01")
        };
        assert_eq!(members.move_member(unknown).await.unwrap_err().code(), Code::NotFound);
    }
}

#[tokio::test]
async fn a_gap_is_taken_only_where_somebody_says_so() {
    let served = county("sqlite::memory:").await;
    let mut ends = lives("m-2", "2024-03-01", ("k-017", "u-03"));
    ends.effective_until = date("2024-03-31");
    assert_eq!(served.upsert("ends", vec![ends]).await.items, []);
    let mut members = served.members();
    let again =
        v1::MoveMemberRequest { compound_id: Some("k-020".into()), ..moving("m-2", "2024-05-01") };
    let refused = members.move_member(again.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), "MEMBERSHIP_GAP");
    let accepted = v1::MoveMemberRequest { accept_gap: true, request_id: "gap".into(), ..again };
    let moved = members.move_member(accepted).await.unwrap().into_inner();
    assert_eq!(days(moved.gap.as_ref()), "2024-04-01..2024-04-30");
    // Out of every compound, and out of service: nothing to check in with.
    let out = v1::MoveMemberRequest {
        compound_id: Some(String::new()),
        status: Some(MemberStatus::Retired.into()),
        ..moving("m-2", "2024-07-01")
    };
    let moved = members.move_member(out).await.unwrap().into_inner();
    assert_eq!(moved.check_in_due, None);
    let last = moved.membership.unwrap().compounds.pop().unwrap();
    assert_eq!(days(last.days.as_ref()), "2024-05-01..2024-06-30");
}

#[tokio::test]
async fn units_that_have_not_reported_are_listed_with_their_members() {
    for url in stores("unreported").await {
        let served = county(&url).await;
        let list = async |unit: &str, token: &str| {
            let request = v1::ListUnreportedRequest {
                county: COUNTY.into(),
                period: "2024".into(),
                unit_branch_id: unit.into(),
                page_size: 2,
                page_token: token.into(),
                ..Default::default()
            };
            served.members().list_unreported(request).await.unwrap().into_inner()
        };
        let told = |page: &v1::ListUnreportedResponse| -> Vec<String> {
            let line = |it: &v1::Unreported| {
                assert!(it.text.as_ref().unwrap().zh.contains("尚未上报"));
                format!("{} {} {}", it.unit_branch_id, it.member_id, days(it.days.as_ref()))
            };
            page.unreported.iter().map(line).collect()
        };
        let first = list("", "").await;
        let whole = "2024-01-01..2024-12-31";
        assert_eq!(told(&first), ["u-03 m-1 2024-01-01..2024-05-12", &format!("u-03 m-2 {whole}")]);
        let second = list("", &first.next_page_token).await;
        assert_eq!(told(&second), ["u-07 m-1 2024-05-13..2024-12-31"]);
        assert_eq!(second.next_page_token, "");
        tell(&served, "r1", report("m-1", "u-07", "80", "100", 1_735_000_000)).await;
        assert_eq!(told(&list("u-07", "").await), Vec::<String>::new());
        assert_eq!(list("u-03", "").await.unreported.len(), 2);
    }
}

#[tokio::test]
async fn late_check_ins_are_listed_for_the_unit_they_are_reported_to() {
    for url in stores("late").await {
        let served = county(&url).await;
        tell(&served, "in-1", check_in("m-1", "k-017", "2020-06-30")).await;
        tell(&served, "in-2", check_in("m-1", "k-020", "2024-04-01")).await;
        tell(&served, "in-3", check_in("m-2", "k-017", "2020-06-30")).await;
        let list = async |from: &str, unit: &str| {
            let request = v1::ListLateCheckInsRequest {
                county: COUNTY.into(),
                scheme_id: "xinping.member-dual-score".into(),
                from_day: date(from),
                until_day: date("2024-12-31"),
                unit_branch_id: unit.into(),
                ..Default::default()
            };
            let answer = served.members().list_late_check_ins(request).await.unwrap().into_inner();
            let line = |it: &v1::LateCheckIn| {
                let stint = it.stint.as_ref().unwrap();
                format!(
                    "{} {} {} {}",
                    it.member_id, it.unit_branch_id, stint.compound_id, stint.late_days
                )
            };
            answer.late.iter().map(line).collect::<Vec<_>>()
        };
        assert_eq!(list("2024-01-01", "").await, ["m-1 u-03 k-020 3"], "the unit of that day");
        assert_eq!(list("2024-04-01", "u-03").await.len(), 1);
        assert_eq!(list("2024-04-02", "").await, Vec::<String>::new());
        assert_eq!(list("2024-01-01", "u-07").await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_case_stands_as_its_dates_say_whoever_told_them_first() {
    for url in stores("conduct").await {
        let served = county(&url).await;
        // The step is told before its case.
        tell(&served, "s", step("m-1", "a", ConductStepKind::PutRight, "2024-08-31")).await;
        tell(&served, "a", case("m-1", "a", "2024-08-10", "2024-08-31")).await;
        tell(&served, "b", case("m-1", "b", "2024-08-10", "2024-08-31")).await;
        tell(&served, "s2", step("m-1", "b", ConductStepKind::PutRight, "2024-09-01")).await;
        tell(&served, "s3", step("m-1", "b", ConductStepKind::Exposed, "2024-09-02")).await;
        tell(&served, "s4", step("m-1", "b", ConductStepKind::Reported, "2024-09-03")).await;
        tell(&served, "c", case("m-2", "c", "2024-12-20", "2025-01-10")).await;
        let list = async |day: &str, standings: Vec<i32>, size: i32| {
            let request = v1::ListConductRequest {
                county: COUNTY.into(),
                as_of_day: date(day),
                standings,
                page_size: size,
                ..Default::default()
            };
            served.members().list_conduct(request).await.unwrap().into_inner()
        };
        let all = list("2025-01-10", Vec::new(), 0).await;
        let told: Vec<_> =
            all.cases.iter().map(|it| (it.case_id.as_str(), it.standing())).collect();
        assert_eq!(told, [("a", PutRight), ("b", Established), ("c", Open)]);
        assert_eq!(days(all.cases[1].bars.as_ref()), "2024-08-10..2024-12-31");
        assert_eq!(all.cases[1].exposed, date("2024-09-02"));
        assert_eq!(all.cases[1].reported, date("2024-09-03"));
        assert_eq!(all.cases[0].bars, None);
        let over = list("2025-01-11", vec![Established.into()], 0).await;
        let ids: Vec<_> = over.cases.iter().map(|it| it.case_id.as_str()).collect();
        assert_eq!(ids, ["b", "c"]);
        // Page by page: two cases of one member on two pages.
        let first = list("2025-01-11", Vec::new(), 1).await;
        assert_eq!(first.cases[0].case_id, "a");
        let request = v1::ListConductRequest {
            county: COUNTY.into(),
            as_of_day: date("2025-01-11"),
            page_size: 1,
            page_token: first.next_page_token,
            ..Default::default()
        };
        let second = served.members().list_conduct(request).await.unwrap().into_inner();
        assert_eq!(second.cases[0].case_id, "b");
    }
}

#[tokio::test]
async fn a_unit_sees_its_own_members_and_others_like_what_does_not_exist() {
    let served = county("sqlite::memory:").await;
    let grant = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: "grant".into(),
        principal: "hr-of-u-07".into(),
        role_id: "unit_branch".into(),
        unit: reference(v1::RecordKind::Branch, "u-07"),
        reason: "单位上报".into(),
        ..Default::default()
    };
    served.accesses().grant_role(grant).await.unwrap();
    let who = "hr-of-u-07";
    let of = |member: &str| v1::GetMembershipRequest {
        county: COUNTY.into(),
        member_id: member.into(),
        ..Default::default()
    };
    served.members().get_membership(by(who, of("m-1"))).await.unwrap();
    let mut denied = Vec::new();
    for member in ["m-2", "m-9"] {
        denied.push(served.members().get_membership(by(who, of(member))).await.unwrap_err());
    }
    assert_eq!(denied[0].code(), Code::PermissionDenied);
    assert_eq!(denied[0].message(), denied[1].message());
    let request = v1::ListUnreportedRequest {
        county: COUNTY.into(),
        period: "2024".into(),
        ..Default::default()
    };
    let page = served.members().list_unreported(by(who, request)).await.unwrap().into_inner();
    assert!(page.unreported.iter().all(|it| it.member_id == "m-1"), "{page:?}");
    let moving =
        v1::MoveMemberRequest { compound_id: Some("k-017".into()), ..moving("m-1", "2024-12-01") };
    let refused = served.members().move_member(by(who, moving)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "units read and report, and move nobody");
}
