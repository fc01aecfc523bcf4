//! What may be adopted, by which branch, with how many votes.

use steelyard::proto::v1;
use tonic::{Code, Status};

use super::{
    adopt, adoption, document, entries, listed, meeting, on_both, publish, refused, retire, scheme,
    told,
};
use crate::harness::{COUNTY, Served, date, reason, violations};

on_both!(
    an_adoption_is_recorded_once_and_answered_alike,
    every_refusal_has_its_reason_and_leaves_nothing,
    every_fault_is_told_at_once,
    a_majority_is_exact,
    the_strictest_of_several_schemes_decides,
    branches_of_the_compound_and_joint_branches_adopt,
);

async fn an_adoption_is_recorded_once_and_answered_alike(on: &Served) {
    let text = document("k-01", 1, "2022-03-11");
    let before = entries(on).await;
    let first = adopt(on, adoption("1", &text)).await.unwrap();
    assert_eq!(
        (first.compound_id.as_str(), first.version, first.title.as_str()),
        ("k-01", 1, "积分细则")
    );
    assert_eq!((first.in_force_from, first.in_force_until), (date("2022-03-11"), None));
    assert_eq!((first.branch_id.as_str(), first.document.len()), ("b-1", 0));
    assert_eq!(first.meeting, Some(meeting("2022-03-01")));
    assert_eq!(first.digest.len(), 64);
    assert_eq!(entries(on).await, before + 1);
    assert_eq!(adopt(on, adoption("1", &text)).await.unwrap(), first, "a repeat");
    on.clock.set("2023-01-11T01:00:00Z");
    assert_eq!(adopt(on, adoption("2", &text)).await.unwrap(), first, "said again");
    assert_eq!(entries(on).await, before + 2, "with an entry that says it changed nothing");
    let status = adopt(on, adoption("1", &document("k-01", 2, "2022-05-01"))).await.unwrap_err();
    assert_eq!(refused(&status), (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned()));
    // Of what was adopted nothing may be another.
    let more = v1::GeneralMeeting { in_favour: 5, ..meeting("2022-03-01") };
    let on_day = meeting("2022-03-02");
    let without = v1::GeneralMeeting { evidence: vec![], ..meeting("2022-03-01") };
    let changed = [more, on_day, without].map(Some).into_iter();
    let changed =
        changed.map(|meeting| v1::AdoptScheduleRequest { meeting, ..adoption("3", &text) });
    let other_branch = v1::AdoptScheduleRequest { branch_id: "g-1".into(), ..adoption("3", &text) };
    let other_text = adoption("3", &format!("{text}# \n"));
    for request in changed.chain([other_branch, other_text]) {
        let status = adopt(on, request).await.unwrap_err();
        assert_eq!(refused(&status), (Code::AlreadyExists, "SCHEDULE_EXISTS".to_owned()));
        assert_eq!(told(&status, "existing"), "k-01/1");
    }
    let retired = retire(on, "4", 1, "2022-12-31").await.unwrap();
    assert_eq!(adopt(on, adoption("5", &text)).await.unwrap(), retired, "as it stands");
    assert_eq!(listed(on).await, ["k-01/1"]);
}

