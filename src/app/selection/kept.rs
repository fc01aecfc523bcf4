//! Events as they are kept, and read back.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        selection::{
            Action, Event, Evidence, Outcome, PostedNotice, StepKind, TieDecision, UnitRef, What,
            Word,
        },
        time::Day,
    },
    store::{Mark, SelectionEventRecord, StoreError},
};

/// What an event says besides its columns. Each field is written where the event has it.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Detail {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passed_over: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    vetoed: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    step: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<(String, String)>,
    #[serde(skip_serializing_if = "String::is_empty")]
    until: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    run: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    street: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    order: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    posted_on: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    ends_on: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    report_to: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    calendar: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
    #[serde(skip_serializing_if = "String::is_empty")]
    received_on: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    reported_by: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    outcome: String,
}

fn corrupt(what: &'static str) -> StoreError {
    StoreError::corrupt("selection_events", format!("{what} does not read back"))
}

/// An event as it is kept.
///
/// # Errors
/// It cannot be written.
pub(super) fn record(event: &Event, mark: Mark) -> Result<SelectionEventRecord, StoreError> {
    let mut detail = Detail::default();
    let mut branch = String::new();
    match &event.what {
        What::Candidate { branch: of, passed_over, vetoed, .. } => {
            branch.clone_from(of);
            detail.vetoed = *vetoed;
            detail.passed_over.clone_from(passed_over);
        }
        What::Extended { step, unit, until } => {
            step.name().clone_into(&mut detail.step);
            detail.unit = unit.as_ref().map(|it| (it.kind.clone(), it.id.clone()));
            detail.until = until.to_string();
        }
        What::Ranked { run } => detail.run.clone_from(run),
        What::CandidatesOrdered(tie) => {
            detail.street.clone_from(&tie.street);
            detail.order.clone_from(&tie.order);
        }
        What::StreetsOrdered { order } => detail.order.clone_from(order),
        What::NoticePosted(notice) => {
            detail.posted_on = notice.posted_on.to_string();
            detail.ends_on = notice.ends_on.to_string();
            detail.report_to.clone_from(&notice.report_to);
            detail.calendar.clone_from(&notice.calendar);
        }
        What::Reported { number, branch: of, received_on, reported_by } => {
            branch.clone_from(of);
            detail.number = Some(*number);
            detail.received_on = received_on.to_string();
            detail.reported_by.clone_from(reported_by);
        }
        What::Answered { number, outcome } => {
            detail.number = Some(*number);
            outcome.word().clone_into(&mut detail.outcome);
        }
        What::Confirmed | What::Abandoned => (),
    }
    let evidence: Vec<_> = event.word.evidence.iter().map(|it| (&it.form, &it.reference)).collect();
    let text = |is_empty: bool, text: serde_json::Result<String>| {
        if is_empty {
            return Ok(String::new());
        }
        text.map_err(|why| StoreError::corrupt("selection_events", why))
    };
    Ok(SelectionEventRecord {
        event: event.number,
        what: event.what.word().to_owned(),
        branch,
        detail: text(detail == Detail::default(), serde_json::to_string(&detail))?,
        text: event.word.text.clone(),
        decided_by: event.word.decided_by.clone(),
        evidence: text(evidence.is_empty(), serde_json::to_string(&evidence))?,
        mark,
    })
}

/// An event read back.
///
/// # Errors
/// It does not read back.
pub(super) fn event(record: SelectionEventRecord) -> Result<Event, StoreError> {
    let json = |why: serde_json::Error| StoreError::corrupt("selection_events", why);
    let detail: Detail = match record.detail.as_str() {
        "" => Detail::default(),
        text => serde_json::from_str(text).map_err(json)?,
    };
    let evidence: Vec<(String, String)> = match record.evidence.as_str() {
        "" => Vec::new(),
        text => serde_json::from_str(text).map_err(json)?,
    };
    let what = what(&record.what, record.branch, detail)?;
    let evidence = evidence.into_iter().map(|(form, reference)| Evidence { form, reference });
    let word =
        Word { text: record.text, decided_by: record.decided_by, evidence: evidence.collect() };
    let (at, by) = (record.mark.recorded, record.mark.by);
    Ok(Event { number: record.event, what, word, at, by })
}

