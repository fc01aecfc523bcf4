//! One effect, one entry: what the entries say was recorded, compared with the rows that are there,
//! both ways.

mod calendars;
mod chains;
mod ledger;
mod money;
mod notices;
mod publications;
mod registry;
mod rounds;
mod runs;
mod schedules;
mod schemes;
mod selection_documents;
mod selections;

use std::collections::BTreeMap;

use super::finding::{Finding, Tampering};
use crate::{
    app::{AppError, Effect, digest, write::WITH_NAMES},
    domain::time::Moment,
    store::{AuditRecord, Mark, ReadTx},
};

pub(crate) use runs::RunTrail;

/// How many entries are read at once.
const PAGE: i64 = 1_000;

/// Up to which rows the comparison goes: all, or what a run could read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Until {
    /// The newest row of the ledger.
    pub(crate) facts: i64,
    /// The newest row of the registry.
    pub(crate) registry: i64,
}

impl Until {
    /// All rows.
    pub(crate) const ALL: Self = Self { facts: i64::MAX, registry: i64::MAX };
}

/// What came of the comparison.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// What does not agree of facts, of the registry and of requests.
    pub(crate) findings: Vec<Finding>,
    /// What does not agree of a scheme, by its id and version.
    pub(crate) of_schemes: Vec<(String, Finding)>,
    /// What does not agree of a point schedule, by its compound and version.
    pub(crate) of_schedules: Vec<(String, Finding)>,
    /// What does not agree of selection documents, calendars, public notices and objections to results, by their names.
    pub(crate) of_others: Vec<(String, Finding)>,
    /// What does not agree of assessment rounds, appraisal chains, selections and money: no run reads them.
    pub(crate) of_rounds: Vec<Finding>,
    /// What does not agree of a run, by its id.
    pub(crate) of_runs: Vec<(String, Finding)>,
    /// Of what entry rows of the ledger were changed: first and last row, and the entry.
    pub(crate) changed_facts: Vec<(i64, i64, i64)>,
    /// Rows of the registry that an entry does not agree with: kind and id, and the entry.
    pub(crate) changed_records: Vec<(String, String, i64)>,
    /// The entries about each run.
    pub(crate) runs: BTreeMap<String, RunTrail>,
    /// By principal and request id, what an answered request was.
    requests: BTreeMap<[u8; 32], [u8; 32]>,
}

