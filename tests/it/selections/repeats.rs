//! The same request again: the same bytes; another under the same id: refused.

use prost::Message;
use steelyard::proto::v1::{CandidateVerdict::Pass, OpinionVerdict, ReportOutcome, SelectionStep};
use tonic::{Code, Status};

use super::{
    cast::{
        ID, abandon, answer, applied, apply, cancel, confirm, consult, decide, examine, extend,
        file, get, open, opening, opine, order, pass, post, rank, ranked, recommend, review,
        withdraw,
    },
    computed, on_both, only, said, way,
};
use crate::harness::{Served, reason};

on_both!(
    every_write_is_repeated_to_the_byte,
    a_refused_confirmation_stays_refused_for_its_id,
    a_refused_step_frees_its_id,
);

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
    let (w, who) = ("w", "department");
    repeated!(open(on, opening(w, ID, "2022-11-01")), open(on, opening(w, ID, "2022-10-31")));
    on.clock.set("2022-11-20T01:00:00Z");
    repeated!(apply(on, "k-01", w, "b-01"), withdraw(on, "k-01", w, "b-01"));
    for number in [2, 5, 6] {
        applied(on, "a", number).await.unwrap();
    }
    repeated!(
        opine(on, "c-01", w, &[("b-02", OpinionVerdict::Return)]),
        opine(on, "c-01", w, &[("b-02", OpinionVerdict::Pass)])
    );
    repeated!(withdraw(on, "k-02", w, "b-02"), apply(on, "k-02", w, "b-02"));
    repeated!(pass(on, "c-01", "x", &["b-01", "b-05"]), pass(on, "c-01", "x", &["b-01"]));
    pass(on, "c-02", w, &["b-06"]).await.unwrap();
    let (three, some) = (["b-01", "b-05", "b-06"], (SelectionStep::Opinion, "2022-12-12"));
    repeated!(extend(on, "extend", some, None), extend(on, "extend", (some.0, "2022-12-13"), None));
    repeated!(review(on, "guishan", w, &three), review(on, "guishan", w, &three[..2]));
    let (run, other) = (computed(on, "one").await, computed(on, "two").await);
    repeated!(rank(on, "rank", &run), rank(on, "rank", &other));
    let equal = ["b-05", "b-06"];
    repeated!(
        order(on, "guishan", "order", ("guishan", &equal)),
        order(on, "guishan", "order", ("guishan", &["b-06", "b-05"]))
    );
    let said = [("b-01", ""), ("b-05", "")];
    repeated!(
        recommend(on, "guishan", "recommend", &said),
        recommend(on, "guishan", "recommend", &said[..1])
    );
    let verdicts = said.map(|it| (it.0, Pass));
    repeated!(examine(on, "group", w, &verdicts), examine(on, "group", w, &verdicts[..1]));
    let both = said.map(|it| it.0);
    repeated!(consult(on, who, "consult", &both), consult(on, who, "consult", &both[..1]));
    repeated!(decide(on, "committee", w, &verdicts), decide(on, "committee", w, &verdicts[..1]));
    on.clock.set("2022-12-31T01:00:00Z");
    repeated!(post(on, "post", "2022-12-31"), post(on, "post", "2023-01-01"));
    let report = |day| file(on, "guishan", "file", ("b-05", day));
    repeated!(report("2022-12-31"), report("2022-12-30"));
    repeated!(
        answer(on, who, "answer", (1, ReportOutcome::Proven)),
        answer(on, who, "answer", (1, ReportOutcome::NotProven))
    );
    on.clock.set("2023-01-10T01:00:00Z");
    repeated!(confirm(on, "confirm"), abandon(on, "confirm", ID));
    repeated!(cancel(on, "committee", "c", &["b-01"]), cancel(on, "committee", "c", &["b-05"]));
    // Told long after, with everything that happened since.
    let late = open(on, opening(w, ID, "2022-11-01")).await.unwrap();
    assert_eq!(late.quota.unwrap().taken, 0, "as it was answered then");
    let after = get(on, who).await.selection.unwrap();
    assert!(after.notice.is_some());
}

async fn a_refused_confirmation_stays_refused_for_its_id(on: &Served) {
    way::posted(on).await;
    file(on, "department", "file", ("b-01", "2022-12-31")).await.unwrap();
    let both = ["NOTICE_RUNNING ", "REPORT_OPEN "];
    let first = confirm(on, "confirm").await.unwrap_err();
    assert_eq!(
        super::in_the_way(&first),
        ("NOTICE_RUNNING".into(), both.map(str::to_owned).to_vec())
    );
    on.clock.set("2023-01-10T01:00:00Z");
    answer(on, "second", "answer", (1, ReportOutcome::NotProven)).await.unwrap();
    let again = confirm(on, "confirm").await.unwrap_err();
    assert_eq!(again.code(), Code::FailedPrecondition);
    // What is remembered is the first thing in the way, and how many there were.
    let told = |it: &Status| (it.message().to_owned(), reason(it), said(it, "ends_on"));
    assert_eq!(told(&again), told(&first));
    assert_eq!(confirm(on, "anew").await.unwrap().branch_ids, ["b-01", "b-02", "b-11"]);
    assert_eq!(only(confirm(on, "once-more").await), ["SELECTION_CLOSED "]);
    assert_eq!(reason(&confirm(on, "confirm").await.unwrap_err()), "NOTICE_RUNNING");
}

async fn a_refused_step_frees_its_id(on: &Served) {
    way::reviewed(on).await;
    let said = [("b-01", "")];
    let missing = recommend(on, "guishan", "r", &said).await;
    assert_eq!(only(missing), ["RANKING_MISSING b-01"]);
    ranked(on).await;
    recommend(on, "guishan", "r", &said).await.unwrap();
}
