//! What is told to the housing bureau's system (P4): which publication is meant, on what evidence a
//! veto stands, and by what a receiver sees that nothing is missing.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{
    KeptResult, RunSelector, Shown,
    read::{selected, sound},
};
use crate::{
    app::{App, AppError, Missing, assemble, hex, registry::RecordKind},
    domain::{
        engine::Reason,
        facts::{VetoRecord, VetoStep},
        scheme::Veto,
        time::{Day, Period},
    },
    store::{
        AsOf, FactKind, FactQuery, PublicationRecord, ReadTx, ResultsAfter, StoreError, StoredFact,
    },
};

/// How many rows are read at once.
const PAGE: i64 = 1_000;

/// Which publication is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatingSelector {
    /// The scheme.
    pub scheme_id: String,
    /// Its period; none for the latest that is published.
    pub period: Option<String>,
    /// As it was published at the end of this day; none for now.
    pub as_of_day: Option<Day>,
    /// The run of a page before, which stays the one that is read; empty on the first.
    pub run_id: String,
}

/// A publication of ratings, with what they are shown with.
#[derive(Debug, Clone)]
pub struct Rated {
    /// The publication.
    pub publication: PublicationRecord,
    /// Its run and scheme.
    pub shown: Shown,
}

/// The evidence of the vetoes of some subjects: references by subject and record, those of equal
/// records in the order recorded.
#[derive(Debug, Clone, Default)]
pub struct Evidence(BTreeMap<(String, Of), Vec<Vec<String>>>);

/// What tells a record of a veto from others of a subject.
type Of = (String, String, Day, Option<Day>);

fn of(record: &VetoRecord) -> Of {
    (record.item.clone(), record.by.clone().unwrap_or_default(), record.from, record.until)
}

impl Evidence {
    /// The references of a subject's records, each with its own; of equal records each takes the
    /// next.
    pub fn of(&self, subject: &str, records: &[VetoRecord]) -> Vec<Vec<String>> {
        let mut taken: BTreeMap<Of, usize> = BTreeMap::new();
        let one = |record: &VetoRecord| {
            let key = of(record);
            let nth = taken.entry(key.clone()).or_default();
            let all = self.0.get(&(subject.to_owned(), key));
            let found = all.and_then(|it| it.get(*nth)).cloned().unwrap_or_default();
            *nth = nth.saturating_add(1);
            found
        };
        records.iter().map(one).collect()
    }

    /// Takes a veto with its steps, under the days that follow from them.
    fn take(
        &mut self,
        row: StoredFact,
        steps: Vec<VetoStep>,
        list: &[Veto],
    ) -> Result<(), AppError> {
        let (subject, references) = (row.fact.subject.clone(), row.fact.evidence.clone());
        let references: Vec<String> = match references.as_str() {
            "" => Vec::new(),
            text => serde_json::from_str(text)
                .map_err(|why| StoreError::corrupt("facts.evidence", why))?,
        };
        let Some(record) = assemble::veto(row.fact) else { return Ok(()) };
        let item = list.iter().find(|it| it.id == record.item);
        let mut record = VetoRecord { steps, ..record };
        if !record.steps.is_empty() {
            record.until = record.days(item.and_then(|it| it.put_right.as_ref())).until;
        }
        self.0.entry((subject, of(&record))).or_default().push(references);
        Ok(())
    }
}

/// Whether a kind of subject is rated.
pub fn is_rated(kind: RecordKind) -> bool {
    matches!(kind, RecordKind::Project | RecordKind::Company)
}

