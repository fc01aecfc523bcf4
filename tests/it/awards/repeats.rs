//! The same request again: the same bytes; another under the same id: refused.

use prost::Message;
use steelyard::proto::v1::BudgetActKind;
use tonic::Status;

use super::{
    PURPOSE,
    cast::{
        act, answer, appropriated, approve, cancel, close, collect, demand, export, paid, person,
        proposal, propose, proposed, record, reject, waive,
    },
    on_both, proved, small,
};
use crate::harness::{Served, reason};

on_both!(small: every_write_is_repeated_to_the_byte, a_name_in_a_choice_changes_nothing);

/// Asked twice it is answered alike, and with another body under the same id not at all.
macro_rules! repeated {
    ($what:expr, $other:expr) => {{
        let first = $what.await.unwrap();
        assert_eq!(first.encode_to_vec(), $what.await.unwrap().encode_to_vec());
        reused($other.await);
    }};
}

fn reused<T: std::fmt::Debug>(answer: Result<T, Status>) {
    let status = answer.unwrap_err();
    assert_eq!(reason(&status), "REQUEST_ID_REUSED", "{status:?}");
}

async fn every_write_is_repeated_to_the_byte(on: &Served) {
    appropriated(on, "year", "20000.00").await;
    let less = |amount| record(on, act("act", BudgetActKind::Decrease, (PURPOSE, amount)));
    repeated!(less("1.00"), less("2.00"));
    let all = proposal("propose", ("b1", "once"), &[]);
    let some = proposal("propose", ("b1", "once"), &[person("m-001", "")]);
    repeated!(propose(on, all.clone()), propose(on, some.clone()));
    repeated!(approve(on, "second", ("approve", "b1")), approve(on, "second", ("approve", "b2")));
    repeated!(export(on, ("export", "b1")), export(on, ("export", "b2")));
    let answers = [paid(1, "2023-01-10"), paid(2, "2023-01-10")];
    repeated!(answer(on, ("answer", "b1"), &answers), answer(on, ("answer", "b1"), &answers[..1]));
    repeated!(close(on, ("close", "b1")), close(on, ("close", "b2")));
    proposed(on, "b2", "each").await;
    repeated!(reject(on, "second", ("reject", "b2")), reject(on, "second", ("reject", "b1")));
    proposed(on, "b3", "each").await;
    repeated!(cancel(on, ("cancel", "b3")), cancel(on, ("cancel", "b1")));
    repeated!(
        demand(on, "demand", ("b1", 1, "1500.00")),
        demand(on, "demand", ("b1", 1, "1500.01"))
    );
    let back = |amount| collect(on, "collect", (1, amount, "2023-01-10"));
    repeated!(back("500.00"), back("500.01"));
    repeated!(waive(on, "second", ("waive", 1)), waive(on, "second", ("waive", 2)));
    proved(on).await;
}

async fn a_name_in_a_choice_changes_nothing(on: &Served) {
    appropriated(on, "year", "20000.00").await;
    let request = proposal("propose", ("b1", "once"), &[person("m-001", "")]);
    let mut named = request.clone();
    named.choices[0].recipient.as_mut().unwrap().name = "名称 m-001".into();
    let first = propose(on, named).await.unwrap();
    assert_eq!(propose(on, request).await.unwrap(), first);
}
