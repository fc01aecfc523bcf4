//! What compounds should have of party organisations (I1 to I3), from the registry alone, on both
//! stores: the day decides, half a year to the day, and what nobody said is not guessed.

use steelyard::proto::v1::{
    self, BranchForm, FormationRule as Rule, FormationStanding as Standing, MemberFormality,
    MemberStatus, RecordKind, registry_record::Detail,
};
use tonic::Code;

use crate::{
    harness::{
        COUNTY, Served, by, date, reason, record, reference, served, served_over, unit, violations,
    },
    postgres,
};

async fn both(case: &str) -> [Served; 2] {
    let url = postgres::schema(case).await;
    [served().await, served_over(&url).await]
}

fn lives(compound: &str) -> v1::Member {
    v1::Member {
        status: MemberStatus::Retired.into(),
        compound_id: compound.into(),
        formality: MemberFormality::Formal.into(),
        ..Default::default()
    }
}

fn member(id: &str, from: &str, detail: v1::Member) -> v1::RegistryRecord {
    let effective_from = date(from);
    v1::RegistryRecord { effective_from, ..record(RecordKind::Member, id, Detail::Member(detail)) }
}

fn branch(
    id: &str,
    form: BranchForm,
    at: (RecordKind, &str),
    joins: &[&str],
) -> v1::RegistryRecord {
    let detail = v1::Branch {
        form: form.into(),
        anchor: reference(at.0, at.1),
        joined_compound_ids: joins.iter().map(|it| (*it).to_owned()).collect(),
    };
    record(RecordKind::Branch, id, Detail::Branch(detail))
}

fn post(id: &str, title: &str, person: &str, at: (RecordKind, &str)) -> v1::RegistryRecord {
    let detail =
        v1::Post { person_id: person.into(), title: title.into(), unit: reference(at.0, at.1) };
    record(RecordKind::Post, id, Detail::Post(detail))
}

/// k-1 and k-2 under a committee, k-3 under a community that is a branch, k-4 under one without any.
async fn county(served: &Served) {
    use RecordKind::{Building, Community, Compound, County, Street};
    let mut records = vec![
        unit(County, COUNTY, None),
        unit(Street, "s", reference(County, COUNTY)),
        unit(Community, "c-1", reference(Street, "s")),
        unit(Community, "c-2", reference(Street, "s")),
        unit(Community, "c-3", reference(Street, "s")),
    ];
    for (id, community) in [("k-1", "c-1"), ("k-2", "c-1"), ("k-3", "c-2"), ("k-4", "c-3")] {
        records.push(unit(Compound, id, reference(Community, community)));
    }
    for id in ["k-1-1", "k-1-2"] {
        records.push(unit(Building, id, reference(Compound, "k-1")));
    }
    records.extend([
        branch("b-c-1", BranchForm::PartyCommittee, (Community, "c-1"), &[]),
        branch("b-c-2", BranchForm::CompoundBranch, (Community, "c-2"), &[]),
    ]);
    for record in &mut records {
        record.effective_from = date("2020-01-01");
    }
    for number in 1..=3 {
        let id = format!("m-{number}");
        let from = ["2022-01-31", "2021-05-05", "2021-05-05"][number - 1];
        let detail = v1::Member { building_id: "k-1-1".into(), ..lives("k-1") };
        records.push(member(&id, from, detail));
    }
    let managed = v1::Member { directly_managed: true, ..lives("k-2") };
    records.push(member("m-4", "2022-01-01", managed));
    records.push(member("m-5", "2022-01-01", lives("k-3")));
    assert_eq!(served.upsert("county", records).await.items, []);
}

async fn formation(served: &Served, compound: &str, day: &str) -> v1::Formation {
    let request = v1::GetFormationRequest {
        county: COUNTY.into(),
        compound_id: compound.into(),
        as_of_day: date(day),
        ..Default::default()
    };
    let answer = served.formations().get_formation(request).await.unwrap().into_inner();
    answer.formation.unwrap()
}

fn stands(of: &v1::Formation, rule: Rule) -> Standing {
    let found = of.findings.iter().find(|it| it.rule() == rule).unwrap();
    let text = found.text.as_ref().unwrap();
    assert!(!text.en.is_empty() && !text.zh.is_ascii(), "{text:?}");
    found.standing()
}

