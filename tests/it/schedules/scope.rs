//! Whose schedules a caller may have adopted, and what comes of callers at the same time.

use steelyard::proto::v1::{self, RecordKind};
use tonic::Code;

use super::{adoption, document, entries, listed, on_both, refused};
use crate::harness::{COUNTY, Served, by, date, reference};

on_both!(what_is_not_yours_is_like_what_is_not_there, of_two_at_once_one_adopts);

async fn what_is_not_yours_is_like_what_is_not_there(on: &Served) {
    for (principal, role, unit) in [
        ("secretary-1", "compound_branch", reference(RecordKind::Compound, "k-01")),
        ("community-2", "community", reference(RecordKind::Community, "c-02")),
        ("member-1", "member", reference(RecordKind::Compound, "k-01")),
    ] {
        let request = v1::GrantRoleRequest {
            county: COUNTY.into(),
            request_id: principal.into(),
            principal: principal.into(),
            role_id: role.into(),
            unit,
            reason: "测试".into(),
            ..Default::default()
        };
        on.accesses().grant_role(request).await.unwrap();
    }
    let before = entries(on).await;
    let tried = async |who: &str, request: v1::AdoptScheduleRequest| {
        on.schedules().adopt_schedule(by(who, request)).await.map(tonic::Response::into_inner)
    };
    // Another's compound, one that is not there, and one that is not there on that day: one answer,
    // whatever else is wrong with the message.
    let mut answers = Vec::new();
    for (who, compound, from) in [
        ("secretary-1", "k-02", "2022-03-11"),
        ("secretary-1", "k-99", "2022-03-11"),
        ("secretary-1", "k-late", "2022-03-11"),
        ("community-2", "k-01", "2022-03-11"),
        ("member-1", "k-01", "2022-03-11"),
        ("nobody", "k-01", "2022-03-11"),
    ] {
        let request = v1::AdoptScheduleRequest {
            meeting: None,
            ..adoption("1", &document(compound, 1, from))
        };
        let status = tried(who, request).await.unwrap_err();
        assert_eq!(refused(&status), (Code::PermissionDenied, "PERMISSION_DENIED".to_owned()));
        answers.push((status.message().to_owned(), status.details().to_vec()));
        let ending = v1::RetireScheduleRequest {
            county: COUNTY.into(),
            request_id: "2".into(),
            compound_id: compound.into(),
            version: 1,
            last_day_in_force: date("2022-12-31"),
            reason: "测试".into(),
        };
        let status = on.schedules().retire_schedule(by(who, ending.clone())).await.unwrap_err();
        answers.push((status.message().to_owned(), status.details().to_vec()));
        // Whatever is wrong with the message.
        let ending = v1::RetireScheduleRequest { version: 0, reason: String::new(), ..ending };
        let status = on.schedules().retire_schedule(by(who, ending)).await.unwrap_err();
        answers.push((status.message().to_owned(), status.details().to_vec()));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "the same bytes");
    assert_eq!((listed(on).await, entries(on).await), (vec![], before));
    // Another community's branch is like one that is not there.
    let of = |branch: &str| v1::AdoptScheduleRequest {
        branch_id: branch.into(),
        ..adoption("3", &document("k-01", 1, "2022-03-11"))
    };
    let there = tried("secretary-1", of("b-2")).await.unwrap_err();
    let not_there = tried("secretary-1", of("b-9")).await.unwrap_err();
    assert_eq!(refused(&there), refused(&not_there));
    assert_eq!(there.message().replace("b-2", "b-9"), not_there.message());
    // Their own they adopt, and end.
    tried("secretary-1", of("b-1")).await.unwrap();
    let mut tx = on.app.read().await.unwrap();
    let of_person = on.app.export_person(&mut *tx, COUNTY, "secretary-1").await.unwrap();
    let acts: Vec<_> = of_person.acts.iter().map(|it| (&*it.what, &*it.of)).collect();
    assert!(acts.contains(&("schedule adopted", "k-01/1")), "{acts:?}");
    drop(tx);
    let mut own = adoption("1", &document("k-02", 1, "2022-03-11"));
    own.branch_id = "b-2".into();
    tried("community-2", own).await.unwrap();
    // A compound that is registered later is its community's from then on.
    let mut late = adoption("2", &document("k-late", 1, "2023-01-02"));
    late.branch_id = "j-late".into();
    if let Some(meeting) = &mut late.meeting {
        meeting.met_on = date("2023-01-01");
    }
    tried("community-2", late).await.unwrap();
    // Reading is for whoever may read the county's schemes, over whatever part of it.
    for who in ["member-1", "community-2"] {
        let request = v1::GetScheduleRequest {
            county: COUNTY.into(),
            compound_id: "k-01".into(),
            ..Default::default()
        };
        on.schedules().get_schedule(by(who, request.clone())).await.unwrap();
        let elsewhere = v1::GetScheduleRequest { county: "elsewhere".into(), ..request };
        let status = on.schedules().get_schedule(by(who, elsewhere)).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
    }
}

async fn of_two_at_once_one_adopts(on: &Served) {
    let texts: Vec<_> =
        (1..=8).map(|it| document("k-01", 1, &format!("2022-03-{:02}", it + 10))).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for (text, number) in texts.into_iter().zip(1..) {
        let mut client = on.schedules();
        let request = adoption(&format!("r{number}"), &text);
        tasks.spawn(async move { client.adopt_schedule(request).await });
    }
    let mut taken = 0;
    for answer in tasks.join_all().await {
        match answer {
            Ok(_) => taken += 1,
            Err(status) => {
                assert_eq!(refused(&status), (Code::AlreadyExists, "SCHEDULE_EXISTS".to_owned()));
            }
        }
    }
    assert_eq!((taken, listed(on).await), (1, vec!["k-01/1".to_owned()]));
    // The same adoption by eight at once is recorded once, and nobody is refused.
    let before = entries(on).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 1..=8 {
        let mut client = on.schedules();
        let request = adoption(&format!("s{number}"), &document("k-01", 2, "2022-06-01"));
        tasks.spawn(async move {
            client.adopt_schedule(request).await.map(tonic::Response::into_inner)
        });
    }
    let mut answers: Vec<_> = tasks.join_all().await.into_iter().map(Result::unwrap).collect();
    answers.dedup();
    // Each of the eight requests has its entry; seven of them changed nothing.
    assert_eq!((answers.len(), entries(on).await), (1, before + 8));
    assert_eq!(listed(on).await, ["k-01/1", "k-01/2"]);
}
