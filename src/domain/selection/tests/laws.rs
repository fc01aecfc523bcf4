//! Laws of whole selections by chance: caps hold, worse ones change nothing, names do not count, one that is
//! cancelled changes nobody else, and the order of asking is no order.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{
    super::{Action, Event, Obstacle, Phase, Stage, What},
    ApportionRule, World, asked, cases, hand, merit, papers, terms,
};

/// Numbers from a seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(sides).unwrap()).unwrap()
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            let to = self.below(at + 1);
            all.swap(at, to);
        }
    }
}

/// A selection of up to three streets with ties, poor results and vetoes.
fn world(dice: &mut Dice) -> World {
    let size = |dice: &mut Dice| u64::try_from(3 + dice.below(6)).unwrap();
    let all = [("s", size(dice)), ("t", size(dice)), ("u", size(dice))];
    let streets = &all[..=dice.below(3)];
    let rule = ApportionRule::ALL[dice.below(4)];
    let cap = dice.chance(60).then(|| u64::try_from(1 + dice.below(5)).unwrap());
    let mut world = World::of(streets, terms(["20%", "1/3", "50%"][dice.below(3)], rule, cap));
    let places = 2 + dice.below(12);
    let branches: Vec<_> = world.roster.keys().cloned().collect();
    for it in &branches {
        world.place(it, u32::try_from(1 + dice.below(places)).unwrap());
        if dice.chance(8) {
            world.veto(it);
        }
        let merit = world.merits.as_mut().unwrap().get_mut(&format!("k-{it}")).unwrap();
        merit.meets = !dice.chance(8);
        if dice.chance(15) {
            world.roster.get_mut(it).unwrap().compound =
                format!("k-{}", branches[dice.below(branches.len())]);
        }
    }
    world
}

/// The next actions, those of leaving, and now and then any.
fn action(dice: &mut Dice, phase: Phase) -> Action {
    match (phase, dice.below(100)) {
        (Phase::Open, 0..8) | (Phase::Notice | Phase::Confirmed | Phase::Abandoned, 0..20) => {
            Action::ALL[dice.below(15)]
        }
        (Phase::Open, 8..11) => Action::Withdraw,
        (Phase::Open, _) => {
            let way = [0, 0, 2, 2, 5, 5, 6, 6, 6, 7, 7, 7, 9, 10];
            Action::ALL[way[dice.below(way.len())]]
        }
        (Phase::Notice | Phase::Confirmed | Phase::Abandoned, _) => Action::Cancel,
    }
}

/// Some branches, most of them such as can take the action.
fn some(dice: &mut Dice, world: &World, action: Action) -> Vec<String> {
    let state = world.state();
    let able = |it: &&String| Stage::of(state.stage(it), action).is_some();
    let mut all: Vec<String> = world.roster.keys().cloned().collect();
    if dice.chance(95) {
        all = all.iter().filter(able).cloned().collect();
    }
    dice.shuffle(&mut all);
    all.truncate(1 + dice.below(4));
    all
}

type Answers = (Vec<Vec<Obstacle>>, Vec<Vec<String>>);

fn answers(world: &World, action: Action, branches: &[String], explained: bool) -> Answers {
    let branches: Vec<&str> = branches.iter().map(String::as_str).collect();
    let papers = papers();
    let asked = asked(&branches, &papers, explained);
    world.look(|it| (it.obstacles(action, &asked, hand(action)), it.passed_over(action, &asked)))
}

/// Records what nothing stands in the way of.
fn record(world: &mut World, action: Action, branches: &[String], passed: &[Vec<String>]) {
    for (branch, passed_over) in branches.iter().zip(passed) {
        let (branch, passed_over) = (branch.clone(), passed_over.clone());
        world.push(What::Candidate { branch, action, passed_over, vetoed: false }, hand(action));
    }
}

