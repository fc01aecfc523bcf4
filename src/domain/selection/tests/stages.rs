//! Every stage and action, and every phase and action, as the machine has them, against a table that
//! was reviewed.

use std::{fmt::Write as _, fs, path::Path};

use super::{
    super::{Action, Obstacle, Phase, Stage, State, What},
    World, hand,
};

/// Rows of words as a grid, each column as wide as its longest word.
fn grid(rows: &[Vec<&str>]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|it| it[column].len()).max().unwrap();
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let line = |row: &Vec<&str>| {
        let mut text = String::new();
        for (word, width) in row.iter().zip(&widths) {
            write!(text, "{word:width$} ").unwrap();
        }
        text.trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// What an action makes of each stage.
fn edges() -> Vec<String> {
    let mut rows = vec![vec!["from"]];
    rows[0].extend(Action::ALL.map(Action::word));
    for from in [None].into_iter().chain(Stage::ALL.map(Some)) {
        let mut row = vec![from.map_or("(none)", Stage::word)];
        row.extend(Action::ALL.map(|it| Stage::of(from, it).map_or(".", Stage::word)));
        rows.push(row);
    }
    grid(&rows)
}

/// What each phase answers to an action on a branch of the roster.
fn phases() -> Vec<String> {
    let world = World::street();
    let quota = world.quota();
    let mut rows = vec![vec!["action"]];
    rows[0].extend(Phase::ALL.map(Phase::word));
    rows[0].extend(["step", "rule", "advances"]);
    for action in Action::ALL {
        let answer = |phase: Phase| {
            let state = State { phase, ..State::default() };
            let asked = super::asked(&["s1"], &[], false);
            let found = world.look(|it| {
                let it = super::Standing { state: &state, quota: &quota, ..*it };
                it.obstacles(action, &asked, "x").remove(0)
            });
            let closed = found
                .iter()
                .find(|it| matches!(it, Obstacle::Closed(_) | Obstacle::NoRefill))
                .map(Obstacle::code);
            assert_eq!(closed.is_none(), phase.allows(action), "{phase:?} {action:?}");
            closed.unwrap_or("yes")
        };
        let mut row = vec![action.word()];
        row.extend(Phase::ALL.map(answer));
        row.push(action.step().map_or(".", super::StepKind::name));
        row.push(action.rule());
        row.push(if action.advances() { "yes" } else { "." });
        rows.push(row);
    }
    grid(&rows)
}

#[test]
fn every_stage_and_every_phase_is_as_reviewed() {
    let mut found = vec!["# the stage after an action; `.` where it is refused".to_owned()];
    found.extend(edges());
    found.push("# what a phase answers, and what the action is".to_owned());
    found.extend(phases());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/selection/tests/stages.txt");
    let reviewed = fs::read_to_string(&path).unwrap_or_default();
    let reviewed: Vec<&str> = reviewed.lines().collect();
    if reviewed != found {
        let missing: Vec<_> =
            reviewed.iter().filter(|it| !found.iter().any(|line| line == *it)).collect();
        let new: Vec<_> = found.iter().filter(|it| !reviewed.contains(&it.as_str())).collect();
        let all = found.join("\n");
        panic!("not as reviewed: lost {missing:#?}, new {new:#?}; the whole table:\n{all}\n");
    }
}

#[test]
fn the_fold_takes_an_action_where_the_stage_and_the_phase_have_it() {
    let mut taken = 0;
    for stage in [None].into_iter().chain(Stage::ALL.map(Some)) {
        let mut world = World::street();
        if stage.is_some() {
            world.bring(&["s1"], Stage::Applied);
        }
        let mut at = world.state();
        if let (Some(stage), Some(it)) = (stage, at.candidates.get_mut("s1")) {
            it.stage = stage;
        }
        for (phase, action) in Phase::ALL.into_iter().flat_map(|it| Action::ALL.map(|at| (it, at)))
        {
            at.phase = phase;
            let mut state = at.clone();
            let what = What::Candidate {
                branch: "s1".to_owned(),
                action,
                passed_over: Vec::new(),
                vetoed: false,
            };
            let done = state.take(&world.event(what, hand(action))).is_ok();
            // The notice and the confirmation are of all at once, and no events of one.
            let alone = !matches!(action, Action::Notice | Action::Confirm);
            let next = Stage::of(stage, action).filter(|_| alone && phase.allows(action));
            assert_eq!(done, next.is_some(), "{stage:?} {action:?} {phase:?}");
            if done {
                assert_eq!(state.stage("s1"), next, "{stage:?} {action:?} {phase:?}");
                taken += 1;
            }
        }
    }
    assert!(taken > 30, "{taken}");
}

#[test]
fn a_last_stage_has_no_way_out_and_no_next_step() {
    for stage in Stage::ALL.into_iter().filter(|it| it.is_last()) {
        assert!(Action::ALL.into_iter().all(|it| stage.after(it).is_none()), "{stage:?}");
        assert_eq!(super::next_action(stage), None, "{stage:?}");
    }
    for stage in Stage::ALL {
        let next = super::next_action(stage);
        assert!(next.is_none_or(|it| stage.after(it).is_some() && it.advances()), "{stage:?}");
        assert_eq!(next.is_none(), stage.is_last() || stage == Stage::Confirmed, "{stage:?}");
    }
}

#[test]
fn the_county_can_always_take_out_a_vetoed_candidate_that_holds_up_the_notice() {
    for stage in [Stage::Recommended, Stage::Examined, Stage::Consulted, Stage::Approved] {
        let mut world = World::street();
        world.bring(&["s1"], stage);
        world.veto("s1");
        assert!(world.look(|it| !it.before_notice().is_empty()), "{stage:?}");
        let out = Action::ALL.into_iter().filter(|it| *it != Action::Withdraw);
        let mut out = out.filter(|it| !it.advances() && stage.after(*it).is_some());
        let out = out.find(|it| world.lets(*it, &["s1"]));
        assert!(out.is_some(), "{stage:?} waits for the branch to leave");
    }
}
