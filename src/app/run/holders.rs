//! Vetoes about the members who hold posts, where the scheme's items are of the holder too (S5).

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    app::{AppError, assemble, roster::Subject},
    domain::{
        facts::{Facts, HolderVeto, VetoRecord},
        scheme::{Scheme, SubjectKind},
        time::{Day, Moment, Period},
    },
    store::{FactKind, FactQuery, ReadTx, StoreError, StoredFact, fact_id, fact_seq},
};

/// Records about the holders of posts, by member.
#[derive(Debug, Default)]
pub(super) struct Holders(BTreeMap<String, Vec<VetoRecord>>);

impl Holders {
    /// Reads what is recorded about those who hold these posts, by the items of the scheme that
    /// are of the holder.
    pub(super) async fn read(
        tx: &mut dyn ReadTx,
        county: &str,
        (scheme, period): (&Scheme, Period),
        subjects: &[Subject],
        known: Moment,
    ) -> Result<Self, AppError> {
        let items: BTreeSet<&str> =
            scheme.vetoes.iter().filter(|it| it.of_holder).map(|it| it.id.as_str()).collect();
        if items.is_empty() || scheme.subject != SubjectKind::Post {
            return Ok(Self::default());
        }
        let persons: BTreeSet<String> = subjects.iter().map(|it| it.person.clone()).collect();
        let persons: Vec<String> = persons.into_iter().collect();
        let (first, last) = (period.first_day(), period.last_day());
        let mut query = FactQuery {
            subject_kind: SubjectKind::Member.name().to_owned(),
            subjects: persons,
            kinds: vec![FactKind::Veto],
            periods: Vec::new(),
            from: first,
            until: last,
            known,
        };
        let mut rows = tx.facts(county, &query).await?;
        rows.retain(|it| items.contains(it.fact.item.as_str()));
        // A lifting of last year ends a veto in this one.
        query.kinds = vec![FactKind::VetoStep];
        (query.from, query.until) = ends(first, last);
        let steps = tx.facts(county, &query).await?;
        Ok(Self(by_member(rows, steps)?))
    }

    /// Adds what is recorded about a post's holder to what is recorded about the post.
    pub(super) fn put(&self, facts: &mut Facts, holder: &str) {
        facts.vetoes.extend(self.0.get(holder).into_iter().flatten().cloned());
    }
}

fn ends(first: Day, last: Day) -> (Day, Day) {
    (Day::new(1, 1, 1).unwrap_or(first), Day::new(9999, 12, 31).unwrap_or(last))
}

/// The records of each member in the order recorded, with their steps.
fn by_member(
    rows: Vec<StoredFact>,
    steps: Vec<StoredFact>,
) -> Result<BTreeMap<String, Vec<VetoRecord>>, StoreError> {
    let corrupt = |seq: i64| StoreError::corrupt("facts", format!("row {seq} does not read back"));
    let mut moved: BTreeMap<i64, Vec<_>> = BTreeMap::new();
    for row in steps {
        let step = assemble::veto_step(&row.fact).ok_or_else(|| corrupt(row.seq))?;
        let of = fact_seq(&row.fact.item).ok_or_else(|| corrupt(row.seq))?;
        moved.entry(of).or_default().extend(step.map(|it| it.1));
    }
    let mut all: BTreeMap<String, Vec<VetoRecord>> = BTreeMap::new();
    for StoredFact { seq, fact, .. } in rows {
        let member = fact.subject.clone();
        let mut record = assemble::veto(fact).ok_or_else(|| corrupt(seq))?;
        record.steps = moved.remove(&seq).unwrap_or_default();
        record.steps.sort_unstable();
        record.of_holder = Some(HolderVeto { member: member.clone(), fact: fact_id(seq) });
        all.entry(member).or_default().push(record);
    }
    Ok(all)
}