#[tokio::test]
async fn half_a_year_and_formality_decide_by_the_day() {
    for served in both("formation_days").await {
        county(&served).await;
        // m-1 came on 31 January: half a year is over on 31 July.
        let before = formation(&served, "k-1", "2022-07-30").await;
        assert_eq!(before.settled, Some(v1::FormationCount { least: 2, most: 2 }));
        assert_eq!(before.community_form(), BranchForm::PartyCommittee);
        assert_eq!(stands(&before, Rule::SettledMembers), Standing::NotDue);
        let after = formation(&served, "k-1", "2022-07-31").await;
        assert_eq!(stands(&after, Rule::SettledMembers), Standing::Lacking);
        assert_eq!(
            stands(&after, Rule::CommitteeSize),
            Standing::NotDue,
            "no branch, no committee"
        );
        // Away for a day in 2021: half a year begins again.
        let mut gone = member("m-2", "2022-03-01", lives("k-2"));
        gone.effective_until = date("2022-03-01");
        let back = v1::Member { building_id: "k-1-1".into(), ..lives("k-1") };
        let back = member("m-2", "2022-03-02", back);
        assert_eq!(served.upsert("away", vec![gone, back]).await.items, []);
        let again = formation(&served, "k-1", "2022-07-31").await;
        assert_eq!(stands(&again, Rule::SettledMembers), Standing::NotDue);
        let half = formation(&served, "k-1", "2022-09-02").await;
        assert_eq!(stands(&half, Rule::SettledMembers), Standing::Lacking);
        // A probationary member does not count, one of whom nobody said so leaves it open.
        let told = |formality: MemberFormality| v1::Member {
            formality: formality.into(),
            building_id: "k-1-1".into(),
            ..lives("k-1")
        };
        let records = vec![member("m-3", "2022-10-01", told(MemberFormality::Probationary))];
        assert_eq!(served.upsert("probation", records).await.items, []);
        let found = formation(&served, "k-1", "2022-10-01").await;
        assert_eq!(found.formal, Some(v1::FormationCount { least: 2, most: 2 }));
        assert_eq!(stands(&found, Rule::SettledMembers), Standing::NotDue);
        let records = vec![member("m-3", "2022-11-01", told(MemberFormality::Unspecified))];
        assert_eq!(served.upsert("unsaid", records).await.items, []);
        let found = formation(&served, "k-1", "2022-11-01").await;
        assert_eq!(found.settled, Some(v1::FormationCount { least: 2, most: 3 }));
        assert_eq!(stands(&found, Rule::SettledMembers), Standing::Undecided);
        // The day before is as it was, and so is what was known.
        let before = formation(&served, "k-1", "2022-09-30").await;
        assert_eq!(stands(&before, Rule::SettledMembers), Standing::Lacking);
    }
}

#[tokio::test]
async fn what_serves_a_compound_is_found_where_it_lies_and_where_it_joins() {
    use RecordKind::{Building, Compound};
    for served in both("formation_serving").await {
        county(&served).await;
        let managed = |of: &v1::Formation| stands(of, Rule::DirectlyManaged);
        let of = formation(&served, "k-2", "2022-12-31").await;
        assert_eq!((of.directly_managed, managed(&of)), (1, Standing::Lacking));
        // A joint branch that lies in the neighbour's compound and joins this one.
        let joint = branch("j", BranchForm::JointBranch, (Compound, "k-1"), &["k-2"]);
        let own = branch("b-k-1", BranchForm::CompoundBranch, (Compound, "k-1"), &[]);
        let group = branch("g", BranchForm::PartyGroup, (Building, "k-1-1"), &[]);
        let records = vec![
            joint,
            own,
            group,
            post("p-1", "branch_secretary", "m-1", (Compound, "k-1")),
            post("p-2", "deputy_secretary", "m-2", (Compound, "k-1")),
            post("p-3", "committee_member", "m-2", (Compound, "k-1")),
            post("p-4", "committee_member", "m-3", (Compound, "k-1")),
            post("h", "building_head", "m-1", (Building, "k-1-2")),
        ];
        assert_eq!(served.upsert("organised", records).await.items, []);
        let of = formation(&served, "k-2", "2022-12-31").await;
        assert_eq!(managed(&of), Standing::Met);
        let serving: Vec<_> =
            of.branches.iter().map(|it| (it.branch_id.as_str(), it.form())).collect();
        assert_eq!(serving, [("j", BranchForm::JointBranch)]);
        assert_eq!(of.branches[0].anchor, reference(Compound, "k-1"));
        let of = formation(&served, "k-1", "2022-12-31").await;
        let rules = [Rule::SettledMembers, Rule::CommitteeSize, Rule::Secretary, Rule::Deputies];
        for rule in rules {
            assert_eq!(stands(&of, rule), Standing::Met, "{rule:?}");
        }
        let size = of.findings.iter().find(|it| it.rule() == Rule::CommitteeSize).unwrap();
        assert_eq!(size.count, Some(v1::FormationCount { least: 3, most: 3 }), "m-2 counts once");
        let buildings: Vec<_> =
            of.findings.iter().filter(|it| it.rule() == Rule::Building).collect();
        let told: Vec<_> = buildings
            .iter()
            .map(|it| (it.building_id.as_str(), it.standing(), it.due_form(), it.due_post.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("k-1-1", Standing::Met, BranchForm::PartyGroup, ""),
                ("k-1-2", Standing::Met, BranchForm::Unspecified, "building_head"),
            ]
        );
        assert_eq!(buildings[0].met_by, ["g"]);
        // Of somebody else nobody said the building: the second one may have its third after all.
        let more = (6..=8).map(|it| member(&format!("m-{it}"), "2022-12-01", lives("k-1")));
        assert_eq!(served.upsert("unplaced", more.collect()).await.items, []);
        let of = formation(&served, "k-1", "2022-12-31").await;
        let second = of.findings.iter().find(|it| it.building_id == "k-1-2").unwrap();
        assert_eq!(second.standing(), Standing::Undecided);
    }
}

