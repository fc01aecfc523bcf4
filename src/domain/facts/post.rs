//! In which of a person's posts they are appraised (S1, S3): all that are held on the period's last
//! day, or the one that was held longest.

use std::collections::BTreeMap;

use super::{Facts, Span};
use crate::domain::{
    scheme::Appraised,
    time::{Day, Period},
};

/// A post (职务) that the person who is appraised held on some days. Several of one post are told
/// one by one; they do not overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostHeld {
    /// The post's id.
    pub post: String,
    /// Which post, such as `branch_secretary`; empty where it is not said.
    pub title: String,
    /// The days on which the person held it.
    pub days: Span,
    /// Why the person cannot be appraised in it; none where they can be.
    pub left_out: Option<PostLeftOut>,
}

/// Why nobody is appraised in a post for days on which they held it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostLeftOut {
    /// The scheme's `roster` does not take it.
    Roster,
    /// The same record went over to another person within the period: the post's facts of the
    /// period cannot be told apart, and are those of whoever held it last.
    PassedOn,
}

impl PostLeftOut {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Roster, Self::PassedOn];

    /// The word of lines.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Roster => "roster",
            Self::PassedOn => "passed_on",
        }
    }

    /// The one of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// Whether a person is appraised in one of their posts, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostStanding {
    /// It is held on the period's last day, and the scheme appraises in every such post.
    AtEnd,
    /// It is the only one of the period in which the person can be appraised.
    Only,
    /// It was held on the most days of the period.
    Longest,
    /// Another was held on as many days, and this one later.
    Later,
    /// Others were held on as many days and until the same day: each of them is appraised.
    Beside,
    /// Not: it is not held on the period's last day.
    NotAtEnd,
    /// Not: another was held on more days.
    Shorter,
    /// Not: another was held on as many days, and later.
    Earlier,
    /// Not: it cannot be.
    LeftOut(PostLeftOut),
}

impl PostStanding {
    /// Whether the person is appraised in it.
    pub const fn appraised(self) -> bool {
        match self {
            Self::AtEnd | Self::Only | Self::Longest | Self::Later | Self::Beside => true,
            Self::NotAtEnd | Self::Shorter | Self::Earlier | Self::LeftOut(_) => false,
        }
    }
}

/// One post of a person in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostOfPeriod {
    /// The post's id.
    pub post: String,
    /// Which post; empty where it is not said.
    pub title: String,
    /// The first day of the period on which it was held.
    pub from: Day,
    /// The last day of the period on which it was held.
    pub until: Day,
    /// On how many days of the period it was held: days between on which it was not do not count.
    pub days: i64,
    /// Whether the person is appraised in it, and why.
    pub standing: PostStanding,
}

/// The posts that a person held on some day of a period, by the first day and then by id, each with
/// whether they are appraised in it. The order in which posts are given does not matter.
pub fn posts_of_period(rule: Appraised, held: &[PostHeld], period: Period) -> Vec<PostOfPeriod> {
    let days = Span::of(period);
    let mut by_post: BTreeMap<&str, PostOfPeriod> = BTreeMap::new();
    for it in held {
        let Some(within) = it.days.within(&days) else { continue };
        let until = within.until.unwrap_or_else(|| period.last_day());
        let standing = it.left_out.map_or(PostStanding::Shorter, PostStanding::LeftOut);
        let own = by_post.entry(&it.post).or_insert_with(|| PostOfPeriod {
            post: it.post.clone(),
            title: it.title.clone(),
            from: within.from,
            until,
            days: 0,
            standing,
        });
        own.days = own.days.saturating_add(within.count());
        own.from = own.from.min(within.from);
        if own.until < until {
            (own.until, own.standing) = (until, standing);
            own.title.clone_from(&it.title);
        }
    }
    let mut posts: Vec<PostOfPeriod> = by_post.into_values().collect();
    choose(rule, &mut posts, period);
    posts.sort_by(|a, b| (a.from, &a.post).cmp(&(b.from, &b.post)));
    posts
}

