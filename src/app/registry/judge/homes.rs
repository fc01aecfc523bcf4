//! Members live in a building of the compound in which they live (I3).

use std::collections::BTreeMap;

use super::{Bench, Held, read, refused};
use crate::{
    app::{
        AppError,
        registry::{Detail, Record, RecordKind, RecordRef},
    },
    domain::time::{Day, Moment},
    store::StoreTx,
};

/// A member's building and compound, where both are said.
fn home(record: &Record) -> Option<(&str, &str)> {
    match &record.detail {
        Detail::Member { building: Some(building), compound: Some(compound), .. } => {
            Some((building, compound))
        }
        Detail::Member { .. }
        | Detail::OrgUnit { .. }
        | Detail::Branch { .. }
        | Detail::Post { .. }
        | Detail::Company {}
        | Detail::Project { .. } => None,
    }
}

impl Bench<'_> {
    /// Refuses members whose building lies in another compound on the first day of the record. Of a
    /// building that this message registers too, the version with the later first day counts.
    pub(super) async fn refuse_elsewhere(
        &mut self,
        tx: &mut dyn StoreTx,
        county: &str,
        at: Moment,
    ) -> Result<(), AppError> {
        let undecided = self.undecided();
        let building = |id: &str| RecordRef::new(RecordKind::Building, id);
        let wanted = undecided.iter().filter_map(|(_, it)| Some((building(home(it)?.0), it.from)));
        let known = read(tx, county, at, &wanted.collect()).await?;
        let mut lies: BTreeMap<Held, (Day, &str)> = BTreeMap::new();
        for (held, version) in &known {
            lies.insert(held.clone(), (version.effective_from, &version.parent_id));
        }
        let mut verdicts = Vec::new();
        for (index, record) in &undecided {
            let Some((building_id, compound)) = home(record) else { continue };
            let day = record.from;
            let here = undecided.iter().filter_map(|(_, it)| {
                let own = it.kind == RecordKind::Building && it.id == building_id;
                let parent = it.parent.as_ref().filter(|_| own && it.holds_on(day))?;
                Some((it.from, parent.id.as_str()))
            });
            let registered = lies.get(&(building(building_id), day)).copied();
            let found = registered.into_iter().chain(here).max_by_key(|it| it.0);
            if let Some((_, there)) = found.filter(|it| it.1 != compound) {
                let en = format!("on {day} building `{building_id}` lies in `{there}`");
                let zh = "居住楼栋不在所填小区内";
                verdicts.push((*index, refused(record, "BUILDING_ELSEWHERE", en, zh)));
            }
        }
        self.decide(verdicts);
        Ok(())
    }
}
