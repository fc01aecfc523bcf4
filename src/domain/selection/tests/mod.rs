//! The selection against the rules it must keep: its table of stages, its fold, its quota table, what
//! stands in the way of each step, and whole selections by chance.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::redundant_closure_for_method_calls,
    clippy::wildcard_enum_match_arm,
    reason = "tests count plainly, look for one variant, and a method's lifetime is not general enough"
)]

mod confirmation;
mod fold;
mod guards;
mod laws;
mod quota;
mod seats;
mod stages;

use std::collections::BTreeMap;

use proptest::test_runner::{Config, RngSeed};

use super::{
    Action, Asked, Criteria, Event, Evidence, Form, Merit, Obstacle, Outcome, PostedNotice,
    QuotaTable, RosterBranch, RosterForm, SelectionDocument, Stage, Standing, State, StepKind,
    StepRule, TieDecision, What, Word, YearDay, next_action,
};
use crate::domain::{
    exact::{ApportionRule, Apportionment, Share},
    scheme::{InForce, NoticeRule},
    time::{Day, DaysOf, Moment, Period},
};

/// The same cases at every run: a gate that fails by chance is no gate.
fn cases(cases: u32) -> Config {
    let rng_seed = RngSeed::Fixed(20_221_230);
    Config { cases, rng_seed, failure_persistence: None, ..Config::default() }
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn year() -> Period {
    Period::parse("2022").unwrap()
}

fn terms(share: &str, rule: ApportionRule, at_most: Option<u64>) -> Apportionment {
    Apportionment { share: Share::parse(share).unwrap(), rule, each_at_most: None, at_most }
}

/// The rules of 004: a form with the application and one with the recommendation, 20 %, 20 at most.
fn document(seats: Apportionment) -> SelectionDocument {
    let step = |kind: StepKind| {
        let (by, until, form) = match kind {
            StepKind::Application => ("compound", Some((false, 11, 15)), Some("application")),
            StepKind::Opinion => ("community", Some((false, 11, 30)), None),
            StepKind::Recommendation => ("street", Some((false, 12, 30)), Some("recommendation")),
            StepKind::Examination => ("group", Some((true, 1, 10)), None),
            StepKind::Consultation => ("group", None, None),
            StepKind::Decision => ("committee", None, None),
        };
        let until = until.map(|(next_year, month, day)| YearDay { next_year, month, day });
        let forms = form.map(|it| Form { id: it.to_owned(), title: "表".to_owned() });
        StepRule { kind, by: by.to_owned(), until, forms: forms.into_iter().collect() }
    };
    SelectionDocument {
        id: "x.selection".to_owned(),
        version: 1,
        title: "红旗小区评选办法".to_owned(),
        honour: "红旗小区".to_owned(),
        in_force: InForce { from: day("2022-01-01"), until: None },
        basis: Vec::new(),
        criteria: Criteria { scheme: "x.criteria".to_owned(), grade: None, bars: Vec::new() },
        forms: RosterForm::ALL.to_vec(),
        seats,
        steps: StepKind::ALL.map(step).to_vec(),
        notice: NoticeRule { days: 5, of: DaysOf::Working },
        awards: Vec::new(),
    }
}

/// A compound's result with a place in the county.
fn merit(place: u32) -> Merit {
    Merit {
        place: Some(place),
        place_in_street: None,
        score: None,
        grade: None,
        status: "final",
        meets: true,
    }
}

/// A branch of a street, each in a compound of its own.
fn branch(street: &str, number: u64) -> RosterBranch {
    RosterBranch {
        branch: format!("{street}{number}"),
        compound: format!("k-{street}{number}"),
        community: format!("c-{street}"),
        street: street.to_owned(),
    }
}

fn roster(streets: &[(&str, u64)]) -> Vec<RosterBranch> {
    streets.iter().flat_map(|it| (1..=it.1).map(|number| branch(it.0, number))).collect()
}

/// The steps that lead to a stage, and no others.
fn way_to(stage: Stage) -> Vec<Action> {
    use Action as A;
    let all = [
        A::Apply,
        A::Pass,
        A::Review,
        A::Recommend,
        A::Examine,
        A::Consult,
        A::Approve,
        A::Notice,
        A::Confirm,
    ];
    let (steps, last) = match stage {
        Stage::Applied => (1, None),
        Stage::Returned => (1, Some(A::Return)),
        Stage::Refused => (1, Some(A::Refuse)),
        Stage::Passed => (2, None),
        Stage::Reviewed => (3, None),
        Stage::Recommended => (4, None),
        Stage::Examined => (5, None),
        Stage::Declined => (4, Some(A::Decline)),
        Stage::Consulted => (6, None),
        Stage::Approved => (7, None),
        Stage::Rejected => (6, Some(A::Reject)),
        Stage::Noticed => (8, None),
        Stage::Confirmed => (9, None),
        Stage::Cancelled => (8, Some(A::Cancel)),
        Stage::Withdrawn => (1, Some(A::Withdraw)),
    };
    all.into_iter().take(steps).chain(last).collect()
}

/// Who takes a step, each step somebody else.
const fn hand(action: Action) -> &'static str {
    match action.step() {
        Some(step) => step.name(),
        None => "office",
    }
}

/// A selection with all that is looked at.
#[derive(Clone)]
struct World {
    document: SelectionDocument,
    roster: BTreeMap<String, RosterBranch>,
    merits: Option<BTreeMap<String, Merit>>,
    vetoed: BTreeMap<String, Vec<String>>,
    today: Day,
    events: Vec<Event>,
}

