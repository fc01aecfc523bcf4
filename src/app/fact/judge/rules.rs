//! What the schemes in force say to facts: point entries by the schedule of the compound in which the
//! member lived on the day (M2), and periods that are closed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    app::{
        AppError, RefusedBecause,
        schedule::schedules_known,
        scheme::{Plans, headers, last_day},
        timeline::{Held, stays, timelines},
    },
    domain::{
        engine::Plan,
        exact::Decimal,
        scheme::{CountedPoints, Counting, NodeKind, ScheduleItem, Schedules, SubjectKind},
        time::{Day, Moment, Period},
    },
    store::{Fact, FactKind, ReadTx},
};

/// A scheme's version with its days in force.
#[derive(Debug)]
struct Version {
    from: Day,
    until: Option<Day>,
    plan: Arc<Plan>,
}

/// Why a period takes no new facts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Closed {
    /// Its last day for facts is over.
    Since(Day),
    /// A run of it is published.
    Published(String),
}

/// What was read for a batch.
#[derive(Debug, Default)]
pub(super) struct Rules {
    versions: BTreeMap<SubjectKind, Vec<Version>>,
    /// Where the members of the batch lived.
    lived: BTreeMap<String, Vec<Held>>,
    schedules: Schedules,
    /// The periods of schemes that are closed, by scheme and period.
    closed: BTreeMap<(String, String), Closed>,
}

/// The day by which the period of a fact is found: that of a deed, the first of an interval, the last
/// of a period.
fn about(fact: &Fact) -> Option<Day> {
    fact.on_day.or_else(|| Period::parse(&fact.period).ok().map(Period::last_day))
}

/// The period of a scheme's length that a day lies in.
fn period_at(plan: &Plan, day: Day) -> Option<Period> {
    let of = |number| Period::new(plan.scheme().period, day.year(), number);
    (1..=12).filter_map(of).find(|it| it.contains(day))
}

/// Whether a fact can count for those posts that the member holds.
fn of_holders(fact: &Fact) -> bool {
    let of_member = SubjectKind::named(&fact.subject_kind) == Some(SubjectKind::Member);
    of_member && matches!(fact.kind, FactKind::Veto | FactKind::VetoStep)
}

fn refused(reason: &'static str, en: String, zh: String) -> RefusedBecause {
    RefusedBecause::State { reason, en, zh }
}

impl Rules {
    /// Reads what these facts are judged by.
    pub(super) async fn read(
        tx: &mut dyn ReadTx,
        plans: &Plans,
        (county, at): (&str, Moment),
        facts: &[&Fact],
    ) -> Result<Self, AppError> {
        let mut kinds: BTreeSet<SubjectKind> =
            facts.iter().filter_map(|it| SubjectKind::named(&it.subject_kind)).collect();
        if facts.iter().any(|it| of_holders(it)) {
            kinds.insert(SubjectKind::Post);
        }
        let mut rules = Self::default();
        for header in headers(tx, county).await? {
            let Some(kind) =
                SubjectKind::named(&header.subject_kind).filter(|it| kinds.contains(it))
            else {
                continue;
            };
            let plan = match plans.get(&header.digest) {
                Some(plan) => plan,
                None => match tx.scheme(county, &header.scheme_id, header.version).await? {
                    Some(published) => plans.plan(&published)?,
                    None => continue,
                },
            };
            let (from, until) = (header.in_force_from, last_day(&header));
            rules.versions.entry(kind).or_default().push(Version { from, until, plan });
        }
        rules.read_schedules(tx, plans, (county, at), facts).await?;
        rules.read_closed(tx, (county, at), facts).await?;
        Ok(rules)
    }

