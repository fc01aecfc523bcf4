//! Assessment rounds as they come in.

use std::collections::BTreeMap;

use super::{decode::Faults, registry_decode};
use crate::{
    app::{
        places,
        round::{Assessor, Assignment, Draft, Holder},
    },
    proto::v1::{self, sheet_holder::Holder as Raw},
};

/// The most assignments of a message, and the most sheets that a call changes.
const BATCH_MAX: usize = 500;
/// The most sheets of a message of assignments.
const SHEETS_MAX: usize = 5_000;

/// Notes a batch that is empty or too large.
pub(super) fn batch(faults: &mut Faults, path: &str, count: usize, most: usize) {
    if count == 0 {
        faults.add(path, "BATCH_EMPTY", "a message carries at least one", "至少须有一条");
    }
    if count > most {
        let en = format!("a message carries at most {most}, and these are {count}");
        let zh = format!("每条消息至多 {most} 条，现有 {count} 条");
        faults.add(path, "BATCH_TOO_LARGE", en, zh);
    }
}

/// Notes what stands in a list more than once, at each of its places.
pub(super) fn once(faults: &mut Faults, list: &str, field: &str, keys: &[&str]) -> bool {
    let mut by_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, key) in keys.iter().enumerate() {
        by_key.entry(key).or_default().push(index);
    }
    let mut good = true;
    for same in by_key.values().filter(|it| it.len() > 1) {
        let places = places(list, same);
        for index in same {
            let en = format!("the same stands in {places}");
            let zh = format!("同一内容重复：{places}");
            faults.add(&format!("{list}[{index}]{field}"), "DUPLICATE_IN_BATCH", en, zh);
        }
        good = false;
    }
    good
}

/// Ids in a list, each once.
pub(super) fn ids(faults: &mut Faults, list: &str, raw: &[String]) -> Option<Vec<String>> {
    let mut all = Vec::with_capacity(raw.len());
    for (index, id) in raw.iter().enumerate() {
        all.extend(faults.id(&format!("{list}[{index}]"), id));
    }
    let keys: Vec<&str> = raw.iter().map(String::as_str).collect();
    let good = once(faults, list, "", &keys);
    (good && all.len() == raw.len()).then_some(all)
}

/// The subjects of a call that changes sheets.
pub(super) fn subjects(faults: &mut Faults, raw: &[String]) -> Option<Vec<String>> {
    batch(faults, "subject_ids", raw.len(), BATCH_MAX);
    ids(faults, "subject_ids", raw)
}

/// Whose sheets a call is about.
pub(super) fn assessor(
    faults: &mut Faults,
    (round, role, assessor): (&str, &str, &str),
) -> Option<Assessor> {
    let round_id = faults.id("round_id", round);
    let role = faults.id("role", role);
    let assessor = faults.id("assessor_id", assessor);
    Some(Assessor { round_id: round_id?, role: role?, assessor: assessor? })
}

fn holder(faults: &mut Faults, raw: Option<&v1::SheetHolder>) -> Option<Holder> {
    match raw.and_then(|it| it.holder.as_ref()) {
        None => {
            let en = "say whose the sheets are to write: a unit, or a caller by name";
            faults.add("holder", "HOLDER_MISSING", en, "须填写打分表由谁填写（单位或账号）");
            None
        }
        Some(Raw::Unit(unit)) => {
            let unit = faults.below("holder", |faults| {
                registry_decode::some_reference(faults, "unit", Some(unit))
            });
            unit.map(Holder::Unit)
        }
        Some(Raw::Principal(name)) => {
            let plain =
                (1..=64).contains(&name.len()) && name.bytes().all(|it| it.is_ascii_graphic());
            if !plain {
                let en = "a caller's name is 1 to 64 printable ASCII characters";
                let zh = "账号为 1 至 64 个可打印 ASCII 字符";
                faults.add("holder.principal", "ID_INVALID", en, zh);
            }
            plain.then(|| Holder::Principal(name.clone()))
        }
    }
}

/// Assignments, each sheet once.
pub(super) fn assignments(faults: &mut Faults, raw: &[v1::Assignment]) -> Option<Vec<Assignment>> {
    batch(faults, "assignments", raw.len(), BATCH_MAX);
    let sheets = raw.iter().flat_map(|it| &it.subject_ids).count();
    if sheets > SHEETS_MAX {
        batch(faults, "assignments", sheets, SHEETS_MAX);
        return None;
    }
    let mut all = Vec::with_capacity(raw.len());
    let mut seen: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    let mut good = true;
    for (index, it) in raw.iter().enumerate() {
        let one = faults.below(&format!("assignments[{index}]"), |faults| {
            if it.subject_ids.is_empty() {
                batch(faults, "subject_ids", 0, SHEETS_MAX);
            }
            let assessor = faults.id("assessor_id", &it.assessor_id);
            let role = faults.id("role", &it.role);
            let holder = holder(faults, it.holder.as_ref());
            let subjects = ids(faults, "subject_ids", &it.subject_ids);
            for (number, subject) in it.subject_ids.iter().enumerate() {
                let key = (it.role.as_str(), it.assessor_id.as_str(), subject.as_str());
                let first = *seen.entry(key).or_insert(index);
                if first != index {
                    good = false;
                    let en = format!("the same sheet stands in assignments[{first}]");
                    let zh = format!("与 assignments[{first}] 重复");
                    faults.add(&format!("subject_ids[{number}]"), "DUPLICATE_IN_BATCH", en, zh);
                }
            }
            let optional = it.optional;
            let (assessor, role, holder) = (assessor?, role?, holder?);
            Some(Assignment { assessor, role, holder, subjects: subjects?, optional })
        });
        all.extend(one);
    }
    (good && all.len() == raw.len()).then_some(all)
}

/// Drafts, each subject once, and in each every item once.
pub(super) fn drafts(faults: &mut Faults, raw: &[v1::DraftSheet]) -> Option<Vec<Draft>> {
    batch(faults, "sheets", raw.len(), BATCH_MAX);
    let keys: Vec<&str> = raw.iter().map(|it| it.subject_id.as_str()).collect();
    let good = once(faults, "sheets", ".subject_id", &keys);
    let mut all = Vec::with_capacity(raw.len());
    for (index, it) in raw.iter().enumerate() {
        let one = faults.below(&format!("sheets[{index}]"), |faults| {
            let subject = faults.id("subject_id", &it.subject_id);
            let items: Vec<&str> = it.points.iter().map(|it| it.item.as_str()).collect();
            let good = once(faults, "points", ".item", &items);
            let mut points = Vec::with_capacity(it.points.len());
            for (number, one) in it.points.iter().enumerate() {
                let read = faults.below(&format!("points[{number}]"), |faults| {
                    let item = faults.id("item", &one.item);
                    item.zip(faults.some_points("points", one.points.as_ref()))
                });
                points.extend(read);
            }
            let whole = good && points.len() == it.points.len();
            subject.filter(|_| whole).map(|subject| Draft { subject, points })
        });
        all.extend(one);
    }
    (good && all.len() == raw.len()).then_some(all)
}
