//! Every phase and step of a batch, and every state and step of a line, as the machine has them, against a
//! table that was reviewed; and a batch is what its events come to.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{
    super::{Batch, BatchPhase, BatchStep, Line, LineState, StepRefused},
    as_reviewed, cases, fen, grid,
};

const OF_LINES: [BatchStep; 3] = [BatchStep::Paid, BatchStep::Returned, BatchStep::Withdrawn];

/// A batch of two lines that are in these states.
fn batch(phase: BatchPhase, lines: [LineState; 2]) -> Batch {
    let line = |state| Line { amount: fen(500_000), state, since: 0 };
    let lines = [(1, line(lines[0])), (2, line(lines[1]))].into();
    Batch { phase, lines, last: 7 }
}

fn states(batch: &Batch) -> [LineState; 2] {
    [batch.lines[&1].state, batch.lines[&2].state]
}

/// Takes a step on a copy; where it is refused nothing has changed.
fn after(batch: &Batch, step: BatchStep, line: i64) -> Result<Batch, StepRefused> {
    let mut next = batch.clone();
    let event = batch.last + 1;
    match next.take(event, step, line) {
        Ok(()) => {
            assert_eq!(next.last, event);
            Ok(next)
        }
        Err(why) => {
            assert_eq!(next, *batch, "{why}");
            Err(why)
        }
    }
}

/// Phases and lines that events can bring about.
fn reachable() -> BTreeSet<(BatchPhase, [LineState; 2])> {
    let mut found = BTreeSet::new();
    let mut open = vec![Batch::proposed([(1, fen(500_000)), (2, fen(500_000))])];
    while let Some(it) = open.pop() {
        if !found.insert((it.phase, states(&it))) {
            continue;
        }
        for step in BatchStep::ALL {
            let lines: &[i64] = if step.of_line() { &[1, 2] } else { &[0] };
            open.extend(lines.iter().filter_map(|line| after(&it, step, *line).ok()));
        }
    }
    found
}

/// What a step of the whole batch makes of a phase, by what its two lines are.
fn wholes() -> Vec<String> {
    use LineState as L;
    let lines = [
        ("both reserved", [L::Reserved, L::Reserved]),
        ("one reserved", [L::Withdrawn, L::Reserved]),
        ("none reserved", [L::Withdrawn, L::Withdrawn]),
    ];
    let whole = BatchStep::ALL.into_iter().filter(|it| !it.of_line());
    let whole: Vec<BatchStep> = whole.collect();
    let mut rows = vec![vec!["phase", "lines"]];
    rows[0].extend(whole.iter().map(|it| it.word()));
    for (phase, (name, lines)) in
        BatchPhase::ALL.into_iter().flat_map(|it| lines.map(|at| (it, at)))
    {
        let mut row = vec![phase.word(), name];
        row.extend(whole.iter().map(|step| match after(&batch(phase, lines), *step, 0) {
            Ok(it) => it.phase.word(),
            Err(StepRefused::Phase(at, asked)) => {
                assert_eq!((at, asked), (phase, *step));
                "."
            }
            Err(StepRefused::Empty) => "EMPTY",
            Err(StepRefused::Unanswered(..)) => "UNANSWERED",
            Err(other) => panic!("{other}"),
        }));
        rows.push(row);
    }
    grid(&rows)
}

/// What a step of a line makes of its state, in each phase, and whether events bring that about.
fn of_lines() -> Vec<String> {
    let reachable = reachable();
    let mut rows = vec![vec!["phase", "line"]];
    rows[0].extend(OF_LINES.map(BatchStep::word));
    rows[0].push("reached");
    for (phase, state) in
        BatchPhase::ALL.into_iter().flat_map(|it| LineState::ALL.map(|at| (it, at)))
    {
        let mut row = vec![phase.word(), state.word()];
        row.extend(OF_LINES.map(|step| {
            match after(&batch(phase, [state, LineState::Paid]), step, 1) {
                Ok(it) => {
                    assert_eq!((it.phase, it.lines[&1].since), (phase, 8));
                    assert_eq!(it.lines[&2].state, LineState::Paid);
                    it.lines[&1].state.word()
                }
                Err(StepRefused::Phase(..)) => ".",
                Err(StepRefused::Line(1, at, asked)) => {
                    assert_eq!((at, asked), (state, step));
                    "LINE"
                }
                Err(other) => panic!("{other}"),
            }
        }));
        let reached = reachable.iter().any(|it| it.0 == phase && it.1.contains(&state));
        row.push(if reached { "yes" } else { "." });
        rows.push(row);
    }
    grid(&rows)
}

#[test]
fn every_phase_and_every_line_is_as_reviewed() {
    let mut found =
        vec!["# the phase after a step of the whole batch; `.`: refused for the phase".to_owned()];
    found.extend(wholes());
    found.push(
        "# the line after a step of it; `.`: refused for the phase, LINE: for the line".to_owned(),
    );
    found.extend(of_lines());
    as_reviewed(include_str!("batches.txt"), &found);
}

