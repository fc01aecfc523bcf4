//! Two places in one period (M4): how the compounds or units to which a member belonged on
//! different days combine.

use super::note::{Listener, Note};
use crate::domain::{
    exact::{Exact, ExactError},
    facts::{Span, Stay},
    scheme::{Belonging, SeveralPlaces},
    time::Period,
};

/// A place to which a member belonged on some days of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// Its id.
    pub(super) id: &'a str,
    /// On how many days of the period.
    pub(super) days: i64,
    /// The last of these days.
    last: Span,
}

/// The places of a period, each once, by the first day.
pub(super) fn places(stays: &[Stay], period: Period) -> Vec<Place<'_>> {
    let period = Span::of(period);
    let mut places: Vec<Place<'_>> = Vec::new();
    for stay in stays {
        let Some(last) = stay.days.within(&period) else { continue };
        let days = last.count();
        match places.iter_mut().find(|it| it.id == stay.place) {
            Some(place) => {
                place.days = place.days.saturating_add(days);
                place.last = last;
            }
            None => places.push(Place { id: &stay.place, days, last }),
        }
    }
    places
}

/// What several places come to, each with its value or absent; nothing if what is needed is absent.
pub(super) fn combined(
    node: usize,
    belonging: Belonging,
    places: &[(Place<'_>, Option<Exact>)],
    listener: &mut impl Listener,
) -> Result<Option<Exact>, ExactError> {
    let Belonging { several, rescale } = belonging;
    let known = || places.iter().filter_map(|(place, it)| Some((place, it.as_ref()?)));
    let complete = known().count() == places.len();
    let days = known().map(|(place, _)| place.days).fold(0_i64, i64::saturating_add);
    if places.len() > 1 {
        listener.note(node, || Note::PlacesCombined { several, days });
    }
    if several == SeveralPlaces::Last {
        let by_day = |it: &&(Place<'_>, Option<Exact>)| it.0.last.until;
        let there = |it: &&(Place<'_>, Option<Exact>)| !rescale || it.1.is_some();
        return Ok(places.iter().filter(there).max_by_key(by_day).and_then(|it| it.1.clone()));
    }
    if !(complete || rescale) {
        return Ok(None);
    }
    if several == SeveralPlaces::Best {
        return Ok(known().map(|it| it.1).max().cloned());
    }
    if days == 0 {
        return Ok(None);
    }
    let mut sum = Exact::ZERO;
    for (place, value) in known() {
        sum = sum.plus(&value.times(&Exact::whole(place.days))?)?;
    }
    sum.over(&Exact::whole(days)).map(Some)
}
