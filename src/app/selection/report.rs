//! Reports about candidates under notice (F9): taken, checked, answered.

use std::sync::Arc;

use super::{
    Reach,
    act::seen,
    events_effect,
    read::{At, Selected},
    refused,
    text::listed,
};
use crate::{
    app::{App, AppError, Done, Missing, Refusal, Write, round::mark},
    domain::{
        selection::{Event, Obstacle, Outcome, Phase, Report, What, Word},
        time::Day,
    },
};

/// A report to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// The selection.
    pub selection_id: String,
    /// The branch.
    pub branch: String,
    /// What is reported, with its papers.
    pub word: Word,
    /// Who reported; empty: not said.
    pub reported_by: String,
    /// The day on which it came in.
    pub received_on: Day,
}

/// An answer to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerReport {
    /// The selection.
    pub selection_id: String,
    /// The report's number.
    pub number: u32,
    /// What was found.
    pub outcome: Outcome,
    /// In words, with its papers, and who checked.
    pub word: Word,
}

/// A report with the events that recorded and answered it.
#[derive(Debug, Clone, Copy)]
pub struct ReportView<'s> {
    /// The report.
    pub report: &'s Report,
    /// Its recording.
    pub filed: &'s Event,
    /// Its answer; none: it is being checked.
    pub answered: Option<&'s Event>,
}

impl ReportView<'_> {
    /// Who reported; empty: not said.
    pub fn reported_by(&self) -> &str {
        match &self.filed.what {
            What::Reported { reported_by, .. } => reported_by,
            What::Candidate { .. }
            | What::Extended { .. }
            | What::Ranked { .. }
            | What::CandidatesOrdered(_)
            | What::StreetsOrdered { .. }
            | What::NoticePosted(_)
            | What::Answered { .. }
            | What::Confirmed
            | What::Abandoned => "",
        }
    }
}

impl Selected {
    /// A report by its number.
    pub fn report(&self, number: u32) -> Option<ReportView<'_>> {
        let report = self.state.reports.iter().find(|it| it.number == number)?;
        let event = |number: i64| self.events.iter().find(|it| it.number == number);
        Some(ReportView { report, filed: event(report.event)?, answered: event(report.answer) })
    }

    /// The reports that a caller sees, by number.
    pub fn reports(&self, reach: &Reach) -> Vec<ReportView<'_>> {
        let sees = |it: &&Report| self.roster.get(&it.branch).is_some_and(|it| reach.sees(it));
        let own = self.state.reports.iter().filter(sees);
        own.filter_map(|it| self.report(it.number)).collect()
    }
}

impl App {
    /// Records a report; `encode` makes the answer out of the selection and the report's number.
    ///
    /// # Errors
    /// The selection is not there; the branch is not the caller's; `NOTICE_MISSING`,
    /// `SELECTION_CLOSED`, `NOT_UNDER_NOTICE`, `REPORT_OUT_OF_TIME`; those of every write.
    pub async fn file_report(
        &self,
        call: Write,
        reach: Reach,
        asked: FileReport,
        encode: impl Fn(&Selected, u32) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), reach, asked, plans, encode));
        let answer = self
            .write(call, move |tx, now| {
                let shared = Arc::clone(&shared);
                Box::pin(async move {
                    let (call, reach, asked, plans, encode) = &*shared;
                    let at = At { county: &call.county, now, plans };
                    let mut selected = Selected::read(tx, at, &asked.selection_id).await?;
                    seen(&selected, reach, &asked.branch)?;
                    in_time(&selected, reach, asked)?;
                    let count = u32::try_from(selected.state.reports.len()).unwrap_or(u32::MAX);
                    let number = count.saturating_add(1);
                    let what = What::Reported {
                        number,
                        branch: asked.branch.clone(),
                        received_on: asked.received_on,
                        reported_by: asked.reported_by.clone(),
                    };
                    let (word, by) = (asked.word.clone(), call.principal.clone());
                    let event = Event { number: selected.next(), what, word, at: now, by };
                    let rows = [selected.take(event, mark(call, now))?];
                    tx.insert_selection_events(at.county, &asked.selection_id, &rows).await?;
                    let effects = vec![events_effect(&asked.selection_id, &rows)];
                    Ok(Done { response: encode(&selected, number), effects })
                })
            })
            .await?;
        self.published.notify_waiters();
        Ok(answer)
    }

    /// Records what the check of a report found; `encode` makes the answer out of the selection.
    ///
    /// # Errors
    /// The selection or the report is not there, or not the caller's; `SELECTION_CLOSED`,
    /// `REPORT_ANSWERED`, `SEPARATION_OF_DUTIES`; those of every write.
    pub async fn answer_report(
        &self,
        call: Write,
        reach: Reach,
        asked: AnswerReport,
        encode: impl Fn(&Selected) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), reach, asked, plans, encode));
        let answer = self
            .write(call, move |tx, now| {
                let shared = Arc::clone(&shared);
                Box::pin(async move {
                    let (call, reach, asked, plans, encode) = &*shared;
                    let at = At { county: &call.county, now, plans };
                    let mut selected = Selected::read(tx, at, &asked.selection_id).await?;
                    answerable(&selected, (reach, call), asked)?;
                    let what = What::Answered { number: asked.number, outcome: asked.outcome };
                    let (word, by) = (asked.word.clone(), call.principal.clone());
                    let event = Event { number: selected.next(), what, word, at: now, by };
                    let rows = [selected.take(event, mark(call, now))?];
                    tx.insert_selection_events(at.county, &asked.selection_id, &rows).await?;
                    let effects = vec![events_effect(&asked.selection_id, &rows)];
                    Ok(Done { response: encode(&selected), effects })
                })
            })
            .await?;
        self.published.notify_waiters();
        Ok(answer)
    }
}

