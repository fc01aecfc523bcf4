//! Saving drafts, handing in and taking back.

use steelyard::proto::v1::{self, SheetState};
use tonic::{Code, Status};

use super::{
    BUREAU, FIRST, STREET, Who, begun, by_state, draft, entries, hand_in, in_the_way, on_both,
    proved, refused, save, told, withdraw,
};
use crate::harness::{COUNTY, Served, by, date, decimal, reason, violations};

on_both!(
    a_later_draft_replaces_an_earlier_one,
    what_is_wrong_with_a_draft_is_told_at_once,
    a_sheet_is_handed_in_whole,
    a_sheet_is_taken_back_and_handed_in_again,
);

async fn sheet(on: &Served, who: Who, subject: &str) -> Result<v1::AssessmentSheet, Status> {
    let request = v1::GetSheetRequest {
        county: COUNTY.into(),
        round_id: "r1".into(),
        role: who.1.into(),
        assessor_id: who.2.into(),
        subject_id: subject.into(),
    };
    Ok(on.rounds().get_sheet(by(who.0, request)).await?.into_inner().sheet.unwrap())
}

async fn a_later_draft_replaces_an_earlier_one(on: &Served) {
    begun(on).await;
    let blank = sheet(on, STREET, "pr-1").await.unwrap();
    assert_eq!((blank.state(), blank.revision), (SheetState::NotBegun, 0));
    assert_eq!(
        (blank.missing_items, blank.last_day),
        (vec!["tidy".into(), "open".into()], date("2023-01-20"))
    );
    let before = entries(on).await;
    let first = vec![draft("pr-1", &[("tidy", "12.3456")]), draft("pr-2", &[])];
    assert_eq!(save(on, "1", STREET, first.clone()).await.unwrap(), (2, 0));
    assert_eq!(save(on, "1", STREET, first.clone()).await.unwrap(), (2, 0), "a repeat");
    assert_eq!(entries(on).await, before + 1);
    assert_eq!(save(on, "2", STREET, first.clone()).await.unwrap(), (0, 2), "the same again");
    let other = vec![draft("pr-1", &[("open", "10.5")]), first[1].clone()];
    assert_eq!(save(on, "3", STREET, other).await.unwrap(), (1, 1));
    let now = sheet(on, STREET, "pr-1").await.unwrap();
    assert_eq!((now.state(), now.revision), (SheetState::Draft, 2));
    let points = v1::ItemPoints { item: "open".into(), points: decimal("10.5") };
    assert_eq!((now.points, now.missing_items), (vec![points], vec!["tidy".to_owned()]));
    let request = v1::ListSheetsRequest {
        county: COUNTY.into(),
        round_id: "r1".into(),
        page_size: 1,
        ..Default::default()
    };
    let mut listed = Vec::new();
    let mut token = String::new();
    loop {
        let request = v1::ListSheetsRequest { page_token: token, ..request.clone() };
        let page = on.rounds().list_sheets(by("street", request)).await.unwrap().into_inner();
        let shown = |it: &v1::AssessmentSheet| format!("{} {}", it.subject_id, it.revision);
        listed.extend(page.sheets.iter().map(shown));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(listed, ["pr-1 2", "pr-2 1"]);
    proved(on).await;
}

async fn what_is_wrong_with_a_draft_is_told_at_once(on: &Served) {
    begun(on).await;
    let before = entries(on).await;
    let wrong = vec![
        draft("pr-1", &[("tidy", "40.0001"), ("open", "-1"), ("deeds", "1")]),
        draft("pr-2", &[("tidy", "40"), ("cleaning", "1")]),
    ];
    let status = save(on, "1", STREET, wrong).await.unwrap_err();
    let told = violations(&status);
    let told: Vec<(&str, &str)> = told.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    let all = [
        ("sheets[0].points[0].points", "POINTS_OUT_OF_RANGE"),
        ("sheets[0].points[1].points", "POINTS_OUT_OF_RANGE"),
        ("sheets[0].points[2].item", "ITEM_NOT_ASSESSED"),
        ("sheets[1].points[1].item", "ITEM_NOT_ASSESSED"),
    ];
    assert_eq!(told, all);
    // An item that another role assesses.
    let status = save(on, "1", FIRST, vec![draft("pr-1", &[("tidy", "1")])]).await.unwrap_err();
    assert_eq!(reason(&status), "ITEM_NOT_ASSESSED");
    let mut bare = draft("pr-1", &[("tidy", "1.00001"), ("tidy", "x"), ("open", "1")]);
    bare.points[2].points = None;
    let status = save(on, "1", STREET, vec![bare, draft("pr-1", &[])]).await.unwrap_err();
    let told = violations(&status);
    let told: Vec<(&str, &str)> = told.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    let all = [
        ("sheets[0].subject_id", "DUPLICATE_IN_BATCH"),
        ("sheets[1].subject_id", "DUPLICATE_IN_BATCH"),
        ("sheets[0].points[0].item", "DUPLICATE_IN_BATCH"),
        ("sheets[0].points[1].item", "DUPLICATE_IN_BATCH"),
        ("sheets[0].points[0].points", "DECIMAL_TOO_PRECISE"),
        ("sheets[0].points[1].points", "DECIMAL_INVALID"),
        ("sheets[0].points[2].points", "FIELD_MISSING"),
    ];
    assert_eq!(told, all);
    assert_eq!(reason(&save(on, "1", STREET, vec![]).await.unwrap_err()), "BATCH_EMPTY");
    assert_eq!(entries(on).await, before, "nothing is left behind");
}

async fn a_sheet_is_handed_in_whole(on: &Served) {
    begun(on).await;
    let half =
        vec![draft("pr-1", &[("tidy", "0")]), draft("pr-2", &[("tidy", "1"), ("open", "1")])];
    save(on, "1", STREET, half).await.unwrap();
    let before = entries(on).await;
    let status = hand_in(on, "2", STREET, &["pr-2", "pr-1"]).await.unwrap_err();
    let missing = |it: &str| (it.to_owned(), "ITEM_MISSING".to_owned());
    assert_eq!(violations(&status), [missing("subject_ids[1].open")], "all or none");
    let status = hand_in(on, "2", BUREAU, &["pr-1", "pr-3"]).await.unwrap_err();
    let all = [missing("subject_ids[0].tidy"), missing("subject_ids[1].tidy")];
    assert_eq!(violations(&status), all);
    let status = hand_in(on, "2", STREET, &["pr-1", "pr-1"]).await.unwrap_err();
    assert_eq!(reason(&status), "DUPLICATE_IN_BATCH");
    assert_eq!(reason(&hand_in(on, "2", STREET, &[]).await.unwrap_err()), "BATCH_EMPTY");
    assert_eq!(entries(on).await, before);
    // 0 points are points.
    save(on, "3", STREET, vec![draft("pr-1", &[("tidy", "0"), ("open", "0")])]).await.unwrap();
    assert_eq!(hand_in(on, "4", STREET, &["pr-2"]).await.unwrap(), (1, 0));
    assert_eq!(hand_in(on, "5", STREET, &["pr-1", "pr-2"]).await.unwrap(), (1, 1));
    assert_eq!(hand_in(on, "5", STREET, &["pr-1", "pr-2"]).await.unwrap(), (1, 1), "a repeat");
    let status = hand_in(on, "5", STREET, &["pr-1"]).await.unwrap_err();
    assert_eq!(refused(&status), (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned()));
    let now = sheet(on, STREET, "pr-1").await.unwrap();
    assert_eq!((now.state(), now.revision), (SheetState::HandedIn, 3));
    proved(on).await;
}

async fn a_sheet_is_taken_back_and_handed_in_again(on: &Served) {
    begun(on).await;
    let both = |open: &str| {
        ["pr-1", "pr-2"].map(|it| draft(it, &[("tidy", "1"), ("open", open)])).to_vec()
    };
    save(on, "1", STREET, both("1")).await.unwrap();
    let status = withdraw(on, "2", STREET, &["pr-1", "pr-2"]).await.unwrap_err();
    assert_eq!(by_state(&status), "SHEET_NOT_HANDED_IN");
    let both_in_the_way = ["street/s-1/pr-1", "street/s-1/pr-2"];
    let named = both_in_the_way.map(|it| format!("SHEET_NOT_HANDED_IN {it}"));
    assert_eq!((in_the_way(&status), told(&status, "sheets")), (named.to_vec(), "2".to_owned()));
    hand_in(on, "3", STREET, &["pr-1", "pr-2"]).await.unwrap();
    let status = save(on, "4", STREET, both("2")).await.unwrap_err();
    assert_eq!(by_state(&status), "SHEET_HANDED_IN");
    assert_eq!(in_the_way(&status), both_in_the_way.map(|it| format!("SHEET_HANDED_IN {it}")));
    assert_eq!(withdraw(on, "5", STREET, &["pr-1"]).await.unwrap(), 1);
    let now = sheet(on, STREET, "pr-1").await.unwrap();
    assert_eq!((now.state(), now.revision, now.points.len()), (SheetState::Draft, 3, 2));
    save(on, "6", STREET, vec![both("2").remove(0)]).await.unwrap();
    assert_eq!(hand_in(on, "7", STREET, &["pr-1"]).await.unwrap(), (1, 0));
    let now = sheet(on, STREET, "pr-1").await.unwrap();
    assert_eq!((now.state(), now.revision), (SheetState::HandedIn, 5));
    assert_eq!(now.points[0].points, decimal("2"));
    proved(on).await;
}
