//! From what somebody is entitled to, to the treasury's last answer (A1, A2, A4).

use steelyard::proto::v1::{
    self, BatchPhase, PaymentListFormat as Format, PaymentState, RecipientKind,
};
use tonic::Code;

use super::{
    cast::{
        answer, appropriated, approve, batch, budget, cancel, close, entitled, export, exported,
        figures, in_the_way, list, paid, payments, person, proposal, propose, proposed, reject,
        returned, said, text,
    },
    on_both, proved, small,
};
use crate::harness::{Served, reason};

on_both!(small:
    a_batch_from_the_proposal_to_its_closing,
    a_rejected_and_a_cancelled_batch_give_their_money_back,
    what_the_treasury_cannot_have_answered,
    what_cannot_be_proposed,
    who_is_entitled_twice_is_paid_as_the_document_says,
    the_payment_list_is_for_the_treasury,
);

async fn a_batch_from_the_proposal_to_its_closing(on: &Served) {
    appropriated(on, "year", "10000.00").await;
    let made = proposed(on, "b1", "once").await;
    let it = made.batch.unwrap();
    assert_eq!(
        (it.phase(), it.lines, it.proposed_by.as_str()),
        (BatchPhase::Proposed, 2, "department")
    );
    assert_eq!((it.year.as_str(), it.live_words.as_str()), ("2022", "肆仟元整"));
    let expected = ["10000.00", "4000.00", "0.00", "0.00", "6000.00"];
    assert_eq!(figures(&made.budget.unwrap()), expected);
    let own = approve(on, "department", ("own", "b1")).await.unwrap_err();
    assert_eq!(
        (own.code(), reason(&own)),
        (Code::FailedPrecondition, "SEPARATION_OF_DUTIES".into())
    );
    let early = export(on, ("early", "b1")).await.unwrap_err();
    assert_eq!(
        (reason(&early), said(&early, "phase")),
        ("BATCH_STEP_OUT_OF_ORDER".into(), "proposed".into())
    );
    approve(on, "second", ("approve", "b1")).await.unwrap();
    let twice = approve(on, "second", ("twice", "b1")).await.unwrap_err();
    assert_eq!(reason(&twice), "BATCH_STEP_OUT_OF_ORDER");
    let none = list(on, "finance", ("b1", Format::Csv)).await.unwrap_err();
    assert_eq!(reason(&none), "BATCH_NOT_EXPORTED");
    export(on, ("export", "b1")).await.unwrap();
    let late = cancel(on, ("cancel", "b1")).await.unwrap_err();
    assert_eq!(reason(&late), "BATCH_STEP_OUT_OF_ORDER");
    let open = close(on, ("open", "b1")).await.unwrap_err();
    assert_eq!(reason(&open), "LINES_UNANSWERED");
    assert_eq!(["count", "first"].map(|it| said(&open, it)), ["2", "1"]);
    let answers = [paid(1, "2023-01-10"), returned(2, "2023-01-10")];
    let given = answer(on, ("answers", "b1"), &answers).await.unwrap();
    assert_eq!(given.recoveries, [0_i64; 0]);
    // What came back is free again.
    let expected = ["10000.00", "0.00", "2000.00", "0.00", "8000.00"];
    assert_eq!(figures(&given.budget.unwrap()), expected);
    let closed = close(on, ("close", "b1")).await.unwrap().batch.unwrap();
    assert_eq!((closed.phase(), text(&closed.live)), (BatchPhase::Closed, "2000.00".into()));
    let counts: Vec<_> = closed.counts.iter().map(|it| (it.state(), it.count)).collect();
    assert_eq!(counts, [(PaymentState::Paid, 1), (PaymentState::Returned, 1)]);
    // What was paid can still come back, and be proposed again.
    let after = answer(on, ("after", "b1"), &[returned(1, "2023-01-10")]).await.unwrap();
    assert_eq!(text(&after.budget.as_ref().unwrap().returned), "4000.00");
    assert_eq!(figures(&after.budget.unwrap()), ["10000.00", "0.00", "0.00", "0.00", "10000.00"]);
    let told = batch(on, "b1").await.events;
    let what: Vec<_> = told.iter().map(|it| (it.number, it.what.as_str(), it.line)).collect();
    let expected = [
        (1, "approved", 0),
        (2, "exported", 0),
        (3, "paid", 1),
        (4, "returned", 2),
        (5, "closed", 0),
        (6, "returned", 1),
    ];
    assert_eq!(what, expected);
    proposed(on, "b2", "once").await;
    let again = payments(on, "auditor", "b2").await;
    assert_eq!(again.iter().map(|it| it.attempt).collect::<Vec<_>>(), [2, 2]);
    proved(on).await;
}

