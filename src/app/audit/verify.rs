//! The proof of a store's audit trails: chain, head, checkpoints here and outside, and every row
//! that an entry speaks of.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Effects, Until,
    checkpoint::is_signed,
    diagnose::{Chain, Diagnosis},
    finding::{Finding, Tampering},
};
use crate::{
    app::{AppError, hex},
    sign::KeySet,
    store::{ChainCheck, CheckpointRecord, CountyHead, ReadTx, Store, StoreError},
};

/// How many rows are read at once.
const PAGE: i64 = 1_000;

/// What was kept outside of the store.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    /// The checkpoints of a file.
    pub checkpoints: Vec<CheckpointRecord>,
    /// The keys that may have signed them; none: signatures are not looked at.
    pub keys: Option<KeySet>,
}

/// What was proved of one county.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountyProof {
    /// The county.
    pub county: String,
    /// How many entries its chain has.
    pub entries: i64,
    /// The hash of the newest.
    pub head: [u8; 32],
    /// How many entries the newest outside checkpoint that agrees counts; none where none does.
    pub outside: Option<i64>,
}

/// What was found in a store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proof {
    /// The counties that were looked at.
    pub counties: Vec<CountyProof>,
    /// Everything that is wrong, by county.
    pub findings: Vec<Finding>,
}

/// Proves the trails of one county or of all. Without outside checkpoints a history that was
/// rewritten from some point on, the store's own checkpoints with it, cannot be told from a true
/// one.
///
/// # Errors
/// Those of the store, except that a value that does not decode is a finding.
pub async fn verify(
    store: &dyn Store,
    only: Option<&str>,
    outside: &Outside,
) -> Result<Proof, AppError> {
    let counts = counties(store, outside).await?;
    let mut proof = Proof::default();
    let mut taken: Vec<(String, i64, String)> = Vec::new();
    for (county, _) in &counts {
        let others: Vec<(String, i64)> =
            counts.iter().filter(|it| it.0 != *county).cloned().collect();
        let mut one = County { name: county, others: &others, outside, findings: Vec::new() };
        let mut tx = store.read().await?;
        match one.prove(&mut *tx).await {
            Ok((proved, from)) => {
                proof.counties.push(proved);
                taken.extend(from.into_iter().map(|it| (it.0, it.1, county.clone())));
            }
            Err(AppError::Store(StoreError::Corrupt { column, source })) => {
                let text = format!("a stored value of `{column}` does not decode: {source}");
                one.add(Tampering::Unreadable, None, text);
            }
            Err(error) => return Err(error),
        }
        proof.findings.extend(one.findings);
    }
    for (from, entry, to) in taken {
        proof.findings.retain(|it| {
            let gone = it.text.starts_with("it was deleted") && it.entry == Some(entry);
            it.county != from || !gone
        });
        let text = format!("it was moved to `{to}`");
        proof.findings.push(Finding::new(&from, Tampering::Moved, entry, text));
    }
    if let Some(only) = only {
        proof.counties.retain(|it| it.county == only);
        proof.findings.retain(|it| it.county == only);
    }
    proof.findings.sort_by(|a, b| (&a.county, a.entry, a.what).cmp(&(&b.county, b.entry, b.what)));
    Ok(proof)
}

/// Every county that the store or the outside knows, with how many entries it may have had.
async fn counties(store: &dyn Store, outside: &Outside) -> Result<Vec<(String, i64)>, AppError> {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    let mut tx = store.read().await?;
    let mut after = String::new();
    while let Some(county) = tx.next_county(&after).await? {
        let count = tx.head(&county).await?.map_or(0, |it| it.audit_count);
        after.clone_from(&county);
        counts.insert(county, count);
    }
    for it in &outside.checkpoints {
        let count = counts.entry(it.county.clone()).or_default();
        *count = (*count).max(it.entries);
    }
    Ok(counts.into_iter().collect())
}

/// One county under proof.
struct County<'a> {
    name: &'a str,
    others: &'a [(String, i64)],
    outside: &'a Outside,
    findings: Vec<Finding>,
}

/// Where a chain that holds ends.
type End = (i64, [u8; 32]);

