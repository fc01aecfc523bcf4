//! Which results a caller may see, and what of them.

use std::collections::BTreeMap;

use super::admit::Call;
use crate::{
    app::{
        App, AppError,
        access::{FieldGroup, Node, Permission, Permit, Placed, Scope},
        registry::RecordKind,
        run::{Change, KeptResult, Shown, Step},
    },
    store::{RunRecord, RunState},
};

/// What a caller may see of the results of a run.
#[derive(Debug, Clone)]
pub(super) struct Sight {
    kind: RecordKind,
    /// All of them must cover a result.
    permits: Vec<Permit>,
    holders: Holders,
    /// Those of the run whose place was taken.
    holders_before: Holders,
}

/// By post, who was appraised in it; only where that lets a caller see more.
type Holders = BTreeMap<String, String>;

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
        let (holders, holders_before) = (Holders::new(), Holders::new());
        Ok(Self { kind, permits, holders, holders_before })
    }

    /// Learns who was appraised in the posts of a step, so that the person sees its own.
    pub(super) async fn learn(
        &mut self,
        app: &App,
        county: &str,
        step: &Step,
    ) -> Result<(), AppError> {
        if self.kind != RecordKind::Post || self.whole() {
            return Ok(());
        }
        let posts: Vec<String> = step.changes.iter().map(|it| it.subject.clone()).collect();
        let of = async |shown: &Shown| {
            let found = app.appraised(county, &shown.run, &posts).await?;
            let holder = found.into_iter().map(|(post, it)| (post, it.person));
            Ok::<_, AppError>(holder.filter(|it| !it.1.is_empty()).collect())
        };
        self.holders = of(&step.after).await?;
        if let Some(before) = &step.before {
            self.holders_before = of(before).await?;
        }
        Ok(())
    }

    /// Where a result lies: by its groups, and with whoever was appraised.
    fn placed(&self, it: &KeptResult, holder: Option<&str>) -> Placed {
        let mut placed = Placed::by_groups(self.kind, &it.subject, &it.groups);
        placed.nodes.extend(holder.map(|it| Node::new(RecordKind::Member, it)));
        placed
    }

    /// Whether a result shows a group of fields, given who was appraised.
    pub(super) fn shows(&self, it: &KeptResult, holder: &str, field: FieldGroup) -> bool {
        let placed = self.placed(it, Some(holder).filter(|it| !it.is_empty()));
        self.permits.iter().all(|permit| permit.shows(&placed, field))
    }

    /// Whether a result is seen, given who was appraised.
    pub(super) fn sees_of(&self, it: &KeptResult, holder: &str) -> bool {
        let holder = Some(holder).filter(|it| !it.is_empty());
        self.whole() || self.covers(it, holder)
    }

    fn covers(&self, it: &KeptResult, holder: Option<&str>) -> bool {
        let placed = self.placed(it, holder);
        self.permits.iter().all(|permit| permit.covers(&placed))
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
        self.whole() || self.covers(it, self.holders.get(&it.subject).map(String::as_str))
    }

    /// The result as the caller sees it; nothing where it does not.
    pub(super) fn shown(&self, it: KeptResult) -> Option<KeptResult> {
        let holder = self.holders.get(&it.subject).map(String::as_str);
        self.shown_of(it, holder)
    }

    fn shown_of(&self, mut it: KeptResult, holder: Option<&str>) -> Option<KeptResult> {
        let whole = self.permits.iter().all(|permit| {
            permit.whole_kind(self.kind) && permit.shows_all(self.kind, FieldGroup::Money)
        });
        if whole {
            return Some(it);
        }
        let placed = self.placed(&it, holder);
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
        let earlier = |it: KeptResult| {
            let holder = self.holders_before.get(&it.subject).map(String::as_str);
            self.shown_of(it, holder)
        };
        let before = it.before.and_then(earlier);
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
