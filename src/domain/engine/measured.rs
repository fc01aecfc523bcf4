//! `measured`: a reported figure turned into points.

use super::note::{Listener, Note};
use crate::domain::{
    exact::{Decimal, Exact, ExactError},
    facts::Facts,
    scheme::{Measured, Quantity, Turn},
};

/// A ratio of two metrics; nothing where one is not reported or the lower one is zero.
pub(super) fn ratio(facts: &Facts, of: &str, per: &str) -> Result<Option<Exact>, ExactError> {
    let (Some(of), Some(per)) = (facts.metrics.get(of), facts.metrics.get(per)) else {
        return Ok(None);
    };
    if *per == Decimal::ZERO {
        return Ok(None);
    }
    Exact::ratio(i128::from(of.millionths()), i128::from(per.millionths())).map(Some)
}

/// The figure itself; nothing where it is missing.
fn figure(
    node: usize,
    quantity: &Quantity,
    facts: &Facts,
    listener: &mut impl Listener,
) -> Result<Option<Exact>, ExactError> {
    match quantity {
        Quantity::Metric(metric) => {
            let value = facts.metrics.get(metric).map(|it| Exact::from(*it));
            listener.note(node, || match &value {
                Some(value) => Note::Metric { name: metric.clone(), value: value.clone() },
                None => Note::MetricMissing { name: metric.clone() },
            });
            Ok(value)
        }
        Quantity::Ratio { of, per } => {
            let value = ratio(facts, of, per)?;
            listener.note(node, || match &value {
                Some(value) => Note::Metric { name: format!("{of} / {per}"), value: value.clone() },
                None if facts.metrics.get(per) == Some(&Decimal::ZERO) => {
                    Note::RatioByZero { per: per.clone() }
                }
                None => {
                    let missing = if facts.metrics.contains_key(of) { per } else { of };
                    Note::MetricMissing { name: missing.clone() }
                }
            });
            Ok(value)
        }
    }
}

/// The points of a figure.
pub(super) fn value(
    node: usize,
    measured: &Measured,
    facts: &Facts,
    listener: &mut impl Listener,
) -> Result<Option<Exact>, ExactError> {
    let Some(figure) = figure(node, &measured.quantity, facts, listener)? else { return Ok(None) };
    match &measured.turn {
        Turn::AsIs => Ok(Some(figure)),
        Turn::Bands(bands) => {
            let mut missed = None;
            for band in bands {
                if band.at_least.is_none_or(|it| Exact::from(it) <= figure) {
                    if let Some((at_least, points)) = missed {
                        listener.note(node, || Note::BandMissed { at_least, points });
                    }
                    let (at_least, points) = (band.at_least, band.points);
                    listener.note(node, || Note::Band { at_least, points });
                    return Ok(Some(Exact::from(points)));
                }
                missed = band.at_least.map(|it| (it, band.points));
            }
            Ok(None)
        }
        Turn::Linear(knots) => linear(node, knots, &figure, listener).map(Some),
    }
}

fn linear(
    node: usize,
    knots: &[(Decimal, Decimal)],
    figure: &Exact,
    listener: &mut impl Listener,
) -> Result<Exact, ExactError> {
    let above = knots.iter().position(|(x, _)| Exact::from(*x) > *figure);
    let held = match above {
        Some(0) => knots.first(),
        None => knots.last(),
        Some(_) => None,
    };
    if let Some(knot) = held {
        listener.note(node, || Note::Knots { from: *knot, to: *knot });
        return Ok(Exact::from(knot.1));
    }
    let upper = above.unwrap_or(0);
    let (Some(from), Some(to)) = (knots.get(upper.saturating_sub(1)), knots.get(upper)) else {
        return Ok(Exact::ZERO);
    };
    listener.note(node, || Note::Knots { from: *from, to: *to });
    let (x0, y0) = (Exact::from(from.0), Exact::from(from.1));
    let (x1, y1) = (Exact::from(to.0), Exact::from(to.1));
    let part = figure.minus(&x0)?.over(&x1.minus(&x0)?)?;
    y0.plus(&part.times(&y1.minus(&y0)?)?)
}
