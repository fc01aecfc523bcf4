//! What is kept of a run, compared with what it gives now.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::kept::result_digest,
    NAMED, Proving, RunDigest,
    again::{Again, facts_of},
};
use crate::{app::hex, store::ResultRecord};

/// The columns in which two rows differ.
fn columns(kept: &ResultRecord, now: &ResultRecord) -> Vec<&'static str> {
    let columns = [
        (kept.ordinal == now.ordinal, "ordinal"),
        (kept.period == now.period, "period"),
        (kept.status == now.status, "status"),
        (kept.score == now.score, "score"),
        (kept.score_before == now.score_before, "score_before"),
        (kept.grade == now.grade, "grade"),
        (kept.ranks == now.ranks, "ranks"),
        (kept.awards == now.awards, "awards"),
        (kept.reasons == now.reasons, "reasons"),
        (kept.groups == now.groups, "groups"),
        (kept.digest == now.digest, "digest"),
    ];
    columns.into_iter().filter(|it| !it.0).map(|it| it.1).collect()
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
}

impl Proving<'_> {
    /// Tells what differs, and answers the subjects whose facts are others now.
    ///
    /// Where the kept rows give the digest that the run was published with, they are as they were,
    /// and what differs lies in what they were computed from; otherwise the rows were changed.
    pub(super) fn compare(&mut self, stored: &[ResultRecord], again: &Again) -> BTreeSet<String> {
        let mut hash = RunDigest::default();
        stored.iter().for_each(|it| hash.take(it));
        let as_kept = hash.end(&self.run.quotas);
        let sound = stored.iter().all(|it| result_digest(it) == it.digest);
        let as_published = sound && Some(as_kept) == self.run.result_digest;
        let mut now: BTreeMap<&str, &ResultRecord> =
            again.results.iter().map(|it| (it.subject.as_str(), it)).collect();
        let mut changed = BTreeSet::new();
        let mut differing = Vec::new();
        for kept in stored {
            let Some(now) = now.remove(kept.subject.as_str()) else {
                let text = format!("row `{}` is of nobody on the run's roster", kept.subject);
                self.add("results", text);
                continue;
            };
            let columns = columns(kept, now);
            let facts = |it: &ResultRecord| facts_of(it).unwrap_or_default();
            if facts(kept) != facts(now) {
                changed.insert(kept.subject.clone());
            }
            if !columns.is_empty() {
                differing.push((kept, now, columns));
            }
        }
        for subject in now.keys() {
            self.add("results", format!("the row of `{subject}` is not there"));
        }
        if as_published {
            self.otherwise(&differing, &changed);
        } else {
            self.rows(&differing);
        }
        self.run_columns(stored, again, as_kept);
        changed
    }

    /// The rows are as they were published, and come out otherwise now.
    fn otherwise(
        &mut self,
        differing: &[(&ResultRecord, &ResultRecord, Vec<&'static str>)],
        changed: &BTreeSet<String>,
    ) {
        if let Some((first, ..)) = differing.first() {
            let text = format!(
                "{} result(s) come out otherwise, the first that of `{}`, and their rows are as \
                 they were published: what they were computed from was changed",
                differing.len(),
                first.subject
            );
            self.add("", text);
        }
        for subject in changed.iter().take(NAMED) {
            let text = format!("the facts of `{subject}` are not those it was computed from");
            self.add("", text);
        }
    }

    /// The rows themselves were changed: each with its columns.
    fn rows(&mut self, differing: &[(&ResultRecord, &ResultRecord, Vec<&'static str>)]) {
        for (kept, now, columns) in differing.iter().take(NAMED) {
            // A digest that is that of the changed row was made for it.
            let same = kept.digest == now.digest;
            let own = columns.iter().copied().filter(|it| *it != "digest" || columns.len() == 1);
            let own: Vec<&str> = own.collect();
            let how = if same { "" } else { ", and its digest with it" };
            let how = if own.as_slice() == ["digest"] { "" } else { how };
            let text = format!(
                "row `{}`: column {} is not what was computed{how}",
                kept.subject,
                listed(own.into_iter())
            );
            self.add("results", text);
        }
    }

    /// The columns of the run that hold what was computed.
    fn run_columns(&mut self, stored: &[ResultRecord], again: &Again, as_kept: [u8; 32]) {
        let id = self.run.run_id.clone();
        let subjects = i64::try_from(again.results.len()).unwrap_or(i64::MAX);
        if self.run.subjects != subjects {
            let text = format!(
                "run `{id}`: column `subjects` is {}, and {subjects} are on its roster",
                self.run.subjects
            );
            self.add("runs", text);
        }
        if self.run.quotas != again.quotas {
            let parts = parts_differing(&self.run.quotas, &again.quotas);
            let text = format!("run `{id}`: column `quotas` is not what was computed: {parts}");
            self.add("runs", text);
        }
        let kept = self.run.result_digest.unwrap_or_default();
        if kept != again.digest {
            let text = if as_kept == kept {
                format!(
                    "the run's digest is {}, and comes out as {}",
                    hex(&kept),
                    hex(&again.digest)
                )
            } else {
                format!(
                    "run `{id}`: column `result_digest` is {}, that of its {} rows and quotas {}, \
                     and that computed again {}",
                    hex(&kept),
                    stored.len(),
                    hex(&as_kept),
                    hex(&again.digest)
                )
            };
            let table = if as_kept == kept { "" } else { "runs" };
            self.add(table, text);
        }
    }
}

/// The parts of the kept tables that differ.
fn parts_differing(kept: &str, now: &str) -> String {
    type Parts = BTreeMap<String, serde_json::Value>;
    let parts = |it: &str| serde_json::from_str::<Parts>(it).unwrap_or_default();
    let (kept, now) = (parts(kept), parts(now));
    let names: BTreeSet<&String> = kept.keys().chain(now.keys()).collect();
    let differing = names.into_iter().filter(|it| kept.get(*it) != now.get(*it));
    let all = listed(differing.map(String::as_str));
    if all.is_empty() { "its writing".to_owned() } else { all }
}
