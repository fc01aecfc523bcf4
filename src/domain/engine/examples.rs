//! A scheme's own worked examples, run as the whole evaluation of one subject.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::value::RawValue;

use super::{Evaluator, Groups, Plan, SubjectResult, settle};
use crate::domain::{
    exact::{Decimal, Exact},
    facts::{Facts, Line, read_line},
    scheme::{Example, Place, Schedules, Scheme},
    time::{Period, PeriodKind},
};

/// An example that does not give what it says, or cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleFault {
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub place: Place,
    /// What was expected and what came out.
    pub wrong: String,
}

/// The period of facts that state none: the one that contains the scheme's first day.
pub fn first_period(scheme: &Scheme) -> Option<Period> {
    let from = scheme.in_force.from;
    (1..=12)
        .filter_map(|number| Period::new(scheme.period, from.year(), number))
        .find(|it| it.contains(from))
        .or_else(|| Period::new(PeriodKind::Year, from.year(), 1))
}

/// Runs every example of a scheme. Nothing in the answer means that all give what they say.
pub fn run_examples(plan: &Arc<Plan>) -> Vec<ExampleFault> {
    let mut faults = Vec::new();
    for example in &plan.scheme().examples {
        let wrongs = match run(plan, example) {
            Ok(result) => differences(plan, example, &result),
            Err(wrongs) => wrongs,
        };
        faults.extend(wrongs.into_iter().map(|wrong| ExampleFault {
            title: example.title.clone(),
            place: example.place,
            wrong,
        }));
    }
    faults
}

fn run(plan: &Arc<Plan>, example: &Example) -> Result<SubjectResult, Vec<String>> {
    let text = |faults: Vec<crate::domain::facts::FactsFault>| {
        faults.into_iter().map(|it| it.to_string()).collect::<Vec<_>>()
    };
    let line = with_subject(&example.facts);
    let Line::Facts(facts) = read_line(&line, 0, None).map_err(text)? else {
        return Err(vec!["an example is about one subject".to_owned()]);
    };
    let mut facts: Facts = *facts;
    for group in plan.group_names() {
        facts.groups.entry(group.clone()).or_insert_with(|| "example".to_owned());
    }
    let period = facts.period.or_else(|| first_period(plan.scheme()));
    let Some(period) = period.filter(|it| it.kind() == plan.scheme().period) else {
        return Err(vec![format!("the period is a {}", plan.scheme().period.name())]);
    };
    facts.prepare();
    facts.follow(plan.scheme(), period, None);
    let schedules = Schedules::of(example.schedules.iter().cloned());
    let beyond = schedules.all().flat_map(|it| plan.scheme().beyond_bounds(it));
    let beyond: Vec<String> = beyond.map(|it| it.to_string()).collect();
    if !beyond.is_empty() {
        return Err(beyond);
    }
    let evaluator = Evaluator::new(Arc::clone(plan), period);
    let mut evaluator = evaluator.with_schedules(Arc::new(schedules));
    let faults = evaluator.check(&facts, 0);
    if !faults.is_empty() {
        return Err(text(faults));
    }
    let wrong = |why: &dyn std::fmt::Display| vec![why.to_string()];
    let mut groups = Groups::new(plan);
    for level in 0..plan.levels() {
        let measured = evaluator.measure(level, &facts, &groups).map_err(|it| wrong(&it))?;
        measured.into_iter().for_each(|it| groups.take(it));
        groups.close_level().map_err(|it| wrong(&it))?;
    }
    let candidate = evaluator.candidate(&facts, &groups).map_err(|it| wrong(&it))?;
    let settled = settle(plan, &[candidate], &[], example.seats_open).map_err(|it| wrong(&it))?;
    let settlement = settled.settlements.into_iter().next().unwrap_or_default();
    evaluator.result(&facts, &groups, &settlement).map_err(|it| wrong(&it))
}

