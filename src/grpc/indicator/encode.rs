//! Indicators and reports as messages.

use crate::{
    app::{
        formation::Bounds,
        indicator::{
            Amount, CompoundIndicators, Coverage, Indicated, Listed, MonthlyReport, Total,
            UnitFigures, Value, Why,
        },
    },
    grpc::{
        encode::{text, timestamp},
        registry_encode,
        result_encode::exact,
    },
    proto::v1,
};

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn amount(of: &Amount) -> v1::IndicatorAmount {
    let (above, below) = match of {
        Amount::Number(_) => (None, None),
        Amount::Share { of, per, .. } => (Some(exact(of)), Some(exact(per))),
    };
    v1::IndicatorAmount { value: Some(exact(of.value())), of: above, per: below }
}

fn indicator(of: &Indicated) -> v1::Indicator {
    let (known, missing, bounds) = match &of.value {
        Value::Known(known) => {
            (Some(amount(known)), v1::IndicatorMissing::Unspecified, Bounds::default())
        }
        Value::Missing(Why::NotRecorded) => {
            (None, v1::IndicatorMissing::NotRecorded, Bounds::default())
        }
        Value::Missing(Why::Undecided(bounds)) => (None, v1::IndicatorMissing::Undecided, *bounds),
        Value::Missing(Why::NotApplicable(_)) => {
            (None, v1::IndicatorMissing::NotApplicable, Bounds::default())
        }
        Value::Missing(Why::NothingToCount) => {
            (None, v1::IndicatorMissing::NothingToCount, Bounds::default())
        }
    };
    let standing = match of.met {
        None => v1::IndicatorStanding::Unspecified,
        Some(true) => v1::IndicatorStanding::Met,
        Some(false) => v1::IndicatorStanding::NotMet,
    };
    v1::Indicator {
        id: of.id.to_owned(),
        rule: of.rule.to_owned(),
        amount: known,
        missing: missing.into(),
        least: number(bounds.least),
        most: number(bounds.most),
        standing: standing.into(),
        text: Some(text(of.en.clone(), of.zh.clone())),
    }
}

pub(super) fn compound(of: &CompoundIndicators) -> v1::CompoundIndicators {
    let coverage = match of.registry.coverage() {
        Coverage::NotDue => v1::Coverage::NotDue,
        Coverage::Done => v1::Coverage::Done,
        Coverage::Lacking => v1::Coverage::Lacking,
        Coverage::Undecided => v1::Coverage::Undecided,
    };
    let community = of.compound.parent.as_ref().map(|it| it.id.clone());
    v1::CompoundIndicators {
        compound_id: of.compound.id.clone(),
        community_id: community.unwrap_or_default(),
        coverage: coverage.into(),
        indicators: of.indicators.iter().map(indicator).collect(),
    }
}

fn total(of: &Total) -> v1::IndicatorTotal {
    v1::IndicatorTotal {
        id: of.id.to_owned(),
        rule: of.rule.to_owned(),
        sum: of.sum.as_ref().map(amount),
        known: number(of.known),
        met: number(of.met),
        not_met: number(of.not_met),
        not_recorded: number(of.not_recorded),
        undecided: number(of.undecided),
        not_applicable: number(of.not_applicable),
        nothing_to_count: number(of.nothing_to_count),
    }
}

fn unit(of: &UnitFigures) -> v1::UnitFigures {
    v1::UnitFigures {
        unit: Some(registry_encode::reference(of.unit.clone())),
        name: of.name.clone(),
        compounds: number(of.compounds),
        due: number(of.due),
        done: number(of.done),
        struck_off: number(of.struck_off),
        undecided: number(of.undecided),
        coverage: of.coverage.as_ref().map(exact),
        totals: of.totals.iter().map(total).collect(),
    }
}

fn listed(all: &[Listed]) -> Vec<v1::ListedCompound> {
    let one = |it: &Listed| v1::ListedCompound {
        compound_id: it.compound.id.clone(),
        name: it.name.clone(),
        community_id: it.community.clone(),
        street_id: it.street.clone(),
        text: Some(text(it.en.clone(), it.zh.clone())),
    };
    all.iter().map(one).collect()
}

pub(super) fn report(of: &MonthlyReport) -> v1::GetMonthlyReportResponse {
    v1::GetMonthlyReportResponse {
        month: of.month.to_string(),
        known_at: Some(timestamp(of.known)),
        units: of.units.iter().map(unit).collect(),
        lacking: listed(&of.lacking),
        struck_off: listed(&of.struck_off),
        undecided: listed(&of.undecided),
        document: String::new(),
    }
}
