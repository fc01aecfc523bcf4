//! Publications: one for each entry of one, in the entries' order, and what its run says.

use std::collections::BTreeMap;

use super::{Effects, Finding, Tampering};
use crate::{
    app::{AppError, scheme::headers},
    store::{NewPublication, PublicationRecord, ReadTx, RunRecord},
};

/// How many publications are read at once.
const PAGE: i64 = 500;

/// A county's publications, under comparison with its runs.
#[derive(Debug, Default)]
pub(super) struct Publications {
    /// By the id of the run.
    rows: BTreeMap<String, PublicationRecord>,
    /// What each version of a scheme evaluates.
    kinds: BTreeMap<(String, i64), String>,
}

impl Effects {
    /// Reads a county's publications and compares their numbers with the order of the entries.
    pub(super) async fn publications(
        &mut self,
        tx: &mut dyn ReadTx,
        county: &str,
    ) -> Result<Publications, AppError> {
        let headers = headers(tx, county).await?.into_iter();
        let kinds = headers.map(|it| ((it.scheme_id, it.version), it.subject_kind)).collect();
        let mut all = Publications { rows: BTreeMap::new(), kinds };
        let (mut after, mut before) = (0_i64, None);
        loop {
            let page = tx.publications(county, after, "", PAGE).await?;
            if page.is_empty() {
                return Ok(all);
            }
            for it in page {
                let run = it.publication.run_id.clone();
                let trail = self.runs.get(&run);
                let entry = trail.and_then(|it| it.published.first()).map(|it| it.seq);
                if it.seq != after.saturating_add(1) || (entry.is_some() && entry < before) {
                    let text =
                        format!("publication {} stands in another order than was recorded", it.seq);
                    let finding = Finding::new(county, Tampering::RowChanged, entry, text);
                    self.of_runs.push((run.clone(), finding));
                }
                if entry.is_none() {
                    let text = format!("no entry speaks of publication {} of run `{run}`", it.seq);
                    let finding = Finding::new(county, Tampering::EffectWithoutEntry, None, text);
                    self.of_runs.push((run.clone(), finding));
                }
                (after, before) = (it.seq, entry.or(before));
                all.rows.insert(run, it);
            }
        }
    }
}

impl Publications {
    /// What is wrong with a run's publication, if anything is.
    pub(super) fn differing(&self, run: &RunRecord) -> Option<String> {
        let id = &run.run_id;
        let found = match (self.rows.get(id), &run.published) {
            (Some(found), Some(_)) => found,
            // One of a run that is not published was told already: no entry speaks of it.
            (None | Some(_), None) => return None,
            (None, Some(_)) => return Some(format!("the publication of run `{id}` is not there")),
        };
        let kind = self.kinds.get(&(run.scheme_id.clone(), run.version));
        let expected = NewPublication {
            run_id: id.clone(),
            replaced_run_id: run.supersedes.clone(),
            scheme_id: run.scheme_id.clone(),
            period: run.period.clone(),
            subject_kind: kind.cloned().unwrap_or_default(),
        };
        let at = run.published.as_ref().map(|it| it.0);
        let same = found.publication == expected && Some(found.recorded) == at;
        (!same).then(|| format!("the publication of run `{id}` is not what was recorded"))
    }
}
