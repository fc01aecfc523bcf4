//! Money that is to come back: demanded, paid back in parts, waived (A5).

use steelyard::proto::v1::{self, RecoveryCause, RecoveryState};
use tonic::Code;

use super::{
    cast::{
        all_paid, answer, appropriated, budget, collect, demand, entitled, exported, figures,
        in_the_way, paid, person, proposal, propose, proposed, recoveries, returned, said, text,
        waive,
    },
    changing::{reversed, superseded},
    computed, grant, on_both, proved, small,
};
use crate::harness::{COUNTY, Served, by, reason};

on_both!(small:
    a_recovery_from_its_demand_to_its_end,
    what_somebody_demanded_is_ended_by_no_result,
    what_followed_by_itself_is_waived_by_another,
);

async fn a_recovery_from_its_demand_to_its_end(on: &Served) {
    appropriated(on, "year", "20000.00").await;
    all_paid(on, "b1", "once").await;
    proposed(on, "b2", "each").await;
    for (id, asked, code, expected) in [
        ("0", ("none", 1, "1.00"), Code::NotFound, "BATCH_NOT_FOUND"),
        ("1", ("b1", 3, "1.00"), Code::FailedPrecondition, "LINE_NOT_FOUND"),
        ("2", ("b2", 1, "1.00"), Code::FailedPrecondition, "LINE_NOT_PAID"),
        ("3", ("b1", 1, "2000.01"), Code::FailedPrecondition, "RECOVERY_TOO_LARGE"),
    ] {
        let refused = demand(on, id, asked).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (code, expected.to_owned()), "{asked:?}");
    }
    let it = demand(on, "4", ("b1", 1, "1500.00")).await.unwrap();
    assert_eq!(
        (it.number, it.cause(), it.state()),
        (1, RecoveryCause::Demanded, RecoveryState::Open)
    );
    assert_eq!((it.reason.as_str(), it.papers.as_slice()), ("多付", &["会议纪要1".to_owned()][..]));
    assert_eq!((it.recorded_by.as_str(), it.purpose_id.as_str()), ("department", "excellence"));
    let more = demand(on, "5", ("b1", 1, "500.01")).await.unwrap_err();
    assert_eq!(reason(&more), "RECOVERY_TOO_LARGE");
    assert_eq!(["open", "asked"].map(|it| said(&more, it)), ["500.00", "500.01"]);
    demand(on, "6", ("b1", 1, "500.00")).await.unwrap();
    // What is being paid back does not come back through the treasury, too.
    let busy = answer(on, ("7", "b1"), &[returned(1, "2023-01-10")]).await.unwrap_err();
    assert_eq!(in_the_way(&busy), ["LINE_IN_RECOVERY line/1"]);
    let none = collect(on, "8", (9, "1.00", "2023-01-10")).await.unwrap_err();
    assert_eq!((none.code(), reason(&none)), (Code::NotFound, "RECOVERY_NOT_FOUND".into()));
    let future = collect(on, "9", (1, "1.00", "2023-01-11")).await.unwrap_err();
    assert_eq!(reason(&future), "ANSWER_IN_FUTURE");
    let before = collect(on, "9b", (1, "1.00", "2023-01-09")).await.unwrap_err();
    assert_eq!(reason(&before), "ANSWER_BEFORE_PAYMENT");
    let part = collect(on, "10", (1, "500.00", "2023-01-10")).await.unwrap();
    let it = part.recovery.unwrap();
    assert_eq!((it.state(), text(&it.open)), (RecoveryState::Partial, "1000.00".into()));
    // What came back is available again; what is owed is not.
    let it = part.budget.unwrap();
    assert_eq!(figures(&it), ["20000.00", "6000.00", "4000.00", "500.00", "10500.00"]);
    assert_eq!(text(&it.due), "1500.00");
    let more = collect(on, "11", (1, "1000.01", "2023-01-10")).await.unwrap_err();
    assert_eq!(reason(&more), "RECOVERY_TOO_LARGE");
    let own = waive(on, "department", ("12", 1)).await.unwrap_err();
    assert_eq!(reason(&own), "SEPARATION_OF_DUTIES");
    let it = waive(on, "second", ("13", 1)).await.unwrap();
    assert_eq!((it.state(), text(&it.waived)), (RecoveryState::Settled, "1000.00".into()));
    for refused in [
        collect(on, "14", (1, "0.01", "2023-01-10")).await.unwrap_err(),
        waive(on, "second", ("15", 1)).await.unwrap_err(),
    ] {
        assert_eq!(reason(&refused), "RECOVERY_SETTLED");
    }
    let numbers = |all: Vec<v1::Recovery>| all.iter().map(|it| it.number).collect::<Vec<_>>();
    assert_eq!(numbers(recoveries(on, "auditor", false).await), [1, 2]);
    assert_eq!(numbers(recoveries(on, "auditor", true).await), [2]);
    told(on).await;
    // Nothing of it is paid a second time unless it is chosen by itself, and then what is back alone.
    let kept = entitled(on, "auditor", "once").await.unwrap();
    assert_eq!(text(&kept.entitlements[0].payable), "0.00");
    let chosen = proposal("16", ("b3", "once"), &[person("m-001", "")]);
    let again = propose(on, chosen).await.unwrap().batch.unwrap();
    assert_eq!((again.lines, text(&again.proposed)), (1, "500.00".into()));
    assert_eq!(figures(&budget(on).await)[3], "500.00");
    proved(on).await;
}

