//! The general meeting of members that adopts a schedule, and whether enough of them did.

use crate::{
    app::{AppError, FieldFault, Refusal},
    domain::{
        exact::ExactError,
        scheme::{Adoption, Quorum},
        time::Day,
    },
};

/// A general meeting of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// The day on which it met.
    pub met_on: Day,
    /// How many members were entitled to vote.
    pub eligible: u32,
    /// How many of them were present.
    pub present: u32,
    /// How many of those voted for it.
    pub in_favour: u32,
    /// References to the evidence, a JSON list; empty for none.
    pub evidence: String,
}

impl Meeting {
    /// Every fault of the meeting by itself, for a document that is to be in force from a day on.
    pub fn faults(&self, from: Option<Day>, today: Day) -> Vec<FieldFault> {
        let Self { met_on, eligible, present, in_favour, .. } = self;
        let mut faults = Vec::new();
        let mut fault = |path: &str, reason, en: String, zh: String| {
            faults.push(FieldFault { path: path.to_owned(), reason, en, zh });
        };
        if *eligible == 0 {
            let en = "nobody was entitled to vote".to_owned();
            fault("meeting.eligible", "MEETING_COUNTS", en, "应到会人数须大于 0".to_owned());
        }
        if present > eligible {
            let en = format!("{present} were present, and {eligible} entitled to vote");
            let zh = format!("到会 {present} 人多于应到会 {eligible} 人");
            fault("meeting.present", "MEETING_COUNTS", en, zh);
        }
        if in_favour > present {
            let en = format!("{in_favour} voted for it, and {present} were present");
            let zh = format!("赞成 {in_favour} 人多于到会 {present} 人");
            fault("meeting.in_favour", "MEETING_COUNTS", en, zh);
        }
        if *met_on > today {
            let en = format!("the meeting is on {met_on}, and today is {today}");
            let zh = format!("会议日期 {met_on} 尚未到来");
            fault("meeting.met_on", "MEETING_IN_FUTURE", en, zh);
        }
        if let Some(from) = from.filter(|it| it < met_on) {
            let en =
                format!("the document is in force from {from}, before the meeting of {met_on}");
            let zh = format!("细则自 {from} 起施行，早于通过细则的会议（{met_on}）");
            fault("meeting.met_on", "IN_FORCE_BEFORE_MEETING", en, zh);
        }
        faults
    }

    /// Whether enough were present and enough in favour.
    pub(super) fn enough(&self, adoption: &Adoption) -> Result<(), AppError> {
        let Self { eligible, present, in_favour, .. } = *self;
        if let Some(needed) = lacking(&adoption.present, present, eligible)? {
            let en = format!("of {eligible} entitled to vote {needed} must be present");
            let zh = format!("应到会 {eligible} 人，须到会 {needed} 人，实到 {present} 人");
            let en = format!("{en}, and {present} were");
            return Err(refused("QUORUM_NOT_MET", (en, zh), (needed, present)));
        }
        if let Some(needed) = lacking(&adoption.in_favour, in_favour, eligible)? {
            let en = format!("of {eligible} entitled to vote {needed} must be in favour");
            let zh = format!("应到会 {eligible} 人，须赞成 {needed} 人，实际赞成 {in_favour} 人");
            let en = format!("{en}, and {in_favour} were");
            return Err(refused("MAJORITY_NOT_REACHED", (en, zh), (needed, in_favour)));
        }
        Ok(())
    }
}

fn refused(
    reason: &'static str,
    (en, zh): (String, String),
    (needed, had): (u64, u32),
) -> AppError {
    let refusal = Refusal::new(reason, en, zh);
    AppError::Refused(refusal.with("needed", needed.to_string()).with("had", had.to_string()))
}

/// The fewest that would have been enough, where there were fewer. Where even all are not, it is one
/// more than there are.
fn lacking(quorum: &Quorum, had: u32, eligible: u32) -> Result<Option<u64>, AppError> {
    let inexact = |why: ExactError| AppError::Internal(format!("a quorum: {why}"));
    if quorum.is_met(had, eligible).map_err(inexact)? {
        return Ok(None);
    }
    if !quorum.is_met(eligible, eligible).map_err(inexact)? {
        return Ok(Some(u64::from(eligible).saturating_add(1)));
    }
    // `low` is too few, `high` is enough.
    let (mut low, mut high) = (had, eligible);
    while high.saturating_sub(low) > 1 {
        let middle = low.midpoint(high);
        if quorum.is_met(middle, eligible).map_err(inexact)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(Some(u64::from(high)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exact::Exact;

    fn quorum(num: i128, den: i128, above: bool) -> Quorum {
        Quorum { share: Exact::ratio(num, den).unwrap(), above }
    }

    #[test]
    fn the_fewest_that_are_enough_are_exact() {
        for (share, above, eligible, needed) in [
            ((1, 2), true, 10, 6),
            ((1, 2), true, 11, 6),
            ((1, 2), false, 10, 5),
            ((1, 2), false, 11, 6),
            ((2, 3), false, 10, 7),
            ((2, 3), false, 9, 6),
            ((2, 3), true, 9, 7),
            ((1, 3), false, 3, 1),
            ((1, 1), false, 7, 7),
            ((1, 1), true, 7, 8),
            ((0, 1), true, 7, 1),
            ((1, 2), true, 1, 1),
            ((2, 3), false, u32::MAX, 2_863_311_530_u64),
        ] {
            let quorum = quorum(share.0, share.1, above);
            for had in [0, needed.saturating_sub(2), needed.saturating_sub(1)] {
                let had = u32::try_from(had).unwrap();
                let lacking = lacking(&quorum, had, eligible).unwrap();
                assert_eq!(lacking, Some(needed), "{share:?} {above} of {eligible}: {had}");
            }
            let enough = u32::try_from(needed).unwrap();
            assert!(enough > eligible || lacking(&quorum, enough, eligible).unwrap().is_none());
        }
        assert_eq!(lacking(&quorum(0, 1, false), 0, 7).unwrap(), None, "nobody is enough");
    }

    #[test]
    fn every_fault_of_a_meeting_is_told() {
        let day = |text| Day::parse(text).unwrap();
        let meeting = |eligible, present, in_favour| Meeting {
            met_on: day("2024-03-10"),
            eligible,
            present,
            in_favour,
            evidence: String::new(),
        };
        let told = |it: Meeting, from, today| -> Vec<(String, &'static str)> {
            let faults = it.faults(Some(day(from)), day(today));
            assert!(faults.iter().all(|it| it.zh.chars().any(|it| it > '\u{2e80}')));
            faults.into_iter().map(|it| (it.path, it.reason)).collect()
        };
        assert_eq!(told(meeting(10, 10, 10), "2024-03-10", "2024-03-10"), []);
        assert_eq!(told(meeting(10, 0, 0), "2024-03-15", "2024-04-01"), []);
        let all = [
            ("meeting.eligible", "MEETING_COUNTS"),
            ("meeting.present", "MEETING_COUNTS"),
            ("meeting.in_favour", "MEETING_COUNTS"),
            ("meeting.met_on", "MEETING_IN_FUTURE"),
            ("meeting.met_on", "IN_FORCE_BEFORE_MEETING"),
        ];
        let all = all.map(|(path, reason)| (path.to_owned(), reason));
        assert_eq!(told(meeting(0, 1, 2), "2024-03-09", "2024-03-09"), all);
    }
}
