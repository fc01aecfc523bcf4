//! Opening: what is counted, once and for good (F4).

use prost::Message as _;
use steelyard::proto::v1::{self, RecordKind, SelectionPhase};
use tonic::Code;

use super::{
    HALF, branch,
    cast::{ID, abandon, applied, apply, begun, candidate, extend, get, open, opening, pass},
    grant, on_both, only, publish, rules, said,
};
use crate::harness::{COUNTY, Served, date, reason, reference, unit};

on_both!(
    the_same_opened_again_is_answered_as_it_is,
    a_year_has_one_selection_that_was_not_given_up,
    the_roster_is_frozen,
    a_day_that_is_past_gives_nobody_time,
    what_cannot_be_opened_says_why,
);

async fn the_same_opened_again_is_answered_as_it_is(on: &Served) {
    let first = open(on, opening("1", ID, "2022-11-01")).await.unwrap();
    let selection = first.selection.clone().unwrap();
    assert_eq!((selection.document_version, selection.scheme_version), (1, 1));
    assert_eq!((&*selection.opened_by, selection.roster_day), ("department", date("2022-11-01")));
    // A joint branch serves two compounds and is counted once, where it lies; party groups are none.
    let quota = first.quota.clone().unwrap();
    let rows: Vec<_> = quota
        .streets
        .iter()
        .map(|it| (&*it.street_id, it.branches, &*it.quota, it.floor, &*it.remainder, it.seats))
        .collect();
    assert_eq!(rows, [("guishan", 10, "5", 5, "0", 5), ("xincheng", 4, "2", 2, "0", 2)]);
    assert_eq!((quota.all, quota.cap, quota.county, quota.open_seats), (7, 0, 7, 0));
    on.clock.set("2022-11-02T01:00:00Z");
    for request_id in ["1", "2"] {
        let again = open(on, opening(request_id, ID, "2022-11-01")).await.unwrap();
        assert_eq!(again.encode_to_vec(), first.encode_to_vec());
    }
    let other = open(on, opening("3", ID, "2022-11-02")).await.unwrap_err();
    assert_eq!((other.code(), reason(&other)), (Code::AlreadyExists, "SELECTION_EXISTS".into()));
}

async fn a_year_has_one_selection_that_was_not_given_up(on: &Served) {
    begun(on).await;
    let other = open(on, opening("2", "z", "2022-11-01")).await.unwrap_err();
    assert_eq!((other.code(), reason(&other)), (Code::AlreadyExists, "SELECTION_EXISTS".into()));
    // The honour is the same, whatever its document is called: a second list would be a second cap.
    publish(on, rules("test.twin", "[compound_branch]", HALF)).await;
    let twin = opening("2", "z", "2022-11-01");
    let twin = v1::OpenSelectionRequest { document_id: "test.twin".into(), ..twin };
    let twin = open(on, twin).await.unwrap_err();
    assert_eq!((twin.code(), reason(&twin)), (Code::AlreadyExists, "SELECTION_EXISTS".into()));
    let given_up = abandon(on, "3", ID).await.unwrap().selection.unwrap();
    assert_eq!(given_up.phase(), SelectionPhase::Abandoned);
    assert_eq!(only(abandon(on, "4", ID).await), ["SELECTION_CLOSED "]);
    assert_eq!(only(applied(on, "apply", 1).await), ["SELECTION_CLOSED b-01"]);
    open(on, opening("2", "z", "2022-11-01")).await.unwrap();
    let request =
        v1::ListSelectionsRequest { county: COUNTY.into(), page_size: 1, ..Default::default() };
    let first = on.selections().list_selections(request.clone()).await.unwrap().into_inner();
    let page_token = first.next_page_token;
    let request = v1::ListSelectionsRequest { page_token, ..request };
    let second = on.selections().list_selections(request).await.unwrap().into_inner();
    assert_eq!(
        (&*first.selections[0].selection_id, &*second.selections[0].selection_id),
        ("y", "z")
    );
    assert_eq!(second.next_page_token, "");
    let gone = abandon(on, "5", "nothing").await.unwrap_err();
    assert_eq!((gone.code(), reason(&gone)), (Code::NotFound, "SELECTION_NOT_FOUND".into()));
}

