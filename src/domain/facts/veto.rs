//! When a veto is in force (P3): its own days, and what became of it. Only the days decide, never the
//! order in which they were recorded.

use std::fmt;

use super::Facts;
use crate::domain::{
    scheme::{PutRight, Veto},
    time::Day,
};

/// One record of a veto (一票否决).
#[derive(Clone, PartialEq, Eq)]
pub struct VetoRecord {
    /// The item of the veto list.
    pub item: String,
    /// Who raised it.
    pub by: Option<String>,
    /// The first day in force.
    pub from: Day,
    /// The last day in force; none while it is.
    pub until: Option<Day>,
    /// What became of it.
    pub steps: Vec<VetoStep>,
    /// The record, where it is about the member who holds the post; none where it is about the
    /// subject itself.
    pub of_holder: Option<HolderVeto>,
}

/// A veto about the member who holds a post, which counts for the post (S5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderVeto {
    /// The member.
    pub member: String,
    /// The record's fact id.
    pub fact: String,
}

/// As of [`Facts`]: the digest of facts without steps is that of before there were any.
impl fmt::Debug for VetoRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("VetoRecord");
        text.field("item", &self.item)
            .field("by", &self.by)
            .field("from", &self.from)
            .field("until", &self.until);
        if !self.steps.is_empty() {
            text.field("steps", &self.steps);
        }
        if let Some(of_holder) = &self.of_holder {
            text.field("of_holder", of_holder);
        }
        text.finish()
    }
}

/// A step that can change how long a veto is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct VetoStep {
    /// Which.
    pub kind: VetoStepKind,
    /// The day.
    pub on: Day,
}

/// What became of a veto.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VetoStepKind {
    /// The company was told of it (告知).
    NoticeServed,
    /// The company objected (申辩).
    Objected,
    /// The objection was dismissed.
    ObjectionDismissed,
    /// The objection was upheld; by itself this lifts nothing.
    ObjectionUpheld,
    /// It was put right (整改完成).
    PutRight,
    /// It was lifted by a recorded decision (解除).
    Lifted,
}

impl VetoStepKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::NoticeServed,
        Self::Objected,
        Self::ObjectionDismissed,
        Self::ObjectionUpheld,
        Self::PutRight,
        Self::Lifted,
    ];

    /// The word of lines and stores.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoticeServed => "notice_served",
            Self::Objected => "objected",
            Self::ObjectionDismissed => "objection_dismissed",
            Self::ObjectionUpheld => "objection_upheld",
            Self::PutRight => "put_right",
            Self::Lifted => "lifted",
        }
    }

    /// The kind of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// Whether it can change how long a veto is in force.
    pub const fn moves(self) -> bool {
        matches!(self, Self::NoticeServed | Self::PutRight | Self::Lifted)
    }
}

/// The days on which a veto is in force; an end before the beginning means on none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VetoDays {
    /// The last day in force; none while it is.
    pub until: Option<Day>,
    /// Whether there is no day on which it is in force.
    pub never: bool,
}

impl VetoRecord {
    /// The first day of a kind of step.
    pub fn first(&self, kind: VetoStepKind) -> Option<Day> {
        self.steps.iter().filter(|it| it.kind == kind).map(|it| it.on).min()
    }

    /// The last day on which it is put right in time, by the item's rule; none before the company was
    /// told, and where the item has no such rule.
    pub fn put_right_due(&self, rule: Option<&PutRight>) -> Option<Day> {
        self.first(VetoStepKind::NoticeServed)?.plus_days(rule?.days)
    }

    /// Whether it was put right in time.
    pub fn in_time(&self, rule: Option<&PutRight>) -> bool {
        let Some(on) = self.first(VetoStepKind::PutRight).filter(|_| rule.is_some()) else {
            return false;
        };
        self.put_right_due(rule).is_none_or(|due| on <= due)
    }

