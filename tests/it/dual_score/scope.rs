//! Who tells what of a member: a unit its own score, the compound's side entries and check-ins.

use steelyard::proto::v1;
use tonic::Code;

use super::world::{check_in, county, deed, report, stores};
use crate::harness::{COUNTY, Served, by, record_facts, reference};

async fn grant(served: &Served, who: &str, role: &str, unit: (v1::RecordKind, &str)) {
    let grant = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: format!("grant-{who}"),
        principal: who.into(),
        role_id: role.into(),
        unit: reference(unit.0, unit.1),
        reason: "年度工作".into(),
        ..Default::default()
    };
    served.accesses().grant_role(grant).await.unwrap();
}

async fn tells(served: &Served, who: &str, name: &str, fact: v1::Fact) -> Code {
    let request = record_facts(&format!("{who}-{name}"), vec![fact]);
    match served.facts().record_facts(by(who, request)).await {
        Ok(done) => {
            assert_eq!(done.into_inner().counts.unwrap().recorded, 1, "{who} {name}");
            Code::Ok
        }
        Err(status) => status.code(),
    }
}

#[tokio::test]
async fn a_unit_reports_for_itself_and_records_no_points_and_the_compound_the_other_way() {
    for url in stores("scope").await {
        let served = county(&url).await;
        let (branch, compound) = (v1::RecordKind::Branch, v1::RecordKind::Compound);
        grant(&served, "of-u-03", "unit_branch", (branch, "u-03")).await;
        grant(&served, "of-u-07", "unit_branch", (branch, "u-07")).await;
        grant(&served, "of-k-020", "compound_branch", (compound, "k-020")).await;
        let report = |unit: &str| report("m-1", unit, "80", "100", 1_735_000_000);
        // The unit that the member left in May reports its part all the same.
        assert_eq!(tells(&served, "of-u-03", "own", report("u-03")).await, Code::Ok);
        assert_eq!(tells(&served, "of-u-07", "own", report("u-07")).await, Code::Ok);
        assert_eq!(
            tells(&served, "of-u-07", "other", report("u-03")).await,
            Code::PermissionDenied
        );
        assert_eq!(
            tells(&served, "of-k-020", "unit", report("u-07")).await,
            Code::PermissionDenied
        );
        let help = || deed("m-1", "help", "2024-08-03", "1", "");
        assert_eq!(tells(&served, "of-u-07", "points", help()).await, Code::PermissionDenied);
        let checked = || check_in("m-1", "k-020", "2024-03-01");
        assert_eq!(tells(&served, "of-u-07", "check-in", checked()).await, Code::PermissionDenied);
        assert_eq!(tells(&served, "of-k-020", "points", help()).await, Code::Ok);
        assert_eq!(tells(&served, "of-k-020", "check-in", checked()).await, Code::Ok);
    }
}