/// Refuses a report that is about nobody on the list, or came in at another time.
fn in_time(selected: &Selected, reach: &Reach, asked: &FileReport) -> Result<(), AppError> {
    let closed = matches!(selected.state.phase, Phase::Confirmed | Phase::Abandoned);
    let Some(notice) = selected.state.notice.as_ref().filter(|_| !closed) else {
        let missing = Obstacle::NoticeMissing;
        let closed = Obstacle::Closed(selected.state.phase);
        let obstacle = if selected.state.phase == Phase::Open { missing } else { closed };
        return Err(refused(&[(String::new(), obstacle)]));
    };
    if selected.state.phase != Phase::Notice {
        return Err(refused(&[(String::new(), Obstacle::Closed(selected.state.phase))]));
    }
    // One that was cancelled or left since stays on the list that was posted.
    if !listed(selected).0.contains(&asked.branch) {
        let en = format!("`{}` is not on the list under notice", asked.branch);
        let zh = format!("{} 不在公示名册之内", asked.branch);
        return Err(Refusal::new("NOT_UNDER_NOTICE", en, zh).with("rule", "F9").into());
    }
    let (from, until) = (notice.posted_on, notice.ends_on.min(selected.today));
    // What came in time on paper is the county's to record later: a day that anybody could state
    // would keep the notice open for ever.
    let over = selected.today > notice.ends_on && !reach.holds(None);
    if over || asked.received_on < from || asked.received_on > until {
        let en = format!("reports are taken that came in from {from} to {until}");
        let zh = format!("受理 {from} 至 {until} 期间收到的反映");
        let refusal = Refusal::new("REPORT_OUT_OF_TIME", en, zh).with("from", from.to_string());
        return Err(refusal.with("until", until.to_string()).with("rule", "F9").into());
    }
    Ok(())
}

/// Refuses an answer that is not the caller's to give.
fn answerable(
    selected: &Selected,
    (reach, call): (&Reach, &Write),
    asked: &AnswerReport,
) -> Result<(), AppError> {
    let found = selected.report(asked.number);
    let sees = |it: &ReportView<'_>| {
        selected.roster.get(&it.report.branch).is_some_and(|it| reach.sees(it))
    };
    let Some(report) = found.filter(sees) else {
        return Err(if reach.sees_all() {
            AppError::not_found(Missing::Report, asked.number.to_string())
        } else {
            AppError::Denied
        });
    };
    if selected.state.phase != Phase::Notice {
        return Err(refused(&[(String::new(), Obstacle::Closed(selected.state.phase))]));
    }
    if report.report.outcome.is_some() {
        let en = format!("report {} is answered", asked.number);
        let zh = format!("第 {} 号反映已核查答复", asked.number);
        return Err(Refusal::new("REPORT_ANSWERED", en, zh).with("rule", "F9").into());
    }
    let own = [report.reported_by(), report.filed.by.as_str()];
    let hands = [call.principal.as_str(), asked.word.decided_by.as_str()];
    if hands.iter().any(|it| own.contains(it)) {
        let en = "who made or recorded a report does not answer it";
        let refusal = Refusal::new("SEPARATION_OF_DUTIES", en, "反映人、登记人不得核查答复");
        return Err(refusal.with("rule", "F9").into());
    }
    Ok(())
}
