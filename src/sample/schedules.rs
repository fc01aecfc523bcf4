//! The compounds' point schedules (积分细则, M2), as their branches' general meetings adopted them.

use serde::Serialize;

use super::{
    build::{Build, date},
    members::Member,
    model::{Date, shown},
    places::{Compound, Places},
    rng::Rng,
};

/// A version of a compound's point schedule, and the meeting that adopted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adoption {
    /// The compound.
    pub compound_id: String,
    /// The version, from 1.
    pub version: i64,
    /// The first day in force.
    #[serde(serialize_with = "shown")]
    pub in_force_from: Date,
    /// The branch whose members met.
    pub branch_id: String,
    /// The day of the meeting.
    #[serde(serialize_with = "shown")]
    pub met_on: Date,
    /// How many were entitled to vote.
    pub eligible: i64,
    /// How many of them were present.
    pub present: i64,
    /// How many of those voted for it.
    pub in_favour: i64,
    /// The document.
    pub document: String,
}

/// What one version says. All of them together stay within the county's bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    /// Points of one time, as the document writes them, and the caps by month and year.
    volunteering: (&'static str, i64, i64),
    /// The most of one entry, and the cap by year.
    duty: (i64, i64),
    /// Caps by month and year.
    meetings: (i64, i64),
    /// Hours and their points.
    hours: [(i64, i64); 3],
    /// Points of one time, and the least of a year.
    arrears: (i64, i64),
    /// Points of one time, and the least of a month and a year.
    breaches: (i64, i64, i64),
    /// Whether patrols are an item; their points are taken out of those of volunteering.
    patrol: bool,
}

/// What the county's own list of items was before branches wrote theirs.
const OLD: Terms = Terms {
    volunteering: ("2", 6, 20),
    duty: (5, 10),
    meetings: (2, 8),
    hours: [(10, 2), (20, 4), (40, 6)],
    arrears: (-5, -20),
    breaches: (-2, -4, -10),
    patrol: false,
};

/// The most that patrols come to in a year.
const PATROL: i64 = 4;

impl Terms {
    /// The most that one entry of `duty` may have.
    pub(super) const fn duty_at_most(&self) -> i64 {
        self.duty.0
    }

    /// Whether patrols are an item.
    pub(super) const fn patrols(&self) -> bool {
        self.patrol
    }

    /// The same with one thing set anew.
    fn changed(self, rng: &mut Rng) -> Self {
        let one = |rng: &mut Rng| usize::try_from(rng.between(0, 2)).unwrap_or(0);
        let which = one(rng);
        let of = |choices: [(i64, i64); 3]| choices.get(which).copied().unwrap_or((0, 0));
        match rng.between(0, 7) {
            0 => Self {
                volunteering: (
                    rng.pick(&["1", "1.5", "2.5", "3"]),
                    self.volunteering.1,
                    self.volunteering.2,
                ),
                ..self
            },
            1 => {
                let (month, year) = of([(4, 16), (8, 20), (5, 18)]);
                Self { volunteering: (self.volunteering.0, month, year), ..self }
            }
            2 => Self { duty: of([(4, 10), (5, 8), (3, 9)]), ..self },
            3 => Self { meetings: of([(1, 6), (2, 6), (3, 8)]), ..self },
            4 => {
                let tiers = [
                    [(8, 2), (16, 4), (36, 6)],
                    [(12, 2), (30, 4), (60, 6)],
                    [(10, 1), (20, 3), (40, 5)],
                ];
                Self { hours: tiers.get(which).copied().unwrap_or(self.hours), ..self }
            }
            5 => Self { arrears: of([(-4, -16), (-5, -15), (-3, -12)]), ..self },
            6 => {
                let (month, year) = of([(-2, -8), (-4, -8), (-6, -10)]);
                Self { breaches: (self.breaches.0, month, year), ..self }
            }
            _ => Self { patrol: !self.patrol, ..self },
        }
    }

    /// The same with so many things set anew, one after the other; not the same where any is.
    fn varied(self, rng: &mut Rng, times: i64) -> Self {
        let mut terms = self;
        for _ in 0..times {
            terms = terms.changed(rng);
        }
        // What was drawn may be what was there.
        if times > 0 && terms == self {
            terms.patrol = !terms.patrol;
        }
        terms
    }