fn choose(rule: Appraised, posts: &mut [PostOfPeriod], period: Period) {
    let can = |it: &&mut PostOfPeriod| !matches!(it.standing, PostStanding::LeftOut(_));
    if rule == Appraised::AtEnd {
        for it in posts.iter_mut().filter(can) {
            let there = it.until == period.last_day();
            it.standing = if there { PostStanding::AtEnd } else { PostStanding::NotAtEnd };
        }
        return;
    }
    let candidates: Vec<(i64, Day)> =
        posts.iter_mut().filter(can).map(|it| (it.days, it.until)).collect();
    let Some(first) = candidates.iter().max().copied() else { return };
    let alone = candidates.len() == 1;
    let as_long = candidates.iter().filter(|it| it.0 == first.0).count();
    let beside = candidates.iter().filter(|it| **it == first).count();
    for it in posts.iter_mut().filter(can) {
        it.standing = match (it.days, it.until) {
            own if own == first && alone => PostStanding::Only,
            own if own == first && beside > 1 => PostStanding::Beside,
            own if own == first && as_long > 1 => PostStanding::Later,
            own if own == first => PostStanding::Longest,
            own if own.0 == first.0 => PostStanding::Earlier,
            _ => PostStanding::Shorter,
        };
    }
}

impl Facts {
    /// The posts that the person held in the period, the subject first; empty where nothing is said
    /// of them.
    pub fn posts_of_period(&self, rule: Appraised, period: Period) -> Vec<PostOfPeriod> {
        let mut posts = posts_of_period(rule, &self.posts, period);
        posts.sort_by_key(|it| it.post != self.subject);
        posts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn held(post: &str, from: &str, until: Option<&str>) -> PostHeld {
        PostHeld {
            post: post.to_owned(),
            title: String::new(),
            days: Span { from: day(from), until: until.map(day) },
            left_out: None,
        }
    }

    fn told(rule: Appraised, held: &[PostHeld], year: &str) -> Vec<(String, i64, PostStanding)> {
        let period = Period::parse(year).unwrap();
        let posts = posts_of_period(rule, held, period);
        let mut reversed = held.to_vec();
        reversed.reverse();
        assert_eq!(posts, posts_of_period(rule, &reversed, period), "in any order");
        posts.into_iter().map(|it| (it.post, it.days, it.standing)).collect()
    }

    #[test]
    fn a_change_on_the_first_of_july_is_decided_by_the_days_of_the_year() {
        use PostStanding::{AtEnd, Longest, NotAtEnd, Shorter};
        let posts = [held("a", "2020-01-01", Some("2024-06-30")), held("b", "2024-07-01", None)];
        let common = [held("a", "2020-01-01", Some("2023-06-30")), held("b", "2023-07-01", None)];
        let of = |post: &str, days, standing| (post.to_owned(), days, standing);
        assert_eq!(
            told(Appraised::Longest, &common, "2023"),
            [of("a", 181, Shorter), of("b", 184, Longest)]
        );
        assert_eq!(
            told(Appraised::Longest, &posts, "2024"),
            [of("a", 182, Shorter), of("b", 184, Longest)]
        );
        assert_eq!(
            told(Appraised::AtEnd, &posts, "2024"),
            [of("a", 182, NotAtEnd), of("b", 184, AtEnd)]
        );
        // Until 2 July of a leap year both are held on 183 days.
        let even = [held("a", "2020-01-01", Some("2024-07-01")), held("b", "2024-07-02", None)];
        assert_eq!(
            told(Appraised::Longest, &even, "2024"),
            [of("a", 183, PostStanding::Earlier), of("b", 183, PostStanding::Later)]
        );
    }

    #[test]
    fn posts_held_side_by_side_are_all_appraised_and_days_between_do_not_count() {
        use PostStanding::{Beside, Longest, Only, Shorter};
        let both = [held("a", "2020-01-01", None), held("b", "2021-03-01", None)];
        let of = |post: &str, days, standing| (post.to_owned(), days, standing);
        assert_eq!(
            told(Appraised::Longest, &both, "2023"),
            [of("a", 365, Beside), of("b", 365, Beside)]
        );
        let broken = [
            held("a", "2023-01-01", Some("2023-04-30")),
            held("a", "2023-11-01", None),
            held("b", "2023-05-01", Some("2023-10-31")),
        ];
        assert_eq!(
            told(Appraised::Longest, &broken, "2023"),
            [of("a", 181, Shorter), of("b", 184, Longest)]
        );
        let out = PostHeld { left_out: Some(PostLeftOut::Roster), ..held("a", "2020-01-01", None) };
        assert_eq!(
            told(Appraised::Longest, &[out, held("b", "2023-12-31", None)], "2023"),
            [of("a", 365, PostStanding::LeftOut(PostLeftOut::Roster)), of("b", 1, Only)]
        );
        assert_eq!(told(Appraised::Longest, &both, "2019"), []);
    }
}
