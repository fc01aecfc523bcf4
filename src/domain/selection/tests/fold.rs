//! The state is what the events come to, and of no events that could not follow.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    super::{Action, Event, ImpossibleEvent, Outcome, Phase, Stage, State, StepKind, What},
    World, cases, day, way_to,
};

#[test]
fn numbers_go_up_by_one_from_one() {
    let mut world = World::street();
    world.bring(&["s1"], Stage::Passed);
    assert_eq!(world.state().last, 2);
    for wrong in [i64::MIN, 0, 1, 2, 4, i64::MAX] {
        let mut state = world.state();
        let event = Event { number: wrong, ..world.event(What::Abandoned, "x") };
        assert_eq!(state.take(&event), Err(ImpossibleEvent(wrong)));
    }
    let mut state = world.state();
    assert_eq!(state.take(&world.event(What::Abandoned, "x")), Ok(()));
    let skipped = &world.events[1..];
    assert_eq!(State::fold(skipped), Err(ImpossibleEvent(2)));
}

/// Every kind of event that is not about a candidate's step.
fn others() -> Vec<What> {
    let mut world = World::street();
    world.push(
        What::Extended { step: StepKind::Opinion, unit: None, until: day("2022-12-10") },
        "office",
    );
    world.push(What::Ranked { run: "r".to_owned() }, "office");
    world.decide(None, &["s1", "s2"]);
    world.push(What::StreetsOrdered { order: vec!["s".to_owned()] }, "office");
    world.post();
    world.report(1, "s1");
    world.answer(1, Outcome::Proven);
    world.push(What::Confirmed, "office");
    world.push(What::Abandoned, "office");
    world.events.into_iter().map(|it| it.what).collect()
}

fn takes(world: &World, what: What) -> bool {
    world.state().take(&world.event(what, "x")).is_ok()
}

#[test]
fn each_phase_takes_its_own_events() {
    let mut open = World::street();
    open.bring(&["s1"], Stage::Approved);
    let mut notice = open.clone();
    notice.post();
    let mut reported = notice.clone();
    reported.report(1, "s1");
    let mut confirmed = notice.clone();
    confirmed.push(What::Confirmed, "office");
    let mut abandoned = open.clone();
    abandoned.push(What::Abandoned, "office");
    // Extended, ranked, two orders, notice, report, answer, confirmed, abandoned.
    for (world, expected) in [
        (&open, "yyyyy...y"),
        (&notice, ".....y.y."),
        (&reported, "......y.."),
        (&confirmed, "........."),
        (&abandoned, "........."),
    ] {
        let found = others().into_iter().map(|it| if takes(world, it) { 'y' } else { '.' });
        assert_eq!(found.collect::<String>(), expected, "{:?}", world.state().phase);
    }
}

#[test]
fn a_report_is_about_one_on_the_list_and_is_answered_once() {
    let mut world = World::street();
    world.bring(&["s1", "s2"], Stage::Approved);
    world.bring(&["s3"], Stage::Passed);
    world.bring(&["s4"], Stage::Withdrawn);
    world.post();
    let report = |number: u32, branch: &str| {
        let (branch, received_on) = (branch.to_owned(), day("2023-01-17"));
        What::Reported { number, branch, received_on, reported_by: String::new() }
    };
    assert!(!takes(&world, report(0, "s1")) && !takes(&world, report(2, "s1")), "numbers");
    assert!(!takes(&world, report(1, "s3")), "never approved");
    assert!(!takes(&world, report(1, "s9")), "never applied");
    world.report(1, "s1");
    world.report(2, "s1");
    assert_eq!(world.state().open_reports().count(), 2);
    assert!(!takes(&world, What::Confirmed), "while reports are open");
    world.answer(1, Outcome::Proven);
    assert_eq!(world.stage("s1"), Some(Stage::Cancelled));
    for outcome in Outcome::ALL {
        assert!(!takes(&world, What::Answered { number: 1, outcome }), "answered");
        assert!(!takes(&world, What::Answered { number: 3, outcome }), "no such report");
    }
    // The other report about it is answered too, and cancels nothing twice.
    world.answer(2, Outcome::Proven);
    let state = world.state();
    assert_eq!(
        (state.stage("s1"), state.stage("s2")),
        (Some(Stage::Cancelled), Some(Stage::Noticed))
    );
    assert_eq!(state.candidates["s1"].event, state.reports[0].answer);
    world.push(What::Confirmed, "office");
    assert_eq!(world.stage("s1"), Some(Stage::Cancelled));
    assert_eq!(world.stage("s2"), Some(Stage::Confirmed));
    assert_eq!(world.stage("s3"), Some(Stage::Passed));
}

