//! Acts about budgets, and what they refuse (A3).

use steelyard::proto::v1::{self, BudgetActKind};
use tonic::Code;

use super::{
    cast::{act, record, said, text},
    on_both, proved, small,
};
use crate::harness::{COUNTY, Served, by, reason};

on_both!(small: acts_move_what_is_there_and_no_more);

fn titled(request: v1::RecordBudgetActRequest, title: &str) -> v1::RecordBudgetActRequest {
    v1::RecordBudgetActRequest { title: title.into(), ..request }
}

fn transfer(request_id: &str, to: &str, amount: &str) -> v1::RecordBudgetActRequest {
    let request = act(request_id, BudgetActKind::Transfer, ("a", amount));
    v1::RecordBudgetActRequest { to_purpose_id: to.into(), ..request }
}

async fn all(on: &Served, known: Option<prost_types::Timestamp>) -> Vec<[String; 4]> {
    let request = v1::GetBudgetRequest {
        county: COUNTY.into(),
        year: "2022".into(),
        purpose_id: String::new(),
        known_at: known,
    };
    let found = on.budgets().get_budget(by("auditor", request)).await.unwrap().into_inner();
    let shown = found.budgets.iter().map(|it| {
        let (id, title) = (it.purpose_id.clone(), it.title.clone());
        [id, title, text(&it.appropriated), text(&it.available)]
    });
    shown.collect()
}

async fn acts_move_what_is_there_and_no_more(on: &Served) {
    use BudgetActKind::{Decrease, Increase};
    let unknown = record(on, act("0", Decrease, ("a", "1.00"))).await.unwrap_err();
    assert_eq!(
        (unknown.code(), reason(&unknown)),
        (Code::FailedPrecondition, "PURPOSE_UNKNOWN".into())
    );
    let untitled = record(on, act("1", Increase, ("a", "300000.00"))).await.unwrap_err();
    assert_eq!(reason(&untitled), "PURPOSE_UNTITLED");
    let first = titled(act("2", Increase, ("a", "300000.00")), "创建工作经费");
    let answer = record(on, first).await.unwrap();
    let it = &answer.budgets[0];
    assert_eq!((it.title.as_str(), it.movements), ("创建工作经费", 1));
    assert_eq!(
        (text(&it.available), it.available_words.as_str()),
        ("300000.00".into(), "叁拾万元整")
    );
    let first_known = it.moved_time;
    // To the fen.
    let more = record(on, act("3", Decrease, ("a", "300000.01"))).await.unwrap_err();
    assert_eq!(reason(&more), "BUDGET_EXCEEDED");
    assert_eq!(
        ["rule", "available", "asked"].map(|it| said(&more, it)),
        ["A3", "300000.00", "300000.01"]
    );
    record(on, act("4", Increase, ("a", "0.01"))).await.unwrap();
    // What was refused under an id stays refused; a new one is judged anew.
    let again = record(on, act("3", Decrease, ("a", "300000.01"))).await.unwrap_err();
    assert_eq!((again.message(), reason(&again)), (more.message(), reason(&more)));
    record(on, act("5", Decrease, ("a", "300000.01"))).await.unwrap();
    assert_eq!(all(on, None).await, [["a", "创建工作经费", "0.00", "0.00"].map(String::from)]);
    record(on, act("6", Increase, ("a", "10.00"))).await.unwrap();
    // A transfer makes the purpose that it goes to, which says what it is called.
    let unnamed = record(on, transfer("7", "b", "4.00")).await.unwrap_err();
    assert_eq!(reason(&unnamed), "PURPOSE_UNTITLED");
    let moved = record(on, titled(transfer("8", "b", "4.00"), "慰问经费")).await.unwrap().budgets;
    let shown = moved.iter().map(|it| (it.purpose_id.as_str(), text(&it.available)));
    assert_eq!(shown.collect::<Vec<_>>(), [("a", "6.00".into()), ("b", "4.00".into())]);
    let too_much = record(on, transfer("9", "b", "6.01")).await.unwrap_err();
    assert_eq!(reason(&too_much), "BUDGET_EXCEEDED");
    let now = [["a", "创建工作经费", "6.00", "6.00"], ["b", "慰问经费", "4.00", "4.00"]];
    assert_eq!(all(on, None).await, now.map(|it| it.map(String::from)));
    let then = [["a", "创建工作经费", "300000.00", "300000.00"].map(String::from)];
    assert_eq!(all(on, first_known).await, then);
    proved(on).await;
}
