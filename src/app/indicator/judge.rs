//! Every indicator of a compound out of what is registered and recorded: pure, with a sentence for
//! each outcome.

use super::{
    Amount, Figure, InRegistry, Indicated, Recorded, Value, Why,
    recorded::Months,
    specs::{self, CENTRE, Line, RECORDED, Source, Spec},
};
use crate::{
    app::formation::Bounds,
    domain::{
        exact::{Exact, ExactError, RoundingMode},
        scheme::Indicator,
    },
};

/// A service centre of so many square metres is enough (I6).
const CENTRE_AREA: i64 = 300;
/// So is one of so many for every hundred households.
const CENTRE_PER_HUNDRED: i64 = 30;

/// All indicators of a compound, by rule.
pub(super) fn judge(known: &InRegistry, recorded: &Recorded, months: &Months) -> Vec<Indicated> {
    let mut all: Vec<Indicated> =
        Indicator::ALL.into_iter().map(|it| registered(known, it)).collect();
    let centre = centre(known, recorded, months);
    all.extend(RECORDED.iter().map(|spec| {
        let value = value(spec, known, recorded, months);
        let met = match spec.line {
            Line::None => None,
            Line::Centre => centre,
            Line::AtLeast(hundredths) => reaches(&value, hundredths),
        };
        told((spec.id, spec.rule), (spec.en, spec.zh), value, met)
    }));
    all
}

fn registered(known: &InRegistry, of: Indicator) -> Indicated {
    let (rule, en, zh) = specs::registered(of);
    let value = match known.figure(of) {
        Figure::Known(count) => Value::Known(Amount::Number(Exact::whole(count))),
        Figure::Undecided(bounds) => Value::Missing(Why::Undecided(bounds)),
        Figure::NotRecorded => Value::Missing(Why::NotRecorded),
    };
    told((of.name(), rule), (en, zh), value, known.met(of))
}

/// A value of what is recorded; of two figures the one by the other.
fn value(spec: &Spec, known: &InRegistry, recorded: &Recorded, months: &Months) -> Value {
    let site = || known.site_area.map(|it| vec![it.into()]).ok_or(Why::NotRecorded);
    let figures = match spec.source {
        Source::Site => site(),
        Source::Metric(..) | Source::Share(..) | Source::PerHundredHouseholds(..) => {
            recorded.figures(spec, months)
        }
    };
    let figures = match figures {
        Ok(figures) => figures,
        Err(why) => return Value::Missing(why),
    };
    let households = known.households.map(Exact::whole);
    match (spec.source, figures.as_slice()) {
        (Source::PerHundredHouseholds(..), [of]) => match households {
            Some(per) => share(of, &per, 100),
            None => Value::Missing(Why::NotRecorded),
        },
        (_, [of, per]) => share(of, per, 1),
        (_, [one]) => Value::Known(Amount::Number(one.clone())),
        (_, _) => Value::Missing(Why::NotRecorded),
    }
}

/// One figure by another, times a number. A share of nothing is none.
fn share(of: &Exact, per: &Exact, times: i64) -> Value {
    if !per.is_positive() {
        return Value::Missing(Why::NothingToCount);
    }
    // Two recorded figures are far from where a number ends.
    divided(of, per, times).map_or(Value::Missing(Why::NotRecorded), Value::Known)
}

/// One figure by another that is above zero, so many times.
pub(super) fn divided(of: &Exact, per: &Exact, times: i64) -> Result<Amount, ExactError> {
    let value = of.times(&Exact::whole(times))?.over(per)?;
    Ok(Amount::Share { of: of.clone(), per: per.clone(), times, value })
}

fn reaches(value: &Value, hundredths: i64) -> Option<bool> {
    let line = Exact::scaled(i128::from(hundredths), 2).ok()?;
    match value {
        Value::Known(amount) => Some(*amount.value() >= line),
        Value::Missing(_) => None,
    }
}

/// Whether a service centre is large enough (I6): by itself, or for so many households. Where the
/// area alone is too small and nobody counted the households, it is not known.
fn centre(known: &InRegistry, recorded: &Recorded, months: &Months) -> Option<bool> {
    let spec = RECORDED.iter().find(|it| it.id == CENTRE)?;
    let area = recorded.figures(spec, months).ok()?;
    let area = area.first()?;
    if *area >= Exact::whole(CENTRE_AREA) {
        return Some(true);
    }
    let households = known.households.map(Exact::whole)?;
    reaches(&share(area, &households, 100), CENTRE_PER_HUNDRED.saturating_mul(100))
}

fn told(
    (id, rule): (&'static str, &'static str),
    (what, zh_what): (&str, &str),
    value: Value,
    met: Option<bool>,
) -> Indicated {
    let (said, zh_said) = said(&value);
    let (line, zh_line) = match met {
        None => ("", ""),
        Some(true) => ("; the rule is met", "，达到要求"),
        Some(false) => ("; the rule is not met", "，未达到要求"),
    };
    let en = format!("{what}: {said}{line}");
    let zh = format!("{zh_what}：{zh_said}{zh_line}");
    Indicated { id, rule, value, met, en, zh }
}

/// A number as sentences write it: at most 4 places.
pub(super) fn shown(value: &Exact) -> String {
    if value.is_decimal(6) { short(value, 6) } else { value.text(4, RoundingMode::HalfUp) }
}

/// Without zeros at its end.
fn short(value: &Exact, places: u32) -> String {
    let text = value.text(places, RoundingMode::HalfUp);
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn said(value: &Value) -> (String, String) {
    match value {
        Value::Known(Amount::Number(value)) => (shown(value), shown(value)),
        Value::Known(Amount::Share { of, per, value, .. }) => {
            let text = format!("{}/{} = {}", shown(of), shown(per), shown(value));
            (text.clone(), text)
        }
        Value::Missing(Why::NotRecorded) => ("not recorded".to_owned(), "未登记".to_owned()),
        Value::Missing(Why::Undecided(Bounds { least, most })) => (
            format!("{least} or {most}: what is registered does not decide it"),
            format!("{least} 或 {most}，登记信息不足，无法认定"),
        ),
        Value::Missing(Why::NotApplicable(reason)) if reason.is_empty() => {
            ("does not apply".to_owned(), "不适用".to_owned())
        }
        Value::Missing(Why::NotApplicable(reason)) => {
            (format!("does not apply ({reason})"), format!("不适用（{reason}）"))
        }
        Value::Missing(Why::NothingToCount) => {
            ("there was nothing to count".to_owned(), "没有可计数的事项".to_owned())
        }
    }
}

#[cfg(test)]
mod tests;