#[test]
fn a_report_that_is_not_true_changes_no_candidate() {
    let mut world = World::street();
    world.bring(&["s1"], Stage::Approved);
    world.post();
    world.report(1, "s1");
    let before = world.state().candidates;
    world.answer(1, Outcome::NotProven);
    assert_eq!(world.state().candidates, before);
    assert_eq!(world.state().open_reports().count(), 0);
}

#[test]
fn one_who_left_is_not_cancelled_by_a_report_that_is_true() {
    let mut world = World::street();
    world.bring(&["s1"], Stage::Approved);
    world.post();
    world.report(1, "s1");
    world.act("s1", Action::Withdraw);
    world.answer(1, Outcome::Proven);
    assert_eq!(world.stage("s1"), Some(Stage::Withdrawn));
}

#[test]
fn nobody_is_noticed_or_confirmed_alone() {
    let mut world = World::street();
    world.bring(&["s1"], Stage::Approved);
    let alone = |action: Action| {
        let (branch, passed_over) = ("s1".to_owned(), Vec::new());
        What::Candidate { branch, action, passed_over, vetoed: false }
    };
    assert!(!takes(&world, alone(Action::Notice)));
    world.post();
    assert!(!takes(&world, alone(Action::Confirm)));
}

#[test]
fn returned_ones_come_again_and_withdrawn_ones_do_not() {
    let mut world = World::street();
    world.bring(&["s1"], Stage::Returned);
    world.bring(&["s1"], Stage::Returned);
    world.bring(&["s1"], Stage::Applied);
    assert_eq!(world.stage("s1"), Some(Stage::Applied));
    assert_eq!(world.state().candidates["s1"].event, 5);
    world.act("s1", Action::Withdraw);
    assert!(!world.lets(Action::Apply, &["s1"]));
}

/// A model of the machine that knows nothing of the fold.
#[derive(Default)]
struct Model {
    stages: BTreeMap<String, Stage>,
    done: BTreeMap<String, Vec<Action>>,
    phase: Option<Phase>,
    reports: Vec<(String, bool)>,
}

impl Model {
    fn phase(&self) -> Phase {
        self.phase.unwrap_or(Phase::Open)
    }

    /// Takes an event or refuses it, and then is as it was.
    fn take(&mut self, what: &What) -> bool {
        match what {
            What::Candidate { branch, action, .. } => {
                let alone = !matches!(action, Action::Notice | Action::Confirm);
                alone && self.phase().allows(*action) && self.step(branch, *action)
            }
            What::NoticePosted(_) => self.of_all(Phase::Open, Phase::Notice, Some(Action::Notice)),
            What::Confirmed => {
                self.reports.iter().all(|it| it.1)
                    && self.of_all(Phase::Notice, Phase::Confirmed, Some(Action::Confirm))
            }
            What::Abandoned => self.of_all(Phase::Open, Phase::Abandoned, None),
            What::Reported { number, branch, .. } => {
                let next = self.reports.len() + 1 == usize::try_from(*number).unwrap();
                let done = self.done.get(branch);
                let listed = done.is_some_and(|it| it.contains(&Action::Notice));
                let taken = next && listed && self.phase() == Phase::Notice;
                if taken {
                    self.reports.push((branch.clone(), false));
                }
                taken
            }
            What::Answered { number, outcome } => {
                let at = usize::try_from(*number).unwrap().checked_sub(1);
                let Some((branch, answered)) = at.and_then(|it| self.reports.get_mut(it)) else {
                    return false;
                };
                if std::mem::replace(answered, true) {
                    return false;
                }
                let branch = branch.clone();
                if *outcome == Outcome::Proven {
                    self.step(&branch, Action::Cancel);
                }
                true
            }
            What::Extended { .. }
            | What::Ranked { .. }
            | What::CandidatesOrdered(_)
            | What::StreetsOrdered { .. } => self.phase() == Phase::Open,
        }
    }

