//! The parts of a line that only members have: where they belonged, check-ins, conduct, reports of
//! units.

use serde_json::value::RawValue;

use super::{Path, Reader, Record, Words};
use crate::domain::{
    facts::{
        CheckIn, ConductCase, EntryCheck, Facts, Import, Span, Stay, UnitImport, VetoStep,
        VetoStepKind,
    },
    time::Moment,
};

const OVERLAP: Words =
    ("FACTS_OVERLAP", "these days overlap days given before", "与前面给出的日期重叠");
const NOT_CHECK: Words =
    ("FACTS_CHECK", "a check is `confirmed` or `refused`", "check 应为 confirmed 或 refused");
const NOT_VETO_STEP: Words = (
    "FACTS_VETO_STEP",
    "a step is `notice_served`, `objected`, `objection_dismissed`, `objection_upheld`, `put_right` \
     or `lifted`",
    "step 应为 notice_served、objected、objection_dismissed、objection_upheld、put_right 或 lifted",
);
const CASE_TWICE: Words = ("FACTS_CASE_TWICE", "this case stands twice", "同一事项重复");

impl Reader {
    /// `stays` or `units`: places by days, which do not overlap, by their first day.
    pub(super) fn stays(&mut self, path: &Path<'_>, raw: &RawValue, key: &str) -> Vec<Stay> {
        let mut stays = self.list(path, raw, |it, path, raw| {
            let record = it.record(path, raw, &[key, "from", "until"])?;
            let place = it.needed(path, &record, key, Self::text);
            let days = it.span(path, &record);
            record.known.then_some(Stay { place: place?, days: days? })
        });
        stays.sort_by_key(|it| it.days.from);
        let spans: Vec<Span> = stays.iter().map(|it| it.days).collect();
        self.refuse_overlaps(path, &spans);
        stays
    }

    /// `in_service`: days that do not overlap; nothing where none were known yet.
    pub(super) fn spans(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<Vec<Span>> {
        let mut spans = self.list(path, raw, |it, path, raw| {
            let record = it.record(path, raw, &["from", "until"])?;
            let days = it.span(path, &record);
            days.filter(|_| record.known)
        });
        spans.sort_by_key(|it| it.from);
        self.refuse_overlaps(path, &spans);
        // Where all were recorded later, nothing is said yet.
        let said = !spans.is_empty() || raw.get().trim_matches(['[', ']', ' ']).is_empty();
        said.then_some(spans)
    }

    pub(super) fn span(&mut self, path: &Path<'_>, record: &Record<'_>) -> Option<Span> {
        let (from, until) = self.interval(path, record);
        Some(Span { from: from?, until })
    }

    fn refuse_overlaps(&mut self, path: &Path<'_>, spans: &[Span]) {
        for (index, (earlier, later)) in spans.iter().zip(spans.iter().skip(1)).enumerate() {
            if earlier.until.is_none_or(|it| later.from <= it) {
                self.fault(&Path::Index(path, index.saturating_add(1)), OVERLAP);
            }
        }
    }

    pub(super) fn check_in(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<CheckIn> {
        let record = self.record(path, raw, &["compound", "on"])?;
        let compound = self.needed(path, &record, "compound", Self::text);
        let on = self.needed(path, &record, "on", Self::day);
        record.known.then_some(CheckIn { compound: compound?, on: on? })
    }

    pub(super) fn conduct(&mut self, path: &Path<'_>, raw: &RawValue) -> Vec<ConductCase> {
        let cases = self.list(path, raw, |it, path, raw| {
            let record = it.record(path, raw, &["case", "on", "put_right_by", "put_right"])?;
            let case = it.needed(path, &record, "case", Self::text);
            let on = it.needed(path, &record, "on", Self::day);
            let put_right_by = it.optional(path, &record, "put_right_by", Self::day);
            let put_right = it.optional(path, &record, "put_right", Self::day);
            let case = ConductCase { case: case?, on: on?, put_right_by, put_right };
            record.known.then_some(case)
        });
        for (index, case) in cases.iter().enumerate() {
            if cases.iter().take(index).any(|it| it.case == case.case) {
                self.fault(&Path::Index(path, index), CASE_TWICE);
            }
        }
        cases
    }

    pub(super) fn veto_step(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<VetoStep> {
        let record = self.record(path, raw, &["step", "on"])?;
        let kind = self.needed(path, &record, "step", |it, path, raw| {
            let kind = it.text(path, raw).map(|text| VetoStepKind::named(&text))?;
            if kind.is_none() {
                it.fault(path, NOT_VETO_STEP);
            }
            kind
        });
        let on = self.needed(path, &record, "on", Self::day);
        let (kind, on) = (kind?, on?);
        record.known.then_some(VetoStep { kind, on })
    }

    pub(super) fn entry_check(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<EntryCheck> {
        match self.text(path, raw)?.as_str() {
            "confirmed" => Some(EntryCheck::Confirmed),
            "refused" => Some(EntryCheck::Refused),
            _ => {
                self.fault(path, NOT_CHECK);
                None
            }
        }
    }

    /// `imports`: by source the marks, or a list of units' reports.
    pub(super) fn imports(&mut self, path: &Path<'_>, raw: &RawValue, facts: &mut Facts) {
        for (source, raw) in self.object(path, raw).unwrap_or_default() {
            let path = path.key(&source);
            let reports = if raw.get().starts_with('[') {
                self.list(&path, raw, Self::report)
            } else {
                self.report(&path, raw).into_iter().collect()
            };
            for (unit, at, marks) in reports {
                let source = source.clone().into_owned();
                match unit {
                    None => drop(facts.imports.insert(source, marks)),
                    Some(unit) => {
                        let own = facts.unit_imports.entry(source).or_default();
                        own.push(UnitImport { unit, at, marks });
                    }
                }
            }
        }
    }

    /// Marks, with the unit that reports them where one does, and when.
    fn report(
        &mut self,
        path: &Path<'_>,
        raw: &RawValue,
    ) -> Option<(Option<String>, Option<Moment>, Import)> {
        let record = self.record(path, raw, &["unit", "raw", "full", "bonus", "at"])?;
        let unit = self.optional(path, &record, "unit", Self::text);
        let at = self.optional(path, &record, "at", Self::moment);
        let (raw, full, bonus) = self.marks(path, &record);
        let marks = Import { raw: raw?, full: full?, bonus };
        record.known.then_some((unit, at, marks))
    }
}
