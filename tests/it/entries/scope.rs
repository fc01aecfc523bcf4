//! Who may check, object, answer and look.

use steelyard::proto::v1::{self, EntryVerdict as Verdict, RecordKind};
use tonic::{Code, Status};

use super::{
    both,
    checks::{checks, word},
    told,
};
use crate::harness::{COUNTY, Served, by, entry};

async fn grant(served: &Served, principal: &str, role: &str, (kind, id): (RecordKind, &str)) {
    let request = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: format!("grant-{principal}"),
        principal: principal.into(),
        role_id: role.into(),
        unit: Some(v1::RecordRef { kind: kind.into(), id: id.into() }),
        reason: "测试".into(),
        ..Default::default()
    };
    served.accesses().grant_role(request).await.unwrap();
}

fn raising(request_id: &str, fact_id: &str) -> v1::RaiseObjectionRequest {
    v1::RaiseObjectionRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        fact_id: fact_id.into(),
        text: "次数有误".into(),
        raised_by: "m1".into(),
        evidence: Vec::new(),
    }
}

/// A refusal as bytes: what is not the caller's and what is not there look alike.
fn denied(status: &Status) -> Vec<u8> {
    assert_eq!(status.code(), Code::PermissionDenied, "{status:?}");
    [status.message().as_bytes(), status.details()].concat()
}

#[tokio::test]
async fn a_member_sees_and_objects_to_what_is_its_own_and_nothing_else() {
    for served in both("entries_scope").await {
        let facts = ["m1", "m2"].map(|it| entry(it, "a", "2022-03-01"));
        assert_eq!(told(&served, "facts", facts.into()).await, ["f1", "f2"]);
        grant(&served, "m1", "member", (RecordKind::Member, "m1")).await;
        grant(&served, "m2", "member", (RecordKind::Member, "m2")).await;
        let mut client = served.entries();
        let own = client.raise_objection(by("m1", raising("1", "f1"))).await.unwrap().into_inner();
        assert_eq!(own.objection.unwrap().fact_id, "f3");
        client.raise_objection(by("m2", raising("2", "f2"))).await.unwrap();
        let mut refusals = Vec::new();
        for (index, id) in ["f2", "f99", "x"].iter().enumerate() {
            let asked = by("m1", raising(&format!("not-{index}"), id));
            refusals.push(denied(&client.raise_objection(asked).await.unwrap_err()));
        }
        let items = vec![word("f1", Verdict::Confirmed, "x")];
        let status = client.check_entries(by("m1", checks("c", items))).await.unwrap_err();
        refusals.push(denied(&status));
        let answering = v1::AnswerObjectionRequest {
            county: COUNTY.into(),
            request_id: "a".into(),
            objection_id: "f3".into(),
            verdict: v1::ObjectionVerdict::Upheld.into(),
            text: "成立".into(),
            answered_by: "x".into(),
            ..Default::default()
        };
        let status = client.answer_objection(by("m1", answering)).await.unwrap_err();
        refusals.push(denied(&status));
        let of = |member: &str| v1::ListObjectionsRequest {
            county: COUNTY.into(),
            member_id: member.into(),
            ..Default::default()
        };
        for id in ["m2", "nobody"] {
            let asked = by("m1", of(id));
            refusals.push(denied(&client.list_objections(asked).await.unwrap_err()));
        }
        refusals.dedup();
        assert_eq!(refusals.len(), 1, "one answer to all");
        for asked in [of("m1"), of("")] {
            let page = client.list_objections(by("m1", asked)).await.unwrap().into_inner();
            let ids: Vec<_> =
                page.objections.iter().map(|it| &it.fact.as_ref().unwrap().fact_id).collect();
            assert_eq!(ids, ["f1"]);
        }
    }
}

#[tokio::test]
async fn one_foreign_entry_refuses_the_whole_message() {
    for served in both("entries_foreign").await {
        let mut elsewhere = crate::harness::member("m3");
        if let Some(v1::registry_record::Detail::Member(of)) = &mut elsewhere.detail {
            of.compound_id = "k-02".into();
        }
        assert_eq!(served.upsert("m3", vec![elsewhere]).await.items, []);
        let facts = ["m1", "m3"].map(|it| entry(it, "a", "2022-03-01"));
        told(&served, "facts", facts.into()).await;
        grant(&served, "branch", "compound_branch", (RecordKind::Compound, "k-01")).await;
        let mut client = served.entries();
        let mut ask = async |request_id: &str, ids: &[&str]| {
            let items = ids.iter().map(|it| word(it, Verdict::Confirmed, "second")).collect();
            client.check_entries(by("branch", checks(request_id, items))).await
        };
        let foreign = denied(&ask("1", &["f1", "f2"]).await.unwrap_err());
        let missing = denied(&ask("2", &["f1", "f9"]).await.unwrap_err());
        assert_eq!(foreign, missing);
        let own = ask("3", &["f1"]).await.unwrap().into_inner();
        assert_eq!(own.items[0].id, "f3", "and nothing of the others was stored");
    }
}
