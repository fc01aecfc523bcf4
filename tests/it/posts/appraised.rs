//! In which post a person is appraised: at the period's end, or the one held longest.

use steelyard::{
    app::run,
    proto::v1::{self, RecordKind::Compound},
};

use super::{explained, on_both, post, publish, ran, results, scheme};
use crate::harness::{COUNTY, Served};

on_both!(
    who_changes_the_post_on_the_first_of_july_is_appraised_where_the_scheme_says,
    a_secretary_who_is_a_committee_member_elsewhere_is_appraised_by_the_scheme,
    a_post_that_goes_over_to_another_person_is_the_later_holder_s,
);

/// Each subject with its community.
async fn subjects(on: &Served, run_id: &str) -> Vec<(String, String)> {
    let of = |it: v1::Result| {
        (it.subject.unwrap().id, it.groups.get("community").cloned().unwrap_or_default())
    };
    results(on, run_id).await.into_iter().map(of).collect()
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(id, group)| ((*id).to_owned(), (*group).to_owned())).collect()
}

/// What the explanation says of posts: those appraised, and those not.
async fn told(on: &Served, run_id: &str, post: &str) -> (String, Vec<String>) {
    let root = explained(on, run_id, post).await.root.unwrap();
    let how = root.how.unwrap();
    assert!(how.zh.contains("考核"), "{}", how.zh);
    let tried = root.tried_not_held.into_iter().map(|it| it.text.unwrap());
    let not = |it: &v1::LocalText| it.en.contains("appraised");
    let tried = tried.filter(not).map(|it| {
        assert!(it.zh.contains("不考核"), "{}", it.zh);
        it.en
    });
    let appraised = how.en.split("; ").filter(|it| it.contains("appraised"));
    (appraised.collect::<Vec<_>>().join("; "), tried.collect())
}

async fn who_changes_the_post_on_the_first_of_july_is_appraised_where_the_scheme_says(on: &Served) {
    on.clock.set("2025-01-10T01:00:00Z");
    let (first, second) = ((Compound, "k-01"), (Compound, "k-02"));
    let records = vec![
        // m1 moves up on 1 July 2023, m2 on 2 July of a leap year, m3 in the last days.
        post(("p1", "branch_secretary"), "m1", first, ("2022-01-01", "2023-06-30")),
        post(("p2", "branch_secretary"), "m1", second, ("2023-07-01", "")),
        post(("p3", "committee_member"), "m2", first, ("2022-01-01", "2024-07-01")),
        post(("p4", "committee_member"), "m2", second, ("2024-07-02", "")),
        post(("p5", "committee_member"), "m3", first, ("2022-01-01", "2024-12-30")),
        post(("p6", "committee_member"), "m3", second, ("2024-12-31", "")),
        post(("p7", "building_head"), "m4", first, ("2022-01-01", "")),
    ];
    assert_eq!(on.upsert("posts", records).await.items, []);
    publish(on, &scheme("end", "appraised: at_end\n")).await;
    publish(on, &scheme("longest", "appraised: longest\n")).await;
    publish(on, &scheme("silent", "")).await;
    // 181 days against 184 in 2023.
    let run = ran(on, "test.longest", "2023", "a").await;
    assert_eq!(subjects(on, &run).await, pairs(&[("p2", "c-02"), ("p3", "c-01"), ("p5", "c-01")]));
    let (appraised, not) = told(on, &run, "p2").await;
    assert_eq!(
        appraised,
        "appraised in `p2` (branch_secretary), held from 2023-07-01 to 2023-12-31, on 184 days of \
         the period: it was held longest"
    );
    assert_eq!(
        not,
        [
            "`p1` (branch_secretary), held from 2023-01-01 to 2023-06-30, on 181 days of the period, \
          is not appraised: another was held on more days"
        ]
    );
    // 183 days each in 2024: the later one; m3 where it was all year but the last day.
    let run = ran(on, "test.longest", "2024", "a").await;
    assert_eq!(subjects(on, &run).await, pairs(&[("p2", "c-02"), ("p4", "c-02"), ("p5", "c-01")]));
    let (appraised, not) = told(on, &run, "p4").await;
    assert!(
        appraised.contains("on 183 days") && appraised.contains("this one later"),
        "{appraised}"
    );
    assert!(not[0].contains("on 183 days") && not[0].contains("and later"), "{not:?}");
    let (appraised, _) = told(on, &run, "p5").await;
    assert!(appraised.contains("to 2024-12-30, on 365 days"), "{appraised}");
    // At the end: what is held on 31 December.
    for (scheme, nth) in [("test.end", "a"), ("test.silent", "a")] {
        let run = ran(on, scheme, "2024", nth).await;
        assert_eq!(
            subjects(on, &run).await,
            pairs(&[("p2", "c-02"), ("p4", "c-02"), ("p6", "c-02")])
        );
        let (appraised, not) = told(on, &run, "p6").await;
        assert!(appraised.contains("it is held on the period's last day"), "{appraised}");
        assert!(not[0].contains("to 2024-12-30") && not[0].contains("not held on"), "{not:?}");
    }
}