    /// The schemes about a kind of subject that are in force on a day: of each the latest version.
    fn in_force(&self, kind: SubjectKind, day: Day) -> impl Iterator<Item = &Arc<Plan>> {
        let versions = self.versions.get(&kind).map(Vec::as_slice).unwrap_or_default();
        let holds =
            move |it: &&Version| it.from <= day && it.until.is_none_or(|until| day <= until);
        // Headers come by id and version, so that a later version stands behind an earlier one.
        versions
            .iter()
            .enumerate()
            .filter(move |(index, it)| {
                let mut later = versions.iter().skip(index.saturating_add(1));
                let same = |other: &&Version| other.plan.scheme().id == it.plan.scheme().id;
                holds(it) && !later.any(|other| same(&other) && holds(&other))
            })
            .map(|(_, it)| &it.plan)
    }

    /// Whether an entry is judged by a point schedule: some scheme in force takes schedules, and none
    /// counts the item itself.
    fn by_schedule(&self, fact: &Fact) -> bool {
        let Some(day) = fact.on_day.filter(|_| fact.kind == FactKind::Entry) else { return false };
        let Some(SubjectKind::Member) = SubjectKind::named(&fact.subject_kind) else {
            return false;
        };
        let mut takes = false;
        for plan in self.in_force(SubjectKind::Member, day) {
            let counts = |it: &crate::domain::scheme::Node| {
                it.id == fact.item && matches!(it.kind, NodeKind::Counted(_))
            };
            if plan.scheme().nodes.iter().any(counts) {
                return false;
            }
            takes = takes || plan.scheme().scheduled().is_some();
        }
        takes
    }

    async fn read_schedules(
        &mut self,
        tx: &mut dyn ReadTx,
        plans: &Plans,
        (county, at): (&str, Moment),
        facts: &[&Fact],
    ) -> Result<(), AppError> {
        let members: BTreeSet<String> =
            facts.iter().filter(|it| self.by_schedule(it)).map(|it| it.subject.clone()).collect();
        if members.is_empty() {
            return Ok(());
        }
        let members: Vec<String> = members.into_iter().collect();
        self.lived = timelines(tx, county, "member", &members, at).await?;
        let compounds: BTreeSet<String> =
            self.lived.values().flat_map(|it| stays(it)).map(|it| it.place).collect();
        let compounds: Vec<String> = compounds.into_iter().collect();
        self.schedules = schedules_known(tx, plans, county, &compounds, at).await?;
        Ok(())
    }

    async fn read_closed(
        &mut self,
        tx: &mut dyn ReadTx,
        (county, at): (&str, Moment),
        facts: &[&Fact],
    ) -> Result<(), AppError> {
        let mut asked: BTreeMap<(String, String), Day> = BTreeMap::new();
        for fact in facts.iter().filter(|it| it.kind != FactKind::Decision) {
            for (plan, period, last) in self.closing(fact) {
                asked.insert((plan.scheme().id.clone(), period.to_string()), last);
            }
        }
        let today = at.beijing_day();
        for ((scheme, period), last) in asked {
            let run = tx.published_run(county, &scheme, &period).await?;
            let by_day = today.is_some_and(|it| last < it).then_some(Closed::Since(last));
            let closed = run.map(|it| Closed::Published(it.run_id)).or(by_day);
            self.closed.extend(closed.map(|it| ((scheme, period), it)));
        }
        Ok(())
    }

    /// The periods that a fact is about, of schemes that close theirs, with the last day for facts.
    fn closing(&self, fact: &Fact) -> Vec<(&Arc<Plan>, Period, Day)> {
        let kind = SubjectKind::named(&fact.subject_kind);
        let Some((kind, day)) = kind.zip(about(fact)) else { return Vec::new() };
        let of = |plan| {
            let plan: &Arc<Plan> = plan;
            let after = plan.scheme().closes_after?;
            let period = period_at(plan, day)?;
            let days = jiff::SignedDuration::from_hours(i64::from(after).checked_mul(24)?);
            let last = period.last_day().date().checked_add(days).ok().and_then(Day::from_date)?;
            Some((plan, period, last))
        };
        let own = self.in_force(kind, day);
        // A veto about a member counts for the posts that it holds, where an item is of the holder.
        let holds = |it: &&Arc<Plan>| {
            let named = |item: &str| fact.kind == FactKind::VetoStep || item == fact.item;
            it.scheme().vetoes.iter().any(|it| it.of_holder && named(&it.id))
        };
        let posts = of_holders(fact).then(|| self.in_force(SubjectKind::Post, day).filter(holds));
        own.chain(posts.into_iter().flatten()).filter_map(of).collect()
    }