    /// The kind of the branch's next step, or of the whole list's, where a walk goes on.
    fn kind(&self, (branch, kind): (usize, usize), onward: bool) -> usize {
        let at = self.stages.get(BRANCHES[branch]).copied();
        let next = at.map_or(Some(Action::Apply), super::next_action);
        match next.filter(|_| onward && kind != 20) {
            Some(Action::Notice) if kind < 8 => 15,
            Some(Action::Notice) => 4,
            Some(Action::Confirm) => 16 + kind % 4,
            Some(action) => Action::ALL.iter().position(|it| *it == action).unwrap(),
            None => kind,
        }
    }

    fn step(&mut self, branch: &str, action: Action) -> bool {
        let next = Stage::of(self.stages.get(branch).copied(), action);
        if let Some(next) = next {
            self.stages.insert(branch.to_owned(), next);
            self.done.entry(branch.to_owned()).or_default().push(action);
        }
        next.is_some()
    }

    fn of_all(&mut self, from: Phase, to: Phase, action: Option<Action>) -> bool {
        if self.phase() != from {
            return false;
        }
        self.phase = Some(to);
        let all: Vec<_> = self.stages.keys().cloned().collect();
        for branch in all {
            let _ = action.is_some_and(|it| self.step(&branch, it));
        }
        true
    }
}

const BRANCHES: [&str; 3] = ["a", "b", "c"];

/// An event by its kind: an action, or something else.
fn what(branch: usize, kind: usize, number: u32) -> What {
    let branch = BRANCHES[branch].to_owned();
    let received_on = day("2023-01-17");
    match kind {
        0..=14 => What::Candidate {
            branch,
            action: Action::ALL[kind],
            passed_over: Vec::new(),
            vetoed: false,
        },
        15 => others().remove(4),
        16 => What::Reported { number, branch, received_on, reported_by: String::new() },
        17 => What::Answered { number, outcome: Outcome::Proven },
        18 => What::Answered { number, outcome: Outcome::NotProven },
        19 => What::Confirmed,
        20 => What::Abandoned,
        _ => others().remove(kind - 21),
    }
}

/// Branch, kind of event, number of a report, and whether the walk rather goes on; most do, to come far.
fn steps() -> impl Strategy<Value = Vec<(usize, usize, u32, bool)>> {
    let one = (0..3_usize, 0..25_usize, 1..4_u32, prop::bool::weighted(0.7));
    proptest::collection::vec(one, 0..90)
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn random_walks_are_folded_as_the_machine_allows(steps in steps()) {
        let (mut state, mut model) = (State::default(), Model::default());
        let mut world = World::street();
        for (branch, kind, number, onward) in steps {
            let next = what(branch, model.kind((branch, kind), onward), number);
            let event = world.event(next, "x");
            let mut tried = state.clone();
            let taken = tried.take(&event).is_ok();
            prop_assert_eq!(taken, model.take(&event.what), "{:?} after {:?}", event, world.events);
            if taken {
                state = tried;
                world.events.push(event);
            }
            let stages: BTreeMap<_, _> =
                state.candidates.iter().map(|it| (it.0.clone(), it.1.stage)).collect();
            prop_assert_eq!(&stages, &model.stages);
            prop_assert_eq!(state.phase, model.phase());
        }
        prop_assert_eq!(State::fold(&world.events).unwrap(), state.clone());
        for (branch, it) in &state.candidates {
            let done = &model.done[branch];
            if it.stage == Stage::Confirmed {
                for step in way_to(Stage::Confirmed) {
                    prop_assert!(done.contains(&step), "{:?} without {:?}", done, step);
                }
            }
            let last = done.iter().rev().find(|it| it.step().is_some());
            prop_assert!(last.is_none_or(|last| it.acted.contains_key(&last.step().unwrap())));
        }
    }
}

#[test]
fn the_walks_come_to_every_stage_and_phase() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::new(cases(1));
    let mut ends = std::collections::BTreeSet::new();
    for _ in 0..300 {
        let walk = steps().new_tree(&mut runner).unwrap().current();
        let mut model = Model::default();
        for (branch, kind, number, onward) in walk {
            let kind = model.kind((branch, kind), onward);
            model.take(&what(branch, kind, number));
            ends.extend(model.stages.values().map(|it| it.word()));
            ends.insert(model.phase().word());
        }
    }
    // `confirmed` is a stage's word and a phase's.
    assert_eq!(ends.len(), Stage::ALL.len() + Phase::ALL.len() - 1, "{ends:?}");
}
