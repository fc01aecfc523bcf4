//! A year's money to the fen: 20 branches and 100 persons, and nobody more (A1 to A3).

use super::{
    cast::{
        appropriated, budget, entitled, figures, person, proposal, propose, proposed, said, text,
    },
    county, on_both, proved,
};
use crate::harness::{Served, reason};

/// 20 compounds, and 101 persons not in service.
async fn large(url: &str) -> Served {
    county(url, 20, 101).await
}

on_both!(large: the_hundred_and_first_is_refused);

async fn the_hundred_and_first_is_refused(on: &Served) {
    appropriated(on, "year", "300000.00").await;
    let all = entitled(on, "department", "once").await.unwrap();
    assert_eq!((text(&all.payable), all.entitlements.len()), ("202000.00".into(), 100));
    assert!(!all.next_page_token.is_empty());
    let branches = proposed(on, "branches", "compounds").await.batch.unwrap();
    assert_eq!((branches.lines, text(&branches.proposed)), (20, "100000.00".into()));
    // All 101 at once are more than there is: nothing of them is reserved.
    let most = propose(on, proposal("all", ("persons", "once"), &[])).await.unwrap_err();
    assert_eq!(reason(&most), "BUDGET_EXCEEDED");
    assert_eq!(["available", "asked"].map(|it| said(&most, it)), ["200000.00", "202000.00"]);
    let hundred: Vec<_> = (1..=100).map(|it| person(&format!("m-{it:03}"), "")).collect();
    let persons = propose(on, proposal("hundred", ("persons", "once"), &hundred)).await.unwrap();
    assert_eq!(text(&persons.batch.unwrap().proposed), "200000.00");
    let expected = ["300000.00", "300000.00", "0.00", "0.00", "0.00"];
    assert_eq!(figures(&budget(on).await), expected);
    let last = [person("m-101", "")];
    let refused = propose(on, proposal("last", ("more", "once"), &last)).await.unwrap_err();
    assert_eq!(reason(&refused), "BUDGET_EXCEEDED");
    assert_eq!(["available", "asked"].map(|it| said(&refused, it)), ["0.00", "2000.00"]);
    appropriated(on, "more", "2000.00").await;
    // The refusal is kept for its id; a new one is judged anew.
    let again = propose(on, proposal("last", ("more", "once"), &last)).await.unwrap_err();
    assert_eq!((again.message(), reason(&again)), (refused.message(), reason(&refused)));
    assert_eq!(["available", "asked"].map(|it| said(&again, it)), ["0.00", "2000.00"]);
    propose(on, proposal("last-again", ("more", "once"), &last)).await.unwrap();
    let nothing = propose(on, proposal("nothing", ("none", "once"), &[])).await.unwrap_err();
    assert_eq!(reason(&nothing), "NOTHING_PAYABLE");
    let expected = ["302000.00", "302000.00", "0.00", "0.00", "0.00"];
    assert_eq!(figures(&budget(on).await), expected);
    proved(on).await;
}
