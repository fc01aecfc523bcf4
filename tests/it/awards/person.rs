//! What is kept about a person who is paid, and about those who pay: all of it is exported, and stays
//! when names are erased.

use sqlx::{Connection as _, Executor as _, Row as _};
use steelyard::app::{
    Write,
    person::{Erased, Export},
};

use super::{
    cast::{
        all_paid, answer, appropriated, close, collect, demand, entitled, proposed, returned, waive,
    },
    changing::{reversed, superseded},
    computed, on_both, proved, small,
};
use crate::{
    audit::trail::address,
    harness::{COUNTY, Served},
    postgres as server,
};

on_both!(small:
    payments_and_recoveries_are_exported,
    who_did_something_about_money_finds_it_in_the_export,
    what_follows_from_results_is_exported,
);

async fn exported(on: &Served, id: &str) -> Export {
    let mut tx = on.app.read().await.unwrap();
    on.app.export_person(&mut *tx, COUNTY, id).await.unwrap()
}

/// All of one purpose: one batch paid, another proposed and one payment of it in recovery.
async fn lived(on: &Served) {
    appropriated(on, "year", "20000.00").await;
    all_paid(on, "b1", "once").await;
    close(on, ("close", "b1")).await.unwrap();
    answer(on, ("back", "b1"), &[returned(2, "2023-01-10")]).await.unwrap();
    proposed(on, "b2", "each").await;
    demand(on, "demand", ("b1", 1, "1500.00")).await.unwrap();
    collect(on, "collect", (1, "500.00", "2023-01-10")).await.unwrap();
    waive(on, "second", ("waive", 1)).await.unwrap();
}

/// Batch, line, what was earned by, amount, state.
fn payments(of: &Export) -> Vec<String> {
    let all = of.payments.iter();
    all.map(|it| format!("{}/{} {} {} {}", it.batch_id, it.line, it.each, it.amount, it.state))
        .collect()
}

/// Number, what, amount, payment, recovery.
fn movements(of: &Export) -> Vec<String> {
    let all = of.movements.iter();
    all.map(|it| {
        let of = (it.number, it.what, &it.amount, &it.batch_id, it.line, it.recovery);
        format!("{} {} {} {}/{} {}", of.0, of.1, of.2, of.3, of.4, of.5)
    })
    .collect()
}

async fn payments_and_recoveries_are_exported(on: &Served) {
    lived(on).await;
    let told = exported(on, "m-001").await;
    assert_eq!(
        payments(&told),
        ["b1/1  2000.00 paid", "b2/1 p-001 2000.00 reserved", "b2/2 p-2nd 2000.00 reserved"]
    );
    let first = &told.payments[0];
    assert_eq!(
        [&first.year, &first.purpose, &first.source, &first.period, &first.award],
        ["2022", "excellence", "scheme/test.once/1", "2022", "excellent"]
    );
    assert_eq!((first.award_title.as_str(), first.attempt), ("优秀书记奖励", 1));
    assert_eq!(first.subjects, ["p-001", "p-2nd"], "one award for two posts");
    assert_eq!(first.recorded_by, "department");
    let events: Vec<_> = first.events.iter().map(|it| (it.event, it.what)).collect();
    let expected = [(1, "approved"), (2, "exported"), (3, "paid"), (5, "closed")];
    assert_eq!(events, expected, "its own, and those of its batch");
    let paid = &first.events[2];
    assert_eq!((paid.on.as_deref(), paid.reference.as_str()), (Some("2023-01-10"), "国库1"));
    assert_eq!((paid.recorded_by.as_str(), first.recoveries.len()), ("finance", 1));
    let recovery = &first.recoveries[0];
    assert_eq!(
        (recovery.recovery, recovery.amount.as_str(), recovery.open.as_str(), recovery.cause),
        (1, "1500.00", "0.00", "demanded")
    );
    assert_eq!([&recovery.reason, &recovery.decided_by], ["多付", "director"]);
    assert_eq!(recovery.papers, ["会议纪要1"]);
    let events = recovery.events.iter();
    let events: Vec<_> = events.map(|it| (it.what, it.amount.as_deref().unwrap())).collect();
    assert_eq!(events, [("collected", "500.00"), ("waived", "1000.00")]);
    assert_eq!(recovery.events[1].reason, "确有困难");
    let expected = [
        "2 reserve 2000.00 b1/1 0",
        "4 pay 2000.00 b1/1 0",
        "7 reserve 2000.00 b2/1 0",
        "8 reserve 2000.00 b2/2 0",
        "10 demand 1500.00 b1/1 1",
        "11 collect 500.00 b1/1 1",
        "12 waive 1000.00 b1/1 1",
    ];
    assert_eq!(movements(&told), expected);
    let other = exported(on, "m-002").await;
    assert_eq!(
        payments(&other),
        ["b1/2  2000.00 returned", "b2/3 p-002 2000.00 reserved"],
        "a payment is told of nobody else"
    );
    assert!(other.payments.iter().all(|it| it.recoveries.is_empty()));
    let events: Vec<_> = other.payments[0].events.iter().map(|it| it.what).collect();
    assert_eq!(events, ["approved", "exported", "paid", "closed", "returned"]);
    let nothing = exported(on, "m-003").await;
    assert_eq!((nothing.payments, nothing.movements), (Vec::new(), Vec::new()));
    proved(on).await;
}

