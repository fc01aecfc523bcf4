//! Public notices as messages.

use super::encode::{date, timestamp};
use crate::{
    app::notice::{NoticeFormat, editions},
    domain::time::DaysOf,
    proto::v1,
    store::{NoticeAnswer, NoticeObjection, NoticeRecord, NoticeVerdict, StoreError},
};

/// A verdict, if one is said.
pub(super) const fn verdict(raw: v1::NoticeVerdict) -> Option<NoticeVerdict> {
    match raw {
        v1::NoticeVerdict::Unspecified => None,
        v1::NoticeVerdict::Dismissed => Some(NoticeVerdict::Dismissed),
        v1::NoticeVerdict::Upheld => Some(NoticeVerdict::Upheld),
        v1::NoticeVerdict::UpheldResultStands => Some(NoticeVerdict::UpheldResultStands),
    }
}

const fn verdict_out(of: NoticeVerdict) -> v1::NoticeVerdict {
    match of {
        NoticeVerdict::Dismissed => v1::NoticeVerdict::Dismissed,
        NoticeVerdict::Upheld => v1::NoticeVerdict::Upheld,
        NoticeVerdict::UpheldResultStands => v1::NoticeVerdict::UpheldResultStands,
    }
}

/// A format, if one is said.
pub(super) const fn format(raw: v1::NoticeFormat) -> Option<NoticeFormat> {
    match raw {
        v1::NoticeFormat::Unspecified => None,
        v1::NoticeFormat::Markdown => Some(NoticeFormat::Markdown),
        v1::NoticeFormat::Html => Some(NoticeFormat::Html),
    }
}

/// A notice.
pub(super) fn notice(it: &NoticeRecord) -> Result<v1::Notice, StoreError> {
    let edition = |it: crate::app::calendar::NamedEdition| v1::CalendarEdition {
        year: i32::try_from(it.year).unwrap_or_default(),
        edition_id: it.edition,
        digest: it.digest,
        ..Default::default()
    };
    let of = match it.days_of {
        DaysOf::Working => v1::DaysOf::Working,
        DaysOf::Calendar => v1::DaysOf::Calendar,
    };
    Ok(v1::Notice {
        run_id: it.run_id.clone(),
        posted_on: Some(date(it.posted_on)),
        ends_on: Some(date(it.ends_on)),
        days: i32::try_from(it.days).unwrap_or(i32::MAX),
        of: of.into(),
        editions: editions(it)?.into_iter().map(edition).collect(),
        object_to: it.object_to.clone(),
        post_time: Some(timestamp(it.recorded)),
    })
}

fn evidence(text: &str) -> Result<Vec<String>, StoreError> {
    match text {
        "" => Ok(Vec::new()),
        text => serde_json::from_str(text).map_err(|why| StoreError::corrupt("evidence", why)),
    }
}

/// An objection with its answer.
pub(super) fn objection(it: &NoticeObjection) -> Result<v1::NoticeObjection, StoreError> {
    let answer = |it: &NoticeAnswer| {
        Ok::<_, StoreError>(v1::NoticeAnswer {
            verdict: verdict_out(it.verdict).into(),
            text: it.text.clone(),
            answered_by: it.answered_by.clone(),
            evidence: evidence(&it.evidence)?,
            record_time: Some(timestamp(it.recorded)),
        })
    };
    Ok(v1::NoticeObjection {
        run_id: it.run_id.clone(),
        number: i32::try_from(it.number).unwrap_or(i32::MAX),
        subject_id: it.subject.clone(),
        text: it.text.clone(),
        raised_by: it.raised_by.clone(),
        raised_on: Some(date(it.raised_on)),
        evidence: evidence(&it.evidence)?,
        record_time: Some(timestamp(it.recorded)),
        answer: it.answer.as_ref().map(answer).transpose()?,
    })
}
