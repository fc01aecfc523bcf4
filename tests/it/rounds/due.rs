//! Until when sheets are taken: to the last microsecond of the last day in UTC+8, or of an extension.

use steelyard::proto::v1;

use super::{
    BUREAU, STREET, begun, by_state, draft, excuse, extend, hand_in, on_both, open, opening,
    proved, save, told, withdraw,
};
use crate::harness::{COUNTY, Served, by, date};

on_both!(
    the_last_microsecond_is_in_time,
    nothing_is_taken_before_the_first_day,
    an_extension_on_record_reaches_further,
    what_is_no_extension_or_excuse_is_refused,
);

const LAST: &str = "2023-01-20T15:59:59.999999Z";
const AFTER: &str = "2023-01-20T16:00:00Z";

async fn the_last_microsecond_is_in_time(on: &Served) {
    begun(on).await;
    save(on, "1", BUREAU, vec![draft("pr-1", &[("tidy", "1")])]).await.unwrap();
    on.clock.set(LAST);
    assert_eq!(hand_in(on, "2", BUREAU, &["pr-1"]).await.unwrap(), (1, 0));
    // The next write of the county is a microsecond later, whatever the clock says.
    let status = withdraw(on, "3", BUREAU, &["pr-1"]).await.unwrap_err();
    assert_eq!(by_state(&status), "ROUND_DUE_PASSED");
    on.clock.set(AFTER);
    for status in [
        withdraw(on, "3", BUREAU, &["pr-1"]).await.unwrap_err(),
        hand_in(on, "3", BUREAU, &["pr-2"]).await.unwrap_err(),
        save(on, "3", BUREAU, vec![draft("pr-2", &[])]).await.unwrap_err(),
    ] {
        assert_eq!(by_state(&status), "ROUND_DUE_PASSED");
        assert_eq!(told(&status, "last_day"), "2023-01-20");
        assert!(status.message().contains("the end of 2023-01-20"), "{}", status.message());
    }
    // What was answered in time is answered so again.
    assert_eq!(hand_in(on, "2", BUREAU, &["pr-1"]).await.unwrap(), (1, 0));
}

async fn nothing_is_taken_before_the_first_day(on: &Served) {
    let later = v1::OpenRoundRequest { opens_on: date("2023-01-12"), ..opening("r1") };
    open(on, later).await.unwrap();
    super::add(on, "everybody", super::everybody()).await.unwrap();
    on.clock.set("2023-01-11T15:59:59.999999Z");
    let sheets = || vec![draft("pr-1", &[("tidy", "1")])];
    let status = save(on, "1", BUREAU, sheets()).await.unwrap_err();
    assert_eq!(by_state(&status), "ROUND_NOT_BEGUN");
    assert_eq!(told(&status, "first_day"), "2023-01-12");
    on.clock.set("2023-01-11T16:00:00Z");
    save(on, "1", BUREAU, sheets()).await.unwrap();
}

async fn an_extension_on_record_reaches_further(on: &Served) {
    begun(on).await;
    on.clock.set(AFTER);
    let sheets = || vec![draft("pr-1", &[("tidy", "1"), ("open", "1")])];
    let bureau = || vec![draft("pr-1", &[("tidy", "1")])];
    assert_eq!(by_state(&save(on, "1", STREET, sheets()).await.unwrap_err()), "ROUND_DUE_PASSED");
    // One assessor's, recorded behind the due day.
    let round = extend(on, "2", ("street", "s-1"), "2023-01-22").await.unwrap();
    assert_eq!(extend(on, "2", ("street", "s-1"), "2023-01-22").await.unwrap(), round, "a repeat");
    let extension = &round.extensions[0];
    assert_eq!(
        (extension.until_day, extension.recorded_by.as_str()),
        (date("2023-01-22"), "organiser")
    );
    assert_eq!((extension.reason.as_str(), round.extensions.len()), ("系统停机一天", 1));
    on.clock.set("2023-01-22T15:59:59Z");
    save(on, "1", STREET, sheets()).await.unwrap();
    hand_in(on, "3", STREET, &["pr-1"]).await.unwrap();
    let status = save(on, "4", BUREAU, bureau()).await.unwrap_err();
    assert_eq!(by_state(&status), "ROUND_DUE_PASSED", "not the others'");
    // Everybody's.
    extend(on, "5", ("", ""), "2023-01-25").await.unwrap();
    on.clock.set("2023-01-25T15:59:59Z");
    save(on, "4", BUREAU, bureau()).await.unwrap();
    withdraw(on, "6", STREET, &["pr-1"]).await.unwrap();
    on.clock.set("2023-01-25T16:00:00Z");
    let status = hand_in(on, "7", STREET, &["pr-1"]).await.unwrap_err();
    assert_eq!(
        (by_state(&status), told(&status, "last_day")),
        ("ROUND_DUE_PASSED".into(), "2023-01-25".into())
    );
    proved(on).await;
}

async fn what_is_no_extension_or_excuse_is_refused(on: &Served) {
    begun(on).await;
    for (of, until, why) in [
        (("", ""), "2023-01-20", "EXTENSION_TOO_SHORT"),
        (("street", "s-1"), "2023-01-19", "EXTENSION_TOO_SHORT"),
        (("street", "s-9"), "2023-02-01", "ASSESSOR_UNKNOWN"),
        (("community", "s-1"), "2023-02-01", "ASSESSOR_UNKNOWN"),
    ] {
        assert_eq!(by_state(&extend(on, "1", of, until).await.unwrap_err()), why, "{of:?} {until}");
    }
    // A day that is over; today is long enough.
    on.clock.set("2023-01-22T16:00:00Z");
    let status = extend(on, "1", ("", ""), "2023-01-22").await.unwrap_err();
    assert_eq!(
        (by_state(&status), told(&status, "day")),
        ("EXTENSION_TOO_SHORT".into(), "2023-01-22".into())
    );
    assert!(status.message().contains("2023-01-22 is over"), "{}", status.message());
    extend(on, "1", ("", ""), "2023-01-23").await.unwrap();
    let status = extend(on, "2", ("street", "s-1"), "2023-01-23").await.unwrap_err();
    assert_eq!(
        (by_state(&status), told(&status, "day")),
        ("EXTENSION_TOO_SHORT".into(), "2023-01-23".into())
    );
    for (of, subject) in [(("street", "s-9"), ""), (("street", "s-1"), "pr-3")] {
        let status = excuse(on, "3", of, subject).await.unwrap_err();
        assert_eq!(by_state(&status), "ASSESSOR_UNKNOWN");
    }
    excuse(on, "3", ("street", "s-1"), "pr-1").await.unwrap();
    let status = excuse(on, "4", ("street", "s-1"), "pr-1").await.unwrap_err();
    assert_eq!(by_state(&status), "ALREADY_EXCUSED");
    let round = excuse(on, "4", ("street", "s-1"), "").await.unwrap();
    assert_eq!(round.excuses.len(), 2);
    let status = excuse(on, "5", ("street", "s-1"), "pr-2").await.unwrap_err();
    assert_eq!(by_state(&status), "ALREADY_EXCUSED");
    // Who is excused, and why, is told to those who see the whole round.
    for (who, shown) in [("organiser", 2), ("auditor", 2), ("street", 0), ("first", 0)] {
        let request = v1::GetRoundRequest { county: COUNTY.into(), round_id: "r1".into() };
        let round = on.rounds().get_round(by(who, request)).await.unwrap().into_inner().round;
        let round = round.unwrap();
        assert_eq!((round.excuses.len(), round.extensions.len()), (shown, shown / 2), "{who}");
    }
    proved(on).await;
}