/// Takes the selection a random step further; answers whether something was done.
fn step(dice: &mut Dice, world: &mut World) -> bool {
    let phase = world.state().phase;
    if dice.chance(3) && world.look(|it| it.before_notice()).is_empty() {
        world.post();
        world.today = super::day("2023-01-30");
        return true;
    }
    if dice.chance(10) && world.look(|it| it.before_confirmation()).is_empty() {
        world.push(What::Confirmed, "office");
        return true;
    }
    let action = action(dice, phase);
    let branches = some(dice, world, action);
    let explained = dice.chance(50);
    let (found, passed) = answers(world, action, &branches, explained);
    let free =
        found.iter().all(Vec::is_empty) && !matches!(action, Action::Notice | Action::Confirm);
    if free {
        record(world, action, &branches, &passed);
    } else if phase == Phase::Open {
        let tied = found.iter().flatten().find_map(|it| match it {
            Obstacle::TieOpen(others) => Some(others.clone()),
            _ => None,
        });
        if let Some(mut order) = tied.filter(|_| dice.chance(50)) {
            order.extend(branches);
            let order: Vec<&str> = order.iter().map(String::as_str).collect();
            let street = world.roster[order[0]].street.clone();
            world.decide(
                Some(&street).filter(|_| action == Action::Recommend).map(|it| it.as_str()),
                &order,
            );
        }
    }
    free
}

/// A selection some way on its way.
fn walked(seed: u64, steps: usize) -> (Dice, World) {
    let mut dice = Dice(seed);
    let mut world = world(&mut dice);
    for _ in 0..steps {
        step(&mut dice, &mut world);
    }
    (dice, world)
}

/// Other ids, which stand in another order.
fn other(id: &str) -> String {
    id.chars()
        .map(|it| match it {
            '0'..='8' => char::from(b'8' - (u8::try_from(it).unwrap() - b'0')),
            's' => 'z',
            't' => 'y',
            'u' => 'x',
            it => it,
        })
        .rev()
        .collect()
}

fn others(ids: &[String]) -> Vec<String> {
    let mut all: Vec<_> = ids.iter().map(|it| other(it)).collect();
    all.sort_unstable();
    all
}

fn renamed_obstacle(it: &Obstacle) -> Obstacle {
    match it {
        Obstacle::CompoundApplied(it) => Obstacle::CompoundApplied(other(it)),
        Obstacle::TieOpen(it) => Obstacle::TieOpen(others(it)),
        Obstacle::PassedOverUnexplained(it) => Obstacle::PassedOverUnexplained(others(it)),
        Obstacle::CandidatesPending(it) => Obstacle::CandidatesPending(others(it)),
        Obstacle::QuotaExceeded { street, seats, taken, asked } => Obstacle::QuotaExceeded {
            street: street.as_ref().map(|it| other(it)),
            seats: *seats,
            taken: *taken,
            asked: *asked,
        },
        it => it.clone(),
    }
}

/// Twins of a compound are told by id.
fn sorted(mut all: Vec<Vec<Obstacle>>) -> Vec<Vec<Obstacle>> {
    all.iter_mut().for_each(|it| it.sort_by_key(|it| format!("{it:?}")));
    all
}