    /// Why the rules do not let a fact in, if they do not.
    pub(super) fn refuses(&self, fact: &Fact) -> Option<RefusedBecause> {
        if fact.late_reason.is_empty()
            && let Some(why) = self.too_late(fact)
        {
            return Some(why);
        }
        if self.by_schedule(fact) { self.not_scheduled(fact) } else { None }
    }

    fn too_late(&self, fact: &Fact) -> Option<RefusedBecause> {
        if fact.kind == FactKind::Decision {
            return None;
        }
        for (plan, period, _) in self.closing(fact) {
            let scheme = &plan.scheme().id;
            let Some(closed) = self.closed.get(&(scheme.clone(), period.to_string())) else {
                continue;
            };
            let (en, zh) = match closed {
                Closed::Since(last) => (
                    format!("{period} of `{scheme}` took facts until {last}: say why it is late"),
                    format!("{scheme} 的 {period} 周期已于 {last} 截止，补报须说明理由"),
                ),
                Closed::Published(run) => (
                    format!("{period} of `{scheme}` is published as `{run}`: say why it is late"),
                    format!("{scheme} 的 {period} 周期结果已公布（{run}），补报须说明理由"),
                ),
            };
            return Some(refused("PERIOD_CLOSED", en, zh));
        }
        None
    }

    /// Why the schedule of the day does not let an entry in.
    fn not_scheduled(&self, fact: &Fact) -> Option<RefusedBecause> {
        let (day, item) = (fact.on_day?, &fact.item);
        let held = self.lived.get(&fact.subject).map(Vec::as_slice).unwrap_or_default();
        let stays = stays(held);
        let Some(stay) = stays.iter().find(|it| it.days.contains(day)) else {
            return Some(refused(
                "NO_COMPOUND",
                format!("the member lived in no compound on {day}: no branch gives points there"),
                format!("该党员 {day} 没有居住小区，无从计分"),
            ));
        };
        let compound = &stay.place;
        let Some(schedule) = self.schedules.in_force(compound, day) else {
            return Some(refused(
                "NO_SCHEDULE_IN_FORCE",
                format!("`{compound}` had no point schedule in force on {day}"),
                format!("小区 {compound} 在 {day} 没有生效的积分细则"),
            ));
        };
        let Some(listed) = schedule.item(item) else {
            let version = schedule.version;
            return Some(refused(
                "ITEM_NOT_SCHEDULED",
                format!("version {version} of the schedule of `{compound}` has no item `{item}`"),
                format!("小区 {compound} 积分细则第 {version} 版没有项目 {item}"),
            ));
        };
        own_points(fact, listed)
    }
}

/// Entries with points of their own keep within what the item allows.
fn own_points(fact: &Fact, item: &ScheduleItem) -> Option<RefusedBecause> {
    let Counting::Each { points: CountedPoints::Entered { each }, .. } = &item.counted.counting
    else {
        return None;
    };
    let points = fact.amount_b.and_then(Decimal::from_ten_thousandths);
    match (points, each) {
        (None, _) => Some(refused(
            "POINTS_MISSING",
            format!("entries of `{}` say their own points", item.id),
            format!("{} 须逐条填写分值", item.id),
        )),
        (Some(points), Some((least, most))) if points < *least || points > *most => Some(refused(
            "POINTS_OUT_OF_RANGE",
            format!("an entry of `{}` is worth {least} to {most}", item.id),
            format!("{} 每条分值应为 {least} 至 {most}", item.id),
        )),
        (Some(_), _) => None,
    }
}
