//! The six steps with their deadlines (F2 to F7).

use std::collections::BTreeSet;

use super::{
    document::some_text,
    shapes::{FORM, STEP, STEPS, UNTIL, years},
};
use crate::domain::{
    scheme::{
        read::{At, Reader},
        yaml::Data,
    },
    selection::{Form, StepKind, StepRule, YearDay},
    time::Day,
};

/// The rules of all steps in their order. Nothing if one could not be read.
pub(super) fn steps(reader: &mut Reader, at: &At<'_>) -> Option<Vec<StepRule>> {
    let fields = reader.open(at, &STEPS)?;
    let mut rules = Vec::new();
    let mut before: Option<(StepKind, YearDay)> = None;
    for kind in StepKind::ALL {
        let Some(at) = fields.at(kind.name()) else { continue };
        let Some(fields) = reader.open(&at, &STEP) else { continue };
        let by = fields.at("by").and_then(|it| reader.id(&it));
        let until = fields.at("until").and_then(|it| until(reader, &it));
        if let (Some((earlier, last)), Some(day)) = (before, until)
            && day < last
        {
            let (day, last, earlier) = (said(day), said(last), earlier.name());
            let wrong = format!("it ends on {day}, and the step before it, `{earlier}`, on {last}");
            let zh = format!("截止日 {day} 早于前一步骤 {earlier} 的 {last}");
            let right = "a last day not before those of the steps before it";
            reader.fault("DEADLINE_ORDER", &fields.key("until"), wrong, zh, right);
        }
        before = until.map(|it| (kind, it)).or(before);
        let forms = fields.at("forms").map(|it| forms(reader, &it)).unwrap_or_default();
        rules.extend(by.map(|by| StepRule { kind, by, until, forms }));
    }
    (rules.len() == StepKind::ALL.len()).then_some(rules)
}

/// A day as people read it.
fn said(it: YearDay) -> String {
    let next = if it.next_year { " of the next year" } else { "" };
    format!("{:02}-{:02}{next}", it.month, it.day)
}

/// `until: 11-30`, or `until: {day: 01-10, year: next}`.
fn until(reader: &mut Reader, at: &At<'_>) -> Option<YearDay> {
    if !matches!(at.value.data, Data::Map(_)) {
        return month_day(reader, at, false);
    }
    let fields = reader.open(at, &UNTIL)?;
    let day = fields.at("day").and_then(|it| month_day(reader, &it, true));
    let next = fields.at("year").and_then(|it| reader.word(&it, years()));
    day.filter(|_| next.is_some())
}

fn month_day(reader: &mut Reader, at: &At<'_>, next_year: bool) -> Option<YearDay> {
    let right = "a day that every year has, such as `11-30`, or `{day: 01-10, year: next}`";
    let text = &reader.scalar(at, right)?.text;
    let day = parsed(text);
    if day.is_none() {
        let shown: String = text.chars().take(40).collect();
        let wrong = format!("`{shown}` is no month and day that every year has");
        let zh = format!("`{shown}` 不是每年都有的月日");
        reader.fault("NOT_A_MONTH_DAY", &at.spot(), wrong, zh, right);
    }
    day.map(|(month, day)| YearDay { next_year, month, day })
}

/// `MM-DD`, of a year without 29 February.
fn parsed(text: &str) -> Option<(u8, u8)> {
    let day = Day::parse(&format!("2023-{text}")).ok()?;
    Some((u8::try_from(day.month()).ok()?, u8::try_from(day.day()).ok()?))
}

fn forms(reader: &mut Reader, at: &At<'_>) -> Vec<Form> {
    let mut ids = BTreeSet::new();
    let mut forms = Vec::new();
    for item in reader.list_or_none(at) {
        let Some(fields) = reader.open(&item, &FORM) else { continue };
        let id = fields.at("id").and_then(|it| reader.unique(&it, &mut ids));
        let title = fields.at("title").and_then(|it| some_text(reader, &it));
        forms.extend(id.zip(title).map(|(id, title)| Form { id, title }));
    }
    forms
}