async fn a_rejected_and_a_cancelled_batch_give_their_money_back(on: &Served) {
    appropriated(on, "year", "10000.00").await;
    proposed(on, "b1", "once").await;
    let own = reject(on, "department", ("own", "b1")).await.unwrap_err();
    assert_eq!(reason(&own), "SEPARATION_OF_DUTIES");
    let it = reject(on, "second", ("reject", "b1")).await.unwrap();
    assert_eq!(it.batch.unwrap().phase(), BatchPhase::Rejected);
    let free = ["10000.00", "0.00", "0.00", "0.00", "10000.00"];
    assert_eq!(figures(&it.budget.unwrap()), free);
    proposed(on, "b2", "once").await;
    approve(on, "second", ("approve", "b2")).await.unwrap();
    let it = cancel(on, ("cancel", "b2")).await.unwrap();
    assert_eq!(it.batch.unwrap().phase(), BatchPhase::Cancelled);
    assert_eq!(figures(&it.budget.unwrap()), free);
    let states: Vec<_> =
        payments(on, "auditor", "b2").await.iter().map(v1::Payment::state).collect();
    assert_eq!(states, [PaymentState::Freed; 2]);
    proposed(on, "b3", "once").await;
    proved(on).await;
}

async fn what_the_treasury_cannot_have_answered(on: &Served) {
    appropriated(on, "year", "10000.00").await;
    proposed(on, "b1", "once").await;
    let early = answer(on, ("early", "b1"), &[paid(1, "2023-01-10")]).await.unwrap_err();
    assert_eq!(reason(&early), "BATCH_STEP_OUT_OF_ORDER");
    approve(on, "second", ("approve", "b1")).await.unwrap();
    export(on, ("export", "b1")).await.unwrap();
    let wrong = [paid(1, "2023-01-11"), returned(2, "2023-01-09"), paid(7, "2023-01-10")];
    let refused = answer(on, ("wrong", "b1"), &wrong).await.unwrap_err();
    assert_eq!(reason(&refused), "TREASURY_ANSWERS_REFUSED");
    let expected =
        ["ANSWER_IN_FUTURE line/1", "ANSWER_BEFORE_EXPORT line/2", "LINE_NOT_FOUND line/7"];
    assert_eq!(in_the_way(&refused), expected);
    answer(on, ("one", "b1"), &[paid(1, "2023-01-10")]).await.unwrap();
    let twice = [paid(1, "2023-01-10"), paid(2, "2023-01-10")];
    let refused = answer(on, ("twice", "b1"), &twice).await.unwrap_err();
    assert_eq!(in_the_way(&refused), ["LINE_ANSWERED line/1"]);
    // All of them or none.
    let states: Vec<_> =
        payments(on, "auditor", "b1").await.iter().map(v1::Payment::state).collect();
    assert_eq!(states, [PaymentState::Paid, PaymentState::Reserved]);
    answer(on, ("back", "b1"), &[returned(1, "2023-01-10")]).await.unwrap();
    let refused = answer(on, ("again", "b1"), &[returned(1, "2023-01-10")]).await.unwrap_err();
    assert_eq!(in_the_way(&refused), ["LINE_ANSWERED line/1"]);
    proved(on).await;
}