impl Effects {
    /// Compares a county's entries with its rows.
    ///
    /// # Errors
    /// Those of the store, a value that does not decode among them.
    pub(crate) async fn compare(
        tx: &mut dyn ReadTx,
        county: &str,
        until: Until,
    ) -> Result<Self, AppError> {
        let mut found = Self::default();
        let mut ledger = ledger::Ledger::new(county, until.facts);
        let mut registry = registry::Registry::read(tx, county, until.registry).await?;
        let mut schemes = schemes::Schemes::read(tx, county).await?;
        let mut schedules = schedules::Schedules::read(tx, county).await?;
        let mut documents = selection_documents::SelectionDocuments::read(tx, county).await?;
        let mut calendars = calendars::Calendars::read(tx, county).await?;
        let mut notices = notices::Notices::read(tx, county).await?;
        let mut rounds = rounds::Rounds::read(tx, county).await?;
        let mut chains = chains::Chains::read(tx, county).await?;
        let mut selections = selections::Selections::read(tx, county).await?;
        let mut books = money::Books::read(tx, county).await?;
        let mut after = i64::MIN;
        loop {
            let page = tx.audit_page(county, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            for record in &page {
                let subject = record.entry.subject.as_str();
                match subject.split_once(['/', ' ']).map_or(subject, |it| it.0) {
                    "fact" | "facts" => ledger.take(tx, record, &mut found).await?,
                    "registry" => registry.take(record, &mut found),
                    "scheme" => schemes.take(record, &mut found),
                    "schedule" => schedules.take(record, &mut found),
                    "selection_document" => documents.take(record, &mut found),
                    "calendar" => calendars.take(record, &mut found),
                    "notice" | "objection" => notices.take(record, &mut found),
                    "round" => rounds.take(record, &mut found),
                    "chain" => chains.take(record, &mut found),
                    "selection" => selections.take(record, &mut found),
                    "money" => books.take(record, &mut found),
                    "run" => found.take_run(record, (ledger.before(), registry.before())),
                    _ => (),
                }
                found.note_request(record);
            }
        }
        ledger.end(tx, &mut found).await?;
        registry.end(&mut found);
        schemes.end(&mut found);
        schedules.end(&mut found);
        documents.end(&mut found);
        calendars.end(&mut found);
        notices.end(&mut found);
        rounds.end(&mut found);
        chains.end(&mut found);
        selections.end(&mut found);
        books.end(&mut found);
        found.runs(tx, county).await?;
        Ok(found)
    }

    fn add(&mut self, record: &AuditRecord, what: Tampering, text: impl Into<String>) {
        self.findings.push(Finding::new(&record.county, what, record.seq, text));
    }

    /// Everything that does not agree.
    pub(crate) fn into_findings(self) -> Vec<Finding> {
        let named = [self.of_schemes, self.of_schedules, self.of_others, self.of_runs];
        let named = named.into_iter().flatten();
        self.findings.into_iter().chain(self.of_rounds).chain(named.map(|it| it.1)).collect()
    }

    /// Compares an entry with the rows that it speaks of, which no run reads: what they are, and whose.
    fn compare_rows(&mut self, record: &AuditRecord, rows: Option<&Effect>, marks: &[Mark]) {
        let entry = &record.entry;
        let (what, text) = match rows {
            None => (Tampering::EffectWithoutEntry, "is not there as it was recorded"),
            Some(rows) => {
                let own = |it: &Mark| it.by == entry.principal && it.request_id == entry.request_id;
                let same = rows.subject == entry.subject && rows.digest == entry.effect_digest;
                if same && marks.iter().all(own) {
                    return;
                }
                (Tampering::RowChanged, "is not what was recorded")
            }
        };
        let text = format!("`{}` {text}", entry.subject);
        self.of_rounds.push(Finding::new(&record.county, what, record.seq, text));
    }

    /// Tells of rows of which no entry speaks, and which no run reads.
    fn unspoken(&mut self, county: &str, what: &str) {
        let text = format!("no entry speaks of {what}");
        let finding = Finding::new(county, Tampering::EffectWithoutEntry, None, text);
        self.of_rounds.push(finding);
    }

    fn note_request(&mut self, record: &AuditRecord) {
        let it = &record.entry;
        let key = digest(&[it.principal.as_bytes(), it.request_id.as_bytes()]);
        let value = request_value(&it.method, &it.fingerprint, record.recorded);
        self.requests.insert(key, value);
    }

    /// Compares the answered requests with the entries: none is answered without one.
    pub(crate) async fn compare_requests(
        &mut self,
        tx: &mut dyn ReadTx,
        county: &str,
    ) -> Result<(), AppError> {
        let mut after = (String::new(), String::new());
        loop {
            let page = tx.request_page(county, (&after.0, &after.1), PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = (last.principal.clone(), last.request_id.clone());
            for it in &page {
                let key = digest(&[it.principal.as_bytes(), it.request_id.as_bytes()]);
                let value = request_value(&it.method, &it.fingerprint, it.recorded);
                let what = match self.requests.get(&key) {
                    Some(entry) if *entry == value => continue,
                    Some(_) => "is not what its entry says",
                    None => "was answered, and no entry speaks of it",
                };
                let text = format!("request `{}` of `{}` {what}", it.request_id, it.principal);
                let finding = Finding::new(county, Tampering::EffectWithoutEntry, None, text);
                self.findings.push(finding);
            }
        }
    }
}

/// What an entry and the request that it speaks of say alike. Of a message with persons' names no
/// fingerprint is in the trail, and its request's goes when a name is erased.
fn request_value(method: &str, fingerprint: &[u8; 32], recorded: Moment) -> [u8; 32] {
    let fingerprint = if method == WITH_NAMES { &[0; 32] } else { fingerprint };
    digest(&[method.as_bytes(), fingerprint, &recorded.micros().to_be_bytes()])
}