#[test]
fn last_phases_and_last_states_have_no_way_out() {
    for (phase, lines) in reachable() {
        let it = batch(phase, lines);
        for step in BatchStep::ALL {
            for line in if step.of_line() { 1..=2 } else { 0..=0 } {
                let Ok(next) = after(&it, step, line) else { continue };
                let last = [BatchPhase::Rejected, BatchPhase::Cancelled];
                assert!(!last.contains(&phase), "{phase:?} {step:?}");
                if phase == BatchPhase::Closed {
                    // Money may come back when all is done, and nothing else happens any more.
                    assert_eq!((next.phase, step), (phase, BatchStep::Returned));
                }
                for (was, is) in lines.into_iter().zip(states(&next)) {
                    let over = [LineState::Freed, LineState::Withdrawn, LineState::Returned];
                    assert!(was == is || !over.contains(&was), "{was:?} {is:?}");
                }
            }
        }
        let open = lines.contains(&LineState::Reserved);
        let over =
            matches!(phase, BatchPhase::Rejected | BatchPhase::Cancelled | BatchPhase::Closed);
        assert!(!(over && open), "{phase:?} {lines:?}: money is reserved for nothing");
        let left = lines.iter().any(|it| matches!(it, LineState::Paid | LineState::Returned));
        assert!(!(phase.is_here() && left), "{phase:?} {lines:?}: paid before it left");
    }
}

#[test]
fn every_reachable_batch_can_still_be_ended() {
    let all = reachable();
    for (phase, lines) in &all {
        let mut it = batch(*phase, *lines);
        // Answer what is open, then close; or give up what is here.
        for line in 1..=2 {
            it = after(&it, BatchStep::Paid, line).unwrap_or(it);
        }
        let ended = [BatchStep::Closed, BatchStep::Cancelled].map(|step| after(&it, step, 0));
        let over =
            matches!(phase, BatchPhase::Rejected | BatchPhase::Cancelled | BatchPhase::Closed);
        assert_ne!(over, ended.iter().any(Result::is_ok), "{phase:?} {lines:?}");
    }
    let phases: BTreeSet<_> = all.iter().map(|it| it.0).collect();
    assert_eq!(phases, BatchPhase::ALL.into());
}

#[test]
fn lines_that_are_not_there_and_numbers_that_do_not_follow_are_refused() {
    for (phase, step) in BatchPhase::ALL.into_iter().flat_map(|it| OF_LINES.map(|at| (it, at))) {
        let it = batch(phase, [LineState::Reserved; 2]);
        for line in [i64::MIN, -1, 0, 3, i64::MAX] {
            let why = after(&it, step, line).unwrap_err();
            let phase_s = matches!(why, StepRefused::Phase(..));
            assert!(phase_s || why == StepRefused::NoLine(line), "{why}");
        }
    }
    for step in BatchStep::ALL {
        for number in [i64::MIN, 0, 7, 9, i64::MAX] {
            let mut it = batch(BatchPhase::Proposed, [LineState::Reserved; 2]);
            assert_eq!(it.take(number, step, 1), Err(StepRefused::Number(number)));
            assert_eq!(it, batch(BatchPhase::Proposed, [LineState::Reserved; 2]));
        }
    }
}

#[test]
fn words_name_one_step() {
    for it in BatchStep::ALL {
        assert_eq!(BatchStep::named(it.word()), Some(it));
    }
    assert_eq!(BatchStep::named("proposed"), None);
}

#[test]
fn unanswered_lines_are_counted_and_the_first_is_named() {
    let mut it = Batch::proposed((1..=5).map(|line| (line, fen(1))));
    for (event, step) in [(1, BatchStep::Approved), (2, BatchStep::Exported)] {
        it.take(event, step, 0).unwrap();
    }
    it.take(3, BatchStep::Paid, 1).unwrap();
    it.take(4, BatchStep::Returned, 3).unwrap();
    assert_eq!(it.take(5, BatchStep::Closed, 0), Err(StepRefused::Unanswered(3, 2)));
}

#[test]
fn sums_at_the_ends_of_the_numbers_are_errors() {
    let it = Batch::proposed([(1, fen(i64::MAX)), (2, fen(1))]);
    assert!(it.live().is_err());
    assert_eq!(Batch::proposed([(1, fen(i64::MAX))]).live(), Ok(fen(i64::MAX)));
}

proptest! {
    #![proptest_config(cases(1_000))]

    /// Whatever is tried: refused steps leave no trace, and the events that were taken come to the same
    /// when they are taken again from the start.
    #[test]
    fn a_batch_is_what_its_events_come_to(
        lines in 1..6_i64,
        tries in prop::collection::vec((0..8_usize, 0..7_i64), 0..60),
    ) {
        let start = Batch::proposed((1..=lines).map(|it| (it, fen(it * 100))));
        let (mut it, mut events) = (start.clone(), Vec::new());
        let mut seen: BTreeMap<i64, Vec<LineState>> = BTreeMap::new();
        for (step, line) in tries {
            let step = BatchStep::ALL[step];
            let Ok(next) = after(&it, step, line) else { continue };
            events.push((step, line));
            for (number, own) in &next.lines {
                let was = it.lines[number];
                prop_assert_eq!(own.amount, was.amount);
                prop_assert_eq!(own.since, if own.state == was.state { was.since } else { next.last });
                if own.state != was.state {
                    seen.entry(*number).or_default().push(own.state);
                }
            }
            it = next;
        }
        let mut again = start;
        for (number, (step, line)) in (1..).zip(&events) {
            prop_assert_eq!(again.take(number, *step, *line), Ok(()));
        }
        prop_assert_eq!(&again, &it);
        // A line is paid once and sent back once, whatever comes.
        for states in seen.values() {
            let all: BTreeSet<_> = states.iter().collect();
            prop_assert_eq!(all.len(), states.len());
        }
        let live = it.lines.values().filter(|it| it.state.is_live());
        let live = live.fold(0, |sum, it| sum + it.amount.fen());
        prop_assert_eq!(it.live(), Ok(fen(live)));
    }
}