/// Whether a person recorded an event, decided it, or made the report that it is.
///
/// # Errors
/// It does not read back.
pub(in crate::app) fn names(
    record: &SelectionEventRecord,
    person: &str,
) -> Result<bool, StoreError> {
    let own = record.mark.by == person || record.decided_by == person;
    let what = event(record.clone())?.what;
    Ok(own || matches!(what, What::Reported { reported_by, .. } if reported_by == person))
}

fn what(word: &str, branch: String, detail: Detail) -> Result<What, StoreError> {
    let day = |text: &str| Day::parse(text).map_err(|_| corrupt("a day"));
    let number = detail.number.ok_or_else(|| corrupt("a number"));
    Ok(match word {
        "extended" => What::Extended {
            step: StepKind::named(&detail.step).ok_or_else(|| corrupt("a step"))?,
            unit: detail.unit.map(|(kind, id)| UnitRef { kind, id }),
            until: day(&detail.until)?,
        },
        "ranked" => What::Ranked { run: detail.run },
        "candidates_ordered" => {
            What::CandidatesOrdered(TieDecision { street: detail.street, order: detail.order })
        }
        "streets_ordered" => What::StreetsOrdered { order: detail.order },
        "notice_posted" => What::NoticePosted(PostedNotice {
            posted_on: day(&detail.posted_on)?,
            ends_on: day(&detail.ends_on)?,
            report_to: detail.report_to,
            calendar: detail.calendar,
        }),
        "reported" => What::Reported {
            number: number?,
            branch,
            received_on: day(&detail.received_on)?,
            reported_by: detail.reported_by,
        },
        "answered" => What::Answered {
            number: number?,
            outcome: Outcome::named(&detail.outcome).ok_or_else(|| corrupt("an outcome"))?,
        },
        "confirmed" => What::Confirmed,
        "abandoned" => What::Abandoned,
        word => {
            let action = Action::named(word);
            let action = action.ok_or_else(|| StoreError::unknown_word("what", word))?;
            let (passed_over, vetoed) = (detail.passed_over, detail.vetoed);
            What::Candidate { branch, action, passed_over, vetoed }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Moment;

    #[test]
    fn every_event_is_read_as_it_is_written() {
        let on = Day::new(2022, 12, 5).unwrap();
        let text = |it: &str| it.to_owned();
        let mut all: Vec<What> = Action::ALL
            .into_iter()
            .map(|action| What::Candidate {
                branch: text("b-1"),
                action,
                passed_over: vec![text("b-2")],
                vetoed: action == Action::Decline,
            })
            .collect();
        let unit = Some(UnitRef { kind: text("street"), id: text("s-1") });
        all.extend([
            What::Extended { step: StepKind::Opinion, unit, until: on },
            What::Extended { step: StepKind::Application, unit: None, until: on },
            What::Ranked { run: text("run-1") },
            What::CandidatesOrdered(TieDecision { street: None, order: vec![text("b-1")] }),
            What::CandidatesOrdered(TieDecision { street: Some(text("s")), order: Vec::new() }),
            What::StreetsOrdered { order: vec![text("s-2"), text("s-1")] },
            What::NoticePosted(PostedNotice {
                posted_on: on,
                ends_on: on,
                report_to: text("组织部"),
                calendar: text("[]"),
            }),
            What::Reported {
                number: 3,
                branch: text("b-1"),
                received_on: on,
                reported_by: String::new(),
            },
            What::Answered { number: 3, outcome: Outcome::Proven },
            What::Confirmed,
            What::Abandoned,
        ]);
        let evidence = vec![Evidence { form: text("form"), reference: text("a/b") }];
        for (number, what) in (1..).zip(all) {
            let word =
                Word { text: text("why"), decided_by: text("x"), evidence: evidence.clone() };
            let at = Moment::from_micros(7);
            let event = Event { number, what, word, at, by: text("p") };
            let mark = Mark { recorded: at, by: text("p"), request_id: text("r") };
            let kept = record(&event, mark).unwrap();
            assert_eq!(super::event(kept).unwrap(), event);
        }
    }
}
