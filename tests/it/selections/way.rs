//! The plain way, as far as a case needs it: `b-01`, `b-02` and `b-11` go all of it; `b-05` and `b-06`,
//! which are equal, and `b-12` wait for their streets.

use steelyard::proto::v1::CandidateVerdict::Pass;

use super::cast::{
    applied, begun, consult, decide, examine, pass, post, ranked, recommend, review,
};
use crate::harness::Served;

/// Opened, applied, passed and looked at.
pub(super) async fn reviewed(on: &Served) {
    begun(on).await;
    on.clock.set("2022-11-20T01:00:00Z");
    for number in [1, 2, 5, 6, 11, 12] {
        applied(on, "apply", number).await.unwrap();
    }
    pass(on, "c-01", "pass", &["b-01", "b-02", "b-05"]).await.unwrap();
    pass(on, "c-02", "pass", &["b-06"]).await.unwrap();
    pass(on, "c-03", "pass", &["b-11", "b-12"]).await.unwrap();
    review(on, "guishan", "review", &["b-01", "b-02", "b-05", "b-06"]).await.unwrap();
    review(on, "xincheng", "review", &["b-11", "b-12"]).await.unwrap();
}

/// And recommended.
pub(super) async fn recommended(on: &Served) {
    reviewed(on).await;
    ranked(on).await;
    recommend(on, "guishan", "recommend", &[("b-01", ""), ("b-02", "")]).await.unwrap();
    recommend(on, "xincheng", "recommend", &[("b-11", "")]).await.unwrap();
}

/// And approved.
pub(super) async fn approved(on: &Served) {
    recommended(on).await;
    let all = ["b-01", "b-02", "b-11"];
    let pass = all.map(|it| (it, Pass));
    examine(on, "group", "examine", &pass).await.unwrap();
    consult(on, "department", "consult", &all).await.unwrap();
    decide(on, "committee", "decide", &pass).await.unwrap();
}

/// And under notice, until the ninth of January.
pub(super) async fn posted(on: &Served) {
    approved(on).await;
    on.clock.set("2022-12-31T01:00:00Z");
    post(on, "post", "2022-12-31").await.unwrap();
}