async fn every_refusal_has_its_reason_and_leaves_nothing(on: &Served) {
    let before = entries(on).await;
    let of = |branch: &str, text: String, met_on: &str| v1::AdoptScheduleRequest {
        branch_id: branch.into(),
        meeting: Some(meeting(met_on)),
        ..adoption("1", &text)
    };
    let state = Code::FailedPrecondition;
    for (request, code, why) in [
        (of("b-1", document("k-99", 1, "2022-03-11"), "2022-03-01"), state, "COMPOUND_UNKNOWN"),
        (of("b-2", document("k-late", 1, "2022-12-31"), "2022-03-01"), state, "COMPOUND_UNKNOWN"),
        (of("b-1", document("k-01", 2, "2022-03-11"), "2022-03-01"), state, "VERSION_EXPECTED"),
        (
            of("b-9", document("k-01", 1, "2022-03-11"), "2022-03-01"),
            state,
            "BRANCH_NOT_OF_COMPOUND",
        ),
        (of("b-1", document("k-01", 1, "2024-01-01"), "2022-03-01"), state, "SCHEDULES_NOT_TAKEN"),
        (
            of("b-1", document("k-01", 1, "2022-02-28"), "2022-03-01"),
            Code::InvalidArgument,
            "IN_FORCE_BEFORE_MEETING",
        ),
        (
            of("b-1", document("k-01", 1, "2023-02-01"), "2023-01-11"),
            Code::InvalidArgument,
            "MEETING_IN_FUTURE",
        ),
        (
            of("b-1", "#".repeat(256 * 1024 + 1), "2022-03-01"),
            Code::InvalidArgument,
            "DOCUMENT_TOO_LARGE",
        ),
        (
            of(
                "b-1",
                document("k-01", 1, "2022-03-11").replace("points: 2", "points: 6"),
                "2022-03-01",
            ),
            Code::InvalidArgument,
            "EACH_BOUND",
        ),
    ] {
        let status = adopt(on, request).await.unwrap_err();
        assert_eq!(refused(&status), (code, why.to_owned()));
    }
    assert_eq!((listed(on).await, entries(on).await), (vec![], before), "nothing is left behind");
    // The id of what was refused is free, and the day of the meeting itself is early enough.
    let good = of("b-1", document("k-01", 1, "2022-03-01"), "2022-03-01");
    adopt(on, good).await.unwrap();
    let request = adoption("2", &document("k-01", 3, "2022-05-01"));
    let status = adopt(on, request).await.unwrap_err();
    assert_eq!(refused(&status), (state, "VERSION_EXPECTED".to_owned()));
    assert_eq!(told(&status, "expected"), "2");
    for from in ["2022-03-01", "2022-02-28"] {
        let mut request = adoption("2", &document("k-01", 2, from));
        request.meeting = Some(meeting("2022-02-01"));
        let status = adopt(on, request).await.unwrap_err();
        assert_eq!(refused(&status), (state, "IN_FORCE_ORDER".to_owned()));
    }
    assert_eq!(listed(on).await, ["k-01/1"]);
}

async fn every_fault_is_told_at_once(on: &Served) {
    let text = document("k-01", 1, "2022-02-01")
        .replace("points: 2", "points: 6")
        .replace("items:", "items:\n  - {id: other, counted: {points: 1}}");
    let counts = v1::GeneralMeeting {
        met_on: date("2022-03-01"),
        eligible: 0,
        present: 2,
        in_favour: 3,
        evidence: vec![String::new()],
    };
    let request = v1::AdoptScheduleRequest {
        county: COUNTY.into(),
        request_id: String::new(),
        document: text.clone().into(),
        branch_id: "b 1".into(),
        meeting: Some(counts.clone()),
    };
    let status = adopt(on, request.clone()).await.unwrap_err();
    let shape = ["request_id", "branch_id", "meeting.evidence[0]"];
    let found = violations(&status);
    for path in shape {
        assert!(found.iter().any(|it| it.0 == path), "{path}: {found:?}");
    }
    let beyond = ["document:7:5 items[0] ITEM_UNBOUNDED", "document:8:5 items[1] EACH_BOUND"];
    let shown = |status: &Status| -> Vec<String> {
        violations(status).iter().map(|it| format!("{} {}", it.0, it.1)).collect()
    };
    for it in beyond {
        assert!(shown(&status).contains(&it.to_owned()), "{it}: {:?}", shown(&status));
    }
    // With good ids and evidence: the meeting's own faults and the document's, one after the other.
    let request = v1::AdoptScheduleRequest {
        request_id: "1".into(),
        branch_id: "b-1".into(),
        meeting: Some(v1::GeneralMeeting { evidence: vec![], ..counts.clone() }),
        ..request
    };
    let status = adopt(on, request.clone()).await.unwrap_err();
    let of_meeting = [
        "meeting.eligible MEETING_COUNTS",
        "meeting.present MEETING_COUNTS",
        "meeting.in_favour MEETING_COUNTS",
        "meeting.met_on IN_FORCE_BEFORE_MEETING",
    ];
    assert_eq!(shown(&status), [&of_meeting[..], &beyond[..]].concat());
    // A document that cannot be read, and a meeting of less than nobody.
    let request = v1::AdoptScheduleRequest {
        document: text.replace("compound: k-01", "compoud: k-01").into(),
        meeting: Some(v1::GeneralMeeting { eligible: -1, evidence: vec![], ..counts }),
        ..request
    };
    let shown = shown(&adopt(on, request.clone()).await.unwrap_err());
    assert!(shown.contains(&"meeting.eligible COUNT_NEGATIVE".to_owned()), "{shown:?}");
    assert!(shown.iter().filter(|it| it.starts_with("document:")).count() >= 2, "{shown:?}");
    let none = v1::AdoptScheduleRequest { meeting: None, ..request };
    let shown = violations(&adopt(on, none).await.unwrap_err());
    assert!(shown.contains(&("meeting".to_owned(), "FIELD_MISSING".to_owned())), "{shown:?}");
    assert_eq!(listed(on).await, [""; 0]);
}

