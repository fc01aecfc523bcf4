//! What stands in the way of a candidate's step: its time, its papers, its hands, its compound, vetoes and
//! criteria (F2, F3, F10, F12).

use super::{
    super::{Phase, UnitRef},
    Action, Evidence, Merit, Obstacle, Stage, StepKind, What, World, asked, branch, day, hand,
    merit, papers,
};

fn extend(world: &mut World, unit: Option<(&str, &str)>, until: &str) {
    let unit = unit.map(|(kind, id)| UnitRef { kind: kind.to_owned(), id: id.to_owned() });
    let step = StepKind::Recommendation;
    world.push(What::Extended { step, unit, until: day(until) }, "office");
}

fn late(until: &str) -> Vec<Obstacle> {
    vec![Obstacle::DeadlinePassed(StepKind::Recommendation, day(until))]
}

#[test]
fn the_last_day_is_in_time_and_the_next_is_late() {
    let mut world = World::street();
    world.bring(&["s1"], Stage::Reviewed);
    world.today = day("2022-12-30");
    assert!(world.lets(Action::Recommend, &["s1"]));
    world.today = day("2022-12-31");
    assert_eq!(world.ask(Action::Recommend, &["s1"]), [late("2022-12-30")]);
    assert_eq!(late("2022-12-30")[0].rule(), "F12");
    // Every step of that stage, each with its own last day; one in the next year.
    world.bring(&["s2"], Stage::Recommended);
    world.bring(&["s3"], Stage::Returned);
    world.bring(&["s4"], Stage::Passed);
    assert!(world.lets(Action::Examine, &["s2"]));
    assert_eq!(world.codes(Action::Apply, &["s3", "s5"]), [["DEADLINE_PASSED"]; 2]);
    assert_eq!(world.codes(Action::Review, &["s4"]), [["DEADLINE_PASSED"]]);
    assert!(world.lets(Action::Withdraw, &["s1", "s2", "s3", "s4"]), "leaving has no last day");
    world.today = day("2023-01-10");
    assert!(world.lets(Action::Examine, &["s2"]) && world.lets(Action::Decline, &["s2"]));
    world.today = day("2023-01-11");
    assert_eq!(world.codes(Action::Examine, &["s2"]), [["DEADLINE_PASSED"]]);
    assert_eq!(world.codes(Action::Decline, &["s2"]), [["DEADLINE_PASSED"]]);
    world.act("s2", Action::Examine);
    assert!(world.lets(Action::Consult, &["s2"]), "a step without a last day is never late");
}

#[test]
fn an_extension_is_for_all_for_a_street_a_community_or_a_compound() {
    let mut world = World::street();
    world.roster.insert("t1".to_owned(), branch("t", 1));
    world.merits.as_mut().unwrap().insert("k-t1".to_owned(), merit(11));
    world.document.seats = super::terms("50%", super::ApportionRule::Ceiling, None);
    world.bring(&["s1", "s2", "t1"], Stage::Reviewed);
    world.today = day("2023-01-03");
    let all = ["s1", "s2", "t1"];
    for (unit, expected) in [
        (None, [true, true, true]),
        (Some(("street", "s")), [true, true, false]),
        (Some(("community", "c-t")), [false, false, true]),
        (Some(("compound", "k-s1")), [true, false, false]),
        // Of another kind, or nowhere.
        (Some(("street", "k-s1")), [false; 3]),
        (Some(("branch", "s1")), [false; 3]),
    ] {
        let mut world = world.clone();
        extend(&mut world, unit, "2023-01-03");
        let found = world.ask(Action::Recommend, &all);
        assert_eq!(found.iter().map(Vec::is_empty).collect::<Vec<_>>(), expected, "{unit:?}");
        world.today = day("2023-01-04");
        let found = world.ask(Action::Recommend, &all);
        let last = expected.map(|it| late(if it { "2023-01-03" } else { "2022-12-30" }));
        assert_eq!(found, last, "{unit:?}");
        // It is of its step only.
        assert_eq!(world.codes(Action::Apply, &["s5"]), [["DEADLINE_PASSED"]]);
    }
    // The latest of those that hold, in whatever order they were recorded; none comes sooner.
    extend(&mut world, Some(("street", "s")), "2023-01-05");
    extend(&mut world, None, "2023-01-02");
    extend(&mut world, None, "2022-12-01");
    assert_eq!(world.ask(Action::Recommend, &["s1", "t1"]), [vec![], late("2023-01-02")]);
}

