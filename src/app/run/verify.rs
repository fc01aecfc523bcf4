//! The proof of a run: computed again from the facts as they were known at its moment, by the
//! functions that computed it, with nothing written; whatever differs is named.

mod again;
mod compare;
mod inputs;

use std::{collections::BTreeSet, fmt};

use super::{ENGINE_VERSION, RunSelector, compile, frozen_inputs, read::selected, work::RunDigest};
use crate::{
    app::{
        AppError,
        audit::{Effects, Until},
    },
    store::{ReadTx, ResultRecord, ResultsAfter, RunRecord, Store, StoreError, fact_id},
};

use again::Again;

/// How many results are read at once.
const PAGE: i64 = 2_000;
/// The most rows that are named one by one.
const NAMED: usize = 50;

/// Something that is not as it was when the run was computed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunFinding {
    /// The table: `results`, `facts`, `registry_versions`, `schemes`, `runs`; empty for what is
    /// computed.
    pub table: &'static str,
    /// What was found, with row and column.
    pub text: String,
}

impl fmt::Display for RunFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.table.is_empty() {
            write!(f, "{}: ", self.table)?;
        }
        f.write_str(&self.text)
    }
}

/// What came of the proof of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunProof {
    /// The run.
    pub run: RunRecord,
    /// The engine of this program, where the run was computed by another.
    pub other_engine: Option<&'static str>,
    /// How many results were compared.
    pub results: usize,
    /// Everything that differs.
    pub findings: Vec<RunFinding>,
}

/// Proves a computed, published or superseded run. The audit entries that it rests on are taken as
/// they are: their own proof is another ([`crate::app::audit::verify`]).
///
/// # Errors
/// `RUN_NOT_FOUND`, `RUN_NOT_PUBLISHED`, `RUN_NOT_COMPUTED`, and those of the store.
pub async fn verify(
    store: &dyn Store,
    county: &str,
    selector: &RunSelector,
) -> Result<RunProof, AppError> {
    let mut tx = store.read().await?;
    let run = selected(&mut *tx, county, selector).await?;
    drop(tx);
    let mut proof = Proving { county, run, findings: BTreeSet::new() };
    let effects = proof.effects(store).await?;
    let mut tx = store.read().await?;
    let stored = stored(&mut *tx, county, &proof.run.run_id).await?;
    let results = stored.len();
    match proof.recompute(&mut *tx, &stored, effects.as_ref()).await {
        Ok(()) => (),
        Err(AppError::Store(StoreError::Corrupt { column, source })) => {
            proof.add("", format!("a stored value of `{column}` does not read back: {source}"));
        }
        Err(AppError::Engine(why)) => {
            proof.add("", format!("it can no longer be computed: {why}"));
        }
        Err(AppError::NotFound { what, id }) => {
            proof.add("", format!("it can no longer be computed: no {} `{id}`", what.en()));
        }
        Err(error) => return Err(error),
    }
    let other_engine = (proof.run.engine_version != ENGINE_VERSION).then_some(ENGINE_VERSION);
    let findings = proof.findings.into_iter().collect();
    Ok(RunProof { run: proof.run, other_engine, results, findings })
}

/// A run under proof.
struct Proving<'a> {
    county: &'a str,
    run: RunRecord,
    findings: BTreeSet<RunFinding>,
}

