//! Coverage of a round, and how assessors spread once it is closed.

use steelyard::proto::v1::{self, SheetState};
use tonic::{Code, Status};

use super::{
    ALL, BUREAU, STREET, begun, by_state, close, done, draft, excuse, extend, hand_in, on_both,
    opening, points, refused, save, withdraw,
};
use crate::harness::{COUNTY, Served, by, decimal};

on_both!(
    who_is_missing_is_told_at_once,
    the_spread_of_each_assessor_is_told_once_closed,
    whoever_gives_everybody_the_same_is_named,
);

fn asked() -> v1::ListCoverageRequest {
    v1::ListCoverageRequest { county: COUNTY.into(), round_id: "r1".into(), ..Default::default() }
}

async fn listed(
    on: &Served,
    request: v1::ListCoverageRequest,
) -> Result<(v1::CoverageCounts, Vec<String>), Status> {
    let answer = on.rounds().list_coverage(by("organiser", request)).await?.into_inner();
    let shown = |it: &v1::CoverageLine| {
        let state = it.state().as_str_name().replace("SHEET_STATE_", "");
        let missing = if it.missing { " missing" } else { "" };
        format!("{}/{} {state}{missing}", it.assessor_id, it.subject_id)
    };
    Ok((answer.counts.unwrap(), answer.lines.iter().map(shown).collect()))
}

async fn who_is_missing_is_told_at_once(on: &Served) {
    begun(on).await;
    save(on, "1", BUREAU, vec![points(BUREAU, "pr-1"), points(BUREAU, "pr-2")]).await.unwrap();
    hand_in(on, "2", BUREAU, &["pr-1"]).await.unwrap();
    excuse(on, "3", ("community", "c-1"), "").await.unwrap();
    extend(on, "4", ("street", "s-1"), "2023-01-22").await.unwrap();
    save(on, "5", STREET, vec![points(STREET, "pr-1"), points(STREET, "pr-2")]).await.unwrap();
    hand_in(on, "6", STREET, &["pr-2"]).await.unwrap();
    withdraw(on, "7", STREET, &["pr-2"]).await.unwrap();
    on.clock.set("2023-01-21T01:00:00Z");
    hand_in(on, "8", STREET, &["pr-1"]).await.unwrap();
    let (counts, lines) = listed(on, asked()).await.unwrap();
    let all = [
        "c-1/pr-1 EXCUSED",
        "c-2/pr-3 NOT_BEGUN missing",
        "hb/pr-1 HANDED_IN",
        "hb/pr-2 DRAFT missing",
        "hb/pr-3 NOT_BEGUN missing",
        "s-1/pr-1 HANDED_IN_LATE",
        "s-1/pr-2 DRAFT missing",
    ];
    assert_eq!(lines, all);
    let expected = v1::CoverageCounts {
        expected: 7,
        not_begun: 2,
        draft: 2,
        handed_in: 1,
        handed_in_late: 1,
        excused: 1,
        missing: 4,
    };
    assert_eq!(counts, expected);
    let missing = v1::ListCoverageRequest { missing_only: true, ..asked() };
    assert_eq!(
        listed(on, missing.clone()).await.unwrap(),
        (
            expected,
            [
                "c-2/pr-3 NOT_BEGUN missing",
                "hb/pr-2 DRAFT missing",
                "hb/pr-3 NOT_BEGUN missing",
                "s-1/pr-2 DRAFT missing"
            ]
            .map(str::to_owned)
            .to_vec()
        )
    );
    let of = v1::ListCoverageRequest { assessor_id: "hb".into(), ..missing };
    assert_eq!(listed(on, of).await.unwrap().1.len(), 2);
    let of = v1::ListCoverageRequest { role: "community".into(), ..asked() };
    assert_eq!(listed(on, of).await.unwrap().1.len(), 2);
    // By page, as of the moment of the first.
    let mut request = v1::ListCoverageRequest { page_size: 3, ..asked() };
    let mut seen = Vec::new();
    loop {
        let call = by("organiser", request.clone());
        let page = on.rounds().list_coverage(call).await.unwrap().into_inner();
        assert_eq!(page.counts, Some(expected));
        seen.extend(page.lines.iter().map(|it| (it.assessor_id.clone(), it.state())));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
        hand_in(on, &format!("p-{}", seen.len()), STREET, &["pr-2"]).await.unwrap();
    }
    assert_eq!(seen.len(), 7);
    assert_eq!(seen[6], ("s-1".to_owned(), SheetState::Draft), "as it was known");
    // What is excused may still be handed in, and then is.
    extend(on, "9", ("community", "c-1"), "2023-01-22").await.unwrap();
    done(on, (super::FIRST, "pr-1")).await;
    let (counts, lines) = listed(on, asked()).await.unwrap();
    assert_eq!((lines[0].as_str(), counts.excused), ("c-1/pr-1 HANDED_IN_LATE", 0));
    let nowhere = v1::ListCoverageRequest { round_id: "r9".into(), ..asked() };
    let status = listed(on, nowhere).await.unwrap_err();
    assert_eq!(refused(&status), (Code::NotFound, "ROUND_NOT_FOUND".to_owned()));
}