    /// Until when it is in force, by its own last day, by being lifted, and by being put right in
    /// time where the item says what comes of that.
    pub fn days(&self, rule: Option<&PutRight>) -> VetoDays {
        let lifted = self.first(VetoStepKind::Lifted);
        let right = self.first(VetoStepKind::PutRight).filter(|_| self.in_time(rule));
        let ends = [lifted, right].into_iter().flatten().map(Day::previous);
        let ends = ends.map(|it| it.unwrap_or(self.from));
        let until = ends.chain(self.until).min();
        let annulled = right.is_some() && rule.is_some_and(|it| it.annuls);
        VetoDays { until, never: annulled || until.is_some_and(|it| it < self.from) }
    }
}

impl Facts {
    /// Gives every veto with steps the days that follow from them.
    pub(super) fn follow_vetoes(&mut self, list: &[Veto]) {
        self.vetoes.retain_mut(|record| {
            if record.steps.is_empty() {
                return true;
            }
            let item = list.iter().find(|it| it.id == record.item);
            let days = record.days(item.and_then(|it| it.put_right.as_ref()));
            record.until = days.until;
            record.steps.clear();
            !days.never
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn record(until: Option<&str>, steps: &[(VetoStepKind, &str)]) -> VetoRecord {
        let step = |(kind, on): &(VetoStepKind, &str)| VetoStep { kind: *kind, on: day(on) };
        VetoRecord {
            item: "x".to_owned(),
            by: None,
            from: day("2022-03-01"),
            until: until.map(day),
            steps: steps.iter().map(step).collect(),
            of_holder: None,
        }
    }

    #[test]
    fn only_the_days_decide_until_when_a_veto_is_in_force() {
        use VetoStepKind::{Lifted, NoticeServed as Served, ObjectionUpheld, PutRight as Right};
        let ends = PutRight { days: 30, annuls: false };
        for (steps, with_rule, without) in [
            (vec![], None, None),
            (vec![(Lifted, "2022-06-01")], Some("2022-05-31"), Some("2022-05-31")),
            (
                vec![(Lifted, "2022-06-02"), (Lifted, "2022-06-01")],
                Some("2022-05-31"),
                Some("2022-05-31"),
            ),
            (vec![(Served, "2022-03-10"), (Right, "2022-04-09")], Some("2022-04-08"), None),
            (vec![(Right, "2022-04-09"), (Served, "2022-03-10")], Some("2022-04-08"), None),
            (vec![(Served, "2022-03-10"), (Right, "2022-04-10")], None, None),
            // The days have not begun before the company is told.
            (vec![(Right, "2022-08-01")], Some("2022-07-31"), None),
            (vec![(ObjectionUpheld, "2022-04-01")], None, None),
        ] {
            let it = record(None, &steps);
            assert_eq!(it.days(Some(&ends)).until, with_rule.map(day), "{steps:?}");
            assert_eq!(it.days(None).until, without.map(day), "{steps:?}");
            let mut steps = steps;
            steps.reverse();
            assert_eq!(record(None, &steps).days(Some(&ends)), it.days(Some(&ends)));
        }
        let own = record(Some("2022-04-30"), &[(Lifted, "2022-06-01")]);
        assert_eq!(own.days(None).until, Some(day("2022-04-30")), "its own last day is earlier");
        assert!(record(None, &[(Lifted, "2022-03-01")]).days(None).never, "lifted at once");
        let right = record(None, &[(Served, "2022-03-10"), (Right, "2022-04-09")]);
        assert!(right.days(Some(&PutRight { days: 30, annuls: true })).never);
        assert!(!right.days(Some(&PutRight { days: 29, annuls: true })).never);
    }

    #[test]
    fn the_text_of_a_veto_without_steps_is_that_of_before() {
        let text = format!("{:?}", record(None, &[]));
        let from = format!("{:?}", day("2022-03-01"));
        let before = format!("VetoRecord {{ item: \"x\", by: None, from: {from}, until: None }}");
        assert_eq!(text, before);
        assert!(
            format!("{:?}", record(None, &[(VetoStepKind::Lifted, "2022-06-01")])).len()
                > before.len()
        );
    }
}