/// All results of a run, in its order.
async fn stored(
    tx: &mut dyn ReadTx,
    county: &str,
    run_id: &str,
) -> Result<Vec<ResultRecord>, AppError> {
    let mut all: Vec<ResultRecord> = Vec::new();
    loop {
        let after = ResultsAfter::Ordinal(all.last().map_or(-1, |it| it.ordinal));
        let page = tx.results(county, run_id, &after, PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

impl Proving<'_> {
    fn add(&mut self, table: &'static str, text: impl Into<String>) {
        self.findings.insert(RunFinding { table, text: text.into() });
    }

    /// Compares what the run rests on with the audit entries. Nothing where a value of it does not
    /// read back.
    async fn effects(&mut self, store: &dyn Store) -> Result<Option<Effects>, AppError> {
        let until = Until { facts: self.run.facts_seq, registry: self.run.registry_seq };
        let mut tx = store.read().await?;
        let effects = match Effects::compare(&mut *tx, self.county, until).await {
            Ok(effects) => effects,
            Err(AppError::Store(StoreError::Corrupt { column, source })) => {
                self.add("", format!("a stored value of `{column}` does not read back: {source}"));
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let scheme = format!("{}/{}", self.run.scheme_id, self.run.version);
        let of = |it: &crate::app::audit::Finding| match it.entry {
            Some(entry) => format!("{} (entry {entry})", it.text),
            None => it.text.clone(),
        };
        for it in &effects.findings {
            let table = if it.text.contains("regist") { "registry_versions" } else { "facts" };
            self.add(table, of(it));
        }
        for (_, it) in effects.of_schemes.iter().filter(|it| it.0 == scheme) {
            self.add("schemes", of(it));
        }
        if self.takes_schedules(&mut *tx).await? {
            for (_, it) in &effects.of_schedules {
                self.add("schedules", of(it));
            }
        }
        let run = self.run.run_id.clone();
        for (_, it) in effects.of_runs.iter().filter(|it| it.0 == run) {
            self.add("runs", of(it));
        }
        Ok(Some(effects))
    }

    /// Whether the run's scheme goes by point schedules.
    async fn takes_schedules(&self, tx: &mut dyn ReadTx) -> Result<bool, AppError> {
        let found = tx.scheme(self.county, &self.run.scheme_id, self.run.version).await?;
        let plan = found.map(|(_, document)| compile(&document)).transpose()?;
        Ok(plan.is_some_and(|it| it.scheme().scheduled().is_some()))
    }

    async fn recompute(
        &mut self,
        tx: &mut dyn ReadTx,
        stored: &[ResultRecord],
        effects: Option<&Effects>,
    ) -> Result<(), AppError> {
        self.scheme(tx).await?;
        self.inputs(tx).await?;
        let again = Again::compute(tx, self.county, &self.run).await?;
        let changed = self.compare(stored, &again);
        if let Some(effects) = effects {
            self.narrow(tx, effects, &changed).await?;
        }
        Ok(())
    }

    /// Whether the document is the one that the run froze.
    async fn scheme(&mut self, tx: &mut dyn ReadTx) -> Result<(), AppError> {
        let (id, version) = (self.run.scheme_id.clone(), self.run.version);
        if let Some((header, _)) = tx.scheme(self.county, &id, version).await?
            && header.digest != self.run.scheme_digest
        {
            let run = &self.run.run_id;
            let text = format!(
                "run `{run}`: columns `version` and `scheme_digest` do not fit: version {version} \
                 of `{id}` has another digest"
            );
            self.add("runs", text);
        }
        Ok(())
    }

    /// Of the rows that some entry does not agree with, names those that are about subjects whose
    /// facts are others now.
    async fn narrow(
        &mut self,
        tx: &mut dyn ReadTx,
        effects: &Effects,
        changed: &BTreeSet<String>,
    ) -> Result<(), AppError> {
        for (first, last, entry) in &effects.changed_facts {
            if first == last || *entry == 0 {
                continue;
            }
            let length = last.saturating_sub(*first).saturating_add(1);
            let rows = tx.ledger_page(self.county, first.saturating_sub(1), length).await?;
            let about = rows.iter().filter(|it| changed.contains(&it.fact.subject));
            let names: Vec<String> = about
                .take(NAMED)
                .map(|it| format!("`{}` of `{}`", fact_id(it.seq), it.fact.subject))
                .collect();
            if !names.is_empty() {
                let text = format!(
                    "of the rows of entry {entry} those about subjects whose facts changed are {}",
                    names.join(", ")
                );
                self.add("facts", text);
            }
        }
        for (kind, id, entry) in &effects.changed_records {
            if changed.contains(id) && *entry != 0 {
                let text =
                    format!("`{kind}/{id}`, of entry {entry}, is a subject whose facts changed");
                self.add("registry_versions", text);
            }
        }
        Ok(())
    }

    /// Whether the results of other schemes that the run drew on are there as they were, and are of
    /// the runs that were published when it started.
    async fn inputs(&mut self, tx: &mut dyn ReadTx) -> Result<(), AppError> {
        let frozen = frozen_inputs(tx, self.county, &self.run.run_id).await?;
        let wanted = inputs::at_the_start(tx, self.county, &self.run).await?;
        let names: BTreeSet<&str> = frozen.iter().map(String::as_str).collect();
        if names != wanted.iter().map(String::as_str).collect() {
            let text = format!(
                "run `{}`: column `cohort` names other runs than were published when it started",
                self.run.run_id
            );
            self.add("runs", text);
        }
        for id in frozen {
            let Some(run) = tx.run(self.county, &id).await? else { continue };
            let rows = stored(tx, self.county, &id).await?;
            let mut hash = RunDigest::default();
            for row in &rows {
                hash.take(row);
                if super::kept::result_digest(row) != row.digest {
                    let text = format!("row `{}` of run `{id}` was changed", row.subject);
                    self.add("results", text);
                }
            }
            if Some(hash.end(&run.quotas)) != run.result_digest {
                self.add("results", format!("run `{id}`, whose results it takes, was changed"));
            }
        }
        Ok(())
    }
}