impl World {
    /// A selection in which every branch of `streets` has a place of its own, in their order.
    fn of(streets: &[(&str, u64)], seats: Apportionment) -> Self {
        let roster = roster(streets);
        let places = roster.iter().zip(1..);
        let merits = places.map(|(it, place)| (it.compound.clone(), merit(place))).collect();
        Self {
            document: document(seats),
            merits: Some(merits),
            roster: roster.into_iter().map(|it| (it.branch.clone(), it)).collect(),
            vetoed: BTreeMap::new(),
            today: day("2022-11-01"),
            events: Vec::new(),
        }
    }

    /// One street `s` of ten branches and three seats.
    fn street() -> Self {
        Self::of(&[("s", 10)], terms("30%", ApportionRule::Floor, None))
    }

    /// Gives a branch's compound another place.
    fn place(&mut self, branch: &str, place: u32) {
        self.merits.as_mut().unwrap().insert(format!("k-{branch}"), merit(place));
    }

    fn veto(&mut self, branch: &str) {
        self.vetoed.insert(format!("k-{branch}"), vec!["safety".to_owned()]);
    }

    fn event(&self, what: What, by: &str) -> Event {
        let number = i64::try_from(self.events.len()).unwrap() + 1;
        let at = Moment::from_micros(number);
        Event { number, what, word: Word::default(), at, by: by.to_owned() }
    }

    fn push(&mut self, what: What, by: &str) {
        let event = self.event(what, by);
        self.events.push(event);
    }

    fn act(&mut self, branch: &str, action: Action) {
        let passed_over = Vec::new();
        let what =
            What::Candidate { branch: branch.to_owned(), action, passed_over, vetoed: false };
        self.push(what, hand(action));
    }

    /// Takes each of the branches the straight way to a stage before the notice, nothing asked.
    fn bring(&mut self, branches: &[&str], stage: Stage) {
        for branch in branches {
            way_to(stage).into_iter().for_each(|it| self.act(branch, it));
        }
    }

    /// The notice of all who are approved.
    fn post(&mut self) {
        let notice = PostedNotice {
            posted_on: day("2023-01-16"),
            ends_on: day("2023-01-29"),
            report_to: "组织部".to_owned(),
            calendar: String::new(),
        };
        self.push(What::NoticePosted(notice), "office");
    }

    fn report(&mut self, number: u32, branch: &str) {
        let what = What::Reported {
            number,
            branch: branch.to_owned(),
            received_on: day("2023-01-17"),
            reported_by: String::new(),
        };
        self.push(what, "office");
    }

    fn answer(&mut self, number: u32, outcome: Outcome) {
        self.push(What::Answered { number, outcome }, "other office");
    }

    fn decide(&mut self, street: Option<&str>, order: &[&str]) {
        let order = order.iter().map(|it| (*it).to_owned()).collect();
        let street = street.map(ToOwned::to_owned);
        self.push(What::CandidatesOrdered(TieDecision { street, order }), "street");
    }

    fn state(&self) -> State {
        State::fold(&self.events).unwrap()
    }

    fn quota(&self) -> QuotaTable {
        let roster: Vec<_> = self.roster.values().cloned().collect();
        QuotaTable::of(&self.document, &roster, self.state().streets.as_deref()).unwrap()
    }

    /// Looks at the selection as it stands.
    fn look<T>(&self, at: impl FnOnce(&Standing<'_>) -> T) -> T {
        let (state, quota) = (self.state(), self.quota());
        at(&Standing {
            document: &self.document,
            year: year(),
            roster: &self.roster,
            state: &state,
            quota: &quota,
            merits: self.merits.as_ref(),
            vetoed: &self.vetoed,
            today: self.today,
        })
    }

    /// What stands in the way, with every form and with or without a reason.
    fn ask_with(&self, action: Action, branches: &[&str], explained: bool) -> Vec<Vec<Obstacle>> {
        let papers = papers();
        let asked = asked(branches, &papers, explained);
        self.look(|it| it.obstacles(action, &asked, hand(action)))
    }

    /// What stands in the way, with every form and without a reason.
    fn ask(&self, action: Action, branches: &[&str]) -> Vec<Vec<Obstacle>> {
        self.ask_with(action, branches, false)
    }

    /// The codes of what stands in the way of each.
    fn codes(&self, action: Action, branches: &[&str]) -> Vec<Vec<&'static str>> {
        let found = self.ask(action, branches);
        found.iter().map(|it| it.iter().map(Obstacle::code).collect()).collect()
    }

    /// Whether nothing stands in the way of any.
    fn lets(&self, action: Action, branches: &[&str]) -> bool {
        self.ask(action, branches).iter().all(Vec::is_empty)
    }

    fn within_caps(&self) -> bool {
        self.look(|it| it.within_caps())
    }

    fn stage(&self, branch: &str) -> Option<Stage> {
        self.state().stage(branch)
    }
}

/// Both forms.
fn papers() -> Vec<Evidence> {
    let paper = |it: &str| Evidence { form: it.to_owned(), reference: "r".to_owned() };
    ["application", "recommendation"].map(paper).to_vec()
}

fn asked<'a>(branches: &[&'a str], evidence: &'a [Evidence], explained: bool) -> Vec<Asked<'a>> {
    branches.iter().map(|branch| Asked { branch, evidence, explained }).collect()
}

#[test]
fn the_way_to_each_stage_is_that_of_the_next_actions() {
    for stage in Stage::ALL {
        let mut at = None;
        for action in way_to(stage) {
            let next = at.map_or(Some(Action::Apply), next_action);
            assert!(next == Some(action) || action == *way_to(stage).last().unwrap());
            at = Stage::of(at, action);
        }
        assert_eq!(at, Some(stage));
    }
}
