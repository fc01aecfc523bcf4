//! Whether a point schedule keeps within what a scheme says (M2): every fault at once.

use super::{
    Counted, CountedPoints, Counting, NodeKind, Place, Schedule, ScheduleItem, Scheduled, Scheme,
    SchemeFault, Severity,
};
use crate::domain::{
    exact::{Decimal, Exact, ExactError},
    time::{PeriodKind, Window},
};

impl Scheme {
    /// The bounds that the scheme sets every point schedule; nothing where it takes none.
    pub fn scheduled(&self) -> Option<&Scheduled> {
        self.nodes.iter().find_map(|it| {
            if let NodeKind::Scheduled(scheduled) = &it.kind { Some(scheduled) } else { None }
        })
    }

    /// Every way in which a schedule goes beyond the scheme's bounds; none where the scheme takes
    /// no schedules.
    pub fn beyond_bounds(&self, schedule: &Schedule) -> Vec<SchemeFault> {
        let Some(bounds) = self.scheduled() else { return Vec::new() };
        let mut check = Check { bounds, period: self.period, faults: Vec::new() };
        check.items(schedule);
        for item in &schedule.items {
            let counted = |it: &&super::Node| matches!(it.kind, NodeKind::Counted(_));
            if self.nodes.iter().filter(counted).any(|it| it.id == item.id) {
                let wrong = format!("the scheme counts `{}` itself", item.id);
                let zh = format!("评分办法已自行计算 {}，不得重复列入", item.id);
                check.fault(item, "ITEM_OF_SCHEME", wrong, zh, "another id");
            }
        }
        check.faults
    }
}

struct Check<'a> {
    bounds: &'a Scheduled,
    period: PeriodKind,
    faults: Vec<SchemeFault>,
}

fn fault(
    place: Place,
    path: String,
    code: &'static str,
    words: (String, String),
    right: String,
) -> SchemeFault {
    let severity = Severity::Fault;
    SchemeFault { severity, code, place, path, wrong: words.0, wrong_zh: words.1, right }
}

