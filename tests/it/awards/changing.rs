//! What becomes of payments when published results are superseded or honours cancelled (A4, A5).

use steelyard::proto::v1::{self, PaymentState, RecoveryCause, RecoveryState, SubjectKind};

use super::{
    callers,
    cast::{
        all_paid, answer, appropriated, approve, batch, budget, entitled, export, figures, paid,
        payments, person, proposal, propose, recoveries, text,
    },
    computed, deed, member, on_both, proved, small,
};
use crate::{
    harness::{COUNTY, Served, reason, record_facts},
    selections,
};

on_both!(small: a_supersession_settles_what_was_proposed, a_preview_is_of_the_day_on_which_it_is_asked);

mod honours {
    use super::{cancelled_honours_are_paid_back, selections::confirmed};

    super::on_both!(confirmed: cancelled_honours_are_paid_back);
}

/// Takes the deeds of posts back.
pub(super) async fn reversed(on: &Served, posts: &[&str]) {
    for id in posts {
        let kind = SubjectKind::Post.into();
        let subject = Some(v1::SubjectRef { kind, id: (*id).to_owned() });
        let request = v1::ListFactsRequest { county: COUNTY.into(), subject, ..Default::default() };
        let found = on.facts().list_facts(request).await.unwrap().into_inner().facts;
        for it in found {
            let request = v1::ReverseFactRequest {
                county: COUNTY.into(),
                request_id: format!("reverse-{id}-{}", it.fact_id),
                fact_id: it.fact_id,
                reason: "查无此事".into(),
                recorded_by: "inspector".into(),
                evidence: Vec::new(),
            };
            on.facts().reverse_fact(request).await.unwrap();
        }
    }
}

/// One run in the place of another: what it does to money, shown and done.
pub(super) async fn superseded(on: &Served, old: &str, new: &str) -> v1::MoneyConsequences {
    let request = v1::SupersedeRunRequest {
        county: COUNTY.into(),
        request_id: format!("supersede-{old}"),
        old_run_id: old.into(),
        new_run_id: new.into(),
        reason: "复核".into(),
        validate_only: true,
    };
    let before = budget(on).await;
    let shown = on.evaluations().supersede_run(request.clone()).await.unwrap().into_inner();
    assert_eq!(budget(on).await, before, "only shown");
    let request = v1::SupersedeRunRequest { validate_only: false, ..request };
    let done = on.evaluations().supersede_run(request.clone()).await.unwrap().into_inner();
    assert_eq!(shown.money, done.money, "what was shown is what was done");
    let again = on.evaluations().supersede_run(request).await.unwrap().into_inner();
    assert_eq!(again, done);
    done.money.unwrap()
}

/// Of whom by what; before, after, withdrawn, to recover, if paid, dropped, payable.
fn told(of: &v1::MoneyConsequences) -> Vec<(String, [String; 7])> {
    let one = |it: &v1::MoneyConsequence| {
        let key = it.key.as_ref().unwrap();
        let recipient = key.recipient.as_ref().unwrap();
        assert_eq!(recipient.name, "", "an answer that is kept has no names");
        let figures = [
            &it.before,
            &it.after,
            &it.withdrawn,
            &it.to_recover,
            &it.to_recover_if_paid,
            &it.dropped,
            &it.payable,
        ];
        (format!("{}/{}", recipient.id, key.each), figures.map(text))
    };
    of.consequences.iter().map(one).collect()
}

fn row(of: &str, figures: [&str; 7]) -> (String, [String; 7]) {
    (of.to_owned(), figures.map(String::from))
}