    /// The document of a compound's version.
    fn document(&self, compound: &Compound, version: i64, from: Date) -> String {
        let Self { volunteering: (each, month, year), duty, meetings, .. } = self;
        let year = if self.patrol { (*year).min(20 - PATROL) } else { *year };
        let [first, second, third] = self.hours;
        let tiers = [first, second, third].map(|(hours, points)| format!("[{hours}, {points}]"));
        let (arrears, breaches) = (self.arrears, self.breaches);
        let up = |per: &str, most: i64| format!("{{per: {per}, at_most: {most}}}");
        let down = |per: &str, least: i64| format!("{{per: {per}, at_least: {least}}}");
        let mut items = vec![
            (
                "volunteering",
                "志愿服务",
                format!("points: {each}, caps: [{}, {}]", up("month", *month), up("year", year)),
            ),
            (
                "duty",
                "设岗定责",
                format!("points: entered, each: [0, {}], caps: [{}]", duty.0, up("year", duty.1)),
            ),
            (
                "meetings",
                "参加小区党员大会和议事会",
                format!(
                    "points: 1, caps: [{}, {}]",
                    up("month", meetings.0),
                    up("year", meetings.1)
                ),
            ),
            ("service_hours", "结对帮扶时长", format!("tiers: [{}]", tiers.join(", "))),
            (
                "property_fee_arrears",
                "欠缴物业费",
                format!("points: {}, caps: [{}]", arrears.0, down("year", arrears.1)),
            ),
            (
                "rule_breaches",
                "违反小区管理规约",
                format!(
                    "points: {}, caps: [{}, {}]",
                    breaches.0,
                    down("month", breaches.1),
                    down("year", breaches.2)
                ),
            ),
        ];
        if self.patrol {
            let caps = [up("month", 1), up("year", PATROL)].join(", ");
            items.push(("patrol", "夜间巡逻", format!("points: 0.5, caps: [{caps}]")));
        }
        let mut text = format!(
            "steelyard: schedule/v1\ncompound: {}\nversion: {version}\ntitle: {}在职党员积分细则\n\
             in_force: {{from: {from}}}\nitems:\n",
            compound.id, compound.name
        );
        for (id, title, counted) in items {
            text.extend(["  - {id: ", id, ", title: ", title, ", counted: {", &counted, "}}\n"]);
        }
        text
    }
}

/// What the versions of the compounds say, each from its first day on.
#[derive(Debug, Clone)]
pub(super) struct Schedules(Vec<Vec<(Date, Terms)>>);

impl Schedules {
    /// What holds in a compound on a day.
    pub(super) fn on(&self, compound: usize, day: Date) -> Option<&Terms> {
        let versions = self.0.get(compound)?.iter().rev();
        versions.into_iter().find(|(from, _)| *from <= day).map(|(_, terms)| terms)
    }
}

/// Has every compound adopt its schedule for the year, and about a third another one within it.
pub(super) fn adopt(build: &mut Build<'_>, places: &Places, members: &[Member]) -> Schedules {
    let mut all = Vec::new();
    for (index, compound) in places.compounds.iter().enumerate() {
        let mut rng = build.rng("schedule", index);
        let many = members.iter().filter(|it| it.compound == index).count();
        let eligible = i64::try_from(many).unwrap_or(0).max(3);
        let changes = rng.between(0, 3);
        let first = OLD.varied(&mut rng, changes);
        // The county's document takes schedules from the year's first day on.
        let (from, met_on) = (date(1, 1), Date { year: 2021, month: 12, day: rng.between(6, 20) });
        let mut versions = vec![(from, first)];
        let mut meetings = vec![met_on];
        if rng.chance(34) {
            let (month, day) = (rng.between(3, 10), rng.between(15, 28));
            let changes = rng.between(1, 2);
            versions.push((date(month, day), first.varied(&mut rng, changes)));
            meetings.push(date(month, day - rng.between(0, 12)));
        }
        for (version, ((from, terms), met_on)) in (1_i64..).zip(versions.iter().zip(meetings)) {
            let present = eligible * rng.between(68, 97) / 100 + 1;
            let in_favour = present.min(eligible * rng.between(56, 90) / 100 + 1);
            build.adoptions.push(Adoption {
                compound_id: compound.id.clone(),
                version,
                in_force_from: *from,
                branch_id: format!("b-{}", compound.id),
                met_on,
                eligible,
                present: present.min(eligible),
                in_favour: in_favour.min(eligible),
                document: terms.document(compound, version, *from),
            });
        }
        all.push(versions);
    }
    Schedules(all)
}
