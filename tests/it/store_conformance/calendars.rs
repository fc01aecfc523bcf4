//! Editions of years' calendars.

use steelyard::store::{CalendarRecord, StoreError};

use super::{
    backend::Backend,
    sample::{COUNTY, NOW, at, begin},
};

pub(crate) fn edition(year: i64, number: i64, id: &str) -> CalendarRecord {
    CalendarRecord {
        year,
        number,
        edition: id.to_owned(),
        title: "国务院办公厅关于部分节假日安排的通知".to_owned(),
        document: "国办发明电".to_owned(),
        days: format!("{year}-01-01,holiday,元旦\n"),
        recorded: at(0),
        recorded_by: "office".to_owned(),
        request_id: "r".to_owned(),
    }
}

pub(crate) async fn editions_are_read_as_they_were_known(on: &Backend) {
    for (now, it) in
        [(10, edition(2027, 1, "a")), (20, edition(2027, 2, "b")), (30, edition(2026, 1, "a"))]
    {
        let mut tx = begin(&*on.store, now).await.unwrap();
        tx.insert_calendar_edition(COUNTY, &it).await.unwrap();
        tx.commit().await.unwrap();
    }
    for it in [edition(2027, 2, "c"), edition(2027, 3, "b")] {
        let mut tx = begin(&*on.store, 40).await.unwrap();
        let again = tx.insert_calendar_edition(COUNTY, &it).await;
        assert!(matches!(again, Err(StoreError::AlreadyRecorded)), "{again:?}");
    }
    let mut tx = on.store.read().await.unwrap();
    let all = tx.calendar_editions(COUNTY, (1, 9999), NOW).await.unwrap();
    let names: Vec<_> = all.iter().map(|it| (it.year, it.number, &*it.edition)).collect();
    assert_eq!(names, [(2026, 1, "a"), (2027, 1, "a"), (2027, 2, "b")]);
    assert_eq!(all[1], CalendarRecord { recorded: at(10), ..edition(2027, 1, "a") });
    for (years, known, count) in [
        ((2027, 2027), 9, 0),
        ((2027, 2027), 10, 1),
        ((2027, 2027), 20, 2),
        ((2026, 2026), 29, 0),
        ((1, 9999), 30, 3),
        ((2025, 2025), 99, 0),
    ] {
        let found = tx.calendar_editions(COUNTY, years, at(known)).await.unwrap();
        assert_eq!(found.len(), count, "{years:?} as known at {known}");
    }
    assert_eq!(tx.calendar_editions("other", (1, 9999), NOW).await.unwrap(), []);
}