fn renamed(world: &World) -> World {
    let event = |it: &Event| {
        let mut it = it.clone();
        match &mut it.what {
            What::Candidate { branch, passed_over, .. } => {
                *branch = other(branch);
                *passed_over = others(passed_over);
            }
            What::CandidatesOrdered(decision) => {
                decision.street = decision.street.as_ref().map(|it| other(it));
                decision.order.iter_mut().for_each(|it| *it = other(it));
            }
            _ => (),
        }
        it
    };
    let roster = world.roster.values().map(|it| super::RosterBranch {
        branch: other(&it.branch),
        compound: other(&it.compound),
        community: other(&it.community),
        street: other(&it.street),
    });
    let of = |it: (&String, &Vec<String>)| (other(it.0), it.1.clone());
    World {
        roster: roster.map(|it| (it.branch.clone(), it)).collect(),
        merits: world
            .merits
            .as_ref()
            .map(|all| all.iter().map(|it| (other(it.0), it.1.clone())).collect()),
        vetoed: world.vetoed.iter().map(of).collect(),
        events: world.events.iter().map(event).collect(),
        ..world.clone()
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn the_caps_hold_after_every_step_that_is_let(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let mut world = world(&mut dice);
        for _ in 0..90 {
            if !step(&mut dice, &mut world) {
                continue;
            }
            prop_assert!(world.within_caps(), "{:?}", world.events);
            let (state, quota) = (world.state(), world.quota());
            let of_street = |street: &str| {
                let here = |it: &&String| world.roster[*it].street == street;
                let past = |it: &&String| matches!(
                    state.candidates[*it].stage,
                    Stage::Recommended | Stage::Examined | Stage::Consulted | Stage::Approved
                        | Stage::Noticed | Stage::Confirmed
                );
                state.candidates.keys().filter(here).filter(past).count()
            };
            for (street, row) in &quota.rows {
                prop_assert!(u64::try_from(of_street(street)).unwrap() <= row.seats, "{}", street);
            }
            let honoured = state.candidates.values().filter(|it| it.stage == Stage::Confirmed);
            prop_assert!(u64::try_from(honoured.count()).unwrap() <= quota.county());
            let mut compounds = BTreeMap::new();
            for it in state.candidates.iter().filter(|it| !matches!(it.1.stage, Stage::Withdrawn | Stage::Refused)) {
                let twin = compounds.insert(&world.roster[it.0].compound, it.0);
                prop_assert_eq!(twin, None, "two branches of one compound");
            }
        }
    }

    #[test]
    fn a_worse_candidate_changes_nothing(seed in any::<u64>(), steps in 0..60_usize) {
        let (mut dice, mut world) = walked(seed, steps);
        if world.state().phase != Phase::Open {
            return Ok(());
        }
        let all: Vec<String> = world.roster.keys().cloned().collect();
        let newcomer = all.iter().find(|it| world.stage(it).is_none());
        let Some(newcomer) = newcomer.cloned() else { return Ok(()) };
        world.roster.get_mut(&newcomer).unwrap().compound = "k-new".to_owned();
        world.merits.as_mut().unwrap().insert("k-new".to_owned(), merit(99));
        for stage in [Stage::Applied, Stage::Passed, Stage::Reviewed, Stage::Recommended] {
            let mut with = world.clone();
            with.bring(&[&newcomer], stage);
            prop_assert_eq!(with.quota(), world.quota());
            for action in [Action::Recommend, Action::Examine, Action::Approve, Action::Pass] {
                // A place that it takes itself is another matter.
                if stage == Stage::Recommended && action == Action::Recommend {
                    continue;
                }
                let chosen = some(&mut dice, &world, action);
                let chosen: Vec<_> = chosen.into_iter().filter(|it| *it != newcomer).collect();
                for explained in [false, true] {
                    let before = answers(&world, action, &chosen, explained);
                    let after = answers(&with, action, &chosen, explained);
                    prop_assert_eq!(before, after, "{:?} {:?} {:?}", stage, action, chosen);
                }
            }
        }
    }

    #[test]
    fn names_do_not_count(seed in any::<u64>(), steps in 0..60_usize) {
        let (mut dice, world) = walked(seed, steps);
        let again = renamed(&world);
        let ids: BTreeSet<_> = again.roster.keys().collect();
        prop_assert_eq!(ids.len(), world.roster.len());
        for action in Action::ALL {
            let branches = some(&mut dice, &world, action);
            let same: Vec<_> = branches.iter().map(|it| other(it)).collect();
            let (found, passed) = answers(&world, action, &branches, false);
            let expected: Vec<Vec<_>> =
                found.iter().map(|it| it.iter().map(renamed_obstacle).collect()).collect();
            let passed: Vec<_> = passed.iter().map(|it| others(it)).collect();
            let (found, found_passed) = answers(&again, action, &same, false);
            prop_assert_eq!((sorted(found), found_passed), (sorted(expected), passed));
        }
        let seats = |of: &World, id: &str| of.quota().seats(id);
        for (street, _) in &world.quota().rows {
            prop_assert_eq!(seats(&world, street), seats(&again, &other(street)));
        }
    }

    #[test]
    fn the_order_of_asking_is_no_order(seed in any::<u64>(), steps in 0..60_usize) {
        let (mut dice, world) = walked(seed, steps);
        for action in Action::ALL {
            let branches = some(&mut dice, &world, action);
            let mut order: Vec<usize> = (0..branches.len()).collect();
            dice.shuffle(&mut order);
            let shuffled: Vec<_> = order.iter().map(|it| branches[*it].clone()).collect();
            for explained in [false, true] {
                let (found, passed) = answers(&world, action, &branches, explained);
                let (other, other_passed) = answers(&world, action, &shuffled, explained);
                for (at, from) in order.iter().enumerate() {
                    prop_assert_eq!(&other[at], &found[*from], "{:?} {:?}", action, branches);
                    prop_assert_eq!(&other_passed[at], &passed[*from]);
                }
                // What needs a reason is what is kept with it.
                for (found, passed) in found.iter().zip(&passed) {
                    let told = found.iter().find_map(|it| match it {
                        Obstacle::PassedOverUnexplained(it) => Some(it),
                        _ => None,
                    });
                    prop_assert!(!explained || told.is_none());
                    prop_assert!(told.is_none_or(|it| it == passed), "{:?} {:?}", told, passed);
                    prop_assert!(explained || !found.is_empty() || passed.is_empty());
                }
            }
        }
    }

    #[test]
    fn one_that_is_cancelled_changes_nobody_else(seed in any::<u64>()) {
        let (_, mut world) = walked(seed, 120);
        let mut state = world.state();
        if state.phase == Phase::Open {
            // To the end, with all who have come to the committee.
            let pending = |it: &Stage| matches!(it, Stage::Recommended | Stage::Examined | Stage::Consulted);
            let all: Vec<_> = state.candidates.iter().filter(|it| pending(&it.1.stage)).map(|it| it.0.clone()).collect();
            all.iter().for_each(|it| world.act(it, Action::Withdraw));
            world.post();
        }
        state = world.state();
        let gone = state.candidates.iter().filter(|it| it.1.stage.after(Action::Cancel).is_some());
        let gone: Vec<_> = gone.map(|it| it.0.clone()).collect();
        for one in gone {
            let mut after = world.clone();
            after.act(&one, Action::Cancel);
            let now = after.state();
            prop_assert_eq!(now.candidates[&one].stage, Stage::Cancelled);
            for (branch, it) in state.candidates.iter().filter(|it| *it.0 != one) {
                prop_assert_eq!(Some(it), now.candidates.get(branch));
            }
            prop_assert_eq!(after.quota(), world.quota());
            for action in [Action::Apply, Action::Recommend, Action::Examine, Action::Approve] {
                for branch in world.roster.keys() {
                    let found = after.codes(action, &[branch.as_str()]);
                    prop_assert_eq!(found, [["NO_REFILL"]], "{:?} {}", action, branch);
                }
            }
        }
    }
}

#[test]
fn the_walks_meet_every_obstacle_of_order_and_seats_and_come_to_the_end() {
    let mut met = BTreeSet::new();
    for seed in 0..150 {
        let mut dice = Dice(seed);
        let mut world = world(&mut dice);
        for _ in 0..120 {
            step(&mut dice, &mut world);
            let action = action(&mut dice, world.state().phase);
            let branches = some(&mut dice, &world, action);
            let (found, _) = answers(&world, action, &branches, false);
            met.extend(found.iter().flatten().map(Obstacle::code));
        }
        met.insert(world.state().phase.word());
    }
    for it in
        ["QUOTA_EXCEEDED", "TIE_OPEN", "PASSED_OVER_UNEXPLAINED", "COMPOUND_APPLIED", "confirmed"]
    {
        assert!(met.contains(it), "{it}: {met:?}");
    }
}
