//! The notice and the confirmation (F7, F8, F9): nothing is confirmed early, nor while a report is open, and
//! nobody comes in after the list was shown.

use super::{Action, Obstacle, Outcome, Stage, What, World, day};

fn named(of: &[&str]) -> Vec<String> {
    of.iter().map(|it| (*it).to_owned()).collect()
}

/// Three approved ones under a notice that ends on 29 January, and others that came less far.
fn noticed() -> World {
    let mut world = World::of(&[("s", 20)], super::terms("30%", super::ApportionRule::Floor, None));
    world.bring(&["s1", "s2", "s3"], Stage::Approved);
    world.bring(&["s4"], Stage::Reviewed);
    world.bring(&["s5"], Stage::Rejected);
    world.bring(&["s6"], Stage::Applied);
    world.bring(&["s7"], Stage::Returned);
    world.post();
    world.today = day("2023-01-30");
    world
}

fn before(world: &World) -> Vec<Obstacle> {
    world.look(|it| it.before_confirmation())
}

#[test]
fn the_notice_waits_for_those_who_are_not_decided_on() {
    let mut world = World::street();
    assert_eq!(world.look(|it| it.before_notice()), [Obstacle::NobodyApproved]);
    for stage in [Stage::Recommended, Stage::Examined, Stage::Consulted] {
        let mut world = world.clone();
        world.bring(&["s1"], Stage::Approved);
        world.bring(&["s3", "s2"], stage);
        let found = world.look(|it| it.before_notice());
        assert_eq!(found, [Obstacle::CandidatesPending(named(&["s2", "s3"]))], "{stage:?}");
    }
    // Who was not recommended keeps nobody waiting.
    world.bring(&["s1"], Stage::Approved);
    for (branch, stage) in [
        ("s2", Stage::Applied),
        ("s3", Stage::Returned),
        ("s4", Stage::Refused),
        ("s5", Stage::Passed),
        ("s6", Stage::Reviewed),
        ("s7", Stage::Declined),
        ("s8", Stage::Rejected),
        ("s9", Stage::Withdrawn),
    ] {
        world.bring(&[branch], stage);
    }
    assert_eq!(world.look(|it| it.before_notice()), []);
    world.veto("s6");
    assert_eq!(world.look(|it| it.before_notice()), [], "a veto about one who is not on the list");
    world.veto("s1");
    let veto = Obstacle::Vetoed(vec!["k-s1 safety".to_owned()]);
    assert_eq!(world.look(|it| it.before_notice()), [veto]);
}

