//! Statements add up to the balances at every moment (A3).

use steelyard::proto::v1::{self, RecipientKind};

use super::{
    PURPOSE,
    cast::{
        all_paid, answer, appropriated, collect, demand, figures, proposed, returned, text, whom,
    },
    on_both, small,
};
use crate::harness::{COUNTY, Served, by, reason, violations};

on_both!(small:
    statements_add_up_to_the_balances_at_every_moment,
    pages_keep_to_the_moment_of_the_first,
);

fn of_year() -> v1::GetStatementRequest {
    v1::GetStatementRequest { county: COUNTY.into(), year: "2022".into(), ..Default::default() }
}

async fn statement(
    on: &Served,
    who: &str,
    request: v1::GetStatementRequest,
) -> v1::GetStatementResponse {
    on.budgets().get_statement(by(who, request)).await.unwrap().into_inner()
}

/// Everything that can move, once.
async fn moved(on: &Served) {
    appropriated(on, "year", "20000.00").await;
    all_paid(on, "b1", "once").await;
    proposed(on, "b2", "each").await;
    answer(on, ("back", "b1"), &[returned(2, "2023-01-10")]).await.unwrap();
    demand(on, "demand", ("b1", 1, "1500.00")).await.unwrap();
    collect(on, "collect", (1, "500.00", "2023-01-10")).await.unwrap();
}

fn totals(of: &v1::GetStatementResponse) -> Vec<(String, i64, String)> {
    of.totals.iter().map(|it| (it.kind.clone(), it.count, text(&it.amount))).collect()
}

fn total(kind: &str, count: i64, amount: &str) -> (String, i64, String) {
    (kind.to_owned(), count, amount.to_owned())
}

async fn statements_add_up_to_the_balances_at_every_moment(on: &Served) {
    moved(on).await;
    let year = statement(on, "finance", of_year()).await;
    let expected = [
        total("increase", 1, "20000.00"),
        total("reserve", 5, "10000.00"),
        total("pay", 2, "4000.00"),
        total("return", 1, "2000.00"),
        total("demand", 1, "1500.00"),
        total("collect", 1, "500.00"),
    ];
    assert_eq!(totals(&year), expected);
    assert_eq!((text(&year.kept), year.kept_words.as_str()), ("1500.00".into(), "壹仟伍佰元整"));
    let numbers: Vec<_> = year.movements.iter().map(|it| it.number).collect();
    assert_eq!(numbers, (1..=11).collect::<Vec<_>>());
    for it in &year.movements {
        let sum: i64 = it
            .postings
            .iter()
            .map(|it| it.amount.as_ref().unwrap())
            .map(|it| it.units * 100 + i64::from(it.nanos / 10_000_000))
            .sum();
        assert_eq!(sum, 0, "{it:?}");
        // What the purpose had then is what this movement says, if it was the last of its write.
        let request = v1::GetBudgetRequest {
            county: COUNTY.into(),
            year: "2022".into(),
            purpose_id: PURPOSE.into(),
            known_at: it.recorded_time,
        };
        let then = on.budgets().get_budget(by("auditor", request)).await.unwrap().into_inner();
        let newest = year.movements.iter().rfind(|own| own.recorded_time == it.recorded_time);
        assert_eq!(then.budgets[0].available, newest.unwrap().available_after);
        // The statement of that moment ends there, and its totals come to the figures.
        let request = v1::GetStatementRequest { known_at: it.recorded_time, ..of_year() };
        let own = statement(on, "auditor", request).await;
        assert_eq!(own.movements.last().unwrap().number, newest.unwrap().number);
        assert_eq!(came_to(&own), figures(&then.budgets[0]));
    }
    let of = |recipient, batch: &str| v1::GetStatementRequest {
        county: COUNTY.into(),
        recipient,
        batch_id: batch.into(),
        ..Default::default()
    };
    let person = statement(on, "finance", of(whom(RecipientKind::Member, "m-001"), "")).await;
    let expected = [
        total("reserve", 3, "6000.00"),
        total("pay", 1, "2000.00"),
        total("demand", 1, "1500.00"),
        total("collect", 1, "500.00"),
    ];
    assert_eq!((totals(&person), text(&person.kept)), (expected.to_vec(), "1500.00".into()));
    let named = |of: &v1::GetStatementResponse| of.movements[0].recipient.clone().unwrap().name;
    assert_eq!(named(&person), "名称 m-001");
    let bare = statement(on, "auditor", of(whom(RecipientKind::Member, "m-001"), "")).await;
    assert_eq!((named(&bare).as_str(), totals(&bare)), ("", totals(&person)));
    let batch = statement(on, "auditor", of(None, "b1")).await;
    assert_eq!(text(&batch.kept), "1500.00");
    assert!(batch.movements.iter().all(|it| it.batch_id == "b1"));
    let both = statement(on, "auditor", of(whom(RecipientKind::Member, "m-002"), "b1")).await;
    assert_eq!(text(&both.kept), "0.00");
    let purpose = v1::GetStatementRequest { purpose_id: "other".into(), ..of_year() };
    assert_eq!(statement(on, "auditor", purpose).await.movements, []);
    let nothing = v1::GetStatementRequest { purpose_id: PURPOSE.into(), ..of(None, "") };
    let refused = on.budgets().get_statement(by("auditor", nothing)).await.unwrap_err();
    assert_eq!(reason(&refused), "STATEMENT_OF_NOTHING");
}

/// Appropriated, reserved, paid, recovered and available, out of a statement's totals alone.
fn came_to(of: &v1::GetStatementResponse) -> [String; 5] {
    let fen = |kind: &str| -> i64 {
        let own = of.totals.iter().find(|it| it.kind == kind).and_then(|it| it.amount.clone());
        own.map_or(0, |it| it.units * 100 + i64::from(it.nanos / 10_000_000))
    };
    let appropriated = fen("increase") + fen("transfer_in") - fen("decrease") - fen("transfer_out");
    let reserved = fen("reserve") - fen("release") - fen("pay") - fen("bounce");
    let (paid, recovered) = (fen("pay") - fen("return"), fen("collect"));
    let available = appropriated - reserved - paid + recovered;
    [appropriated, reserved, paid, recovered, available]
        .map(|it| format!("{}.{:02}", it / 100, it % 100))
}

async fn pages_keep_to_the_moment_of_the_first(on: &Served) {
    moved(on).await;
    let whole = statement(on, "finance", of_year()).await;
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::GetStatementRequest { page_size: 2, page_token, ..of_year() };
        let page = statement(on, "finance", request).await;
        assert_eq!((&page.totals, &page.kept), (&whole.totals, &whole.kept));
        found.extend(page.movements);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
        // What is recorded meanwhile is not of these pages.
        appropriated(on, &format!("more-{}", found.len()), "1.00").await;
    }
    assert_eq!(found, whole.movements);
    let first = v1::GetStatementRequest { page_size: 2, ..of_year() };
    let page_token = statement(on, "finance", first).await.next_page_token;
    let other = v1::GetStatementRequest { page_token, purpose_id: PURPOSE.into(), ..of_year() };
    let refused = on.budgets().get_statement(by("finance", other)).await.unwrap_err();
    assert_eq!(violations(&refused), [("page_token".into(), "PAGE_TOKEN_INVALID".into())]);
}