impl App {
    /// The publication that is meant, in one snapshot.
    ///
    /// # Errors
    /// `DAY_IN_FUTURE`, `RUN_NOT_PUBLISHED`, `NOT_A_RATING`, and those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn rated(&self, county: &str, selector: &RatingSelector) -> Result<Rated, AppError> {
        let found = self.told(county, selector).await?;
        let kind = RecordKind::named(&found.publication.publication.subject_kind);
        if kind.is_some_and(is_rated) {
            return Ok(found);
        }
        let id = &selector.scheme_id;
        Err(AppError::refused(
            "NOT_A_RATING",
            format!("`{id}` rates neither projects nor companies"),
            format!("评分办法 {id} 的对象不是物业项目或物业企业"),
        ))
    }

    /// The publication that is meant, whatever it is about, in one snapshot.
    pub(super) async fn told(
        &self,
        county: &str,
        selector: &RatingSelector,
    ) -> Result<Rated, AppError> {
        if let Some(day) = selector.as_of_day
            && day > self.today()?
        {
            let en = format!("{day} has not come: what is published then is not known");
            let zh = format!("{day} 尚未到来，届时公布的结果尚不可知");
            return Err(AppError::invalid("of.as_of_day", "DAY_IN_FUTURE", en, zh));
        }
        let mut tx = self.read().await?;
        let publication = meant(&mut *tx, county, selector).await?;
        let run = RunSelector::Id(publication.publication.run_id.clone());
        let run = selected(&mut *tx, county, &run).await?;
        let shown = self.shown_of(&mut *tx, county, run).await?;
        Ok(Rated { publication, shown })
    }

    /// The evidence of the vetoes in force on these results, as it was known to their run.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn veto_evidence(
        &self,
        county: &str,
        shown: &Shown,
        results: &[KeptResult],
    ) -> Result<Evidence, AppError> {
        let vetoed =
            |it: &&KeptResult| it.reasons.iter().any(|it| matches!(it, Reason::Veto { .. }));
        let subjects: Vec<String> =
            results.iter().filter(vetoed).map(|it| it.subject.clone()).collect();
        let mut evidence = Evidence::default();
        if subjects.is_empty() {
            return Ok(evidence);
        }
        let period = super::period_of(&shown.run.period)?;
        let as_of = AsOf { day: period.last_day(), known: shown.run.known };
        let mut tx = self.read().await?;
        for part in subjects.chunks(1_000) {
            let query = FactQuery {
                subject_kind: shown.plan.scheme().subject.name().to_owned(),
                subjects: part.to_vec(),
                kinds: vec![FactKind::Veto],
                periods: vec![period.to_string()],
                from: period.first_day(),
                until: as_of.day,
                known: as_of.known,
            };
            let mut steps: BTreeMap<i64, Vec<VetoStep>> = BTreeMap::new();
            // Steps are looked at whatever their days are.
            let ends = (Day::new(1, 1, 1), Day::new(9999, 12, 31));
            let whenever = FactQuery {
                kinds: vec![FactKind::VetoStep],
                from: ends.0.unwrap_or(query.from),
                until: ends.1.unwrap_or(query.until),
                ..query.clone()
            };
            for row in tx.facts(county, &whenever).await? {
                if let Some(Some((of, step))) = assemble::veto_step(&row.fact) {
                    steps.entry(of).or_default().push(step);
                }
            }
            for row in tx.facts(county, &query).await? {
                let own = steps.remove(&row.seq).unwrap_or_default();
                evidence.take(row, own, &shown.plan.scheme().vetoes)?;
            }
        }
        Ok(evidence)
    }

    /// How many results of a run are seen, and SHA-256 over one line for each by subject id in byte
    /// order: id, blank, the result's digest in hexadecimal digits, line feed.
    ///
    /// # Errors
    /// `DIGEST_MISMATCH`, and those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn rating_digest(
        &self,
        county: &str,
        shown: &Shown,
        seen: impl Fn(&KeptResult) -> bool + Send,
    ) -> Result<(i64, String), AppError> {
        let mut tx = self.read().await?;
        let (mut count, mut hash) = (0_i64, Sha256::new());
        let mut after = String::new();
        loop {
            let from = ResultsAfter::Subject(after.clone());
            let rows = tx.results(county, &shown.run.run_id, &from, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.subject);
            for row in &rows {
                let result = sound(row)?;
                if seen(&result) {
                    count = count.saturating_add(1);
                    hash.update(format!("{} {}\n", result.subject, hex(&result.digest)));
                }
            }
        }
        Ok((count, hex(&hash.finalize())))
    }
}

/// The last publication of the scheme and period by the end of the day; without a period, of the
/// latest one.
async fn meant(
    tx: &mut dyn ReadTx,
    county: &str,
    selector: &RatingSelector,
) -> Result<PublicationRecord, AppError> {
    let mut after = 0;
    let mut found: Option<PublicationRecord> = None;
    loop {
        let page = tx.publications(county, after, &selector.scheme_id, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for it in page {
            if !selector.run_id.is_empty() {
                if it.publication.run_id == selector.run_id {
                    return Ok(it);
                }
                continue;
            }
            let by_then = |day| it.recorded.beijing_day().is_some_and(|on| on <= day);
            let asked = selector.period.as_ref().is_none_or(|own| *own == it.publication.period);
            if !asked || !selector.as_of_day.is_none_or(by_then) {
                continue;
            }
            let last_day = |it: &PublicationRecord| {
                super::period_of(&it.publication.period).map(Period::last_day)
            };
            let later = match &found {
                Some(found) => last_day(found)? <= last_day(&it)?,
                None => true,
            };
            if later {
                found = Some(it);
            }
        }
    }
    let period = selector.period.as_deref().unwrap_or("");
    let id = || format!("{} {period}", selector.scheme_id).trim_end().to_owned();
    found.ok_or_else(|| AppError::not_found(Missing::PublishedRun, id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn equal_records_have_each_their_own_evidence() {
        let record = VetoRecord {
            item: "fund_misuse".to_owned(),
            by: Some("street".to_owned()),
            from: day("2022-03-01"),
            until: None,
            steps: Vec::new(),
            of_holder: None,
        };
        let other = VetoRecord { until: Some(day("2022-04-01")), ..record.clone() };
        let mut evidence = Evidence::default();
        let key = |it: &VetoRecord| ("p-1".to_owned(), of(it));
        let one = |it: &str| vec![it.to_owned()];
        evidence.0.insert(key(&record), vec![one("a"), one("b")]);
        evidence.0.insert(key(&other), vec![one("c")]);
        let records = [record.clone(), other, record];
        assert_eq!(evidence.of("p-1", &records), [one("a"), one("c"), one("b")]);
        assert!(evidence.of("p-2", &records).iter().all(Vec::is_empty));
    }
}