#[test]
fn the_notice_is_posted_once_and_takes_all_who_are_approved() {
    let world = noticed();
    let state = world.state();
    let of = |stage: Stage| {
        let all = state.candidates.iter().filter(move |it| it.1.stage == stage);
        all.map(|it| it.0.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of(Stage::Noticed), ["s1", "s2", "s3"]);
    assert_eq!((of(Stage::Reviewed), of(Stage::Rejected)), (vec!["s4"], vec!["s5"]));
    let found = world.look(|it| it.before_notice());
    assert_eq!(found.iter().map(Obstacle::code).collect::<Vec<_>>(), ["SELECTION_CLOSED"]);
}

#[test]
fn the_last_day_is_still_the_notices() {
    let mut world = noticed();
    for (today, over) in [
        ("2023-01-16", false),
        ("2023-01-28", false),
        ("2023-01-29", false),
        ("2023-01-30", true),
        ("2024-01-01", true),
    ] {
        world.today = day(today);
        let running = Obstacle::NoticeRunning(day("2023-01-29"));
        let expected: Vec<_> = [running].into_iter().filter(|_| !over).collect();
        assert_eq!(before(&world), expected, "{today}");
    }
}

#[test]
fn every_set_of_guards_is_told_and_only_none_lets_the_confirmation_pass() {
    // No notice at all, or one that ended a selection already, is told alone.
    let mut open = World::street();
    open.bring(&["s1"], Stage::Approved);
    assert_eq!(before(&open), [Obstacle::NoticeMissing]);
    for set in 0..16_u32 {
        let on = |bit: u32| set & (1 << bit) != 0;
        let mut world = noticed();
        world.report(1, "s1");
        world.report(2, "s2");
        world.answer(1, Outcome::NotProven);
        let mut expected = Vec::new();
        if on(0) {
            world.today = day("2023-01-29");
            expected.push("NOTICE_RUNNING");
        }
        if on(1) {
            expected.push("REPORT_OPEN");
        } else {
            world.answer(2, Outcome::NotProven);
        }
        if on(2) {
            world.veto("s3");
            expected.push("CANDIDATE_VETOED");
        }
        if on(3) {
            // Over already: the rest is not asked for.
            if on(1) {
                world.answer(2, Outcome::NotProven);
            }
            world.push(What::Confirmed, "office");
            expected = vec!["SELECTION_CLOSED"];
        }
        let found: Vec<_> = before(&world).iter().map(Obstacle::code).collect();
        assert_eq!(found, expected, "{set:04b}");
        assert_eq!(found.is_empty(), set == 0, "{set:04b}");
        if on(3) {
            continue;
        }
        // Each candidate on the list is told the same of its next step, which is of the whole list.
        let next = world.look(|it| it.next("s1")).unwrap();
        let next: Vec<_> = next.1.iter().map(Obstacle::code).collect();
        assert_eq!((next, world.look(|it| it.next("s1")).unwrap().0), (expected, Action::Confirm));
    }
}

#[test]
fn open_reports_are_named_by_number() {
    let mut world = noticed();
    world.report(1, "s1");
    world.report(2, "s2");
    world.report(3, "s1");
    assert_eq!(before(&world), [Obstacle::ReportOpen(vec![1, 2, 3])]);
    world.answer(2, Outcome::NotProven);
    assert_eq!(before(&world), [Obstacle::ReportOpen(vec![1, 3])]);
    world.answer(3, Outcome::Proven);
    assert_eq!(before(&world), [Obstacle::ReportOpen(vec![1])], "also about one that is cancelled");
    world.answer(1, Outcome::NotProven);
    assert_eq!(before(&world), []);
    world.push(What::Confirmed, "office");
    let stages = ["s1", "s2", "s3", "s4"].map(|it| world.stage(it).unwrap());
    assert_eq!(stages, [Stage::Cancelled, Stage::Confirmed, Stage::Confirmed, Stage::Reviewed]);
}

#[test]
fn a_veto_about_one_who_was_cancelled_holds_nobody_up() {
    let mut world = noticed();
    world.veto("s3");
    assert_eq!(before(&world), [Obstacle::Vetoed(vec!["k-s3 safety".to_owned()])]);
    assert!(world.lets(Action::Cancel, &["s3"]));
    world.act("s3", Action::Cancel);
    assert_eq!(before(&world), []);
}

#[test]
fn nobody_comes_in_after_the_list_was_shown() {
    let mut world = noticed();
    world.act("s2", Action::Cancel);
    for step in 0..2 {
        for (action, branch) in [
            (Action::Apply, "s8"),
            (Action::Apply, "s7"),
            (Action::Pass, "s6"),
            (Action::Recommend, "s4"),
            (Action::Examine, "s4"),
            (Action::Approve, "s5"),
            (Action::Apply, "s2"),
        ] {
            assert_eq!(world.codes(action, &[branch]), [["NO_REFILL"]], "{action:?} {step}");
        }
        for action in [Action::Review, Action::Consult, Action::Return, Action::Notice] {
            assert_eq!(world.codes(action, &["s4"]), [["SELECTION_CLOSED"]], "{action:?}");
        }
        let caps = world.within_caps();
        assert!(caps, "the seat is still taken");
        if step == 0 {
            world.push(What::Confirmed, "office");
        }
    }
    // After the end an honour can still be cancelled, and nothing else is done.
    for action in Action::ALL {
        let allowed = action == Action::Cancel;
        assert_eq!(world.lets(action, &["s1"]), allowed, "{action:?}");
    }
    world.act("s1", Action::Cancel);
    assert!(!world.lets(Action::Cancel, &["s1"]), "once");
}

#[test]
fn a_seat_that_was_left_during_the_notice_stays_taken() {
    for action in [Action::Withdraw, Action::Cancel] {
        let mut world = noticed();
        let before = world.state();
        assert!(world.lets(action, &["s2"]));
        world.act("s2", action);
        let after = world.state();
        let it = &after.candidates["s2"];
        assert!(it.of_street && it.of_county, "{action:?}");
        for (branch, other) in before.candidates.iter().filter(|it| it.0 != "s2") {
            assert_eq!(after.candidates.get(branch), Some(other), "{action:?} changes nobody else");
        }
        assert_eq!(before.candidates.len(), after.candidates.len());
    }
}

#[test]
fn a_selection_that_was_given_up_does_nothing_more() {
    let mut world = World::street();
    world.bring(&["s1"], Stage::Approved);
    world.push(What::Abandoned, "office");
    for action in Action::ALL {
        assert_eq!(world.codes(action, &["s1"]), [["SELECTION_CLOSED"]], "{action:?}");
    }
    let notice = world.look(|it| it.before_notice());
    assert_eq!(notice.iter().map(Obstacle::code).collect::<Vec<_>>(), ["SELECTION_CLOSED"]);
    assert!(!before(&world).is_empty());
}