async fn listed(served: &Served, who: &str, request: v1::ListFormationsRequest) -> Vec<String> {
    let mut found = Vec::new();
    let mut request = v1::ListFormationsRequest { county: COUNTY.into(), ..request };
    for _ in 0..20 {
        let asked = by(who, request.clone());
        let page = served.formations().list_formations(asked).await.unwrap().into_inner();
        found.extend(page.formations.into_iter().map(|it| it.compound_id));
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
    panic!("the pages do not end: {found:?}");
}

#[tokio::test]
async fn compounds_are_listed_by_what_they_lack_and_by_whom_they_are_seen() {
    for served in both("formation_lists").await {
        county(&served).await;
        let grant = v1::GrantRoleRequest {
            county: COUNTY.into(),
            request_id: "grant".into(),
            principal: "clerk".into(),
            role_id: "community".into(),
            unit: reference(RecordKind::Community, "c-1"),
            effective_from: date("2020-01-01"),
            reason: "任职".into(),
            ..Default::default()
        };
        served.accesses().grant_role(grant).await.unwrap();
        let grant = v1::GrantRoleRequest {
            county: COUNTY.into(),
            request_id: "grant-all".into(),
            principal: "department".into(),
            role_id: "organization_department".into(),
            unit: reference(RecordKind::County, COUNTY),
            effective_from: date("2020-01-01"),
            reason: "任职".into(),
            ..Default::default()
        };
        served.accesses().grant_role(grant).await.unwrap();
        let on = |page_size| v1::ListFormationsRequest {
            as_of_day: date("2022-12-31"),
            page_size,
            ..Default::default()
        };
        for size in [1, 2, 3, 4, 100] {
            let all = listed(&served, "department", on(size)).await;
            assert_eq!(all, ["k-1", "k-2", "k-3", "k-4"], "{size}");
            assert_eq!(listed(&served, "clerk", on(size)).await, ["k-1", "k-2"], "{size}");
        }
        let with = |standing: Standing| v1::ListFormationsRequest {
            standings: vec![standing.into()],
            ..on(1)
        };
        // A joint branch of compounds is no community's own, wherever it is anchored.
        let joint = (RecordKind::Community, "c-3");
        let joint = branch("j-c", BranchForm::JointBranch, joint, &["k-4"]);
        assert_eq!(served.upsert("joint", vec![joint]).await.items, []);
        let undecided = listed(&served, "department", with(Standing::Undecided)).await;
        assert_eq!(undecided, ["k-4"]);
        assert_eq!(listed(&served, "department", with(Standing::Advised)).await, ["k-3"]);
        assert_eq!(listed(&served, "department", with(Standing::Lacking)).await, ["k-1", "k-2"]);
        let of = v1::ListFormationsRequest { community_id: "c-2".into(), ..on(1) };
        assert_eq!(listed(&served, "department", of).await, ["k-3"]);
        let get = v1::GetFormationRequest {
            county: COUNTY.into(),
            compound_id: "k-3".into(),
            ..Default::default()
        };
        let refused = served.formations().get_formation(by("clerk", get)).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "another community's");
        let wrong = v1::ListFormationsRequest {
            county: COUNTY.into(),
            standings: vec![0, 77],
            page_size: -1,
            ..Default::default()
        };
        let refused = served.formations().list_formations(wrong).await.unwrap_err();
        let found: Vec<_> = violations(&refused).into_iter().map(|it| (it.0, it.1)).collect();
        let (one, two) = ("standings[0]".to_owned(), "standings[1]".to_owned());
        assert!(found.iter().any(|it| it.0 == one && it.1 == "ENUM_UNSPECIFIED"), "{found:?}");
        assert!(found.iter().any(|it| it.0 == two), "{found:?}");
        assert!(found.iter().any(|it| it.1 == "PAGE_SIZE_INVALID"), "{found:?}");
        let nowhere = v1::GetFormationRequest {
            county: COUNTY.into(),
            compound_id: "k-9".into(),
            ..Default::default()
        };
        let refused = served.formations().get_formation(nowhere).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
    }
}

