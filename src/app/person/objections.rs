//! Objections about a person, or raised or answered by it: during public notices, and to published
//! results.

use super::lines::{Act, NoticeLine, ObjectionLine};
use crate::{
    app::{AppError, notice, result_objection},
    store::{NoticeObjection, ReadTx, ResultObjection},
};

/// Objections during public notices, and who posted the notices.
pub(super) async fn notices(
    tx: &mut dyn ReadTx,
    county: &str,
    (id, posts): (&str, &[String]),
    acts: &mut Vec<Act>,
) -> Result<Vec<NoticeLine>, AppError> {
    let (notices, objections) = notice::all(tx, county).await?;
    acts.extend(notices.into_iter().filter(|it| it.recorded_by == id).map(|it| Act {
        what: "notice posted".to_owned(),
        at: it.recorded.to_string(),
        of: it.run_id,
    }));
    let named = |it: &NoticeObjection| {
        let by = [&it.subject, &it.raised_by, &it.recorded_by];
        let answered = it.answer.iter().flat_map(|it| [&it.answered_by, &it.recorded_by]);
        by.into_iter().chain(answered).any(|it| it == id || posts.contains(it))
    };
    Ok(objections.into_iter().filter(named).map(notice_line).collect())
}

fn notice_line(it: NoticeObjection) -> NoticeLine {
    NoticeLine {
        run_id: it.run_id,
        number: it.number,
        subject: it.subject,
        text: it.text,
        raised_by: it.raised_by,
        raised_on: it.raised_on.to_string(),
        evidence: it.evidence,
        recorded: it.recorded.to_string(),
        recorded_by: it.recorded_by,
        answer: it.answer.map(|it| {
            let (verdict, at) = (it.verdict.word().to_owned(), it.recorded.to_string());
            [verdict, it.text, it.answered_by, it.evidence, at, it.recorded_by]
        }),
    }
}

/// Objections to published results.
pub(super) async fn objected(
    tx: &mut dyn ReadTx,
    county: &str,
    (id, posts): (&str, &[String]),
) -> Result<Vec<ObjectionLine>, AppError> {
    let all = result_objection::all(tx, county).await?.into_iter();
    let named = |it: &ResultObjection| {
        let by = [&it.person, &it.subject, &it.raised_by, &it.recorded_by];
        let answered = it.answer.iter().flat_map(|it| [&it.answered_by, &it.recorded_by]);
        by.into_iter().chain(answered).any(|it| it == id || posts.contains(it))
    };
    Ok(all.filter(named).map(objection_line).collect())
}

fn objection_line(it: ResultObjection) -> ObjectionLine {
    ObjectionLine {
        run_id: it.run_id,
        number: it.number,
        subject: it.subject,
        person: it.person,
        node: it.node,
        text: it.text,
        raised_by: it.raised_by,
        raised_on: it.raised_on.to_string(),
        evidence: it.evidence,
        recorded: it.recorded.to_string(),
        recorded_by: it.recorded_by,
        answer: it.answer.map(|it| {
            let (verdict, at) = (it.verdict.word().to_owned(), it.recorded.to_string());
            [verdict, it.text, it.answered_by, it.evidence, at, it.recorded_by]
        }),
    }
}
