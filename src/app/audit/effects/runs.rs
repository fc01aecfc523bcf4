//! Runs: each is started by exactly one entry and stands as its entries say.

use super::{Effects, Finding, Tampering};
use crate::{
    app::{
        AppError,
        run::{publication, start_effect, supersession},
    },
    store::{AuditRecord, ReadTx, RunListing, RunRecord, RunState},
};

/// How many runs are read at once.
const PAGE: i64 = 500;

/// The entries about one run.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunTrail {
    /// Its start.
    pub(crate) started: Vec<AuditRecord>,
    /// The newest rows of ledger and registry at its start.
    pub(crate) rows: (i64, i64),
    /// Its publication, by itself or in the place of another.
    pub(crate) published: Vec<AuditRecord>,
    /// That another took its place.
    pub(crate) superseded: Vec<AuditRecord>,
}

impl RunTrail {
    /// The columns of a run that are not what its entries say, each with the entry.
    pub(crate) fn differing(&self, run: &RunRecord) -> Vec<(&'static str, i64)> {
        let mut columns = Vec::new();
        let mut is = |same: bool, column: &'static str, entry: &AuditRecord| {
            if !same {
                columns.push((column, entry.seq));
            }
        };
        if let [entry] = self.started.as_slice() {
            let effect = start_effect(run);
            let frozen = "scheme_id, scheme_digest, period or known_micros";
            is(effect.digest == entry.entry.effect_digest, frozen, entry);
            is(run.facts_seq == self.rows.0, "facts_seq", entry);
            is(run.registry_seq == self.rows.1, "registry_seq", entry);
            is(run.started.0 == entry.recorded, "started", entry);
            is(run.started.1 == entry.entry.principal, "started_by", entry);
        }
        if let [entry] = self.published.as_slice() {
            let digest = publication("", run).digest;
            is(digest == entry.entry.effect_digest, "result_digest", entry);
            let (at, by) = match &run.published {
                Some((at, by)) => (Some(*at), by.as_str()),
                None => (None, ""),
            };
            is(at == Some(entry.recorded), "published", entry);
            is(by == entry.entry.principal, "published_by", entry);
            let took = !run.supersedes.is_empty();
            let takes = entry.entry.subject.ends_with("/supersede");
            is(took == takes, "supersedes", entry);
        }
        if let [entry] = self.superseded.as_slice() {
            let digest = supersession(run).digest;
            is(digest == entry.entry.effect_digest, "superseded_by or reason", entry);
        }
        columns
    }

    /// The state in which the entries leave the run; none where they leave it open.
    fn state(&self) -> Option<RunState> {
        match (self.published.is_empty(), self.superseded.is_empty()) {
            (_, false) => Some(RunState::Superseded),
            (false, true) => Some(RunState::Published),
            (true, true) => None,
        }
    }

    fn is_state(&self, run: &RunRecord) -> bool {
        match self.state() {
            Some(state) => run.state == state,
            None => !matches!(run.state, RunState::Published | RunState::Superseded),
        }
    }
}

impl Effects {
    /// Notes an entry about a run.
    pub(super) fn take_run(&mut self, record: &AuditRecord, rows: (i64, i64)) {
        let rest = record.entry.subject.strip_prefix("run/").unwrap_or_default();
        let (id, what) = rest.split_once('/').unwrap_or((rest, ""));
        let trail = self.runs.entry(id.to_owned()).or_default();
        let entries = match what {
            "" => {
                trail.rows = rows;
                &mut trail.started
            }
            "publish" | "supersede" => &mut trail.published,
            "superseded" => &mut trail.superseded,
            _ => return,
        };
        entries.push(record.clone());
    }

    /// Compares every run with its entries.
    pub(super) async fn runs(&mut self, tx: &mut dyn ReadTx, county: &str) -> Result<(), AppError> {
        let publications = self.publications(tx, county).await?;
        let mut left: std::collections::BTreeSet<String> = self.runs.keys().cloned().collect();
        let mut listing = RunListing { limit: PAGE, ..RunListing::default() };
        loop {
            let page = tx.run_page(county, &listing).await?;
            let Some(last) = page.last() else { break };
            listing.after.clone_from(&last.run_id);
            for run in page {
                left.remove(&run.run_id);
                self.run(county, &run);
                if let Some(text) = publications.differing(&run) {
                    let finding = Finding::new(county, Tampering::RowChanged, None, text);
                    self.of_runs.push((run.run_id.clone(), finding));
                }
            }
        }
        for id in left {
            let entry = self.runs.get(&id).and_then(|it| it.started.first()).map(|it| it.seq);
            let text = format!("run `{id}` is not there");
            let finding = Finding::new(county, Tampering::EffectWithoutEntry, entry, text);
            self.of_runs.push((id, finding));
        }
        Ok(())
    }

    fn run(&mut self, county: &str, run: &RunRecord) {
        let trail = self.runs.get(&run.run_id).cloned().unwrap_or_default();
        let id = &run.run_id;
        let mut tell = |what, entry: Option<i64>, text: String| {
            self.of_runs.push((id.clone(), Finding::new(county, what, entry, text)));
        };
        let once = [
            (trail.started.len(), 1..=1, "the start"),
            (trail.published.len(), 0..=1, "the publication"),
            (trail.superseded.len(), 0..=1, "the supersession"),
        ];
        for (count, right, what) in once {
            if !right.contains(&count) {
                let text = format!("{count} entries speak of {what} of run `{id}`");
                tell(Tampering::EffectWithoutEntry, None, text);
            }
        }
        for (column, entry) in trail.differing(run) {
            let text = format!("run `{id}` has another `{column}` than was recorded");
            tell(Tampering::RowChanged, Some(entry), text);
        }
        if !trail.is_state(run) {
            let text =
                format!("run `{id}` is {}, which is not what its entries say", run.state.word());
            tell(Tampering::RowChanged, None, text);
        }
    }
}