/// The facts of an example as a line: its subject is named where it names none.
fn with_subject(facts: &str) -> String {
    match facts.strip_prefix('{') {
        Some("}") => r#"{"subject":"example"}"#.to_owned(),
        Some(rest) if !names_subject(facts) => {
            format!(r#"{{"subject":"example",{rest}"#)
        }
        _ => facts.to_owned(),
    }
}

/// Whether the line itself names its subject; what lies deeper in it may name others.
fn names_subject(facts: &str) -> bool {
    let members = serde_json::from_str::<BTreeMap<String, &RawValue>>(facts);
    members.is_ok_and(|it| it.contains_key("subject"))
}

fn differences(plan: &Plan, example: &Example, result: &SubjectResult) -> Vec<String> {
    let gives = &example.gives;
    let mut wrongs = Vec::new();
    let number = |it: Option<Decimal>| it.map_or_else(|| "none".to_owned(), |it| it.to_string());
    let places = plan.root_rounding();
    let text = |it: Option<&Exact>| {
        it.map_or_else(|| "none".to_owned(), |it| it.text(places.to, places.mode))
    };
    for (name, wanted, got) in [
        ("score", &gives.score, result.score.as_ref()),
        ("score_before_vetoes", &gives.score_before_vetoes, result.score_before_vetoes.as_ref()),
    ] {
        if let Some(wanted) = wanted
            && wanted.map(Exact::from).as_ref() != got
        {
            wrongs.push(format!("{name} is {}, expected {}", text(got), number(*wanted)));
        }
    }
    if let Some(wanted) = &gives.grade
        && *wanted != result.grade
    {
        let name = |it: &Option<String>| it.clone().unwrap_or_else(|| "none".to_owned());
        wrongs.push(format!("grade is {}, expected {}", name(&result.grade), name(wanted)));
    }
    if let Some(wanted) = &gives.status
        && wanted != result.status.name()
    {
        wrongs.push(format!("status is {}, expected {wanted}", result.status.name()));
    }
    let honours = super::honours(plan.scheme(), result.status, &result.reasons);
    let honours = honours.map(|it| if it { "eligible" } else { "barred" });
    if let Some(wanted) = &gives.honours
        && honours != Some(wanted)
    {
        wrongs.push(format!("honours are {}, expected {wanted}", honours.unwrap_or("open")));
    }
    let advised = super::advice(plan.scheme(), &result.advisable());
    let renewal = advised.and_then(|it| it.renewal);
    let price = advised.and_then(|it| it.price);
    for (name, wanted, got) in
        [("renewal", &gives.renewal, renewal), ("price", &gives.price, price)]
    {
        let got = got.map(|it| it.id.as_str());
        if let Some(wanted) = wanted
            && wanted.as_deref() != got
        {
            let text = |it: Option<&str>| it.unwrap_or("none").to_owned();
            let (got, wanted) = (text(got), text(wanted.as_deref()));
            wrongs.push(format!("advice on {name} is {got}, expected {wanted}"));
        }
    }
    wrongs.extend(other_consequences(example, result));
    if let Some(wanted) = &gives.awards {
        let mut wanted = wanted.clone();
        let mut got: Vec<_> = result.awards.iter().map(|it| (it.id.clone(), it.amount)).collect();
        wanted.sort();
        got.sort();
        if wanted != got {
            wrongs.push(format!("awards are {got:?}, expected {wanted:?}"));
        }
    }
    wrongs
}

/// What is wrong with what follows; the order is not compared.
fn other_consequences(example: &Example, result: &SubjectResult) -> Option<String> {
    let sorted = |it: &Vec<String>| {
        let mut ids = it.clone();
        ids.sort();
        ids
    };
    let wanted = example.gives.consequences.as_ref().map(sorted)?;
    let got = result.consequences.as_ref().map(sorted);
    if got.as_ref() == Some(&wanted) {
        return None;
    }
    let unknown = || "not known: the facts have no `published`".to_owned();
    let got = got.map_or_else(unknown, |it| format!("{it:?}"));
    Some(format!("consequences are {got}, expected {wanted:?}"))
}
