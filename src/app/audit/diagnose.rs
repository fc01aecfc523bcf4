//! What was done to a chain that does not hold: every entry is put where its own hash says that it
//! was, and what is left over, lacking or out of place says what happened.

mod odd;

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Finding, Tampering};
use crate::{
    app::AppError,
    store::{AuditRecord, CountyHead, NewAudit, ReadTx, entry_hash},
};

/// How many entries are read at once.
const PAGE: i64 = 1_000;
/// How far around its number an entry is looked for first.
const NEAR: i64 = 16;
/// How many entries are looked for in the whole chain, and kept whole to be looked into.
const SEARCHED: usize = 256;

/// A stored entry, as far as its place in the chain goes.
#[derive(Debug, Clone)]
struct Link {
    seq: i64,
    prev: [u8; 32],
    hash: [u8; 32],
    /// SHA-256 over what it states, without its place.
    content: [u8; 32],
    /// The number for which its hash is right, if there is one.
    at: Option<i64>,
}

/// A county's chain with what does not fit into it.
#[derive(Debug)]
pub(super) struct Chain<'a> {
    county: &'a str,
    links: Vec<Link>,
    /// Entries whose hash is right nowhere, by their index in `links`.
    odd: BTreeMap<usize, AuditRecord>,
    head: Option<(i64, [u8; 32])>,
    /// The other counties, with how many entries each may have had.
    others: &'a [(String, i64)],
    /// By position, the index of the entry that belongs there.
    main: BTreeMap<i64, usize>,
}

/// What a diagnosis gives.
#[derive(Debug, Default)]
pub(super) struct Diagnosis {
    pub(super) findings: Vec<Finding>,
    /// Entries of other counties that were found here: the county, its entry.
    pub(super) taken: Vec<(String, i64)>,
}

/// What an entry states, without its place.
fn content(recorded: i64, it: &NewAudit) -> [u8; 32] {
    entry_hash("", 0, crate::domain::time::Moment::from_micros(recorded), it, &[0; 32])
}

/// Whether the entry's own hash is right for that county, number and predecessor.
fn fits(record: &AuditRecord, county: &str, seq: i64, prev: &[u8; 32], hash: &[u8; 32]) -> bool {
    entry_hash(county, seq, record.recorded, &record.entry, prev) == *hash
}