#[tokio::test]
async fn a_home_is_one_place_and_only_joint_branches_join() {
    use RecordKind::{Building, Compound};
    for served in both("formation_homes").await {
        county(&served).await;
        let at = |compound: &str, building: &str| v1::Member {
            building_id: building.into(),
            ..lives(compound)
        };
        let records = vec![
            member("x-1", "2022-01-01", at("k-2", "k-1-1")),
            member("x-2", "2022-01-01", at("", "k-1-1")),
            member("x-3", "2022-01-01", at("k-1", "k-1-9")),
            branch("y-1", BranchForm::CompoundBranch, (Compound, "k-2"), &["k-1"]),
            branch("y-2", BranchForm::JointBranch, (Compound, "k-2"), &["k-1", "k-1"]),
            branch("y-3", BranchForm::JointBranch, (Compound, "k-2"), &["k-2"]),
            branch("y-4", BranchForm::JointBranch, (Compound, "k-2"), &["k-9"]),
            branch("y-5", BranchForm::CompoundBranch, (Building, "k-1-1"), &[]),
            // In one message with a new building, in whichever order.
            member("x-4", "2022-01-01", at("k-2", "k-2-1")),
            unit(Building, "k-2-1", reference(Compound, "k-2")),
        ];
        let answer = served.upsert("homes", records).await;
        let told: Vec<_> =
            answer.items.iter().map(|it| (it.id.as_str(), it.reason.as_str())).collect();
        assert_eq!(
            told,
            [
                ("x-1", "BUILDING_ELSEWHERE"),
                ("x-2", "BUILDING_WITHOUT_COMPOUND"),
                ("x-3", "REFERENCE_UNKNOWN"),
                ("y-1", "NOT_A_JOINT_BRANCH"),
                ("y-2", "DUPLICATE_ID"),
                ("y-3", "DUPLICATE_ID"),
                ("y-4", "REFERENCE_UNKNOWN"),
                ("y-5", "PARENT_KIND_INVALID"),
            ]
        );
        // A move to another compound leaves the building behind.
        let moves = v1::MoveMemberRequest {
            county: COUNTY.into(),
            request_id: "move".into(),
            member_id: "m-1".into(),
            on: date("2022-08-01"),
            compound_id: Some("k-2".into()),
            formality: Some(MemberFormality::Probationary.into()),
            ..Default::default()
        };
        let moved = served.members().move_member(moves.clone()).await.unwrap().into_inner();
        let of = moved.membership.unwrap();
        assert_eq!(of.buildings.len(), 1);
        assert_eq!(of.buildings[0].days.as_ref().unwrap().until, date("2022-07-31"));
        let formal: Vec<_> = of.standings.iter().map(v1::StandingSpan::formality).collect();
        assert_eq!(formal, [MemberFormality::Formal, MemberFormality::Probationary]);
        let into = v1::MoveMemberRequest {
            request_id: "move-2".into(),
            on: date("2022-09-01"),
            building_id: Some("k-1-1".into()),
            ..moves
        };
        let refused = served.members().move_member(into).await.unwrap_err();
        assert_eq!(reason(&refused), "BUILDING_ELSEWHERE");
    }
}