/// How a meeting of so many ends: taken, or why not, with how many would have been enough.
async fn ends(on: &Served, id: &str, counts: (i32, i32, i32)) -> String {
    let version = i32::try_from(listed(on).await.len()).unwrap() + 1;
    let text = document("k-01", version, &format!("2022-{:02}-11", version + 2));
    let mut request = adoption(id, &text);
    let (eligible, present, in_favour) = counts;
    request.meeting =
        Some(v1::GeneralMeeting { eligible, present, in_favour, ..meeting("2022-03-01") });
    match adopt(on, request).await {
        Ok(_) => "taken".to_owned(),
        Err(status) => {
            let numbers = (told(&status, "needed"), told(&status, "had"));
            format!("{} {} {}", reason(&status), numbers.0, numbers.1)
        }
    }
}

async fn a_majority_is_exact(on: &Served) {
    for (id, counts, end) in [
        ("half-present", (10, 5, 5), "QUORUM_NOT_MET 6 5"),
        ("half-in-favour", (10, 10, 5), "MAJORITY_NOT_REACHED 6 5"),
        ("nobody", (10, 0, 0), "QUORUM_NOT_MET 6 0"),
        ("one-above", (10, 6, 6), "taken"),
        ("odd-below", (11, 11, 5), "MAJORITY_NOT_REACHED 6 5"),
        ("odd", (11, 6, 6), "taken"),
        ("one-of-one", (1, 1, 1), "taken"),
        ("many", (i32::MAX, i32::MAX, 1_073_741_824), "taken"),
        (
            "many-below",
            (i32::MAX, i32::MAX, 1_073_741_823),
            "MAJORITY_NOT_REACHED 1073741824 1073741823",
        ),
    ] {
        assert_eq!(ends(on, id, counts).await, end, "{id}");
    }
}

async fn the_strictest_of_several_schemes_decides(on: &Served) {
    let two_thirds = ", adoption: {present: {at_least: 2/3}, in_favour: {at_least: 2/3}}";
    assert!(scheme("x", two_thirds).contains("2/3"));
    publish(on, "test.second", two_thirds).await;
    for (id, counts, end) in [
        // 6.67 of 10: 6 are too few, 7 are enough; of 9 exactly 6 are.
        ("six", (10, 6, 6), "QUORUM_NOT_MET 7 6"),
        ("six-of-ten", (10, 10, 6), "MAJORITY_NOT_REACHED 7 6"),
        ("seven", (10, 7, 7), "taken"),
        ("six-of-nine", (9, 6, 6), "taken"),
        ("five-of-nine", (9, 6, 5), "MAJORITY_NOT_REACHED 6 5"),
    ] {
        assert_eq!(ends(on, id, counts).await, end, "{id}");
    }
    // The bounds of each are told, and whose they are.
    let text = document("k-01", 3, "2022-06-11").replace("points: 2", "points: 6");
    let status = adopt(on, adoption("beyond", &text)).await.unwrap_err();
    let found = violations(&status);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(status.message().contains("`test.member`"), "{}", status.message());
}

async fn branches_of_the_compound_and_joint_branches_adopt(on: &Served) {
    let mut version = 1;
    for (branch, met_on, taken) in [
        ("b-1", "2022-03-01", true),
        ("g-1", "2022-03-01", true),
        ("j-2", "2022-03-01", true),
        ("b-2", "2022-03-01", false),
        // It joins no other compound.
        ("j-3", "2022-03-01", false),
        ("gb", "2022-03-01", false),
        ("ub", "2022-03-01", false),
        ("ub-1", "2022-03-01", false),
        ("g-below", "2022-03-01", false),
        // What is registered as a compound is no branch.
        ("k-01", "2022-03-01", false),
        // Registered on the day of its meeting, or not yet.
        ("b-new", "2022-05-31", false),
        ("b-new", "2022-06-01", true),
    ] {
        let text = document("k-01", version, &format!("2022-{:02}-11", version + 5));
        let mut request = adoption(&format!("{branch}-{met_on}"), &text);
        request.branch_id = branch.into();
        request.meeting = Some(meeting(met_on));
        let answer = adopt(on, request).await;
        match (&answer, taken) {
            (Ok(schedule), true) => {
                assert_eq!(schedule.branch_id, branch);
                version += 1;
            }
            (Err(status), false) => {
                let state = Code::FailedPrecondition;
                assert_eq!(refused(status), (state, "BRANCH_NOT_OF_COMPOUND".to_owned()));
            }
            _ => panic!("{branch} on {met_on}: {answer:?}"),
        }
    }
    // A joint branch adopts for its own compound as well.
    let mut request = adoption("own", &document("k-02", 1, "2022-03-11"));
    request.branch_id = "j-2".into();
    adopt(on, request).await.unwrap();
}