impl<'a> Chain<'a> {
    /// Reads a whole chain.
    pub(super) async fn read(
        tx: &mut dyn ReadTx,
        county: &'a str,
        head: Option<&CountyHead>,
        others: &'a [(String, i64)],
    ) -> Result<Self, AppError> {
        let head = head.map(|it| (it.audit_count, it.audit_head));
        let (main, odd) = (BTreeMap::new(), BTreeMap::new());
        let mut chain = Self { county, links: Vec::new(), odd, head, others, main };
        let (mut after, mut shift) = (i64::MIN, 0);
        loop {
            let page = tx.audit_page(county, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            for record in page {
                chain.add(record, &mut shift);
            }
        }
        chain.find_main();
        Ok(chain)
    }

    /// A chain of entries at hand, for tests.
    #[cfg(test)]
    fn of(
        county: &'a str,
        records: &[AuditRecord],
        head: Option<(i64, [u8; 32])>,
        others: &'a [(String, i64)],
    ) -> Self {
        let (main, odd) = (BTreeMap::new(), BTreeMap::new());
        let mut chain = Self { county, links: Vec::new(), odd, head, others, main };
        let mut shift = 0;
        for record in records {
            chain.add(record.clone(), &mut shift);
        }
        chain.find_main();
        chain
    }

    fn add(&mut self, record: AuditRecord, shift: &mut i64) {
        let at = self.place(&record, *shift);
        if let Some(at) = at {
            *shift = at.saturating_sub(record.seq);
        }
        let content = content(record.recorded.micros(), &record.entry);
        let (seq, prev, hash) = (record.seq, record.prev_hash, record.hash);
        if at.is_none() && self.odd.len() < SEARCHED {
            self.odd.insert(self.links.len(), record);
        }
        self.links.push(Link { seq, prev, hash, content, at });
    }

    /// The number for which an entry's hash is right: its own, that of the shift of those before it,
    /// one near by, or any.
    fn place(&self, record: &AuditRecord, shift: i64) -> Option<i64> {
        let right = |seq: &i64| fits(record, self.county, *seq, &record.prev_hash, &record.hash);
        let (seq, shifted) = (record.seq, record.seq.saturating_add(shift));
        let near = seq.saturating_sub(NEAR)..=seq.saturating_add(NEAR);
        let found = [seq, shifted].into_iter().chain(near).find(right);
        if found.is_some() || self.odd.len() >= SEARCHED {
            return found;
        }
        let count = self.head.map_or(0, |it| it.0);
        (1..=count.saturating_add(NEAR)).find(right)
    }

    /// For every position the entry that belongs there: of several the one that the next entry, or
    /// the head, follows from.
    fn find_main(&mut self) {
        let mut by_place: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (index, link) in self.links.iter().enumerate() {
            if let Some(at) = link.at {
                by_place.entry(at).or_default().push(index);
            }
        }
        for (at, all) in by_place.into_iter().rev() {
            let next = self.main_link(at.saturating_add(1)).map(|it| it.prev);
            let wanted = next.or_else(|| self.head.filter(|it| it.0 == at).map(|it| it.1));
            let is = |index: &&usize, hash: &[u8; 32]| {
                self.links.get(**index).is_some_and(|it| it.hash == *hash)
            };
            let in_place = |index: &&usize| self.links.get(**index).is_some_and(|it| it.seq == at);
            let linked = wanted.and_then(|hash| all.iter().find(|it| is(it, &hash)));
            let chosen = linked.or_else(|| all.iter().find(in_place)).or_else(|| all.first());
            let chosen = chosen.copied();
            let beyond = at < 1 || self.head.is_some_and(|it| at > it.0);
            if let Some(index) = chosen.filter(|_| !beyond) {
                self.main.insert(at, index);
            }
        }
    }

    fn main_link(&self, at: i64) -> Option<&Link> {
        self.main.get(&at).and_then(|it| self.links.get(*it))
    }

    /// The last position that there was: by the head, or by the entries where there is no head.
    fn top(&self) -> i64 {
        let last = self.main.keys().next_back().copied().unwrap_or(0);
        self.head.map_or(last, |it| it.0)
    }

    fn finding(
        &self,
        what: Tampering,
        entry: impl Into<Option<i64>>,
        text: impl Into<String>,
    ) -> Finding {
        Finding::new(self.county, what, entry, text)
    }

    /// Everything that was done, as far as it can be told.
    pub(super) fn diagnose(&self) -> Diagnosis {
        let mut diagnosis = Diagnosis::default();
        let top = self.top();
        if self.links.is_empty() {
            if top > 0 {
                let text = format!("all {top} entries were deleted: the head still counts them");
                diagnosis.findings.push(self.finding(Tampering::AllDeleted, None, text));
            }
            return diagnosis;
        }
        let occupied = self.odd_entries(&mut diagnosis);
        self.extra(&mut diagnosis);
        self.order(&mut diagnosis);
        self.missing(&occupied, &mut diagnosis);
        self.links_between(&mut diagnosis);
        self.end(&mut diagnosis);
        diagnosis.findings.sort_by_key(|it| (it.entry, it.what));
        diagnosis.findings.dedup();
        diagnosis
    }

    /// Entries that are right by themselves, where another one belongs or none does.
    fn extra(&self, diagnosis: &mut Diagnosis) {
        let main: BTreeSet<usize> = self.main.values().copied().collect();
        for (index, link) in self.links.iter().enumerate() {
            if link.at.is_some() && !main.contains(&index) {
                diagnosis.findings.push(self.left_over(link));
            }
        }
    }

    /// What an entry is that does not belong to the chain.
    fn left_over(&self, link: &Link) -> Finding {
        let seq = link.seq;
        let again = self
            .main
            .iter()
            .find(|(_, it)| self.links.get(**it).is_some_and(|it| it.content == link.content));
        if let Some((at, _)) = again {
            let text = format!("it says once more what entry {at} says");
            return self.finding(Tampering::Duplicated, seq, text);
        }
        let beside = self
            .main
            .iter()
            .find(|(_, it)| self.links.get(**it).is_some_and(|it| it.prev == link.prev));
        let behind = |it: &Link| it.seq > seq && it.at.is_some_and(|at| at < it.seq);
        let renumbered = self.links.iter().any(behind);
        if let Some((at, _)) = beside.filter(|_| !renumbered) {
            let text = format!("it follows the same entry as entry {at}: the chain forks there");
            return self.finding(Tampering::Forked, seq, text);
        }
        let text = "the chain does not go through it: it was put in past the service";
        self.finding(Tampering::Inserted, seq, text)
    }

    /// Whether entries stand in another order than their hashes say.
    fn order(&self, diagnosis: &mut Diagnosis) {
        let places: BTreeMap<usize, i64> = self.main.iter().map(|(at, it)| (*it, *at)).collect();
        let ascending = places.values().is_sorted();
        if ascending {
            return;
        }
        for (index, at) in &places {
            let Some(link) = self.links.get(*index).filter(|it| it.seq != *at) else { continue };
            let text = format!("by its hash it is entry {at}: the order was changed");
            diagnosis.findings.push(self.finding(Tampering::Reordered, link.seq, text));
        }
    }

    /// Positions without an entry.
    fn missing(&self, occupied: &BTreeSet<i64>, diagnosis: &mut Diagnosis) {
        let top = self.top();
        // A head whose count was edited is told as that.
        let last = self.main.keys().next_back().copied().unwrap_or(0);
        let same = |at: i64, hash: [u8; 32]| self.main_link(at).is_some_and(|it| it.hash == hash);
        if self.head.is_some_and(|it| it.0 > last && last > 0 && same(last, it.1)) {
            let text =
                format!("the head counts {top} entries, and its hash is that of entry {last}");
            diagnosis.findings.push(self.finding(Tampering::HeadEdited, None, text));
            return;
        }
        let mut from = None;
        for at in 1..=top.saturating_add(1) {
            let lacking = at <= top && !self.main.contains_key(&at) && !occupied.contains(&at);
            match (lacking, from) {
                (true, None) => from = Some(at),
                (false, Some(first)) => {
                    diagnosis.findings.push(self.deleted(first, at.saturating_sub(1), top));
                    from = None;
                }
                (true, Some(_)) | (false, None) => (),
            }
        }
    }

    fn deleted(&self, first: i64, last: i64, top: i64) -> Finding {
        use Tampering::{AllDeleted, FirstDeleted, LastDeleted, LastFewDeleted, MiddleDeleted};
        let what = match (first == 1, last == top, first == last) {
            (true, true, _) => AllDeleted,
            (true, false, _) => FirstDeleted,
            (false, true, true) => LastDeleted,
            (false, true, false) => LastFewDeleted,
            (false, false, _) => MiddleDeleted,
        };
        let renumbered = self.links.iter().any(|it| it.at.is_some_and(|at| at > it.seq));
        let how = if renumbered { ", and those behind were numbered anew" } else { "" };
        let which = if first == last {
            "it was deleted".to_owned()
        } else {
            format!("it and those up to entry {last} were deleted")
        };
        self.finding(what, first, format!("{which}{how}"))
    }

    /// Whether each entry that is right by itself follows from the one before.
    fn links_between(&self, diagnosis: &mut Diagnosis) {
        if let Some(first) = self.main_link(1).filter(|it| it.prev != [0; 32]) {
            let text = "the first entry follows from another: the history was written anew";
            diagnosis.findings.push(self.finding(Tampering::Rewritten, first.seq, text));
        }
        for at in self.main.keys() {
            let next = at.saturating_add(1);
            let (Some(this), Some(after)) = (self.main_link(*at), self.main_link(next)) else {
                continue;
            };
            if after.prev == this.hash {
                continue;
            }
            let goes_on =
                self.main_link(next.saturating_add(1)).is_none_or(|it| it.prev == after.hash);
            let changed = if goes_on { *at } else { next };
            let text = format!("it was changed and hashed anew: entry {next} follows from another");
            diagnosis.findings.push(self.finding(Tampering::FieldEdited, changed, text));
        }
    }

    /// Whether the head names the last entry.
    fn end(&self, diagnosis: &mut Diagnosis) {
        let Some((count, hash)) = self.head else {
            let all_taken = self.links.len() == diagnosis.taken.len();
            if !all_taken {
                let text = "the county has entries and no head";
                diagnosis.findings.push(self.finding(Tampering::HeadEdited, None, text));
            }
            return;
        };
        let Some(last) = self.main_link(count).filter(|it| it.hash != hash) else {
            if count == 0 && hash != [0; 32] {
                let text = "the head counts no entry and has a hash";
                diagnosis.findings.push(self.finding(Tampering::HeadEdited, None, text));
            }
            return;
        };
        let behind = self.links.iter().find(|it| it.hash == hash);
        let (what, text) = if let Some(it) = behind {
            let text = format!(
                "the head counts {count} entries, and its hash is that of entry {}",
                it.seq
            );
            (Tampering::HeadEdited, text)
        } else {
            let text = "the head has another hash: it was changed and hashed anew, or the head was";
            (Tampering::FieldEdited, text.to_owned())
        };
        diagnosis.findings.push(self.finding(what, last.seq, text));
    }
}

#[cfg(test)]
mod tests;
