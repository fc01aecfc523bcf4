//! Grades, seats, vetoes, ranking and awards.

use std::collections::BTreeSet;

use super::{
    super::{
        Award, Effect, Grade, KeyOf, PutRight, RankKey, Ranking, Seats, SubjectKind, Veto,
        yaml::Data,
    },
    predicates::Scope,
    reader::{At, Fields, Reader},
    shapes::{AWARD, EFFECT, GRADE, PUT_RIGHT, RANK_KEY, RANKING, SEATS, VETO, VETO_OBJECT},
    words,
};
use crate::domain::exact::{ApportionRule, Apportionment, Decimal, Exact, Money};

impl Reader {
    /// Grades from the top.
    pub(super) fn grades(&mut self, at: &At<'_>, ranked: bool) -> Vec<Grade> {
        let items = self.list_or_none(at);
        let count = items.len();
        let mut ids = BTreeSet::new();
        let mut above: Option<Decimal> = None;
        let mut grades = Vec::with_capacity(count);
        for (position, item) in items.into_iter().enumerate() {
            let Some(fields) = self.open(&item, &GRADE) else { continue };
            if position == Grade::MAX {
                let wrong = format!("{count} grades, and a scheme has at most {}", Grade::MAX);
                let zh = format!("等次共 {count} 个，至多 {} 个", Grade::MAX);
                self.fault("TOO_MANY_GRADES", &fields.spot, wrong, zh, "fewer grades");
            }
            let id = fields.at("id").and_then(|it| self.unique(&it, &mut ids)).unwrap_or_default();
            let at_least = fields.at("at_least").and_then(|it| self.number(&it));
            if let (Some(above), Some(here)) = (above, at_least)
                && here >= above
            {
                let wrong = format!("the limit {here} is not below {above}, that of a grade above");
                let zh = format!("下限 {here} 应低于上一等次的 {above}");
                self.fault(
                    "GRADES_ORDER",
                    &fields.key("at_least"),
                    wrong,
                    zh,
                    "limits that descend",
                );
            }
            above = at_least.or(above);
            let grade = Grade {
                id,
                title: fields.at("title").and_then(|it| self.title(&it)).unwrap_or_default(),
                place: fields.spot.place,
                at_least,
                when: fields.at("when").and_then(|it| self.predicate(&it, Scope::Score)),
                unless: fields.at("unless").and_then(|it| self.predicate(&it, Scope::Score)),
                seats: fields.at("seats").and_then(|it| self.seats(&it, ranked)),
            };
            if position.saturating_add(1) == count {
                self.last_grade(&fields);
            }
            grades.push(grade);
        }
        grades
    }

    fn last_grade(&mut self, fields: &Fields<'_>) {
        for key in ["at_least", "when", "unless", "seats"] {
            if fields.has(key) {
                let code = if key == "seats" { "SEATS_LAST" } else { "LAST_GRADE" };
                let wrong = format!("the last grade has `{key}`, so some subjects have no grade");
                let zh = format!("最后一个等次写有 `{key}`，会有对象没有等次");
                let right = "leave it out, or add a grade below";
                self.fault(code, &fields.key(key), wrong, zh, right);
            }
        }
    }

    fn seats(&mut self, at: &At<'_>, ranked: bool) -> Option<Seats> {
        let fields = self.open(at, &SEATS)?;
        if !ranked {
            let (wrong, zh) = ("seats go to the best, and nothing ranks them", "有名额却没有排名");
            self.fault("SEATS_RANKING", &fields.spot, wrong, zh, "a `ranking` in the document");
        }
        let share = fields.at("share").and_then(|it| {
            let share = self.share(&it)?;
            if share.exact().is_negative() || *share.exact() > Exact::ONE {
                let (wrong, zh) = (
                    format!("`{share}` is not from 0 to 100%"),
                    format!("`{share}` 不在 0 至 100% 之间"),
                );
                self.fault("SEATS_SHARE", &it.spot(), wrong, zh, "a share such as `20%` or `1/3`");
            }
            Some(share)
        });
        let of = fields.at("of").and_then(|it| self.word(&it, words::seat_bases()));
        let within = fields.at("within").and_then(|it| self.name(&it));
        let rule = fields.at("rounding").and_then(|it| self.word(&it, words::seat_roundings()));
        let cap = |reader: &mut Self, key| {
            fields.at(key).and_then(|it| reader.whole(&it, 0, u32::MAX)).map(u64::from)
        };
        let (each_at_most, at_most) = (cap(self, "each_at_most"), cap(self, "at_most"));
        let other = rule.is_some_and(|it| it != ApportionRule::LargestRemainder);
        if other && fields.has("at_most") {
            let wrong = "`at_most` holds all groups together, which `largest_remainder` alone can share out";
            let zh = "at_most 只能与 largest_remainder 同用";
            let right = "`rounding: largest_remainder`, or `each_at_most`";
            self.fault("SEATS_AT_MOST", &fields.key("at_most"), wrong, zh, right);
        }
        let pool = fields.at("pool").and_then(|it| self.pool(&it, within.as_deref()));
        let terms = Apportionment { share: share?, rule: rule?, each_at_most, at_most };
        Some(Seats { terms, of: of?, within: within?, pool })
    }

