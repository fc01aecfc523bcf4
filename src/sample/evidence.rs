//! Facts that come from a level of quality: sheets, ballots, surveys, figures, shares.

use std::collections::BTreeMap;

use super::{
    build::{Build, hundredths, number},
    model::{Body, Date, State, Subject},
    rng::Rng,
};

/// How good something is, 0 to 100, and how far single facts about it vary.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    pub(super) level: i64,
    pub(super) varies: i64,
}

impl Level {
    /// One fact's level.
    pub(super) fn draw(self, rng: &mut Rng) -> i64 {
        (self.level + rng.between(-self.varies, self.varies)).clamp(0, 100)
    }

    /// One fact's value on the line from `least` (level 0) to `most` (level 100), rounded down.
    pub(super) fn line(self, rng: &mut Rng, least: i64, most: i64) -> i64 {
        least + (most - least) * self.draw(rng) / 100
    }
}

/// One subject's facts of one period.
pub(super) struct Evidence<'b, 'a> {
    pub(super) build: &'b mut Build<'a>,
    pub(super) subject: Subject,
    pub(super) period: &'static str,
    pub(super) by: String,
    pub(super) rng: Rng,
    pub(super) level: Level,
}

impl Evidence<'_, '_> {
    fn add(&mut self, body: Body) {
        self.build.fact(&self.subject, body, &self.by);
    }

    /// A whole figure.
    pub(super) fn metric(&mut self, name: &'static str, value: i64) {
        self.add(Body::Metric { name, period: self.period, value: number(value) });
    }

    /// A figure in tenths.
    pub(super) fn tenths(&mut self, name: &'static str, value: i64) {
        self.add(Body::Metric { name, period: self.period, value: hundredths(value * 10) });
    }

    /// A figure and the one it is a share of: so many of a thousand at level 0, so many at level
    /// 100, rounded half up.
    pub(super) fn share(
        &mut self,
        (of, per): (&'static str, &'static str),
        whole: i64,
        thousandths: (i64, i64),
    ) {
        let share = self.level.line(&mut self.rng, thousandths.0, thousandths.1);
        self.metric(per, whole);
        self.metric(of, ((whole * share + 500) / 1_000).min(whole));
    }

    /// Something done once on a day.
    pub(super) fn entry(&mut self, item: &'static str, on: Date) {
        self.add(Body::Entry { item, on, times: None, points: None });
    }

    /// Sheets for an item out of so many hundredths of a point, one from each office named, in
    /// steps of a quarter.
    pub(super) fn sheets(
        &mut self,
        item: &'static str,
        out_of: i64,
        offices: &[(&'static str, &str)],
    ) {
        for (role, assessor) in offices {
            let points = self.level.line(&mut self.rng, 0, out_of) / 25 * 25;
            let day = self.rng.between(10, 20);
            self.add(Body::Sheet {
                item,
                role,
                assessor: (*assessor).to_owned(),
                at: format!("2022-12-{day:02}T02:00:00Z"),
                points: hundredths(points),
                period: self.period,
            });
        }
    }

    /// A ballot with so many votes over options from the best to the worst.
    pub(super) fn ballot(&mut self, ballot: &'static str, options: [&'static str; 4], votes: i64) {
        let [best, second, third, worst] = options;
        let level = self.level.draw(&mut self.rng);
        // At level 100 all votes are for the best, at level 80 all or most are for the two upper.
        let top = votes * (level - 50).max(0) * 2 / 100;
        let rest = votes - top;
        let lower = rest * (100 - level) / 100;
        let third_votes = (lower * 2 + 2) / 3;
        let mut counts = BTreeMap::new();
        for (option, count) in [
            (best, top),
            (second, rest - lower),
            (third, third_votes),
            (worst, lower - third_votes),
        ] {
            if count > 0 {
                counts.insert(option, count);
            }
        }
        if self.rng.chance(15) {
            counts.insert("spoilt", self.rng.between(1, 2));
        }
        self.add(Body::Ballot { ballot, period: self.period, counts });
    }

    /// Answers to a survey through channels, so many of a thousand satisfied at levels 0 and 100.
    pub(super) fn survey(
        &mut self,
        survey: &'static str,
        channels: &[(&'static str, i64, i64)],
        thousandths: (i64, i64),
    ) {
        for (channel, least, most) in channels {
            let answered = self.rng.between(*least, *most);
            let share = self.level.line(&mut self.rng, thousandths.0, thousandths.1);
            let satisfied = (answered * share + 500) / 1_000;
            self.add(Body::Survey { survey, channel, period: self.period, answered, satisfied });
        }
    }

    /// Why a node has nothing.
    pub(super) fn state(&mut self, node: &'static str, state: State, reason: &'static str) {
        self.add(Body::NodeState { node, state, reason, period: self.period });
    }
}