async fn spread(on: &Served, who: &str) -> Result<Vec<v1::AssessorSpread>, Status> {
    let request = v1::ListSpreadRequest {
        county: COUNTY.into(),
        round_id: "r1".into(),
        ..Default::default()
    };
    Ok(on.rounds().list_spread(by(who, request)).await?.into_inner().assessors)
}

async fn the_spread_of_each_assessor_is_told_once_closed(on: &Served) {
    begun(on).await;
    for it in ALL {
        done(on, it).await;
    }
    assert_eq!(by_state(&spread(on, "auditor").await.unwrap_err()), "ROUND_NOT_CLOSED");
    close(on, "close", "").await.unwrap();
    let all = spread(on, "auditor").await.unwrap();
    let who: Vec<_> = all.iter().map(|it| (it.assessor_id.as_str(), it.sheets)).collect();
    assert_eq!(who, [("c-1", 1), ("c-2", 1), ("hb", 3), ("s-1", 2)]);
    let hb = &all[2];
    assert_eq!((&hb.full_marks, &hb.least), (&decimal("40"), &decimal("30")));
    assert_eq!((&hb.greatest, hb.distinct_totals), (&decimal("40"), 2));
    let mean = hb.mean.clone().unwrap();
    assert_eq!((mean.exact.as_str(), mean.rounded), ("110/3", true));
    assert_eq!(mean.shown, decimal("36.6667"));
    assert_eq!(hb.sheets_with_full_marks, 2);
    assert_eq!(hb.full_marks_share.clone().unwrap().exact, "2/3");
    assert_eq!(all[3].full_marks, decimal("50.5"));
    assert_eq!(all[3].mean.clone().unwrap().exact, "33");
    assert!(all.iter().all(|it| it.flags.is_empty()), "one sheet says nothing of its assessor");
    let request = v1::ListSpreadRequest {
        county: COUNTY.into(),
        round_id: "r1".into(),
        page_size: 3,
        page_token: String::new(),
    };
    let page = on.rounds().list_spread(by("auditor", request.clone())).await.unwrap().into_inner();
    let next = v1::ListSpreadRequest { page_token: page.next_page_token, ..request };
    let rest = on.rounds().list_spread(by("auditor", next)).await.unwrap().into_inner();
    assert_eq!((page.assessors, rest.assessors), (all[..3].to_vec(), all[3..].to_vec()));
}

async fn whoever_gives_everybody_the_same_is_named(on: &Served) {
    begun(on).await;
    let all = ["pr-1", "pr-2", "pr-3"];
    let full = all.map(|it| draft(it, &[("tidy", "40")])).to_vec();
    save(on, "1", BUREAU, full).await.unwrap();
    hand_in(on, "2", BUREAU, &all).await.unwrap();
    // The same in all, by other items.
    let same = vec![
        draft("pr-1", &[("tidy", "20"), ("open", "2.5")]),
        draft("pr-2", &[("tidy", "15"), ("open", "7.5")]),
    ];
    save(on, "3", STREET, same).await.unwrap();
    hand_in(on, "4", STREET, &["pr-1", "pr-2"]).await.unwrap();
    for it in [("community", "c-1"), ("community", "c-2")] {
        excuse(on, &format!("no-{}", it.1), it, "").await.unwrap();
    }
    close(on, "close", "").await.unwrap();
    let all = spread(on, "organiser").await.unwrap();
    let flag = |index: usize| {
        let [flag] = all[index].flags.as_slice() else { panic!("{:?}", all[index]) };
        let text = flag.text.clone().unwrap();
        (flag.code.clone(), flag.params["total"].clone(), text.en, text.zh)
    };
    assert_eq!(
        flag(0),
        (
            "full_marks_to_all".into(),
            "40".into(),
            "`hb` as `housing_bureau` gave full marks, 40, on all 3 sheets".into(),
            "hb（housing_bureau）的 3 份打分表全部为满分 40".into(),
        )
    );
    assert_eq!(
        flag(1),
        (
            "same_total_to_all".into(),
            "22.5".into(),
            "`s-1` as `street` gave the same, 22.5, on all 2 sheets".into(),
            "s-1（street）的 2 份打分表总分全部相同，均为 22.5".into(),
        )
    );
    assert_eq!(all.len(), 2, "who handed nothing in does not spread");
    let nowhere = v1::OpenRoundRequest { round_id: "r1".into(), ..opening("again") };
    assert!(super::open(on, nowhere).await.is_ok(), "the same round, said again");
}