async fn a_supersession_settles_what_was_proposed(on: &Served) {
    appropriated(on, "year", "20000.00").await;
    let left = [person("m-001", "p-001"), person("m-001", "p-2nd")];
    propose(on, proposal("1", ("b1", "each"), &left)).await.unwrap();
    approve(on, "second", ("2", "b1")).await.unwrap();
    export(on, ("3", "b1")).await.unwrap();
    answer(on, ("4", "b1"), &[paid(1, "2023-01-10")]).await.unwrap();
    propose(on, proposal("5", ("b2", "each"), &[])).await.unwrap();
    let first = entitled(on, "auditor", "each").await.unwrap().origin_id;
    reversed(on, &["p-001", "p-002", "p-2nd"]).await;
    let second = computed(on, "each", "second").await;
    let money = superseded(on, &first, &second).await;
    let (zero, prize) = ("0.00", "2000.00");
    let expected = [
        row("m-001/p-001", [prize, zero, zero, prize, zero, zero, zero]),
        row("m-001/p-2nd", [prize, zero, zero, zero, prize, zero, zero]),
        row("m-002/p-002", [prize, zero, prize, zero, zero, zero, zero]),
    ];
    assert_eq!(told(&money), expected);
    let sums = [&money.gained, &money.lost, &money.to_recover].map(text);
    assert_eq!((sums, money.total), ([zero, "6000.00", prize].map(String::from), 3));
    let it = budget(on).await;
    assert_eq!(figures(&it), ["20000.00", prize, prize, zero, "16000.00"]);
    assert_eq!(text(&it.due), prize);
    let open = recoveries(on, "finance", true).await;
    assert_eq!(open.len(), 1);
    let it = &open[0];
    assert_eq!((it.cause(), it.cause_id.as_str()), (RecoveryCause::Superseded, second.as_str()));
    assert_eq!((it.batch_id.as_str(), it.line, text(&it.open)), ("b1", 1, prize.into()));
    assert_eq!(it.recipient.as_ref().unwrap().name, "名称 m-001");
    // Nothing is left of the batch that was here.
    assert_eq!(payments(on, "auditor", "b2").await[0].state(), PaymentState::Withdrawn);
    let event = batch(on, "b2").await.events.remove(0);
    assert_eq!((event.what.as_str(), event.reason), ("withdrawn", format!("superseded {second}")));
    let empty = approve(on, "second", ("6", "b2")).await.unwrap_err();
    assert_eq!(reason(&empty), "BATCH_EMPTY");
    // What the treasury had is to come back as soon as it is paid.
    let given = answer(on, ("7", "b1"), &[paid(2, "2023-01-10")]).await.unwrap();
    assert_eq!(given.recoveries, [2]);
    assert_eq!(text(&given.budget.unwrap().due), "4000.00");
    // One of them is entitled again: its recovery is dropped, and nothing is paid twice.
    let facts = vec![deed(SubjectKind::Post, "p-001"), deed(SubjectKind::Post, "p-002")];
    on.facts().record_facts(record_facts("again", facts)).await.unwrap();
    let third = computed(on, "each", "third").await;
    let money = superseded(on, &second, &third).await;
    let expected = [
        row("m-001/p-001", [zero, prize, zero, zero, zero, prize, zero]),
        row("m-002/p-002", [zero, prize, zero, zero, zero, zero, prize]),
    ];
    assert_eq!(told(&money), expected);
    let states: Vec<_> = recoveries(on, "auditor", false)
        .await
        .iter()
        .map(|it| (it.number, it.state(), text(&it.dropped)))
        .collect();
    let expected =
        [(1, RecoveryState::Settled, prize.into()), (2, RecoveryState::Open, zero.into())];
    assert_eq!(states, expected);
    assert_eq!(text(&budget(on).await.due), prize);
    let all = entitled(on, "auditor", "each").await.unwrap();
    assert_eq!(text(&all.payable), prize);
    // A third version drops nothing that is not owed, and demands what is paid once.
    reversed(on, &["p-001"]).await;
    let fourth = computed(on, "each", "fourth").await;
    let money = superseded(on, &third, &fourth).await;
    assert_eq!(told(&money), [row("m-001/p-001", [prize, zero, zero, prize, zero, zero, zero])]);
    assert_eq!(recoveries(on, "auditor", true).await.len(), 2);
    proved(on).await;
}

/// A preview is of its own day, also where nothing was recorded since: the status that it goes by is
/// that of the day on which it would be done.
async fn a_preview_is_of_the_day_on_which_it_is_asked(on: &Served) {
    appropriated(on, "year", "20000.00").await;
    let mut joins = member(1, v1::MemberStatus::InService);
    joins.effective_from = crate::harness::date("2023-01-12");
    assert_eq!(on.upsert("joins", vec![joins]).await.items, []);
    let first = entitled(on, "auditor", "once").await.unwrap();
    assert_eq!(text(&first.payable), "4000.00", "the day of publication was before");
    let second = computed(on, "once", "second").await;
    on.clock.set("2023-01-15T01:00:00Z");
    let money = superseded(on, &first.origin_id, &second).await;
    let (zero, prize) = ("0.00", "2000.00");
    assert_eq!(told(&money), [row("m-001/", [prize, zero, zero, zero, zero, zero, zero])]);
    assert_eq!(text(&money.lost), prize);
}

async fn cancelled_honours_are_paid_back(on: &Served) {
    callers(on).await;
    appropriated(on, "year", "15000.00").await;
    let all = entitled(on, "auditor", "selection:test.red-flag").await.unwrap();
    let first = &all.entitlements[0];
    assert_eq!((all.entitlements.len(), text(&all.payable)), (3, "15000.00".into()));
    assert_eq!(first.key.as_ref().unwrap().recipient.as_ref().unwrap().name, "名称 b-01");
    assert!(first.because.contains("confirmed selection `y`"), "{}", first.because);
    all_paid(on, "b1", "selection:test.red-flag").await;
    assert_eq!(figures(&budget(on).await), ["15000.00", "0.00", "15000.00", "0.00", "0.00"]);
    let money = selections::cancelled(on, "cancel", "b-02").await.money.unwrap();
    let expected = ["5000.00", "0.00", "0.00", "5000.00", "0.00", "0.00", "0.00"];
    assert_eq!(told(&money), [row("b-02/", expected)]);
    let open = recoveries(on, "auditor", true).await;
    assert_eq!((open[0].cause(), open[0].cause_id.as_str()), (RecoveryCause::HonourCancelled, "y"));
    assert_eq!(open[0].recipient.as_ref().unwrap().id, "b-02");
    let again = selections::cancelled(on, "cancel", "b-02").await.money.unwrap();
    assert_eq!(again, money);
    proved(on).await;
}
