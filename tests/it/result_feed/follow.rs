//! By page: what is told, in which order, and on from every cursor.

use steelyard::proto::v1::{self, ResultChange};
use tonic::Code;

use super::world::{
    address, asked, by_id, computed, county, first, member, publish, second, short, streamed,
    supersede, told, years,
};
use crate::harness::{COUNTY, reason, record_facts, served_over, violations};

async fn publications_are_told(on_postgres: bool) {
    let url = address(on_postgres, "told").await;
    let served = county(&url).await;
    let (none, start) = told(&served, None, asked("", 0)).await;
    assert_eq!((none, start.as_str()), (Vec::new(), "0."), "nothing was published");
    let old = first(&served).await;
    let (events, _) = told(&served, None, asked(&start, 0)).await;
    let ids: Vec<_> = short(&events);
    let expected = [
        "1 ADDED -m6 +",
        "1 ADDED m1 +",
        "1 ADDED m2 +",
        "1 ADDED m3 +",
        "1 ADDED m4 +",
        "1 ADDED m5 +",
    ];
    assert_eq!(ids, expected, "everybody, in byte order");
    let results: Vec<_> = events.iter().map(|it| it.result.clone().unwrap()).collect();
    assert_eq!(results, streamed(&served, None, &old, None).await, "as results are read");
    let publication = events[0].publication.as_ref().unwrap();
    assert_eq!((publication.run_id.as_str(), publication.replaced_run_id.as_str()), (&*old, ""));
    assert_eq!((publication.scheme_id.as_str(), publication.version), ("feed.dual", 1));
    assert_eq!((publication.period.as_str(), publication.seq), ("2022", 1));
    assert_eq!(publication.subject_kind(), v1::SubjectKind::Member);
    assert!(publication.publish_time.is_some());

    let new = second(&served, &old).await;
    let (events, _) = told(&served, None, asked(&events[5].cursor, 0)).await;
    let expected = [
        "2 CHANGED -m6 -+",
        "2 CHANGED m1 -+",
        "2 CHANGED m2 -+",
        "2 REMOVED m5 -",
        "2 ADDED m7 +",
    ];
    assert_eq!(short(&events), expected, "m3 and m4 keep score and place");
    let changes = v1::ListChangesRequest {
        county: COUNTY.into(),
        old_run_id: old.clone(),
        new_run_id: new.clone(),
        ..Default::default()
    };
    let changes = served.evaluations().list_changes(changes).await.unwrap().into_inner().changes;
    let id = |it: &Option<v1::SubjectRef>| it.as_ref().unwrap().id.clone();
    let ids: Vec<_> = changes.iter().map(|it| id(&it.subject)).collect();
    let followed: Vec<_> = events.iter().map(|it| id(&it.subject)).collect();
    assert_eq!(followed[0], "-m6", "who moved is told of, with the same numbers");
    assert_eq!(followed[1..], ids, "and otherwise exactly the changes");
    let (before, after) =
        (streamed(&served, None, &old, None).await, streamed(&served, None, &new, None).await);
    for it in &events {
        let of = |all: &[v1::Result]| all.iter().find(|one| one.subject == it.subject).cloned();
        assert_eq!((&it.previous, &it.result), (&of(&before), &of(&after)));
        assert_eq!(it.publication.as_ref().unwrap().replaced_run_id, old);
    }
}

#[tokio::test]
async fn a_publication_tells_everybody_and_another_whom_it_changes() {
    publications_are_told(false).await;
    publications_are_told(true).await;
}

async fn every_cut(on_postgres: bool) {
    let url = address(on_postgres, "cuts").await;
    let (served, _) = years(&url).await;
    let (whole, end) = told(&served, None, asked("", 1_000)).await;
    assert_eq!(whole.len(), 6 + 1 + 5);
    for size in [1, 2, 5, 6, 7, 0] {
        assert_eq!(told(&served, None, asked("", size)).await, (whole.clone(), end.clone()));
    }
    for (at, event) in whole.iter().enumerate() {
        let (rest, last) = told(&served, None, asked(&event.cursor, 2)).await;
        assert_eq!(rest, whole[at + 1..], "after {}", event.cursor);
        assert_eq!(last, end);
    }
    // A cursor belongs to no request: with another filter it means the same point.
    let projects = v1::ListResultEventsRequest {
        scheme_id: "feed.project".into(),
        ..asked(&whole[2].cursor, 0)
    };
    assert_eq!(short(&told(&served, None, projects).await.0), ["2 ADDED p1 +"]);
    let dual =
        v1::ListResultEventsRequest { scheme_id: "feed.dual".into(), ..asked(&whole[6].cursor, 1) };
    assert_eq!(told(&served, None, dual).await.0, whole[7..]);
    // Another server on the same store, which binds its page tokens with another secret.
    let again = served_over(&url).await;
    assert_eq!(told(&again, None, asked(&whole[3].cursor, 3)).await, (whole[4..].to_vec(), end));
}