async fn a_secretary_who_is_a_committee_member_elsewhere_is_appraised_by_the_scheme(on: &Served) {
    let records = vec![
        post(("p1", "branch_secretary"), "m1", (Compound, "k-01"), ("2022-01-01", "")),
        post(("p2", "committee_member"), "m1", (Compound, "k-02"), ("2022-03-01", "")),
        // Both of m2's are held on the same days.
        post(("p3", "branch_secretary"), "m2", (Compound, "k-02"), ("2022-02-01", "")),
        post(("p4", "committee_member"), "m2", (Compound, "k-01"), ("2022-02-01", "")),
        post(("p5", "building_head"), "m1", (Compound, "k-01"), ("2022-01-01", "")),
    ];
    assert_eq!(on.upsert("posts", records).await.items, []);
    publish(on, &scheme("end", "appraised: at_end\n")).await;
    publish(on, &scheme("longest", "appraised: longest\n")).await;
    let run = ran(on, "test.end", "2022", "a").await;
    assert_eq!(
        subjects(on, &run).await,
        pairs(&[("p1", "c-01"), ("p2", "c-02"), ("p3", "c-02"), ("p4", "c-01")])
    );
    let (appraised, not) = told(on, &run, "p2").await;
    assert!(appraised.starts_with("appraised in `p2`"), "{appraised}");
    assert!(
        appraised.contains("`p1` (branch_secretary)") && appraised.contains("too"),
        "{appraised}"
    );
    assert_eq!(not.len(), 1);
    assert!(not[0].contains("`p5`") && not[0].contains("the scheme does not take it"), "{not:?}");
    let run = ran(on, "test.longest", "2022", "a").await;
    assert_eq!(subjects(on, &run).await, pairs(&[("p1", "c-01"), ("p3", "c-02"), ("p4", "c-01")]));
    let (appraised, _) = told(on, &run, "p4").await;
    assert!(appraised.contains("until the same day"), "{appraised}");
}

async fn a_post_that_goes_over_to_another_person_is_the_later_holder_s(on: &Served) {
    let records = vec![
        post(("p1", "branch_secretary"), "m1", (Compound, "k-01"), ("2022-01-01", "")),
        post(("p1", "branch_secretary"), "m2", (Compound, "k-01"), ("2022-11-01", "")),
        post(("p2", "committee_member"), "m1", (Compound, "k-02"), ("2022-11-01", "")),
    ];
    assert_eq!(on.upsert("posts", records).await.items, []);
    publish(on, &scheme("longest", "appraised: longest\n")).await;
    let first = ran(on, "test.longest", "2022", "a").await;
    assert_eq!(subjects(on, &first).await, pairs(&[("p1", "c-01"), ("p2", "c-02")]));
    let (appraised, not) = told(on, &first, "p1").await;
    assert!(appraised.contains("from 2022-11-01 to 2022-12-31, on 61 days"), "{appraised}");
    assert_eq!(not, <[&str; 0]>::default());
    // m1 held it on 304 days, and is appraised in the other: the record is m2's.
    let (appraised, not) = told(on, &first, "p2").await;
    assert!(appraised.contains("it is the only post of the period that can be"), "{appraised}");
    assert!(not[0].contains("on 304 days") && not[0].contains("went over"), "{not:?}");
    // What is recorded later changes no run of before.
    on.clock.set("2023-02-10T01:00:00Z");
    let ended =
        post(("p2", "committee_member"), "m1", (Compound, "k-02"), ("2022-11-01", "2022-11-02"));
    assert_eq!(on.upsert("later", vec![ended]).await.items, []);
    let selector = run::RunSelector::Id(first);
    let proof = run::verify(&*on.app.store, COUNTY, &selector);
    assert_eq!(proof.await.unwrap().findings, []);
    let again = ran(on, "test.longest", "2022", "b").await;
    assert_eq!(subjects(on, &again).await, pairs(&[("p1", "c-01"), ("p2", "c-02")]));
    let (appraised, _) = told(on, &again, "p2").await;
    assert!(appraised.contains("on 2 days"), "{appraised}");
}
