//! Calls about members by days: whether they are the caller's to make, and whom the lists show.

use steelyard::proto::v1::{self, SubjectKind};
use tonic::Status;

use super::{
    calls::Target,
    county::{Counties, deed},
};
use crate::harness::{by, date};

/// A call of the service about the target's subject; only members have days.
pub(super) async fn member(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    let (county, member_id) = (at.county.to_owned(), at.subject.1.to_owned());
    if at.subject.0 != SubjectKind::Member {
        return Ok(false);
    }
    let mut client = all.served.members();
    match method {
        "MemberService.GetMembership" => {
            let request = v1::GetMembershipRequest { county, member_id, ..Default::default() };
            client.get_membership(by(who, request)).await.map(|_| true)
        }
        "MemberService.MoveMember" => {
            // Nothing moves: it goes as far as the member and no further.
            let request_id = format!("{method}-{member_id}");
            let on = date("2022-05-01");
            let request =
                v1::MoveMemberRequest { county, request_id, member_id, on, ..Default::default() };
            client.move_member(by(who, request)).await.map(|_| true)
        }
        "MemberService.ListUnreported" => {
            let period = "2022".to_owned();
            let request = v1::ListUnreportedRequest { county, period, ..Default::default() };
            let page = client.list_unreported(by(who, request)).await?.into_inner();
            Ok(page.unreported.iter().any(|it| it.member_id == member_id))
        }
        "MemberService.ListLateCheckIns" => {
            let request = v1::ListLateCheckInsRequest { county, ..Default::default() };
            let page = client.list_late_check_ins(by(who, request)).await?.into_inner();
            Ok(page.late.iter().any(|it| it.member_id == member_id))
        }
        "MemberService.ListConduct" => {
            told(all, &county, &member_id).await;
            let request = v1::ListConductRequest { county, ..Default::default() };
            let page = client.list_conduct(by(who, request)).await?.into_inner();
            Ok(page.cases.iter().any(|it| it.member_id == member_id))
        }
        _ => panic!("{method}"),
    }
}

/// Somebody tells of a case about the member; again it is the same case.
async fn told(all: &Counties, county: &str, member: &str) {
    let conduct = v1::Conduct {
        case_id: "fees".into(),
        what: "property_rules".into(),
        on: date("2022-05-01"),
        put_right_by: None,
        text: "占用消防通道".into(),
    };
    let fact = v1::Fact {
        subject: Some(v1::SubjectRef { kind: SubjectKind::Member.into(), id: member.into() }),
        fact: Some(v1::fact::Fact::Conduct(conduct)),
        recorded_by: "clerk".into(),
        ..Default::default()
    };
    let request = v1::RecordFactsRequest {
        county: county.into(),
        request_id: format!("case-{member}"),
        facts: vec![fact],
    };
    all.served.facts().record_facts(request).await.unwrap();
}

/// Facts that came after the published run: one about each member is told first.
pub(super) async fn late_facts(all: &Counties, who: &str, at: Target) -> Result<bool, Status> {
    let (county, id) = (at.county.to_owned(), at.subject.1);
    if at.subject.0 != SubjectKind::Member {
        return Ok(false);
    }
    let late = v1::RecordFactsRequest {
        county: county.clone(),
        request_id: format!("late-{id}"),
        facts: vec![deed(SubjectKind::Member, id)],
    };
    all.served.facts().record_facts(late).await.unwrap();
    let request = v1::ListLateFactsRequest {
        county,
        scheme_id: "test.member".into(),
        period: "2022".into(),
        ..Default::default()
    };
    let page = all.served.facts().list_late_facts(by(who, request)).await?.into_inner();
    Ok(page.facts.iter().any(|it| it.subject.as_ref().is_some_and(|it| it.id == id)))
}