#[tokio::test]
async fn from_every_cursor_exactly_the_rest_is_told() {
    every_cut(false).await;
    every_cut(true).await;
}

#[tokio::test]
async fn cursors_outlive_the_server() {
    let url = address(false, "restart").await;
    let (served, _) = years(&url).await;
    let (whole, end) = told(&served, None, asked("", 0)).await;
    let cursor = whole[4].cursor.clone();
    served.app.store.close().await;
    drop(served);
    let served = served_over(&url).await;
    assert_eq!(told(&served, None, asked(&cursor, 0)).await, (whole[5..].to_vec(), end.clone()));
    assert_eq!(told(&served, None, asked(&end, 0)).await, (Vec::new(), end));
}

/// More members than are read at once, of whom some come and some go where pages meet.
#[tokio::test]
async fn pages_of_the_store_meet_without_a_gap() {
    let served = county("sqlite::memory:").await;
    let ids: Vec<String> = (0..1_203).map(|it| format!("n{it:04}")).collect();
    let (early, late) = ids.split_at(1_100);
    for (index, chunk) in early.chunks(500).enumerate() {
        let records = chunk.iter().map(|it| member(it, "ub-1")).collect();
        assert_eq!(served.upsert(&format!("many-{index}"), records).await.items, []);
    }
    let old = first(&served).await;
    let (whole, _) = told(&served, None, asked("", 1_000)).await;
    assert_eq!(whole.len(), 1_106);
    let sorted = whole.is_sorted_by_key(|it| it.subject.as_ref().unwrap().id.clone());
    assert!(sorted);
    let gone = [0, 492, 493, 494, 495, 992, 993, 994, 995, 1_099];
    let mut records: Vec<_> = late.iter().map(|it| member(it, "ub-2")).collect();
    // Between those who are there already, so that the pages of the two runs end elsewhere.
    records.extend((0..300).map(|it| member(&format!("n{it:04}a"), "ub-2")));
    let until = crate::harness::date("2022-06-30");
    records.extend(
        gone.map(|it| v1::RegistryRecord { effective_until: until, ..member(&ids[it], "ub-1") }),
    );
    assert_eq!(served.upsert("others", records).await.items, []);
    let new = computed(&served, "feed.dual", "second").await;
    supersede(&served, &old, &new).await;
    let (events, _) = told(&served, None, asked(&whole[1_105].cursor, 97)).await;
    let count = |what: ResultChange| events.iter().filter(|it| it.change() == what).count();
    assert_eq!((count(ResultChange::Added), count(ResultChange::Removed)), (403, 10));
    assert_eq!(count(ResultChange::Changed), 0, "who has no score has no place that could change");
    assert!(events.is_sorted_by_key(|it| it.subject.as_ref().unwrap().id.clone()));
    for at in [0, 96, 97, 200, 411] {
        let (rest, _) = told(&served, None, asked(&events[at].cursor, 0)).await;
        assert_eq!(rest, events[at + 1..]);
    }
}