async fn the_roster_is_frozen(on: &Served) {
    begun(on).await;
    on.clock.set("2022-11-10T01:00:00Z");
    // A compound moves to the other street, and a branch is founded.
    let moved = v1::RegistryRecord {
        effective_from: date("2022-11-05"),
        ..unit(RecordKind::Compound, "k-05", reference(RecordKind::Community, "c-03"))
    };
    let founded = v1::RegistryRecord {
        effective_from: date("2022-11-05"),
        ..branch("b-15", v1::BranchForm::CompoundBranch, "k-15", &[])
    };
    assert_eq!(on.upsert("later", vec![moved, founded]).await.items, []);
    applied(on, "apply", 5).await.unwrap();
    let found = candidate(on, "department", "b-05").await.unwrap().candidate.unwrap();
    assert_eq!((&*found.community_id, &*found.street_id), ("c-01", "guishan"));
    // Its community of the roster speaks about it, and the new one does not.
    let denied = pass(on, "c-03", "pass", &["b-05"]).await.unwrap_err();
    assert_eq!(denied.code(), Code::PermissionDenied);
    pass(on, "c-01", "pass", &["b-05"]).await.unwrap();
    assert_eq!(apply(on, "k-15", "new", "b-15").await.unwrap_err().code(), Code::PermissionDenied);
    let unknown = candidate(on, "department", "b-15").await;
    assert_eq!(only(unknown), ["NOT_ON_ROSTER b-15"]);
    grant(on, "anywhere", "compound_branch", reference(RecordKind::County, COUNTY)).await;
    assert_eq!(only(apply(on, "anywhere", "new", "b-15").await), ["NOT_ON_ROSTER b-15"]);
    let quota = get(on, "department").await.quota.unwrap();
    assert_eq!(quota.streets.iter().map(|it| it.branches).collect::<Vec<_>>(), [10, 4]);
}

async fn a_day_that_is_past_gives_nobody_time(on: &Served) {
    begun(on).await;
    on.clock.set("2022-12-05T01:00:00Z");
    let application = v1::SelectionStep::Application;
    for (day, key, value) in
        [("2022-11-30", "today", "2022-12-05"), ("2022-12-04", "today", "2022-12-05")]
    {
        let refused = extend(on, "past", (application, day), None).await.unwrap_err();
        assert_eq!(
            (reason(&refused), said(&refused, key)),
            ("EXTENSION_NOT_LATER".into(), value.into())
        );
    }
    extend(on, "today", (application, "2022-12-05"), None).await.unwrap();
    applied(on, "apply", 1).await.unwrap();
}

async fn what_cannot_be_opened_says_why(on: &Served) {
    let with = |change: fn(&mut v1::OpenSelectionRequest)| {
        let mut request = opening("1", ID, "2022-11-01");
        change(&mut request);
        request
    };
    let none = rules("test.nobody", "[party_group]", HALF)
        .replace("2022-01-01", "2022-01-01, until: 2022-12-31")
        .replace("honour: ", "honour: 另一");
    publish(on, none).await;
    for (request, code, word) in [
        (
            with(|it| it.document_id = "test.none".into()),
            Code::NotFound,
            "SELECTION_DOCUMENT_NOT_FOUND",
        ),
        (with(|it| it.period = "2021".into()), Code::NotFound, "SELECTION_DOCUMENT_NOT_IN_FORCE"),
        (with(|it| it.period = "2025".into()), Code::NotFound, "SCHEME_NOT_IN_FORCE"),
        (with(|it| it.period = "2022-H1".into()), Code::FailedPrecondition, "PERIOD_KIND_MISMATCH"),
        (with(|it| it.period = "twenty".into()), Code::InvalidArgument, "PERIOD_INVALID"),
        (
            with(|it| it.roster_day = date("2022-11-02")),
            Code::FailedPrecondition,
            "ROSTER_DAY_IN_FUTURE",
        ),
        (with(|it| it.roster_day = date("2021-12-31")), Code::FailedPrecondition, "ROSTER_EMPTY"),
    ] {
        let status = open(on, request).await.unwrap_err();
        let told = if status.code() == Code::InvalidArgument {
            crate::harness::violations(&status)[0].1.clone()
        } else {
            reason(&status)
        };
        assert_eq!((status.code(), told.as_str()), (code, word), "{status:?}");
    }
    // A refusal frees its request id, and a form that few have is a roster too.
    let few = open(on, with(|it| it.document_id = "test.nobody".into())).await.unwrap();
    let quota = few.quota.unwrap();
    assert_eq!((quota.streets.len(), quota.streets[0].seats, quota.county), (1, 0, 0));
    let future = open(on, opening("2", "z", "2022-11-02")).await.unwrap_err();
    assert_eq!(said(&future, "rule"), "F4");
}