    /// The veto list.
    pub(super) fn vetoes(&mut self, at: &At<'_>, subject: Option<SubjectKind>) -> Vec<Veto> {
        let mut ids = BTreeSet::new();
        let mut vetoes = Vec::new();
        for item in self.list_or_none(at) {
            let Some(fields) = self.open(&item, &VETO) else { continue };
            let id = fields.at("id").and_then(|it| self.unique(&it, &mut ids)).unwrap_or_default();
            let counts = fields.at("counts").and_then(|it| self.word(&it, words::veto_counts()));
            let (of_holder, candidacy) = self.of_person(&fields, subject);
            vetoes.push(Veto {
                id,
                title: fields.at("title").and_then(|it| self.title(&it)).unwrap_or_default(),
                place: fields.spot.place,
                raised_by: fields.at("raised_by").map(|it| self.names(&it)).unwrap_or_default(),
                counts: counts.unwrap_or_default(),
                put_right: fields.at("put_right").and_then(|it| self.put_right(&it)),
                object_days: fields.at("object").and_then(|it| {
                    let fields = self.open(&it, &VETO_OBJECT)?;
                    fields.at("days").and_then(|it| self.whole(&it, 1, 3660))
                }),
                of_holder,
                candidacy,
                then: fields.at("then").map(|it| self.effects(&it)).unwrap_or_default(),
            });
        }
        vetoes
    }

    fn put_right(&mut self, at: &At<'_>) -> Option<PutRight> {
        let fields = self.open(at, &PUT_RIGHT)?;
        let days = fields.at("days").and_then(|it| self.whole(&it, 1, 3660));
        let in_time = fields.at("in_time").and_then(|it| self.word(&it, words::put_right()));
        Some(PutRight { days: days?, annuls: in_time.unwrap_or_default() })
    }

    /// One mapping of effects, or a list of such.
    fn effects(&mut self, at: &At<'_>) -> Vec<Effect> {
        let items = match at.value.data {
            Data::Seq(_) => self.list(at),
            Data::Map(_) | Data::Scalar(_) | Data::Refused => vec![at.clone()],
        };
        let mut effects = Vec::new();
        for item in items {
            if let Some(fields) = self.open(&item, &EFFECT) {
                self.effects_of(&fields, &mut effects);
            }
        }
        effects
    }

    fn effects_of(&mut self, fields: &Fields<'_>, effects: &mut Vec<Effect>) {
        if fields.at("excluded").is_some_and(|it| self.yes(&it)) {
            effects.push(Effect::Excluded);
        }
        let grade = fields.at("grade").and_then(|it| self.grade_ref(&it));
        effects.extend(grade.map(Effect::Grade));
        let best = fields.at("grade_at_best").and_then(|it| self.grade_ref(&it));
        effects.extend(best.map(Effect::GradeAtBest));
        if let Some(at) = fields.at("grades_down") {
            let down = self.whole(&at, 1, 1000).and_then(|it| usize::try_from(it).ok());
            effects.extend(down.map(Effect::GradesDown));
            if self.grade_ids.is_empty() {
                let (wrong, zh) = ("the scheme has no grades", "办法没有等次");
                self.fault("NO_GRADES", &at.spot(), wrong, zh, "`grades` in the document");
            }
        }
        let most = fields.at("score_at_most").and_then(|it| self.number(&it));
        effects.extend(most.map(Effect::ScoreAtMost));
        if let Some(at) = fields.at("score_less") {
            let less = self.number(&at);
            if less.is_some_and(Decimal::is_negative) {
                let (wrong, zh) =
                    ("taking less than 0 off would raise the score", "扣分不能小于 0");
                self.fault("VETO_RAISES", &at.spot(), wrong, zh, "0 or more");
            }
            effects.extend(less.map(Effect::ScoreLess));
        }
        let node = fields.at("node").and_then(|it| self.outside_node(&it));
        let value = fields.at("value").and_then(|it| self.number(&it));
        effects.extend(node.zip(value).map(|(node, value)| Effect::Node { node, value }));
        if fields.at("no_awards").is_some_and(|it| self.yes(&it)) {
            effects.push(Effect::NoAwards);
        }
    }

