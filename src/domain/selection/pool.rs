//! Who can still be chosen: at a street's line, at the county's, and before the list is shown.

use super::{Candidate, Contender, RosterBranch, Stage, Standing, StepKind, guard::count};

impl<'a> Standing<'a> {
    /// Those who could be chosen at a street's line, or the county's: no veto, and the criteria met.
    /// At a street's, also those whom its community can still pass.
    pub(super) fn contenders(&self, within: Option<&str>) -> Vec<Contender<'a>> {
        let contender = |(branch, it): (&'a String, &Candidate)| {
            let place = self.roster.get(branch)?;
            let there = match within {
                Some(street) => place.street == street && self.can_be_recommended(place, it.stage),
                None => it.stage == Stage::Recommended,
            };
            let vetoed = self.vetoed.get(&place.compound).is_some_and(|it| !it.is_empty());
            let merit = self.merit(branch)?;
            let able = there && !vetoed && merit.meets;
            able.then_some(Contender { branch, place: merit.place? })
        };
        self.state.candidates.iter().filter_map(contender).collect()
    }

    /// Whether a street may recommend a candidate, now or once the steps before are taken in time.
    fn can_be_recommended(&self, branch: &RosterBranch, stage: Stage) -> bool {
        match stage {
            Stage::Passed | Stage::Reviewed => true,
            Stage::Applied => self.late(StepKind::Opinion, branch).is_none(),
            Stage::Returned => self.late(StepKind::Application, branch).is_none(),
            Stage::Refused
            | Stage::Recommended
            | Stage::Examined
            | Stage::Declined
            | Stage::Consulted
            | Stage::Approved
            | Stage::Rejected
            | Stage::Noticed
            | Stage::Confirmed
            | Stage::Cancelled
            | Stage::Withdrawn => false,
        }
    }

    /// Those who can still be recommended within a last day of their own, to a seat that is free.
    pub(super) fn waiting(&self) -> Vec<String> {
        let waits = |(branch, it): &(&'a String, &Candidate)| {
            let Some(place) = self.roster.get(*branch) else { return false };
            let step = match it.stage {
                Stage::Applied => StepKind::Opinion,
                Stage::Returned => StepKind::Application,
                Stage::Passed
                | Stage::Reviewed
                | Stage::Refused
                | Stage::Recommended
                | Stage::Examined
                | Stage::Declined
                | Stage::Consulted
                | Stage::Approved
                | Stage::Rejected
                | Stage::Noticed
                | Stage::Confirmed
                | Stage::Cancelled
                | Stage::Withdrawn => StepKind::Recommendation,
            };
            let until = self.state.until(self.document, (self.year, step), place);
            let vetoed = self.vetoed.get(&place.compound).is_some_and(|it| !it.is_empty());
            let meets = self.merits.is_none() || self.merit(branch).is_some_and(|it| it.meets);
            self.can_be_recommended(place, it.stage)
                && until.is_some_and(|it| self.today <= it)
                && !vetoed
                && meets
                && count(self.taken_in(&place.street)) < self.quota.seats(&place.street)
        };
        let all = self.state.candidates.iter().filter(waits);
        all.map(|it| it.0.clone()).collect()
    }
}