async fn who_did_something_about_money_finds_it_in_the_export(on: &Served) {
    lived(on).await;
    let expected: [(&str, &[&str]); 6] = [
        (
            "finance",
            &[
                "payment batch exported b1/2",
                "payment paid b1/3",
                "payment paid b1/4",
                "payment batch closed b1/5",
                "payment returned b1/6",
                "recovery collected 1/1",
                "budget increase 2022/excellence/1",
            ],
        ),
        ("finance-head", &["budget increase: decided 2022/excellence/1"]),
        (
            "department",
            &["payment batch proposed b1", "recovery demanded 1", "payment batch proposed b2"],
        ),
        ("second", &["payment batch approved b1/1", "recovery waived 1/2"]),
        (
            "director",
            &[
                "payment batch approved: decided b1/1",
                "recovery demanded: decided 1",
                "recovery waived: decided 1/2",
            ],
        ),
        ("m-001", &[]),
    ];
    for (who, expected) in expected {
        let told = exported(on, who).await;
        assert_eq!(of_money(&told), expected, "{who}");
        assert_eq!(told.payments.is_empty(), who != "m-001", "{who}");
    }
}

/// Acts about money.
fn of_money(of: &Export) -> Vec<String> {
    let about = |it: &str| ["budget ", "payment ", "recovery "].iter().any(|of| it.starts_with(of));
    let own = of.acts.iter().filter(|it| about(&it.what));
    own.map(|it| format!("{} {}", it.what, it.of)).collect()
}

async fn what_follows_from_results_is_exported(on: &Served) {
    appropriated(on, "year", "20000.00").await;
    all_paid(on, "b1", "once").await;
    proposed(on, "b2", "each").await;
    for scheme in ["once", "each"] {
        let first = entitled(on, "auditor", scheme).await.unwrap().origin_id;
        if scheme == "once" {
            reversed(on, &["p-001", "p-2nd"]).await;
        }
        let second = computed(on, scheme, "second").await;
        superseded(on, &first, &second).await;
        let told = exported(on, "m-001").await;
        if scheme == "once" {
            let recovery = &told.payments[0].recoveries[0];
            assert_eq!((recovery.cause, recovery.open.as_str()), ("superseded", "2000.00"));
            assert_eq!(recovery.cause_id, second);
        }
    }
    let told = exported(on, "m-001").await;
    assert_eq!(
        payments(&told),
        ["b1/1  2000.00 paid", "b2/1 p-001 2000.00 withdrawn", "b2/2 p-2nd 2000.00 withdrawn"]
    );
    // Whoever superseded the runs finds both again.
    let by = told.payments[0].recoveries[0].recorded_by.clone();
    let expected = ["recovery followed 1", "payment withdrawn b2/1", "payment withdrawn b2/2"];
    assert_eq!(of_money(&exported(on, &by).await), expected);
    proved(on).await;
}

/// Rows in which a text stands.
async fn rows_with(url: &str, text: &str) -> i64 {
    let mut db = sqlx::PgConnection::connect(&server::superuser_of(url)).await.unwrap();
    let tables = "SELECT table_name::text FROM information_schema.tables
                   WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'";
    let mut rows = 0;
    for table in db.fetch_all(tables).await.unwrap() {
        let table: String = table.get(0);
        // Kept answers are bytes.
        let found = format!(
            "SELECT COUNT(*) FROM {table} t WHERE t::text LIKE '%{text}%'
                OR t::text LIKE '%' || encode(convert_to('{text}', 'UTF8'), 'hex') || '%'"
        );
        let row = db.fetch_one(sqlx::AssertSqlSafe(found)).await.unwrap();
        rows += row.get::<i64, _>(0);
    }
    rows
}

async fn erasing_a_name_touches_no_money(on_postgres: bool) {
    let url = address(on_postgres, "person_money").await;
    let on = small(&url).await;
    lived(&on).await;
    let before = exported(&on, "m-001").await;
    let call = Write {
        county: COUNTY.into(),
        principal: "clerk".into(),
        request_id: "erase".into(),
        method: "Person.Erase",
        fingerprint: [1; 32],
    };
    on.app.erase_person(call, "m-001", "本人申请", |_: &Erased| Vec::new()).await.unwrap();
    let after = exported(&on, "m-001").await;
    assert!(after.erased.is_some() && after.registry[0].name_erased);
    assert_eq!((after.payments, after.movements), (before.payments, before.movements));
    proved(&on).await;
    on.app.store.close().await;
    let [gone, there] = ["名称 m-001", "名称 m-002"];
    if on_postgres {
        assert_eq!(rows_with(&url, gone).await, 0, "no answer that is kept has the name");
        assert_eq!(rows_with(&url, there).await, 1);
    } else {
        let bytes = std::fs::read(url.trim_start_matches("sqlite:")).unwrap();
        let has = |text: &str| bytes.windows(text.len()).any(|it| it == text.as_bytes());
        assert_eq!((has(gone), has(there)), (false, true));
    }
}

#[tokio::test]
async fn erasing_a_name_touches_no_money_on_sqlite() {
    erasing_a_name_touches_no_money(false).await;
}

#[tokio::test]
async fn erasing_a_name_touches_no_money_on_postgres() {
    erasing_a_name_touches_no_money(true).await;
}