impl Check<'_> {
    fn fault(
        &mut self,
        item: &ScheduleItem,
        code: &'static str,
        wrong: String,
        zh: String,
        right: &str,
    ) {
        let (place, path) = (item.place, item.path.clone());
        self.faults.push(fault(place, path, code, (wrong, zh), right.to_owned()));
    }

    fn items(&mut self, schedule: &Schedule) {
        let (fewest, most) = self.bounds.items;
        let count = schedule.items.len();
        if !u32::try_from(count).is_ok_and(|it| (fewest..=most).contains(&it)) {
            let wrong = format!("the schedule has {count} items");
            let zh = format!("细则共 {count} 项，应为 {fewest} 至 {most} 项");
            let right = format!("{fewest} to {most} items");
            let path = "items".to_owned();
            self.faults.push(fault(schedule.place, path, "ITEMS_COUNT", (wrong, zh), right));
        }
        let mut reach = Some((Exact::ZERO, Exact::ZERO));
        for item in &schedule.items {
            self.each(item);
            self.valid(item);
            self.cap_signs(item);
            let own = self.reach(item);
            reach = reach
                .zip(own)
                .and_then(|(sum, own)| Some((sum.0.plus(&own.0).ok()?, sum.1.plus(&own.1).ok()?)));
        }
        let Some((least, most)) = reach else { return };
        let (floor, ceiling) = self.bounds.in_all;
        for (over, what, zh, bound) in [
            (most > Exact::from(ceiling), &most, "最多", ceiling),
            (least < Exact::from(floor), &least, "最少", floor),
        ] {
            if over {
                let what = what.exact_text();
                let wrong = format!("all items together can come to {what}");
                let zh = format!("全部项目合计{zh}可达 {what}，超出 {bound}");
                let right = format!("from {floor} to {ceiling} in all");
                let path = "items".to_owned();
                self.faults.push(fault(schedule.place, path, "IN_ALL", (wrong, zh), right));
            }
        }
    }

    /// One time of an item is worth what the bounds allow.
    fn each(&mut self, item: &ScheduleItem) {
        let (least, most) = self.bounds.each;
        let worth: Vec<Decimal> = match &item.counted.counting {
            Counting::Tiers(tiers) => tiers.iter().map(|it| it.1).collect(),
            Counting::Each { points: CountedPoints::Fixed(points), .. } => vec![*points],
            Counting::Each { points: CountedPoints::Entered { each: Some(each) }, .. } => {
                vec![each.0, each.1]
            }
            Counting::Each { points: CountedPoints::Entered { each: None }, .. } => {
                let wrong = "entries of any points".to_owned();
                let zh = "points: entered 应写明 each".to_owned();
                let right = format!("`each` within [{least}, {most}]");
                self.fault(item, "EACH_MISSING", wrong, zh, &right);
                return;
            }
        };
        for points in worth.into_iter().filter(|it| !(least..=most).contains(it)) {
            let wrong = format!("one time is worth {points}");
            let zh = format!("单次分值 {points} 超出 {least} 至 {most}");
            self.fault(item, "EACH_BOUND", wrong, zh, &format!("from {least} to {most}"));
        }
    }

    fn valid(&mut self, item: &ScheduleItem) {
        let Some(months) = item.counted.valid_months else { return };
        if self.bounds.valid_at_most.is_some_and(|it| months <= it) {
            return;
        }
        let wrong = format!("entries are valid for {months} months");
        let zh = format!("有效期 {months} 个月超出规定");
        let right = match self.bounds.valid_at_most {
            Some(most) => format!("at most {most} months"),
            None => "no `valid`".to_owned(),
        };
        self.fault(item, "VALID_BOUND", wrong, zh, &right);
    }

    fn cap_signs(&mut self, item: &ScheduleItem) {
        for cap in &item.counted.caps {
            let below = cap.at_most.is_some_and(Decimal::is_negative);
            if below || cap.at_least.is_some_and(|it| it > Decimal::ZERO) {
                let wrong = format!("the cap per {} has no 0 in it", cap.per.name());
                let zh = "上限不得小于 0，下限不得大于 0".to_owned();
                self.fault(item, "CAP_SIGN", wrong, zh, "`at_most` from 0, `at_least` to 0");
            }
        }
    }

    /// The least and the most that an item can come to; a fault where nothing bounds it.
    fn reach(&mut self, item: &ScheduleItem) -> Option<(Exact, Exact)> {
        if let Counting::Tiers(tiers) = &item.counted.counting {
            let worth = || tiers.iter().map(|it| it.1);
            let least = worth().min().unwrap_or_default().min(Decimal::ZERO);
            let most = worth().max().unwrap_or_default().max(Decimal::ZERO);
            return Some((Exact::from(least), Exact::from(most)));
        }
        let (down, up) = signs(&item.counted);
        let least = self.bound(item, down, |it| it.at_least);
        let most = self.bound(item, up, |it| it.at_most);
        Some((least?, most?))
    }

    fn bound(
        &mut self,
        item: &ScheduleItem,
        can: bool,
        of: impl Fn(&super::Cap) -> Option<Decimal>,
    ) -> Option<Exact> {
        if !can {
            return Some(Exact::ZERO);
        }
        let windows = |it: Window| windows(it, self.period, item.counted.valid_months);
        let bounds: Result<Vec<Exact>, ExactError> = item
            .counted
            .caps
            .iter()
            .filter_map(|cap| of(cap).map(|it| (cap.per, it)))
            .map(|(per, it)| Exact::from(it).times(&Exact::whole(windows(per))))
            .collect();
        // Bounds of one side have one sign: the tightest is the one nearest to 0.
        let tightest = bounds
            .ok()?
            .into_iter()
            .reduce(|a, b| if a.is_negative() || b.is_negative() { a.max(b) } else { a.min(b) });
        if tightest.is_none() {
            let wrong = "nothing bounds what its entries come to".to_owned();
            let zh = "该项没有封顶，合计无从限定".to_owned();
            self.fault(
                item,
                "ITEM_UNBOUNDED",
                wrong,
                zh,
                "a cap, such as `{per: year, at_most: 10}`",
            );
        }
        tightest
    }
}

/// Whether an entry can be worth less than 0, and more than 0.
fn signs(counted: &Counted) -> (bool, bool) {
    let Counting::Each { points, repeats } = &counted.counting else { return (false, false) };
    let worth = match points {
        CountedPoints::Fixed(points) => vec![*points],
        CountedPoints::Entered { each: Some((least, most)) } => vec![*least, *most],
        CountedPoints::Entered { each: None } => return (true, true),
    };
    let one = [Decimal::ONE];
    let repeats = if repeats.is_empty() { &one[..] } else { repeats.as_slice() };
    let (mut down, mut up) = (false, false);
    for points in worth {
        for repeat in repeats {
            if points == Decimal::ZERO || *repeat == Decimal::ZERO {
                continue;
            }
            let negative = points.is_negative() != repeat.is_negative();
            down = down || negative;
            up = up || !negative;
        }
    }
    (down, up)
}

/// How many windows of a length entries of one period can lie in, at the most.
fn windows(window: Window, period: PeriodKind, valid_months: Option<u32>) -> u32 {
    let months: u32 = match period {
        PeriodKind::Year => 12,
        PeriodKind::Half => 6,
        PeriodKind::Quarter => 3,
        PeriodKind::Month => 1,
    };
    let length = match window {
        Window::Day => {
            return match (valid_months, period) {
                (Some(valid), _) if valid > months => valid.saturating_mul(31),
                (_, PeriodKind::Year) => 366,
                (_, PeriodKind::Half) => 184,
                (_, PeriodKind::Quarter) => 92,
                (_, PeriodKind::Month) => 31,
            };
        }
        Window::Month => 1,
        Window::Quarter => 3,
        Window::Half => 6,
        Window::Year => 12,
    };
    // Entries that are valid for longer than the period lie in that many months before its end,
    // which need not be the end of a longer window too.
    let valid = valid_months.unwrap_or(0);
    let over = u32::from(valid > months && length > months);
    months.max(valid).div_ceil(length).saturating_add(over)
}