async fn what_cannot_be_proposed(on: &Served) {
    let unknown = propose(on, proposal("0", ("b1", "once"), &[])).await.unwrap_err();
    assert_eq!(reason(&unknown), "PURPOSE_UNKNOWN");
    appropriated(on, "year", "10000.00").await;
    for (id, expected) in
        [("nothing", "RUN_NOT_PUBLISHED"), ("selection:none", "SELECTION_NOT_CONFIRMED")]
    {
        let none = propose(on, proposal(id, ("b1", id), &[])).await.unwrap_err();
        // A proposal is refused for good under its id; a list may be asked for again.
        assert_eq!((none.code(), reason(&none)), (Code::FailedPrecondition, expected.into()));
        let none = entitled(on, "auditor", id).await.unwrap_err();
        assert_eq!((none.code(), reason(&none)), (Code::NotFound, expected.into()));
    }
    let one = [person("m-001", "")];
    propose(on, proposal("1", ("b1", "once"), &one)).await.unwrap();
    let same = propose(on, proposal("2", ("b1", "once"), &[])).await.unwrap_err();
    assert_eq!((same.code(), reason(&same)), (Code::AlreadyExists, "BATCH_EXISTS".into()));
    // Who is in service, who earned it by a post alone, and who has it.
    let wrong = [person("m-003", ""), person("m-002", "p-002"), person("m-001", "")];
    let refused = propose(on, proposal("3", ("b2", "once"), &wrong)).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_PAYABLE");
    let expected = [
        "PAID_ALREADY excellent/member/m-001",
        "NOT_ENTITLED excellent/member/m-002/p-002",
        "NOT_ENTITLED excellent/member/m-003",
    ];
    assert_eq!(in_the_way(&refused), expected);
    propose(on, proposal("4", ("b2", "once"), &[])).await.unwrap();
    let nothing = propose(on, proposal("5", ("b3", "once"), &[])).await.unwrap_err();
    assert_eq!(reason(&nothing), "NOTHING_PAYABLE");
    assert_eq!(figures(&budget(on).await)[1], "4000.00");
    proved(on).await;
}

async fn who_is_entitled_twice_is_paid_as_the_document_says(on: &Served) {
    appropriated(on, "year", "20000.00").await;
    let shown = |of: &v1::ListEntitlementsResponse| -> Vec<(String, String, String)> {
        let one = |it: &v1::Entitlement| {
            let key = it.key.as_ref().unwrap();
            let id = key.recipient.as_ref().unwrap().id.clone();
            (format!("{id}/{}", key.each), it.subject_ids.join(","), text(&it.payable))
        };
        of.entitlements.iter().map(one).collect()
    };
    let three = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    let once = entitled(on, "auditor", "once").await.unwrap();
    let expected = [three("m-001/", "p-001,p-2nd", "2000.00"), three("m-002/", "p-002", "2000.00")];
    assert_eq!(shown(&once), expected);
    let first = &once.entitlements[0];
    assert!(first.because.contains("for the result of p-001, p-2nd"), "{}", first.because);
    assert!(first.because_zh.contains("给予“优秀书记奖励”2000.00 元"), "{}", first.because_zh);
    assert_eq!(first.basis[0].clause, "项目实施计划");
    assert_eq!((once.unclaimed.len(), once.unclaimed_total), (0, 0));
    let each = entitled(on, "auditor", "each").await.unwrap();
    let expected = [
        three("m-001/p-001", "p-001", "2000.00"),
        three("m-001/p-2nd", "p-2nd", "2000.00"),
        three("m-002/p-002", "p-002", "2000.00"),
    ];
    assert_eq!(shown(&each), expected);
    assert_eq!(proposed(on, "once", "once").await.batch.unwrap().lines, 2);
    assert_eq!(proposed(on, "each", "each").await.batch.unwrap().lines, 3);
    let request = v1::ListEntitlementsRequest { payable_only: true, ..listing("once") };
    let left = on.awards().list_entitlements(crate::harness::by("auditor", request)).await.unwrap();
    assert_eq!(left.into_inner().entitlements, []);
    let kept = entitled(on, "auditor", "once").await.unwrap().entitlements;
    assert_eq!((text(&kept[0].payable), text(&kept[0].held)), ("0.00".into(), "2000.00".into()));
    assert_eq!((kept[0].payments[0].batch_id.as_str(), kept[0].payments[0].line), ("once", 1));
    proved(on).await;
}