async fn what_somebody_demanded_is_ended_by_no_result(on: &Served) {
    appropriated(on, "year", "20000.00").await;
    exported(on, "b1", "once").await;
    answer(on, ("one", "b1"), &[paid(1, "2023-01-10")]).await.unwrap();
    demand(on, "demand", ("b1", 1, "1500.00")).await.unwrap();
    // The answer of another line settles what the results give, and leaves the demand alone.
    answer(on, ("two", "b1"), &[paid(2, "2023-01-10")]).await.unwrap();
    let open = recoveries(on, "auditor", true).await;
    assert_eq!((open.len(), text(&open[0].open)), (1, "1500.00".into()));
    proved(on).await;
}

/// Nobody who had a hand in a payment lets it go alone; and what the bank sends back although it was
/// waived is demanded by hand, and booked.
async fn what_followed_by_itself_is_waived_by_another(on: &Served) {
    appropriated(on, "year", "20000.00").await;
    all_paid(on, "b1", "once").await;
    let first = entitled(on, "auditor", "once").await.unwrap().origin_id;
    reversed(on, &["p-001", "p-2nd"]).await;
    let second = computed(on, "once", "second").await;
    superseded(on, &first, &second).await;
    for (who, id) in [("department", "1"), ("second", "2")] {
        let own = waive(on, who, (id, 1)).await.unwrap_err();
        assert_eq!(
            (reason(&own), said(&own, "asked")),
            ("SEPARATION_OF_DUTIES".into(), "approve".into())
        );
    }
    grant(on, "third", "organization_department").await;
    let it = waive(on, "third", ("3", 1)).await.unwrap();
    assert_eq!((it.state(), text(&it.waived)), (RecoveryState::Settled, "2000.00".into()));
    let sent_back = answer(on, ("4", "b1"), &[returned(1, "2023-01-10")]).await.unwrap_err();
    assert_eq!(in_the_way(&sent_back), ["LINE_IN_RECOVERY line/1"]);
    let more = demand(on, "5", ("b1", 1, "2000.01")).await.unwrap_err();
    assert_eq!(reason(&more), "RECOVERY_TOO_LARGE");
    demand(on, "6", ("b1", 1, "2000.00")).await.unwrap();
    let it = collect(on, "7", (2, "2000.00", "2023-01-10")).await.unwrap().budget.unwrap();
    assert_eq!(figures(&it), ["20000.00", "0.00", "4000.00", "2000.00", "18000.00"]);
    assert_eq!(text(&it.due), "0.00");
    let once_more = demand(on, "8", ("b1", 1, "0.01")).await.unwrap_err();
    assert_eq!(reason(&once_more), "RECOVERY_TOO_LARGE");
    proved(on).await;
}

/// What became of it, with the name for who sees names.
async fn told(on: &Served) {
    for (who, name) in [("finance", "名称 m-001"), ("auditor", "")] {
        let request = v1::GetRecoveryRequest { county: COUNTY.into(), recovery: 1 };
        let it = on.recoveries().get_recovery(by(who, request)).await.unwrap().into_inner();
        assert_eq!(it.recovery.unwrap().recipient.unwrap().name, name);
        let events = it.events.iter().map(|it| (it.what.as_str(), text(&it.amount)));
        let expected = [("collected", "500.00".to_owned()), ("waived", "1000.00".to_owned())];
        assert_eq!(events.collect::<Vec<_>>(), expected);
        assert_eq!((it.events[0].on, it.events[1].on), (crate::harness::date("2023-01-10"), None));
    }
    let request = v1::GetRecoveryRequest { county: COUNTY.into(), recovery: 3 };
    let none = on.recoveries().get_recovery(by("auditor", request)).await.unwrap_err();
    assert_eq!((none.code(), reason(&none)), (Code::NotFound, "RECOVERY_NOT_FOUND".into()));
}
