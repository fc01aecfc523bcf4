//! A street's places and the county's (F1, F4, F5), the order of candidates and ties at the line (F10, F11).

use super::{Action, ApportionRule, Obstacle, Stage, What, World, terms};

const RECOMMEND: Action = Action::Recommend;
const EXAMINE: Action = Action::Examine;

/// One street of three seats, in which that many reviewed it, in the order of their places.
fn reviewed(count: usize) -> World {
    let mut world = World::street();
    world.bring(&["s1", "s2", "s3", "s4", "s5", "s6"][..count], Stage::Reviewed);
    world
}

fn exceeded(street: Option<&str>, seats: u64, taken: u64, asked: u64) -> Obstacle {
    Obstacle::QuotaExceeded { street: street.map(ToOwned::to_owned), seats, taken, asked }
}

fn named(of: &[&str]) -> Vec<String> {
    of.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn a_street_recommends_up_to_its_quota_and_never_one_more() {
    let mut world = reviewed(5);
    assert!(world.lets(RECOMMEND, &["s1", "s2", "s3"]));
    let found = world.ask(RECOMMEND, &["s1", "s2", "s3", "s4"]);
    assert_eq!(found, vec![vec![exceeded(Some("s"), 3, 0, 4)]; 4]);
    assert_eq!(found[0][0].rule(), "F5");
    assert_eq!(found[0][0].en(), "street `s` has 3 seat(s), 0 taken, and 4 more were asked for");
    world.act("s1", RECOMMEND);
    world.act("s2", RECOMMEND);
    assert_eq!(world.ask(RECOMMEND, &["s3", "s4"]), vec![vec![exceeded(Some("s"), 3, 2, 2)]; 2]);
    assert!(world.lets(RECOMMEND, &["s3"]));
    world.act("s3", RECOMMEND);
    assert_eq!(world.ask(RECOMMEND, &["s4"]), [[exceeded(Some("s"), 3, 3, 1)]]);
    // A reason buys no seat.
    assert_eq!(world.ask_with(RECOMMEND, &["s4"], true), [[exceeded(Some("s"), 3, 3, 1)]]);
    assert!(world.within_caps());
    world.act("s4", RECOMMEND);
    assert!(!world.within_caps(), "past the guard");
}

#[test]
fn a_street_may_recommend_fewer_or_nobody() {
    let mut world = reviewed(4);
    assert!(world.lets(RECOMMEND, &["s1"]));
    world.act("s1", RECOMMEND);
    assert!(world.lets(EXAMINE, &["s1"]));
    assert!(world.lets(RECOMMEND, &[]));
}

#[test]
fn one_streets_seats_are_no_others() {
    let rule = terms("20%", ApportionRule::Floor, None);
    let mut world = World::of(&[("s", 10), ("t", 5)], rule);
    world.bring(&["s1", "s2", "t1", "t2"], Stage::Reviewed);
    assert!(world.lets(RECOMMEND, &["s1", "s2", "t1"]));
    let found = world.ask(RECOMMEND, &["s1", "t1", "s2", "t2"]);
    let over = vec![exceeded(Some("t"), 1, 0, 2)];
    assert_eq!(found, [vec![], over.clone(), vec![], over]);
}

#[test]
fn who_cannot_be_recommended_takes_no_seat_and_stands_before_nobody() {
    let mut world = reviewed(4);
    world.veto("s1");
    world.merits.as_mut().unwrap().get_mut("k-s2").unwrap().meets = false;
    let codes = world.codes(RECOMMEND, &["s1", "s2", "s3", "s4"]);
    assert_eq!(codes, [vec!["CANDIDATE_VETOED"], vec!["CRITERIA_NOT_MET"], vec![], vec![]]);
    // Who comes first is not decided by who is first: applicants that the community can still pass
    // stand before others, and those that it cannot do not.
    let mut world = World::street();
    world.bring(&["s1"], Stage::Applied);
    world.bring(&["s2"], Stage::Reviewed);
    assert_eq!(world.codes(RECOMMEND, &["s2"]), [["PASSED_OVER_UNEXPLAINED"]]);
    world.act("s1", Action::Pass);
    assert_eq!(world.codes(RECOMMEND, &["s2"]), [["PASSED_OVER_UNEXPLAINED"]]);
    let mut world = World::street();
    world.bring(&["s1"], Stage::Applied);
    world.bring(&["s2"], Stage::Reviewed);
    world.act("s1", Action::Refuse);
    assert!(world.lets(RECOMMEND, &["s2"]));
}

#[test]
fn out_of_order_needs_a_reason() {
    let world = reviewed(4);
    let found = world.ask(RECOMMEND, &["s2", "s4"]);
    let over = |of: &[&str]| vec![Obstacle::PassedOverUnexplained(named(of))];
    assert_eq!(found, [over(&["s1"]), over(&["s1", "s3"])]);
    assert_eq!(found[1][0].rule(), "F4");
    assert_eq!(world.ask_with(RECOMMEND, &["s2", "s4"], true), [[], []]);
    let asked = super::asked(&["s2", "s4", "s1"], &[], true);
    let passed = world.look(|it| it.passed_over(RECOMMEND, &asked));
    assert_eq!(passed, [vec![], named(&["s3"]), vec![]], "s1 is chosen with them");
}

#[test]
fn a_tie_at_the_line_waits_for_a_decision() {
    let mut world = reviewed(4);
    world.place("s4", 3);
    // Places 1, 2, 3, 3 and three seats.
    let tie = vec![Obstacle::TieOpen(named(&["s4"]))];
    assert_eq!(world.ask(RECOMMEND, &["s1", "s2", "s3"]), [vec![], vec![], tie.clone()]);
    assert_eq!(world.ask_with(RECOMMEND, &["s3", "s1", "s2"], true), [tie, vec![], vec![]]);
    assert!(world.lets(RECOMMEND, &["s1", "s2"]), "fewer, and the line is not in the tie");
    world.act("s1", RECOMMEND);
    assert!(world.lets(RECOMMEND, &["s2"]));
    assert_eq!(world.look(|it| it.equal_to("s3", Some("s"))), ["s3", "s4"]);
    assert_eq!(world.look(|it| it.equal_to("s2", Some("s"))), ["s2"]);
    assert_eq!(world.look(|it| it.equal_to("s1", Some("s"))), [""; 0], "recommended already");
    world.decide(Some("s"), &["s4", "s3"]);
    assert!(world.lets(RECOMMEND, &["s2", "s4"]));
    assert_eq!(world.codes(RECOMMEND, &["s2", "s3"]), [vec![], vec!["PASSED_OVER_UNEXPLAINED"]]);
    // The latest decision holds; the county's own is about its own line.
    world.decide(Some("s"), &["s3", "s4"]);
    world.decide(None, &["s4", "s3"]);
    assert!(world.lets(RECOMMEND, &["s2", "s3"]));
    assert_eq!(world.codes(RECOMMEND, &["s2", "s4"]), [vec![], vec!["PASSED_OVER_UNEXPLAINED"]]);
}

#[test]
fn equal_ones_together_need_no_decision() {
    let mut world = reviewed(4);
    world.place("s3", 2);
    // Places 1, 2, 2, 4.
    assert!(world.lets(RECOMMEND, &["s1", "s2", "s3"]));
    assert!(world.lets(RECOMMEND, &["s3", "s1", "s2"]));
    assert_eq!(world.codes(RECOMMEND, &["s1", "s2"]), [vec![], vec!["TIE_OPEN"]]);
    assert_eq!(world.codes(RECOMMEND, &["s1", "s3"]), [vec![], vec!["TIE_OPEN"]]);
}

#[test]
fn withdrawing_before_the_examination_frees_the_streets_place_and_after_it_does_not() {
    let mut world = reviewed(4);
    ["s1", "s2", "s3"].into_iter().for_each(|it| world.act(it, RECOMMEND));
    let mut before = world.clone();
    before.act("s2", Action::Withdraw);
    assert!(before.lets(RECOMMEND, &["s4"]));
    let mut after = world.clone();
    after.act("s2", EXAMINE);
    after.act("s2", Action::Withdraw);
    assert_eq!(after.ask(RECOMMEND, &["s4"]), [[exceeded(Some("s"), 3, 3, 1)]]);
    // Nor does what the selection group or the committee says.
    world.act("s3", Action::Decline);
    assert_eq!(world.codes(RECOMMEND, &["s4"]), [["QUOTA_EXCEEDED"]]);
}

/// Two streets of ceilings 2 and 2, and a county of three seats; all four are recommended.
fn county() -> World {
    let rule = terms("20%", ApportionRule::Ceiling, Some(3));
    let mut world = World::of(&[("s", 6), ("t", 6)], rule);
    for (branch, place) in [("s1", 1), ("s2", 4), ("t1", 2), ("t2", 3)] {
        world.place(branch, place);
    }
    world.bring(&["s1", "s2", "t1", "t2"], Stage::Recommended);
    assert_eq!((world.quota().all, world.quota().county()), (4, 3));
    world
}

#[test]
fn the_countys_order_holds_where_its_cap_leaves_somebody_out() {
    let mut world = county();
    assert!(world.lets(EXAMINE, &["s1", "t1", "t2"]));
    assert_eq!(
        world.ask(EXAMINE, &["s1", "s2", "t1", "t2"]),
        vec![vec![exceeded(None, 3, 0, 4)]; 4]
    );
    assert_eq!(
        world.ask(EXAMINE, &["s2"]),
        [[Obstacle::PassedOverUnexplained(named(&["s1", "t1", "t2"]))]]
    );
    assert!(world.ask_with(EXAMINE, &["s2"], true)[0].is_empty(), "with a reason");
    world.act("s1", EXAMINE);
    world.act("t1", EXAMINE);
    assert_eq!(world.ask(EXAMINE, &["s2"]), [[Obstacle::PassedOverUnexplained(named(&["t2"]))]]);
    world.act("t2", EXAMINE);
    assert_eq!(world.ask_with(EXAMINE, &["s2"], true), [[exceeded(None, 3, 3, 1)]]);
    assert_eq!(world.ask(EXAMINE, &["s2"])[0][0].rule(), "F1");
    assert!(world.within_caps());
    // Before the notice a place in the county is free again with who leaves it.
    world.act("t1", Action::Withdraw);
    assert!(world.lets(EXAMINE, &["s2"]));
    world.act("s2", EXAMINE);
    assert!(world.within_caps());
}

#[test]
fn where_everybody_fits_the_county_asks_for_no_order() {
    let mut world = county();
    world.document.seats.at_most = Some(4);
    world.place("t1", 1);
    for branch in ["s1", "s2", "t1", "t2"] {
        assert!(world.lets(EXAMINE, &[branch]), "{branch}");
        let asked = super::asked(&[branch], &[], true);
        let passed = world.look(|it| it.passed_over(EXAMINE, &asked));
        assert_eq!(passed, [named(&[])], "{branch}: nobody is left for it");
    }
    // With one seat fewer only the worst is left out: those who fit beside all who are not after
    // them still come in any order, and need no decision on equal ones.
    world.document.seats.at_most = Some(3);
    for branch in ["s1", "t1", "t2"] {
        assert!(world.lets(EXAMINE, &[branch]), "{branch}");
    }
}

#[test]
fn a_tie_at_the_countys_line_is_the_countys_to_decide() {
    let mut world = county();
    world.place("s2", 3);
    assert_eq!(world.codes(EXAMINE, &["s1", "t1", "t2"]), [vec![], vec![], vec!["TIE_OPEN"]]);
    assert_eq!(world.look(|it| it.equal_to("t2", None)), ["s2", "t2"]);
    world.decide(Some("s"), &["s2", "t2"]);
    assert_eq!(world.codes(EXAMINE, &["s1", "t1", "t2"])[2], ["TIE_OPEN"], "no street's decision");
    world.decide(None, &["s2", "t2"]);
    assert!(world.lets(EXAMINE, &["s1", "t1", "s2"]));
    assert_eq!(world.codes(EXAMINE, &["t2"]), [["PASSED_OVER_UNEXPLAINED"]]);
}

#[test]
fn who_falls_under_a_veto_gives_its_places_back() {
    for (action, stage) in
        [(Action::Decline, Stage::Recommended), (Action::Reject, Stage::Consulted)]
    {
        for vetoed in [false, true] {
            let mut world = World::street();
            world.bring(&["s1"], stage);
            let what =
                What::Candidate { branch: "s1".to_owned(), action, passed_over: vec![], vetoed };
            world.push(what, "somebody");
            let state = world.state();
            let it = &state.candidates["s1"];
            assert_eq!(it.of_street, !vetoed, "{action:?}");
            assert_eq!(it.of_county, !vetoed && action == Action::Reject, "{action:?}");
        }
    }
}

#[test]
fn a_decision_goes_with_the_ranking_that_it_was_about() {
    let mut world = reviewed(4);
    world.push(What::Ranked { run: "run-1".to_owned() }, "county");
    world.decide(Some("s"), &["s1", "s2"]);
    world.push(What::Ranked { run: "run-1".to_owned() }, "county");
    assert_eq!(world.state().ties.len(), 1);
    world.push(What::Ranked { run: "run-2".to_owned() }, "county");
    assert_eq!(world.state().ties, []);
}

#[test]
fn the_notice_waits_for_those_whose_day_is_not_over() {
    let mut world = World::street();
    world.bring(&["s1"], Stage::Approved);
    world.bring(&["s2"], Stage::Reviewed);
    let codes = |world: &World| -> Vec<&str> {
        world.look(|it| it.before_notice().iter().map(Obstacle::code).collect())
    };
    assert_eq!(codes(&world), ["CANDIDATES_PENDING"], "a seat is free, and the day has not come");
    let mut late = world.clone();
    late.today = super::day("2022-12-31");
    assert_eq!(codes(&late), [""; 0]);
    // Who cannot be chosen is not waited for.
    world.veto("s2");
    assert_eq!(codes(&world), [""; 0]);
}
