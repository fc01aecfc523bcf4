//! What a receiver is told since a cursor, and by what it sees that nothing is missing.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use steelyard::proto::v1::{self, RecordKind, ResultChange, registry_record::Detail};

use super::world::{add, address, again, changes, county, figure, half, of, project, published};
use crate::{
    harness::{COUNTY, Served, by, reference, served_over, unit},
    result_feed::grant,
};

/// What a receiver holds: the digest of each rating, by scheme, period and subject.
type Held = BTreeMap<(String, String), BTreeMap<String, String>>;

fn take(held: &mut Held, told: &[v1::RatingChange]) {
    for change in told {
        let publication = change.publication.as_ref().unwrap();
        let of = (publication.scheme_id.clone(), publication.period.clone());
        let id = change.subject.as_ref().unwrap().id.clone();
        let all = held.entry(of).or_default();
        match &change.rating {
            Some(rating) => drop(all.insert(id, rating.digest.clone())),
            None => drop(all.remove(&id)),
        }
    }
}

/// The recipe of docs/ratings.md.
fn recipe(all: &BTreeMap<String, String>) -> (i64, String) {
    let lines: String = all.iter().map(|(id, digest)| format!("{id} {digest}\n")).collect();
    let hash = Sha256::digest(lines.as_bytes());
    let hex = hash.iter().map(|it| format!("{it:02x}")).collect();
    (i64::try_from(all.len()).unwrap(), hex)
}

async fn digest(served: &Served, who: &str, scheme: &str) -> (i64, String) {
    let request =
        v1::GetRatingDigestRequest { county: COUNTY.into(), of: of(scheme, "2022-H1", "") };
    let told = served.ratings().get_rating_digest(by(who, request)).await.unwrap().into_inner();
    (told.count, told.digest)
}

/// Everything that was told comes to what is published.
async fn nothing_is_missing(served: &Served, held: &Held) {
    for ((scheme, _), all) in held {
        assert_eq!(digest(served, "credit", scheme).await, recipe(all), "{scheme}");
    }
}

fn short(told: &[v1::RatingChange]) -> Vec<String> {
    let one = |it: &v1::RatingChange| {
        let change = it.change().as_str_name().trim_start_matches("RESULT_CHANGE_");
        let seq = it.publication.as_ref().unwrap().seq;
        format!("{seq} {change} {}", it.subject.as_ref().unwrap().id)
    };
    told.iter().map(one).collect()
}

