//! A second person's word on entries.

use steelyard::{
    app::access::builtin,
    proto::v1::{self, EntryVerdict as Verdict, fact::Fact as Kind},
};

use super::{both, check_in, item, listed, reverse, told};
use crate::harness::{COUNTY, Served, by, entry, reason, violations};

pub(super) fn word(fact_id: &str, verdict: Verdict, by: &str) -> v1::EntryToCheck {
    v1::EntryToCheck {
        fact_id: fact_id.into(),
        verdict: verdict.into(),
        reason: "经核实".into(),
        checked_by: by.into(),
    }
}

pub(super) fn checks(request_id: &str, items: Vec<v1::EntryToCheck>) -> v1::CheckEntriesRequest {
    v1::CheckEntriesRequest { county: COUNTY.into(), request_id: request_id.into(), items }
}

pub(super) async fn check(
    served: &Served,
    request_id: &str,
    items: Vec<v1::EntryToCheck>,
) -> Vec<String> {
    let answer = served.entries().check_entries(checks(request_id, items)).await.unwrap();
    answer.into_inner().items.iter().map(item).collect()
}

#[tokio::test]
async fn each_entry_gets_one_word_of_somebody_else() {
    for served in both("entries_checks").await {
        let facts = vec![
            entry("m1", "a", "2022-03-01"),
            entry("m1", "a", "2022-03-02"),
            check_in("m1", "k-01", "2022-03-02"),
            entry("m2", "a", "2022-03-01"),
            entry("m2", "b", "2022-03-01"),
        ];
        assert_eq!(told(&served, "facts", facts).await, ["f1", "f2", "f3", "f4", "f5"]);
        reverse(&served, "reversed", "f5").await;
        let items = vec![
            word("f1", Verdict::Confirmed, "second"),
            word("f2", Verdict::Refused, "second"),
            word("f3", Verdict::Confirmed, "second"),
            word("f4", Verdict::Confirmed, "clerk"),
            word("f5", Verdict::Confirmed, "second"),
            word("f6", Verdict::Confirmed, "second"),
            word("f99", Verdict::Confirmed, "second"),
            word("x", Verdict::Confirmed, "second"),
        ];
        let expected = [
            "f7",
            "f8",
            "FailedPrecondition NOT_AN_ENTRY",
            "FailedPrecondition SEPARATION_OF_DUTIES",
            "FailedPrecondition FACT_REVERSED",
            "FailedPrecondition FACT_NOT_FOUND",
            "FailedPrecondition FACT_NOT_FOUND",
            "FailedPrecondition FACT_NOT_FOUND",
        ];
        assert_eq!(check(&served, "1", items.clone()).await, expected);
        assert_eq!(check(&served, "1", items).await, expected, "a repeat of the request");
        let items = vec![
            word("f1", Verdict::Confirmed, "third"),
            word("f2", Verdict::Confirmed, "third"),
            word("f4", Verdict::Confirmed, "m2"),
        ];
        let expected = ["= f7", "AlreadyExists CHECK_EXISTS f8", "FailedPrecondition OWN_ENTRY"];
        assert_eq!(check(&served, "2", items).await, expected);
        // A check that is reversed makes room.
        reverse(&served, "taken-back", "f8").await;
        let again = vec![word("f2", Verdict::Confirmed, "third")];
        assert_eq!(check(&served, "3", again).await, ["f10"]);
        let all = listed(&served, "m1").await;
        let last = all.last().unwrap();
        assert_eq!((last.fact_id.as_str(), last.recorded_by.as_str()), ("f10", "third"));
        let Some(Kind::EntryCheck(check)) = &last.fact else { panic!("{last:?}") };
        assert_eq!((check.fact_id.as_str(), check.checked_by.as_str()), ("f2", "third"));
        assert_eq!(check.on, crate::harness::date("2022-03-02"), "the day of the deed");
        assert_eq!((check.verdict(), check.reason.as_str()), (Verdict::Confirmed, "经核实"));
        assert_eq!(all.iter().filter(|it| it.fact_id == "f8").count(), 0);
    }
}

#[tokio::test]
async fn whoever_calls_is_not_the_member_either() {
    for served in both("entries_own").await {
        told(&served, "facts", vec![entry("m1", "a", "2022-03-01")]).await;
        assert!(builtin().contains_key("community"));
        let unit = v1::RecordRef { kind: v1::RecordKind::County.into(), id: COUNTY.into() };
        let grant = v1::GrantRoleRequest {
            county: COUNTY.into(),
            request_id: "grant".into(),
            principal: "m1".into(),
            role_id: "community".into(),
            unit: Some(unit),
            reason: "测试".into(),
            ..Default::default()
        };
        served.accesses().grant_role(grant).await.unwrap();
        let asked = checks("1", vec![word("f1", Verdict::Confirmed, "second")]);
        let answer = served.entries().check_entries(by("m1", asked)).await.unwrap().into_inner();
        assert_eq!(item(&answer.items[0]), "FailedPrecondition OWN_ENTRY");
    }
}

#[tokio::test]
async fn faults_of_shape_refuse_the_whole_message_and_all_are_told() {
    for served in both("entries_check_shape").await {
        told(&served, "facts", vec![entry("m1", "a", "2022-03-01")]).await;
        let silent = |verdict: Verdict| v1::EntryToCheck {
            reason: String::new(),
            ..word("f9", verdict, "second")
        };
        let items = vec![
            word("f1", Verdict::Confirmed, "second"),
            word("f1", Verdict::Refused, "second"),
            silent(Verdict::Refused),
            word("a b", Verdict::Unspecified, ""),
        ];
        let status = served.entries().check_entries(checks("1", items)).await.unwrap_err();
        let expected = [
            ("items[0].fact_id", "DUPLICATE_IN_BATCH"),
            ("items[1].fact_id", "DUPLICATE_IN_BATCH"),
            ("items[2].reason", "REASON_MISSING"),
            ("items[3].fact_id", "ID_INVALID"),
            ("items[3].verdict", "ENUM_UNSPECIFIED"),
            ("items[3].checked_by", "ID_INVALID"),
        ];
        assert_eq!(violations(&status), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        let none = served.entries().check_entries(checks("1", Vec::new())).await.unwrap_err();
        assert_eq!(reason(&none), "BATCH_EMPTY");
        let many = vec![word("f1", Verdict::Confirmed, "second"); 501];
        let many = served.entries().check_entries(checks("1", many)).await.unwrap_err();
        assert_eq!(reason(&many), "BATCH_TOO_LARGE");
        assert_eq!(listed(&served, "m1").await.len(), 1, "nothing was stored");
        let quiet = vec![v1::EntryToCheck { fact_id: "f1".into(), ..silent(Verdict::Confirmed) }];
        assert_eq!(check(&served, "1", quiet).await, ["f2"], "no word is needed to confirm");
    }
}
