//! Adopted point schedules, as they were known at a moment.

use steelyard::store::{Retirement, ScheduleHeader, StoreError};

use super::{
    backend::Backend,
    sample::{COUNTY, NOW, at, begin, day, schedule},
};

async fn adopt(on: &Backend, now: i64, headers: &[ScheduleHeader]) {
    let mut tx = begin(&*on.store, now).await.unwrap();
    for it in headers {
        let document = format!("document {}/{}", it.compound, it.version);
        tx.insert_schedule(COUNTY, it, &document).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn end(last_day: &str) -> Retirement {
    Retirement {
        last_day: day(last_day),
        reason: "撤销".to_owned(),
        recorded: at(0),
        recorded_by: "office".to_owned(),
    }
}

fn names<'a>(found: impl IntoIterator<Item = &'a ScheduleHeader>) -> Vec<String> {
    found.into_iter().map(|it| format!("{}/{}", it.compound, it.version)).collect()
}

pub(crate) async fn an_adopted_schedule_never_changes(on: &Backend) {
    let mut new = schedule("k-1", 1, "2022-03-15", Some("2023-12-31"));
    "积分细则 “一”".clone_into(&mut new.title);
    r#"["minutes/1"]"#.clone_into(&mut new.evidence);
    new.eligible = i64::from(u32::MAX);
    adopt(on, 50, &[new.clone()]).await;
    let other_day = schedule("k-1", 1, "2022-04-01", None);
    let other_version = schedule("k-1", 2, "2022-03-15", None);
    for it in [&other_day, &other_version] {
        let mut tx = begin(&*on.store, 60).await.unwrap();
        let again = tx.insert_schedule(COUNTY, it, "other").await;
        assert!(matches!(again, Err(StoreError::AlreadyRecorded)), "{again:?}");
    }
    let mut tx = on.store.read().await.unwrap();
    let (kept, document) = tx.schedule(COUNTY, "k-1", 1, NOW).await.unwrap().unwrap();
    assert_eq!(document, "document k-1/1");
    assert_eq!(kept, ScheduleHeader { adopted: at(50), ..new });
    assert_eq!(tx.schedule(COUNTY, "k-1", 2, NOW).await.unwrap(), None);
    assert_eq!(tx.schedule("other", "k-1", 1, NOW).await.unwrap(), None);
    assert_eq!(tx.schedules("other", &["k-1".to_owned()], NOW).await.unwrap(), []);
    assert_eq!(tx.schedule_page("other", ("", 0), NOW, 9).await.unwrap(), []);
}

pub(crate) async fn schedules_are_read_as_they_were_known(on: &Backend) {
    let first = schedule("k-1", 1, "2022-01-01", None);
    let second = schedule("k-1", 2, "2022-07-01", Some("2022-12-31"));
    adopt(on, 10, &[first]).await;
    adopt(on, 20, &[second, schedule("k-2", 1, "2022-01-01", None)]).await;
    let mut tx = begin(&*on.store, 30).await.unwrap();
    tx.retire_schedule(COUNTY, "k-1", 2, &end("2022-09-30")).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = begin(&*on.store, 40).await.unwrap();
    let twice = tx.retire_schedule(COUNTY, "k-1", 2, &end("2022-10-31")).await;
    assert!(matches!(twice, Err(StoreError::AlreadyRecorded)), "{twice:?}");
    drop(tx);
    let mut tx = on.store.read().await.unwrap();
    let both = ["k-2", "k-1", "none", "k-1"].map(str::to_owned);
    for (known, there, retired) in [
        (9, vec![], None),
        (10, vec!["k-1/1"], None),
        (19, vec!["k-1/1"], None),
        (20, vec!["k-1/1", "k-1/2", "k-2/1"], None),
        (29, vec!["k-1/1", "k-1/2", "k-2/1"], None),
        (30, vec!["k-1/1", "k-1/2", "k-2/1"], Some(end("2022-09-30"))),
    ] {
        let found = tx.schedules(COUNTY, &both, at(known)).await.unwrap();
        assert_eq!(names(found.iter().map(|it| &it.0)), there, "as known at {known}");
        let page = tx.schedule_page(COUNTY, ("", 0), at(known), 9).await.unwrap();
        assert_eq!(page, found.iter().map(|it| it.0.clone()).collect::<Vec<_>>());
        let latest = tx.schedule(COUNTY, "k-1", 0, at(known)).await.unwrap();
        assert_eq!(latest.is_some(), !there.is_empty());
        let second = tx.schedule(COUNTY, "k-1", 2, at(known)).await.unwrap();
        let second = second.and_then(|it| it.0.retired);
        assert_eq!(second, retired.map(|it| Retirement { recorded: at(30), ..it }));
    }
    for (on, known, version) in [
        ("2021-12-31", 99, None),
        ("2022-01-01", 9, None),
        ("2022-01-01", 10, Some(1)),
        ("2022-06-30", 99, Some(1)),
        ("2022-07-01", 19, Some(1)),
        ("2022-07-01", 20, Some(2)),
        ("2024-01-01", 99, Some(2)),
    ] {
        let begun = tx.schedule_begun(COUNTY, "k-1", day(on), at(known)).await.unwrap();
        assert_eq!(begun.as_ref().map(|it| it.0.version), version, "{on} as known at {known}");
        let document = begun.map(|it| it.1);
        assert_eq!(document, version.map(|it| format!("document k-1/{it}")));
    }
    assert_eq!(tx.schedules(COUNTY, &[], NOW).await.unwrap(), []);
}

pub(crate) async fn schedules_are_paged_by_compound_and_version(on: &Backend) {
    // Bytes, not a dictionary: and a compound's versions as numbers.
    let sorted = ["K-1", "k-1", "k-10", "k-2"];
    let mut all = Vec::new();
    for compound in sorted.iter().rev() {
        for (version, from) in [(1, "2022-01-01"), (2, "2022-02-01"), (10, "2022-03-01")] {
            all.push(schedule(compound, version, from, None));
        }
    }
    adopt(on, 1, &all).await;
    let expected: Vec<String> =
        sorted.iter().flat_map(|it| [1, 2, 10].map(|version| format!("{it}/{version}"))).collect();
    let mut tx = on.store.read().await.unwrap();
    for limit in [1, 2, 5, 100] {
        let (mut seen, mut after) = (Vec::new(), (String::new(), 0));
        loop {
            let page = tx.schedule_page(COUNTY, (&after.0, after.1), NOW, limit).await.unwrap();
            let Some(last) = page.last() else { break };
            after = (last.compound.clone(), last.version);
            seen.extend(names(&page));
        }
        assert_eq!(seen, expected, "by {limit}");
    }
    let found = tx.schedules(COUNTY, &sorted.map(str::to_owned), NOW).await.unwrap();
    assert_eq!(names(found.iter().map(|it| &it.0)), expected);
}