#[test]
fn forms_are_asked_for_with_what_leads_on() {
    let mut world = World::street();
    let ask = |world: &World, action: Action, branch: &str, papers: &[Evidence]| {
        let asked = asked(&[branch], papers, true);
        world.look(|it| it.obstacles(action, &asked, hand(action)).remove(0))
    };
    let missing = |id: &str| vec![Obstacle::FormMissing(id.to_owned(), "表".to_owned())];
    let other = [Evidence { form: String::new(), reference: "application".to_owned() }];
    assert_eq!(ask(&world, Action::Apply, "s1", &[]), missing("application"));
    assert_eq!(ask(&world, Action::Apply, "s1", &other), missing("application"));
    assert_eq!(ask(&world, Action::Apply, "s1", &papers()[1..]), missing("application"));
    assert_eq!(ask(&world, Action::Apply, "s1", &papers()), []);
    world.bring(&["s1"], Stage::Returned);
    assert_eq!(
        ask(&world, Action::Apply, "s1", &[]),
        missing("application"),
        "again, with the form"
    );
    world.bring(&["s2"], Stage::Passed);
    assert_eq!(ask(&world, Action::Review, "s2", &[]), [], "it comes with the recommendation");
    world.act("s2", Action::Review);
    assert_eq!(ask(&world, Action::Recommend, "s2", &papers()[..1]), missing("recommendation"));
    assert_eq!(ask(&world, Action::Recommend, "s2", &papers()), []);
    world.bring(&["s3"], Stage::Applied);
    assert_eq!(ask(&world, Action::Refuse, "s3", &[]), []);
    let (action, found) = world.look(|it| it.next("s2")).unwrap();
    assert_eq!(
        (action, found),
        (Action::Recommend, vec![]),
        "what comes with the step is not told before"
    );
}

#[test]
fn nobody_takes_two_steps_that_check_one_another() {
    let mut world = World::street();
    world.bring(&["s1"], Stage::Consulted);
    let by = |world: &World, action: Action, branch: &str, by: &str| {
        let papers = papers();
        let asked = asked(&[branch], &papers, true);
        world.look(|it| it.obstacles(action, &asked, by).remove(0))
    };
    for (hand, step) in [
        ("application", StepKind::Application),
        ("opinion", StepKind::Opinion),
        ("recommendation", StepKind::Recommendation),
        ("examination", StepKind::Examination),
    ] {
        for action in [Action::Approve, Action::Reject] {
            assert_eq!(by(&world, action, "s1", hand), [Obstacle::SameHands(step)], "{hand}");
        }
        assert_eq!(by(&world, Action::Consult, "s1", hand), [], "asking is an errand");
        assert_eq!(by(&world, Action::Withdraw, "s1", hand), [], "leaving is no step");
        assert_eq!(by(&world, Action::Apply, "s2", hand), [], "of another candidate");
    }
    assert_eq!(by(&world, Action::Approve, "s1", "consultation"), []);
    assert_eq!(by(&world, Action::Approve, "s1", "decision"), []);
    // The same step again, and two actions of one step, are the same hands' own.
    world.bring(&["s2"], Stage::Returned);
    assert_eq!(by(&world, Action::Apply, "s2", "application"), []);
    world.act("s2", Action::Apply);
    assert_eq!(by(&world, Action::Pass, "s2", "opinion"), [], "who sent it back");
    world.bring(&["s3"], Stage::Reviewed);
    assert_eq!(by(&world, Action::Recommend, "s3", "recommendation"), [], "who looked at it");
    // Whoever took an earlier of two steps, not only the latest, is remembered.
    world.push(
        What::Candidate {
            branch: "s2".to_owned(),
            action: Action::Return,
            passed_over: vec![],
            vetoed: false,
        },
        "helper",
    );
    world.bring(&["s2"], Stage::Passed);
    assert_eq!(
        by(&world, Action::Review, "s2", "helper"),
        [Obstacle::SameHands(StepKind::Opinion)]
    );
}

#[test]
fn one_branch_of_a_compound_applies() {
    let mut world = World::street();
    world.roster.get_mut("s2").unwrap().compound = "k-s1".to_owned();
    let applied = [[Obstacle::CompoundApplied("s1".to_owned())]];
    assert!(world.lets(Action::Apply, &["s2"]));
    for stage in Stage::ALL {
        let mut world = world.clone();
        if matches!(stage, Stage::Noticed | Stage::Confirmed | Stage::Cancelled) {
            continue;
        }
        world.bring(&["s1"], stage);
        if matches!(stage, Stage::Withdrawn | Stage::Refused) {
            assert!(world.lets(Action::Apply, &["s2"]), "{stage:?}");
        } else {
            assert_eq!(world.ask(Action::Apply, &["s2"]), applied, "{stage:?}");
        }
        assert!(world.lets(Action::Apply, &["s3"]), "another compound's");
    }
    // Not even both at once.
    let both = world.codes(Action::Apply, &["s1", "s2"]);
    assert_eq!(both, [["COMPOUND_APPLIED"], ["COMPOUND_APPLIED"]]);
}

#[test]
fn who_never_applied_or_is_not_counted_comes_no_further() {
    let world = World::street();
    for action in Action::ALL {
        let expected = match action {
            Action::Apply => None,
            Action::Confirm | Action::Cancel => Some("SELECTION_CLOSED"),
            _ => Some("NOT_APPLIED"),
        };
        let found = world.codes(action, &["s1"]).remove(0);
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{action:?}");
        assert_eq!(world.codes(action, &["x1"]), [["NOT_ON_ROSTER"]], "{action:?}");
    }
    assert_eq!(world.look(|it| it.next("s1")), None);
}

