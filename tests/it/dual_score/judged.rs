//! Entries are let in by the schedule of the compound in which the member lived on the day (M2).

use steelyard::proto::v1;

use super::world::{county, deed, stores, tell, told};
use crate::harness::date;

#[tokio::test]
async fn an_entry_is_judged_by_the_schedule_of_its_day() {
    for url in stores("judged").await {
        let served = county(&url).await;
        let mut gone = super::world::lives("m-2", "2024-06-01", ("", "u-03"));
        gone.name = "无小区".into();
        assert_eq!(served.upsert("gone", vec![gone]).await.items, []);
        tell(&served, "ok", deed("m-1", "volunteering", "2024-02-28", "1", "")).await;
        for (name, fact, why) in [
            ("moved", deed("m-1", "volunteering", "2024-02-29", "1", ""), "ITEM_NOT_SCHEDULED"),
            ("unknown", deed("m-1", "dancing", "2024-01-05", "1", ""), "ITEM_NOT_SCHEDULED"),
            ("before", deed("m-1", "volunteering", "2022-12-31", "1", ""), "NO_SCHEDULE_IN_FORCE"),
            ("nowhere", deed("m-2", "volunteering", "2024-06-01", "1", ""), "NO_COMPOUND"),
            ("no-points", deed("m-1", "duty", "2024-06-01", "1", ""), "POINTS_MISSING"),
            ("many", deed("m-1", "duty", "2024-06-01", "1", "5.1"), "POINTS_OUT_OF_RANGE"),
        ] {
            let fact = v1::Fact { late_reason: "补录".into(), ..fact };
            let item = told(&served, name, fact).await;
            assert_eq!(item.state(), v1::ItemState::Refused, "{name}");
            assert_eq!(item.reason, why, "{name}");
            let text = item.text.unwrap();
            assert!(text.zh.chars().any(|it| it > '\u{2e80}'), "{}", text.zh);
            assert_eq!(item.id, "");
        }
        tell(&served, "most", deed("m-1", "duty", "2024-06-01", "1", "5")).await;
    }
}

#[tokio::test]
async fn a_retired_schedule_takes_no_more_entries() {
    let served = county("sqlite::memory:").await;
    let request = v1::RetireScheduleRequest {
        county: crate::harness::COUNTY.into(),
        request_id: "retire".into(),
        compound_id: "k-017".into(),
        version: 1,
        last_day_in_force: date("2024-01-31"),
        reason: "党员大会决议停用".into(),
    };
    served.schedules().retire_schedule(request).await.unwrap();
    tell(&served, "last", deed("m-1", "volunteering", "2024-01-31", "1", "")).await;
    let item = told(&served, "after", deed("m-1", "volunteering", "2024-02-01", "1", "")).await;
    assert_eq!(item.reason, "NO_SCHEDULE_IN_FORCE");
}