impl County<'_> {
    fn add(&mut self, what: Tampering, entry: Option<i64>, text: impl Into<String>) {
        self.findings.push(Finding::new(self.name, what, entry, text));
    }

    async fn prove(
        &mut self,
        tx: &mut dyn ReadTx,
    ) -> Result<(CountyProof, Vec<(String, i64)>), AppError> {
        let head = tx.head(self.name).await?;
        let mut taken = Vec::new();
        let mut proved = CountyProof {
            county: self.name.to_owned(),
            entries: head.as_ref().map_or(0, |it| it.audit_count),
            head: head.as_ref().map_or([0; 32], |it| it.audit_head),
            outside: None,
        };
        if let Some(end) = holds(tx, self.name, head.as_ref()).await? {
            proved.outside = self.checkpoints(tx, end).await?;
        } else {
            let chain = Chain::read(tx, self.name, head.as_ref(), self.others).await?;
            let Diagnosis { findings, taken: from } = chain.diagnose();
            self.findings.extend(findings);
            if self.findings.is_empty() {
                self.add(Tampering::FieldEdited, None, "the chain does not hold");
            }
            taken = from;
        }
        let mut effects = Effects::compare(tx, self.name, Until::ALL).await?;
        effects.compare_requests(tx, self.name).await?;
        let effects = effects.into_findings();
        if head.is_none() && self.findings.is_empty() && !effects.is_empty() {
            let text = "the county has rows, and neither an entry nor a head";
            self.add(Tampering::AllDeleted, None, text);
        }
        self.findings.extend(effects);
        Ok((proved, taken))
    }

    /// Compares a chain that holds with the checkpoints here and outside. Answers the count of the
    /// newest outside one that agrees.
    async fn checkpoints(
        &mut self,
        tx: &mut dyn ReadTx,
        (count, _): End,
    ) -> Result<Option<i64>, AppError> {
        let stored = self.stored(tx).await?;
        let kept: BTreeSet<(i64, [u8; 32])> =
            stored.iter().map(|it| (it.entries, it.head)).collect();
        self.unsigned(&stored, "the store's");
        let agreed = self.agree(tx, &stored, count).await?;
        if let Disagree::Cut(it) = agreed.1 {
            let text = format!(
                "a stored checkpoint of {} counts {} entries, and there are {count}: the last ones \
                 were deleted and the head put back",
                it.signed, it.entries
            );
            let all = count == 0;
            let what = if all { Tampering::AllDeleted } else { Tampering::LastFewDeleted };
            self.add(what, Some(count.saturating_add(1)), text);
        } else if let Disagree::Other(it) = agreed.1 {
            self.rewritten(agreed.0, &it, "stored");
        }
        let mut outside: Vec<CheckpointRecord> = self.outside.checkpoints.clone();
        outside.retain(|it| it.county == self.name);
        outside.sort_by_key(|it| it.entries);
        self.unsigned(&outside, "the outside");
        let good: Vec<CheckpointRecord> = outside
            .into_iter()
            .filter(|it| self.outside.keys.as_ref().is_none_or(|keys| is_signed(it, keys)))
            .collect();
        let (last_good, disagree) = self.agree(tx, &good, count).await?;
        match disagree {
            Disagree::Cut(it) => {
                let newest = kept.last().map_or(0, |it| it.0);
                let text = format!(
                    "the outside checkpoint of {} counts {} entries with hash {}; the store ends \
                     at {count} and its newest checkpoint at {newest}: they were put back together",
                    it.signed,
                    it.entries,
                    hex(&it.head)
                );
                self.add(Tampering::CheckpointRewound, Some(count.saturating_add(1)), text);
            }
            Disagree::Other(it) => self.rewritten(last_good, &it, "outside"),
            Disagree::Nothing => (),
        }
        let lost = good.iter().filter(|it| !kept.contains(&(it.entries, it.head))).count();
        if let Some(first) = good.iter().find(|it| !kept.contains(&(it.entries, it.head))) {
            let text = format!(
                "{lost} outside checkpoint(s) are not among the store's, the first that of {}, \
                 which counts {} entries: the stored ones were put back",
                first.signed, first.entries
            );
            self.add(Tampering::CheckpointRewound, Some(first.entries), text);
        }
        Ok(last_good)
    }

    async fn stored(&self, tx: &mut dyn ReadTx) -> Result<Vec<CheckpointRecord>, AppError> {
        let mut all: Vec<CheckpointRecord> = Vec::new();
        loop {
            let (entries, key) =
                all.last().map_or((i64::MIN, String::new()), |it| (it.entries, it.key_id.clone()));
            let page = tx.checkpoints(self.name, (entries, &key), PAGE).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    fn unsigned(&mut self, all: &[CheckpointRecord], whose: &str) {
        let Some(keys) = &self.outside.keys else { return };
        let bad: Vec<&CheckpointRecord> = all.iter().filter(|it| !is_signed(it, keys)).collect();
        if let Some(first) = bad.first() {
            let text = format!(
                "{} of {whose} checkpoints are signed by none of the given keys, the first that of \
                 {}, which counts {} entries",
                bad.len(),
                first.signed,
                first.entries
            );
            let entry = Some(first.entries);
            self.add(Tampering::CheckpointUnsigned, entry, text);
        }
    }

    fn rewritten(&mut self, good: Option<i64>, it: &CheckpointRecord, which: &str) {
        let from = good.unwrap_or(0).saturating_add(1);
        let text = format!(
            "the {which} checkpoint of {} names hash {} for entry {}: from an entry between {from} \
             and {} on the history was written anew",
            it.signed,
            hex(&it.head),
            it.entries,
            it.entries
        );
        self.add(Tampering::Rewritten, Some(from), text);
    }

    /// The count of the newest checkpoint that agrees with the chain, and the first that does not.
    async fn agree(
        &self,
        tx: &mut dyn ReadTx,
        all: &[CheckpointRecord],
        count: i64,
    ) -> Result<(Option<i64>, Disagree), AppError> {
        let mut good = None;
        for it in all {
            if it.entries > count {
                return Ok((good, Disagree::Cut(it.clone())));
            }
            let page = tx.audit_page(self.name, it.entries.saturating_sub(1), 1).await?;
            let hash = page.first().map_or([0; 32], |it| it.hash);
            if it.entries < 1 || hash != it.head {
                return Ok((good, Disagree::Other(it.clone())));
            }
            good = Some(it.entries);
        }
        Ok((good, Disagree::Nothing))
    }
}

/// The first checkpoint that does not agree with a chain.
enum Disagree {
    /// All agree.
    Nothing,
    /// It counts more entries than there are.
    Cut(CheckpointRecord),
    /// It names another hash.
    Other(CheckpointRecord),
}

/// Where the chain ends, if every entry follows from the one before and the head names the last.
async fn holds(
    tx: &mut dyn ReadTx,
    county: &str,
    head: Option<&CountyHead>,
) -> Result<Option<End>, AppError> {
    let mut check = ChainCheck::default();
    let mut after = i64::MIN;
    loop {
        let page = tx.audit_page(county, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        if page.iter().any(|it| check.take(it).is_err()) {
            return Ok(None);
        }
    }
    let (count, hash) = head.map_or((0, [0; 32]), |it| (it.audit_count, it.audit_head));
    Ok(check.end(count, &hash).is_ok().then_some((count, hash)))
}
