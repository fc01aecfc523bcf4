//! Which results a caller may see, and what of them.

use super::admit::Call;
use crate::{
    app::{
        App, AppError,
        access::{FieldGroup, Permission, Permit, Placed, Scope},
        registry::RecordKind,
        run::{Change, KeptResult, Shown},
    },
    store::{RunRecord, RunState},
};

/// What a caller may see of the results of a run.
#[derive(Debug, Clone)]
pub(super) struct Sight {
    kind: RecordKind,
    /// All of them must cover a result.
    permits: Vec<Permit>,
}

impl Sight {
    /// Of a run that is shown; one that is not published asks for more.
    pub(super) async fn of(
        app: &App,
        call: &Call,
        county: &str,
        permit: Permit,
        shown: &Shown,
    ) -> Result<Self, AppError> {
        let word = shown.plan.scheme().subject.name();
        let kind = RecordKind::named(word)
            .ok_or_else(|| AppError::Internal(format!("no kind of records is named {word}")))?;
        let mut permits = vec![permit];
        if hidden(&shown.run) {
            let preview = Permission::ResultPreview;
            permits.push(app.permit(&call.caller, county, preview, Scope::Part, false).await?);
        }
        Ok(Self { kind, permits })
    }

    /// Whether every result of the run is seen.
    pub(super) fn whole(&self) -> bool {
        self.permits.iter().all(|it| it.whole_kind(self.kind))
    }

    /// Whether the money of any result may be seen.
    pub(super) fn money(&self) -> bool {
        self.permits.iter().all(|it| it.may_show_of(self.kind, FieldGroup::Money))
    }

    /// Whether a result is seen.
    pub(super) fn sees(&self, it: &KeptResult) -> bool {
        if self.whole() {
            return true;
        }
        let placed = Placed::by_groups(self.kind, &it.subject, &it.groups);
        self.permits.iter().all(|permit| permit.covers(&placed))
    }

    /// The result as the caller sees it; nothing where it does not.
    pub(super) fn shown(&self, mut it: KeptResult) -> Option<KeptResult> {
        let whole = self.permits.iter().all(|permit| {
            permit.whole_kind(self.kind) && permit.shows_all(self.kind, FieldGroup::Money)
        });
        if whole {
            return Some(it);
        }
        let placed = Placed::by_groups(self.kind, &it.subject, &it.groups);
        if !self.permits.iter().all(|permit| permit.covers(&placed)) {
            return None;
        }
        if !self.permits.iter().all(|permit| permit.shows(&placed, FieldGroup::Money)) {
            it.awards.clear();
        }
        Some(it)
    }

    /// A change as the caller sees it: each side by itself.
    pub(super) fn change(&self, it: Change) -> Option<Change> {
        let before = it.before.and_then(|it| self.shown(it));
        let after = it.after.and_then(|it| self.shown(it));
        let seen = before.is_some() || after.is_some();
        seen.then_some(Change { subject: it.subject, before, after })
    }

    /// One result that was asked for: who sees all of them is told that there is none.
    pub(super) fn found(
        &self,
        found: Result<KeptResult, AppError>,
    ) -> Result<KeptResult, AppError> {
        match found {
            Ok(it) => self.shown(it).ok_or(AppError::Denied),
            Err(AppError::NotFound { .. }) if !self.whole() => Err(AppError::Denied),
            Err(error) => Err(error),
        }
    }
}

/// Whether a run's results are for reviewers only.
pub(super) const fn hidden(run: &RunRecord) -> bool {
    !matches!(run.state, RunState::Published | RunState::Superseded)
}
