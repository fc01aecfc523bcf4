//! Two reviewers at once: one outcome.

use steelyard::proto::v1::{self, CaseState};
use tonic::Code;

use super::{adjust, begun, cases, confirm, in_the_way, on_both, propose};
use crate::harness::Served;

on_both!(two_who_confirm_the_same_case_at_once_are_one_outcome);

async fn two_who_confirm_the_same_case_at_once_are_one_outcome(on: &Served) {
    begun(on).await;
    let said = [("p-1", "leaders", "50", ""), ("p-1", "daily", "30", "")];
    propose(on, "c-01", "1", &said).await.unwrap();
    adjust(on, "guishan", "2", &said[..1]).await.unwrap();
    for item in ["leaders", "daily"] {
        let of = |points: &'static str| [("p-1", item, points, "")];
        let (low, high, third) = (of("28"), of("29"), of("30"));
        let reasoned = |mut it: [super::Said; 1]| {
            it[0].3 = "复核";
            it
        };
        let (low, high, third) = (reasoned(low), reasoned(high), reasoned(third));
        let (a, b, c) = tokio::join!(
            confirm(on, "department", item, &low),
            confirm(on, "second", item, &high),
            confirm(on, "third", item, &third),
        );
        let outcomes = [a, b, c];
        let good = outcomes.iter().filter(|it| it.is_ok()).count();
        assert_eq!(good, 1, "{outcomes:?}");
        for status in outcomes.iter().filter_map(|it| it.as_ref().err()) {
            assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");
            assert_eq!(in_the_way(status), [format!("CASE_CONFIRMED p-1/{item}")]);
        }
        let listed = cases(on, "department", v1::ListCasesRequest::default()).await.unwrap();
        let case = listed.iter().find(|it| it.item == item).unwrap();
        let confirmed: Vec<_> = case.values.iter().filter(|it| it.level == "county").collect();
        assert_eq!((case.state(), confirmed.len()), (CaseState::Confirmed, 1));
        let winner = outcomes.into_iter().flatten().next().unwrap();
        assert_eq!(winner[0].in_force, case.in_force);
    }
}