async fn followed(on_postgres: bool) {
    let url = address(on_postgres, "followed").await;
    let served = county(&url, half()).await;
    grant(&served, "credit", "credit_reader", (RecordKind::County, COUNTY)).await;
    let mut held = Held::new();
    let (none, start) = changes(&served, Some("credit"), "", 0).await;
    assert_eq!((none, start.as_str()), (Vec::new(), "0."));
    published(&served, "rate.member", "2022-H1").await;
    let old = published(&served, "rate.project", "2022-H1").await;
    let (told, cursor) = changes(&served, Some("credit"), &start, 2).await;
    let expected = ["2 ADDED p-1", "2 ADDED p-2", "2 ADDED p-3", "2 ADDED p-4"];
    assert_eq!(short(&told), expected, "members are passed over");
    take(&mut held, &told);
    nothing_is_missing(&served, &held).await;
    // A figure that nothing reads moves a digest and no score; it is told all the same.
    let more =
        vec![figure("p-1", "2022-H1", "visits", "3"), figure("p-4", "2022-H1", "service", "95")];
    add(&served, "more", more).await;
    again(&served, &old, "rate.project", "2022-H1").await;
    published(&served, "rate.households", "2022-H1").await;
    // Another server on the same store goes on from the cursor.
    drop(served);
    let served = served_over(&url).await;
    let (told, end) = changes(&served, Some("credit"), &cursor, 3).await;
    let expected =
        ["3 CHANGED p-1", "3 CHANGED p-4", "4 ADDED co-a", "4 ADDED co-b", "4 ADDED co-none"];
    assert_eq!(short(&told), expected);
    take(&mut held, &told);
    nothing_is_missing(&served, &held).await;
    for size in [1, 2, 4, 0] {
        let (all, last) = changes(&served, Some("credit"), "", size).await;
        assert_eq!((all.len(), &last), (9, &end));
        let mut afresh = Held::new();
        take(&mut afresh, &all);
        assert_eq!(afresh, held, "from the beginning it is the same");
    }
    let (rest, _) = changes(&served, Some("credit"), &told[1].cursor, 0).await;
    assert_eq!(rest, told[2..], "and on from every cursor");
    // The cursors are those of results.
    let request = v1::ListResultEventsRequest {
        county: COUNTY.into(),
        cursor: told[1].cursor.clone(),
        ..Default::default()
    };
    let events = served.evaluations().list_result_events(request).await.unwrap().into_inner();
    assert_eq!(events.events.len(), 3);
    // One that is missing is found out.
    held.get_mut(&("rate.project".to_owned(), "2022-H1".to_owned())).unwrap().remove("p-3");
    let all = &held[&("rate.project".to_owned(), "2022-H1".to_owned())];
    assert_ne!(digest(&served, "credit", "rate.project").await, recipe(all));
    let request = v1::WatchRatingsRequest { county: COUNTY.into(), ..Default::default() };
    let mut watch = served.ratings().watch_ratings(by("credit", request)).await.unwrap();
    let first = watch.get_mut().message().await.unwrap().unwrap();
    assert_eq!((first.changes.len(), first.cursor == end), (9, true));
    assert!(first.changes.iter().all(|it| it.change() != ResultChange::Removed));
}

/// A project that moves from one compound to another, as each compound's own reader is told of it:
/// what happened is told alike, with the side that is the reader's.
async fn moved(on_postgres: bool) {
    let served = county(&address(on_postgres, "moved").await, half()).await;
    let there = unit(RecordKind::Compound, "k-02", reference(RecordKind::Community, "c-01"));
    assert_eq!(served.upsert("k-02", vec![there]).await.items, []);
    for (who, compound) in [("old", "k-01"), ("new", "k-02")] {
        grant(&served, who, "credit_reader", (RecordKind::Compound, compound)).await;
    }
    let first = published(&served, "rate.project", "2022-H1").await;
    let (before, cursor) = changes(&served, Some("old"), "", 0).await;
    assert_eq!(before.len(), 4);
    let mut project = project("p-4", ("co-b", "2022-06-01"), 100, "");
    if let Some(Detail::Project(of)) = &mut project.detail {
        of.compound_id = "k-02".into();
    }
    assert_eq!(served.upsert("moved", vec![project]).await.items, []);
    again(&served, &first, "rate.project", "2022-H1").await;
    let mut held = Held::new();
    for (who, has, cursor) in [("old", false, cursor.as_str()), ("new", true, "")] {
        let (told, _) = changes(&served, Some(who), cursor, 0).await;
        let own = told.iter().filter(|it| it.subject.as_ref().unwrap().id == "p-4");
        let own: Vec<_> = own.map(|it| (it.change(), it.rating.is_some())).collect();
        assert_eq!(own, [(ResultChange::Changed, has)], "{who}");
        if who == "old" {
            take(&mut held, &before);
        }
        take(&mut held, &told);
        let all = &held[&("rate.project".to_owned(), "2022-H1".to_owned())];
        assert_eq!(all.contains_key("p-4"), has, "{who}");
        assert_eq!(digest(&served, who, "rate.project").await, recipe(all), "{who}");
        held.clear();
    }
}

#[tokio::test]
async fn a_project_that_moves_is_told_to_each_as_its_side() {
    moved(false).await;
    moved(true).await;
}

#[tokio::test]
async fn a_receiver_has_what_is_published_and_sees_that_it_has() {
    followed(false).await;
    followed(true).await;
}