fn listing(id: &str) -> v1::ListEntitlementsRequest {
    v1::ListEntitlementsRequest {
        county: crate::harness::COUNTY.into(),
        source: super::cast::source(id),
        ..Default::default()
    }
}

async fn the_payment_list_is_for_the_treasury(on: &Served) {
    appropriated(on, "year", "20000.00").await;
    exported(on, "b1", "once").await;
    let csv = list(on, "finance", ("b1", Format::Csv)).await.unwrap();
    assert_eq!(csv.file_name, "xinping-2022-b1.csv");
    assert_eq!((csv.media_type.as_str(), csv.lines), ("text/csv; charset=utf-8", 2));
    assert_eq!((text(&csv.total), csv.total_words.as_str()), ("4000.00".into(), "肆仟元整"));
    assert_eq!(csv.digest.len(), 64);
    let table = String::from_utf8(csv.content.clone()).unwrap();
    let lines: Vec<&str> = table.strip_prefix('\u{feff}').unwrap().split("\r\n").collect();
    assert!(lines[0].starts_with("序号,奖补项目,对象类别,对象编号,姓名或名称"), "{}", lines[0]);
    assert!(lines[1].starts_with("1,优秀书记奖励,个人,m-001,名称 m-001,"), "{}", lines[1]);
    assert!(
        lines[1].contains(",2000.00,贰仟元整,2022,b1,excellence,创建工作经费,second,"),
        "{}",
        lines[1]
    );
    assert!(lines[3].starts_with("合计,") && lines[3].contains("4000.00,肆仟元整"), "{}", lines[3]);
    let again = list(on, "finance", ("b1", Format::Csv)).await.unwrap();
    assert_eq!((again.content == csv.content, again.digest), (true, csv.digest.clone()));
    let sheet = list(on, "finance", ("b1", Format::Xlsx)).await.unwrap();
    assert!(
        sheet.content.starts_with(b"PK")
            && sheet.file_name.rsplit_once('.').is_some_and(|it| it.1 == "xlsx")
    );
    // Who sees no names has the same list without those of persons.
    let bare = list(on, "auditor", ("b1", Format::Csv)).await.unwrap();
    let bare = String::from_utf8(bare.content).unwrap();
    assert!(!bare.contains("名称 m-001") && bare.contains(",m-001,,"), "{bare}");
    exported(on, "b2", "compounds").await;
    let branches = list(on, "auditor", ("b2", Format::Csv)).await.unwrap();
    let branches = String::from_utf8(branches.content).unwrap();
    assert!(branches.contains("1,工作经费,党支部,b-01,名称 b-01,名称 k-01,5000.00"), "{branches}");
    let names = |all: Vec<v1::Payment>| -> Vec<String> {
        all.into_iter().map(|it| it.key.unwrap().recipient.unwrap().name).collect()
    };
    assert_eq!(names(payments(on, "finance", "b1").await), ["名称 m-001", "名称 m-002"]);
    assert_eq!(names(payments(on, "auditor", "b1").await), ["", ""]);
    assert_eq!(names(payments(on, "auditor", "b2").await), ["名称 b-01", "名称 b-02"]);
    let kinds = payments(on, "auditor", "b2").await;
    let kind = |it: &v1::Payment| it.key.as_ref().unwrap().recipient.as_ref().unwrap().kind();
    assert_eq!(kind(&kinds[0]), RecipientKind::Branch);
}