#[test]
fn a_veto_bars_what_leads_on_and_nothing_else() {
    let way = [Stage::Applied, Stage::Passed, Stage::Reviewed, Stage::Recommended, Stage::Examined];
    for stage in way.into_iter().chain([Stage::Consulted]) {
        let mut world = World::street();
        world.bring(&["s1", "s2"], stage);
        world.veto("s1");
        for action in Action::ALL.into_iter().filter(|it| stage.after(*it).is_some()) {
            let found = world.ask(action, &["s1"]).remove(0);
            let veto = Obstacle::Vetoed(vec!["safety".to_owned()]);
            assert_eq!(found.contains(&veto), action.advances(), "{stage:?} {action:?}");
            let other = world.ask_with(action, &["s2"], true).remove(0);
            assert_eq!(other, [], "{stage:?} {action:?}: another compound");
        }
        // An entry that names no item bars nobody.
        world.vetoed.insert("k-s1".to_owned(), Vec::new());
        let next = super::next_action(stage).unwrap();
        assert!(world.lets(next, &["s1"]), "{stage:?}");
    }
}

#[test]
fn criteria_are_met_at_the_recommendation_the_examination_and_the_decision() {
    let steps = [
        (Stage::Reviewed, Action::Recommend, true),
        (Stage::Recommended, Action::Examine, true),
        (Stage::Examined, Action::Consult, false),
        (Stage::Consulted, Action::Approve, true),
        (Stage::Consulted, Action::Reject, false),
    ];
    let low = Merit { grade: Some("一般".to_owned()), meets: false, ..merit(1) };
    let open = Merit { place: None, status: "incomplete", ..merit(1) };
    for (stage, action, asked) in steps {
        let mut world = World::street();
        world.bring(&["s1"], stage);
        assert!(world.lets(action, &["s1"]));
        for (merit, status, grade) in [
            (Some(&low), "final", Some("一般")),
            (Some(&open), "incomplete", None),
            (None, "absent", None),
        ] {
            let merits = world.merits.as_mut().unwrap();
            merits.remove("k-s1");
            merits.extend(merit.map(|it| ("k-s1".to_owned(), it.clone())));
            let expected = Obstacle::CriteriaNotMet(status, grade.map(ToOwned::to_owned));
            let found = world.ask(action, &["s1"]).remove(0);
            assert_eq!(found, [expected].into_iter().filter(|_| asked).collect::<Vec<_>>());
        }
        world.merits = None;
        let found = world.codes(action, &["s1"]).remove(0);
        assert_eq!(found, ["RANKING_MISSING"].into_iter().filter(|_| asked).collect::<Vec<_>>());
    }
}

#[test]
fn everything_in_the_way_is_told_at_once() {
    let mut world = World::street();
    world.bring(&["s1"], Stage::Reviewed);
    world.veto("s1");
    world.merits = None;
    world.today = day("2022-12-31");
    let one = asked(&["s1"], &[], false);
    let found = world.look(|it| it.obstacles(Action::Recommend, &one, "opinion").remove(0));
    let codes: Vec<_> = found.iter().map(Obstacle::code).collect();
    assert_eq!(
        codes,
        [
            "DEADLINE_PASSED",
            "FORM_MISSING",
            "SEPARATION_OF_DUTIES",
            "CANDIDATE_VETOED",
            "RANKING_MISSING"
        ]
    );
    for it in &found {
        assert!(!it.en().is_empty() && !it.zh().is_empty() && !it.brief().is_empty());
        assert!(it.zh().chars().any(|it| ('\u{4e00}'..='\u{9fff}').contains(&it)), "{it:?}");
    }
}

#[test]
fn what_comes_next_is_told_once() {
    for stage in Stage::ALL {
        let mut world = World::street();
        let last = match stage {
            Stage::Noticed | Stage::Confirmed | Stage::Cancelled => Stage::Approved,
            _ => stage,
        };
        world.bring(&["s1"], last);
        if last != stage {
            world.post();
        }
        if stage == Stage::Confirmed {
            world.push(What::Confirmed, "office");
        }
        if stage == Stage::Cancelled {
            world.act("s1", Action::Cancel);
        }
        assert_eq!(world.stage("s1"), Some(stage));
        world.veto("s1");
        let mut given_up = world.clone();
        if world.state().phase == Phase::Open {
            given_up.push(What::Abandoned, "office");
        }
        for world in [world, given_up] {
            let next = world.look(|it| it.next("s1"));
            assert_eq!(next.as_ref().map(|it| it.0), super::next_action(stage));
            let codes: Vec<_> = next.iter().flat_map(|it| &it.1).map(Obstacle::code).collect();
            let mut once = codes.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), codes.len(), "{stage:?}: {codes:?}");
            if stage == Stage::Approved && world.state().phase == Phase::Open {
                assert_eq!(codes, ["CANDIDATE_VETOED"]);
            }
        }
    }
}
