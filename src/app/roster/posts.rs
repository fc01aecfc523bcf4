//! The posts of a period by who held them: in which of them a person is appraised (S1), and the
//! subjects of the posts that ended before the period did.

use std::collections::BTreeMap;

use super::{Subject, Tree, load};
use crate::{
    app::{
        AppError,
        registry::RecordKind,
        timeline::{Held, timelines_of_all},
    },
    domain::{
        facts::{PostHeld, PostLeftOut, Span, posts_of_period},
        scheme::{Appraised, Scheme, SubjectKind},
        time::{Day, Moment, Period},
    },
    store::{AsOf, ReadTx},
};

/// The organisation on the last days of posts that ended within a period.
pub(crate) type PostTrees = BTreeMap<Day, Tree>;

/// A post in a period.
#[derive(Debug)]
struct Post {
    /// Who held it last.
    person: String,
    /// The last day of the period on which it was held.
    last_day: Day,
}

/// The posts that were held on some day of a period, and who held them.
#[derive(Debug)]
pub(crate) struct Posts {
    rule: Appraised,
    period: Period,
    by_id: BTreeMap<String, Post>,
    /// By person.
    held: BTreeMap<String, Vec<PostHeld>>,
}

impl Posts {
    /// Reads them as known at a moment.
    pub(crate) async fn read(
        tx: &mut dyn ReadTx,
        county: &str,
        scheme: &Scheme,
        period: Period,
        known: Moment,
    ) -> Result<Self, AppError> {
        let rule = scheme.appraised.unwrap_or_default();
        let mut all = Self { rule, period, by_id: BTreeMap::new(), held: BTreeMap::new() };
        for (id, held) in timelines_of_all(tx, county, RecordKind::Post, known).await? {
            all.take(id, held, scheme);
        }
        Ok(all)
    }

    /// Takes the versions of one post. It is appraised as the post of whoever held it last: its
    /// facts of the period are of one subject, and cannot be told apart by holder.
    fn take(&mut self, id: String, mut held: Vec<Held>, scheme: &Scheme) {
        let days = Span::of(self.period);
        held.retain(|it| it.days.within(&days).is_some());
        let Some(last) = held.last() else { return };
        let Some(person) = last.record.person().map(str::to_owned) else { return };
        let admitted = scheme.roster.as_ref().is_none_or(|it| it.takes(&last.record.predicates()));
        let end = last.days.within(&days).and_then(|it| it.until);
        let last_day = end.unwrap_or_else(|| self.period.last_day());
        for it in held {
            let Some(holder) = it.record.person() else { continue };
            let passed_on = (holder != person).then_some(PostLeftOut::PassedOn);
            let own = PostHeld {
                post: id.clone(),
                title: it.record.post_title().unwrap_or_default().to_owned(),
                days: it.days,
                left_out: passed_on.or((!admitted).then_some(PostLeftOut::Roster)),
            };
            self.held.entry(holder.to_owned()).or_default().push(own);
        }
        self.by_id.insert(id, Post { person, last_day });
    }

    /// The posts in which somebody is appraised, ascending.
    pub(crate) fn subjects(&self) -> Vec<String> {
        let of = |held: &Vec<PostHeld>| posts_of_period(self.rule, held, self.period);
        let all = self.held.values().flat_map(of).filter(|it| it.standing.appraised());
        let mut ids: Vec<String> = all.map(|it| it.post).collect();
        ids.sort_unstable();
        ids
    }

    /// What the holder of a post held in the period, by post and first day.
    pub(crate) fn held_with(&self, post: &str) -> Vec<PostHeld> {
        let person = self.by_id.get(post).map(|it| &it.person);
        let held = person.and_then(|it| self.held.get(it)).cloned();
        let mut held = held.unwrap_or_default();
        held.sort_by(|a, b| (&a.post, a.days.from).cmp(&(&b.post, b.days.from)));
        held
    }

    fn last_day(&self, post: &str) -> Day {
        self.by_id.get(post).map_or_else(|| self.period.last_day(), |it| it.last_day)
    }
}

/// These posts, by id, with groups and attributes of their last day in the period.
pub(crate) async fn load_posts(
    tx: &mut dyn ReadTx,
    county: &str,
    ids: &[String],
    posts: &Posts,
    (tree, earlier): (&mut Tree, &mut PostTrees),
    as_of: AsOf,
) -> Result<Vec<Subject>, AppError> {
    let mut by_day: BTreeMap<Day, Vec<String>> = BTreeMap::new();
    for id in ids {
        by_day.entry(posts.last_day(id)).or_default().push(id.clone());
    }
    let mut subjects = Vec::with_capacity(ids.len());
    for (day, ids) in by_day {
        let at = AsOf { day, ..as_of };
        if day != as_of.day && !earlier.contains_key(&day) {
            earlier.insert(day, Tree::read(tx, county, at).await?);
        }
        let tree = earlier.get_mut(&day).unwrap_or(&mut *tree);
        subjects.extend(load(tx, county, SubjectKind::Post, &ids, tree, at).await?);
    }
    subjects.sort_by(|a, b| a.facts.subject.cmp(&b.facts.subject));
    Ok(subjects)
}
