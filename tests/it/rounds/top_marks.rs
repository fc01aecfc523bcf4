//! How many top marks a rater may give, counted with what was handed in before (S8).

use tonic::Code;

use super::{
    BUREAU, STREET, add, by_state, draft, entries, everybody, hand_in, on_both, open, opening,
    publish, save, scheme, told, withdraw,
};
use crate::harness::Served;

on_both!(a_rater_gives_top_marks_to_a_share_of_its_subjects);

/// A round of a scheme with top marks from 36 of 40, for at most 40% of a rater's sheets.
async fn begun(on: &Served) {
    let ruled = scheme("test.top", "")
        .replace("street: 50%}}}", "street: 50%}, top_marks: {from: 36, share: 40%}}}");
    publish(on, ruled).await;
    let mut request = opening("r1");
    request.scheme_id = "test.top".into();
    open(on, request).await.unwrap();
    assert_eq!(add(on, "everybody", everybody()).await.unwrap(), (7, 0));
}

async fn a_rater_gives_top_marks_to_a_share_of_its_subjects(on: &Served) {
    begun(on).await;
    let tidy = |subject: &str, points: &str| draft(subject, &[("tidy", points)]);
    let drafts = vec![tidy("pr-1", "36"), tidy("pr-2", "40"), tidy("pr-3", "35.9999")];
    assert_eq!(save(on, "1", BUREAU, drafts).await.unwrap(), (3, 0), "drafts are free");
    let before = entries(on).await;
    // Of three sheets 40% is 1.2: one top mark. Two at once are one too many, and none is taken.
    let status = hand_in(on, "2", BUREAU, &["pr-1", "pr-2", "pr-3"]).await.unwrap_err();
    assert_eq!(by_state(&status), "TOP_MARKS_EXCEEDED");
    assert_eq!(
        ["item", "given", "at_most", "expected"].map(|it| told(&status, it)),
        ["tidy", "2", "1", "3"]
    );
    assert_eq!(
        status.message(),
        "of the 3 sheets of `hb` as `housing_bureau`, 2 have 36 or more for `tidy`, and at most 1 may"
    );
    assert_eq!(entries(on).await, before, "nothing was recorded");
    // One after the other it is the same: what was handed in before counts.
    assert_eq!(hand_in(on, "3", BUREAU, &["pr-1", "pr-3"]).await.unwrap(), (2, 0));
    let status = hand_in(on, "4", BUREAU, &["pr-2"]).await.unwrap_err();
    assert_eq!(by_state(&status), "TOP_MARKS_EXCEEDED");
    // Handed in again says nothing new; taken back makes room.
    assert_eq!(hand_in(on, "5", BUREAU, &["pr-1"]).await.unwrap(), (0, 1));
    assert_eq!(withdraw(on, "6", BUREAU, &["pr-1"]).await.unwrap(), 1);
    assert_eq!(hand_in(on, "7", BUREAU, &["pr-2"]).await.unwrap(), (1, 0));
    assert_eq!(save(on, "8", BUREAU, vec![tidy("pr-1", "20")]).await.unwrap(), (1, 0));
    assert_eq!(hand_in(on, "9", BUREAU, &["pr-1"]).await.unwrap(), (1, 0));
    // Another rater has a share of its own: of two sheets 0.8, and so none.
    let both = |points: &str| draft("pr-1", &[("tidy", points), ("open", "10.5")]);
    save(on, "10", STREET, vec![both("36")]).await.unwrap();
    let status = hand_in(on, "11", STREET, &["pr-1"]).await.unwrap_err();
    assert_eq!((status.code(), told(&status, "at_most").as_str()), (Code::FailedPrecondition, "0"));
    save(on, "12", STREET, vec![both("35")]).await.unwrap();
    assert_eq!(hand_in(on, "13", STREET, &["pr-1"]).await.unwrap(), (1, 0));
}