async fn faulty_cursors(on_postgres: bool) {
    let url = address(on_postgres, "cursors").await;
    let (served, _) = years(&url).await;
    let (whole, end) = told(&served, None, asked("", 0)).await;
    let within = &whole[8].cursor;
    let mark = within.get(2..10).unwrap();
    let other = if mark == "00000000" { "11111111" } else { "00000000" };
    let texts = [
        "x".to_owned(),
        "0".to_owned(),
        "3".to_owned(),
        "3.".to_owned(),
        "3:m1".to_owned(),
        format!("4-{mark}."),
        format!("4-{mark}:m1"),
        format!("3-{other}."),
        format!("3-{mark}"),
        format!("03-{mark}."),
        format!("-3-{mark}."),
        format!("3-{mark}:m 1"),
        format!("3-{mark}:{}", "m".repeat(65)),
        format!("999999999999999999-{mark}."),
        format!("99999999999999999999-{mark}."),
        format!(" {end}"),
        "'; DROP TABLE publications; --".to_owned(),
        "9".repeat(10_000),
    ];
    for text in texts {
        let refused = served.evaluations().list_result_events(asked(&text, 0)).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused)),
            (Code::InvalidArgument, "CURSOR_INVALID".into())
        );
        assert_eq!(violations(&refused), [("cursor".to_owned(), "CURSOR_INVALID".to_owned())]);
        let watch = v1::WatchResultsRequest {
            county: COUNTY.into(),
            cursor: text.clone(),
            ..Default::default()
        };
        let refused = served.evaluations().watch_results(watch).await.unwrap_err();
        assert_eq!(reason(&refused), "CURSOR_INVALID", "{text}");
    }
    // Of another county.
    let elsewhere = v1::ListResultEventsRequest { county: "elsewhere".into(), ..asked(&end, 0) };
    let refused = served.evaluations().list_result_events(elsewhere).await.unwrap_err();
    assert_eq!(reason(&refused), "CURSOR_INVALID");
    let request = v1::ListResultEventsRequest {
        county: String::new(),
        scheme_id: "a b".into(),
        filter: Some(v1::ResultEventFilter {
            subject_ids: vec!["m1".into(), "?".into()],
            group_dimension: "unit_branch".into(),
            group: String::new(),
        }),
        cursor: "?".into(),
        page_size: -1,
    };
    let refused = served.evaluations().list_result_events(request).await.unwrap_err();
    let fields: Vec<_> = violations(&refused).into_iter().map(|it| it.0).collect();
    let expected =
        ["county", "scheme_id", "filter.subject_ids[1]", "filter.group", "cursor", "page_size"];
    assert_eq!(fields, expected, "all faults at once");
    let filter = v1::ResultEventFilter {
        subject_ids: (0..1_001).map(|it| format!("m{it}")).collect(),
        ..Default::default()
    };
    let request = v1::ListResultEventsRequest { filter: Some(filter), ..asked("", 0) };
    let refused = served.evaluations().list_result_events(request).await.unwrap_err();
    assert_eq!(reason(&refused), "TOO_MANY");
}

#[tokio::test]
async fn what_is_no_cursor_of_the_county_is_refused() {
    faulty_cursors(false).await;
    faulty_cursors(true).await;
}

async fn filters(on_postgres: bool) {
    let url = address(on_postgres, "filters").await;
    let (served, _) = years(&url).await;
    let of = async |filter| {
        let request = v1::ListResultEventsRequest { filter, ..asked("", 1) };
        short(&told(&served, None, request).await.0)
    };
    let subjects = v1::ResultEventFilter {
        subject_ids: vec!["m5".into(), "m2".into(), "p1".into(), "m2".into(), "nobody".into()],
        ..Default::default()
    };
    let expected =
        ["1 ADDED m2 +", "1 ADDED m5 +", "2 ADDED p1 +", "3 CHANGED m2 -+", "3 REMOVED m5 -"];
    assert_eq!(of(Some(subjects.clone())).await, expected);
    let expected = [
        "1 ADDED m1 +",
        "1 ADDED m2 +",
        // It came from the other branch.
        "3 CHANGED -m6 -+",
        "3 CHANGED m1 -+",
        "3 CHANGED m2 -+",
    ];
    assert_eq!(of(super::world::of_branch("ub-1")).await, expected);
    let both = v1::ResultEventFilter {
        subject_ids: subjects.subject_ids,
        ..super::world::of_branch("ub-1").unwrap()
    };
    assert_eq!(of(Some(both)).await, ["1 ADDED m2 +", "3 CHANGED m2 -+"]);
    assert_eq!(of(super::world::of_branch("nowhere")).await, Vec::<String>::new());
}

#[tokio::test]
async fn events_are_filtered_by_subject_and_by_branch() {
    filters(false).await;
    filters(true).await;
}

/// A run that changes nothing is a publication without events.
#[tokio::test]
async fn a_publication_that_changes_nothing_moves_the_cursor_on() {
    let served = county("sqlite::memory:").await;
    let old = first(&served).await;
    let (_, before) = told(&served, None, asked("", 0)).await;
    let new = computed(&served, "feed.dual", "same").await;
    supersede(&served, &old, &new).await;
    let (events, after) = told(&served, None, asked(&before, 0)).await;
    assert_eq!(events, []);
    assert_ne!(before, after);
    // What is recorded after a run and does not count is no event either.
    let fact = crate::receipts::year::times("m1", "2021-03-05", "5");
    served.facts().record_facts(record_facts("old", vec![fact])).await.unwrap();
    let third = computed(&served, "feed.dual", "third").await;
    supersede(&served, &new, &third).await;
    assert_eq!(told(&served, None, asked(&after, 0)).await.0, []);
    let listed =
        v1::ListResultsRequest { county: COUNTY.into(), run: by_id(&third), ..Default::default() };
    let listed = served.evaluations().list_results(listed).await.unwrap().into_inner();
    assert_eq!(listed.results.len(), 6);
    let other = computed(&served, "feed.project", "project").await;
    publish(&served, &other).await;
    assert_eq!(short(&told(&served, None, asked(&after, 0)).await.0), ["4 ADDED p1 +"]);
}