    /// How subjects are ranked.
    pub(super) fn ranking(&mut self, at: &At<'_>) -> Option<Ranking> {
        let fields = self.open(at, &RANKING)?;
        let within = fields.at("within").map(|it| self.names(&it)).unwrap_or_default();
        let mut by = Vec::new();
        if let Some(at) = fields.at("by") {
            for item in self.list(&at) {
                by.extend(self.rank_key(&item));
            }
        }
        let places = fields.at("places").and_then(|it| self.word(&it, words::places()));
        Some(Ranking { within, by, places: places.unwrap_or_default() })
    }

    fn rank_key(&mut self, at: &At<'_>) -> Option<RankKey> {
        if matches!(at.value.data, Data::Scalar(_)) {
            let key = self.word(at, words::score());
            return key
                .map(|()| RankKey { of: KeyOf::Score, order: super::super::Order::default() });
        }
        let fields = self.open(at, &RANK_KEY)?;
        let order = fields.at("order").and_then(|it| self.word(&it, words::orders()));
        let of = match (fields.at("score"), fields.at("node"), fields.at("metric")) {
            (Some(score), _, _) => self.yes(&score).then_some(KeyOf::Score),
            (None, Some(node), _) => self.outside_node(&node).map(KeyOf::Node),
            (None, None, Some(metric)) => self.name(&metric).map(KeyOf::Metric),
            (None, None, None) => None,
        };
        Some(RankKey { of: of?, order: order.unwrap_or_default() })
    }

    /// What money follows.
    pub(super) fn awards(&mut self, at: &At<'_>, subject: Option<SubjectKind>) -> Vec<Award> {
        let mut ids = BTreeSet::new();
        let mut awards = Vec::new();
        for item in self.list_or_none(at) {
            let Some(fields) = self.open(&item, &AWARD) else { continue };
            let id = fields.at("id").and_then(|it| self.unique(&it, &mut ids)).unwrap_or_default();
            let title = fields.at("title").and_then(|it| self.title(&it)).unwrap_or_default();
            let amount = fields.at("amount").and_then(|it| {
                let amount = self.amount(&it)?;
                if amount <= Money::ZERO {
                    let (wrong, zh) = ("an award is above 0", "奖励金额应大于 0");
                    self.fault("NOT_POSITIVE", &it.spot(), wrong, zh, "yuan such as `2000.00`");
                }
                Some(amount)
            });
            let as_of = fields.at("as_of").and_then(|it| self.word(&it, words::award_as_of()));
            let as_of_publication = as_of.is_some();
            if as_of_publication && subject.is_some_and(|it| it != SubjectKind::Post) {
                // Of others nobody would be told of it.
                let (wrong, zh) = ("this scheme is not about posts", "本办法不以职务为对象");
                let right = "`subject: post`, or leave it out";
                self.fault("ONLY_OF_POSTS", &fields.key("as_of"), wrong, zh, right);
            }
            let scope = if as_of_publication { Scope::Published } else { Scope::Award };
            let when = fields.at("when").and_then(|it| self.predicate(&it, scope));
            let to = fields.at("to").and_then(|it| self.word(&it, words::award_to()));
            let paid = fields.at("paid").and_then(|it| self.word(&it, words::award_paid()));
            let paid = paid.unwrap_or_default();
            let (basis, place) = (self.basis(&fields), fields.spot.place);
            if let (Some(amount), Some(to)) = (amount, to) {
                awards.push(Award {
                    id,
                    title,
                    place,
                    amount,
                    when,
                    to,
                    as_of_publication,
                    paid,
                    basis,
                });
            }
        }
        awards
    }
}
