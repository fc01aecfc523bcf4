//! Entries whose hash is right nowhere: edited, moved from another county, or forged.

use std::collections::BTreeSet;

use super::{Chain, Diagnosis, Link, Tampering, fits};
use crate::{
    app::audit::finding::Finding,
    store::{AuditRecord, NewAudit, entry_hash},
};

impl Chain<'_> {
    /// Tells what each is, and answers the positions that edited ones take.
    pub(super) fn odd_entries(&self, diagnosis: &mut Diagnosis) -> BTreeSet<i64> {
        let mut occupied = BTreeSet::new();
        for (index, link) in self.links.iter().enumerate().filter(|it| it.1.at.is_none()) {
            let at = self.slot(index, link);
            let own = at >= 1 && at <= self.top() && !self.main.contains_key(&at);
            let Some(record) = self.odd.get(&index) else {
                // Too many to look into each.
                occupied.extend(own.then_some(at));
                let text = "it is not what was hashed";
                diagnosis.findings.push(self.finding(Tampering::FieldEdited, link.seq, text));
                continue;
            };
            if let Some((county, entry)) = self.origin(record) {
                let text = format!("it is entry {entry} of `{county}`: it was moved here");
                diagnosis.findings.push(self.finding(Tampering::Moved, link.seq, text));
                diagnosis.taken.push((county, entry));
                continue;
            }
            if own {
                occupied.insert(at);
                diagnosis.findings.push(self.edited(at, link, record));
            } else {
                diagnosis.findings.push(self.left_over(link));
            }
        }
        occupied
    }

    /// The position that an entry takes: its number, shifted as that of the one before it.
    fn slot(&self, index: usize, link: &Link) -> i64 {
        let before = self.links.iter().take(index).rev().find_map(|it| Some((it.at?, it.seq)));
        let shift = before.map_or(0, |(at, seq)| at.saturating_sub(seq));
        let at = link.seq.saturating_add(shift);
        if self.main.contains_key(&at) { link.seq } else { at }
    }

    /// The county and number for which the entry's hash is right.
    fn origin(&self, record: &AuditRecord) -> Option<(String, i64)> {
        self.others.iter().find_map(|(county, count)| {
            let right = |at: &i64| fits(record, county, *at, &record.prev_hash, &record.hash);
            let at = std::iter::once(record.seq).chain(1..=count.saturating_add(1)).find(right)?;
            Some((county.clone(), at))
        })
    }

    /// What was edited of an entry that stands where it belongs.
    fn edited(&self, at: i64, link: &Link, record: &AuditRecord) -> Finding {
        let exchanged = self.odd.iter().find_map(|(index, _)| {
            let slot = self.links.get(*index).filter(|it| it.seq != link.seq)?;
            let right = fits(record, self.county, slot.seq, &slot.prev, &slot.hash);
            right.then_some(slot.seq)
        });
        if let Some(other) = exchanged {
            let text = format!("what it says belongs to entry {other}: the order was changed");
            return self.finding(Tampering::Reordered, link.seq, text);
        }
        if self.hash_is_edited(at, link, record) {
            let text = "its hash was edited, and what it says is as it was recorded";
            return self.finding(Tampering::HashEdited, link.seq, text);
        }
        let again = self
            .links
            .iter()
            .find(|it| it.seq != link.seq && it.at.is_some() && it.content == link.content);
        if let Some(again) = again {
            let text = format!("it says once more what entry {} says", again.seq);
            return self.finding(Tampering::Duplicated, link.seq, text);
        }
        if let Some((one, two)) = shifted(record, self.county, at) {
            let text = format!("characters were moved between its {one} and its {two}");
            return self.finding(Tampering::BoundaryShifted, link.seq, text);
        }
        let text = "a field was edited: it is not what was hashed";
        self.finding(Tampering::FieldEdited, link.seq, text)
    }

    /// Whether the content gives the hash that the entries around it name.
    fn hash_is_edited(&self, at: i64, link: &Link, record: &AuditRecord) -> bool {
        let of =
            |prev: &[u8; 32]| entry_hash(self.county, at, record.recorded, &record.entry, prev);
        let next = self.main_link(at.saturating_add(1)).map(|it| it.prev);
        let head = self.head.filter(|it| it.0 == at).map(|it| it.1);
        let before = match at {
            1 => Some([0; 32]),
            _ => self.main_link(at.saturating_sub(1)).map(|it| it.hash),
        };
        let linked = before.map(|it| of(&it));
        let named = |hash: [u8; 32]| next == Some(hash) || head == Some(hash);
        named(of(&link.prev)) || linked.is_some_and(|it| it == link.hash || named(it))
    }
}

/// The two fields between which characters were moved, if putting them back makes the hash right.
fn shifted(record: &AuditRecord, county: &str, at: i64) -> Option<(&'static str, &'static str)> {
    type Pair = (fn(&mut NewAudit) -> (&mut String, &mut String), &'static str, &'static str);
    let pairs: [Pair; 3] = [
        (|it| (&mut it.principal, &mut it.method), "principal", "method"),
        (|it| (&mut it.method, &mut it.request_id), "method", "request id"),
        (|it| (&mut it.request_id, &mut it.subject), "request id", "subject"),
    ];
    for (fields, one, two) in pairs {
        let mut entry = record.entry.clone();
        let (first, second) = fields(&mut entry);
        let both = format!("{first}{second}");
        for (cut, _) in both.char_indices().chain([(both.len(), ' ')]) {
            let Some((left, right)) = both.split_at_checked(cut) else { continue };
            let (first, second) = fields(&mut entry);
            left.clone_into(first);
            right.clone_into(second);
            let hash = entry_hash(county, at, record.recorded, &entry, &record.prev_hash);
            if hash == record.hash {
                return Some((one, two));
            }
        }
    }
    None
}
