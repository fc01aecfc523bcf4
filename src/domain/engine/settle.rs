//! What is settled between subjects: seats of grades, ties at a line, places.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Candidate, Standing,
    cohort::Barred,
    judge::{bit, first},
    key::compare,
    plan::Plan,
};
use crate::domain::{
    exact::{ExactError, GroupSeats, apportion},
    facts::TieDecision,
    scheme::{Places, Ranking, SeatBase, Seats},
};

/// What one subject ends with, in the order in which the candidates were given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settlement {
    /// The grade, as a position from the top; none while a tie is open.
    pub grade: Option<u8>,
    /// The tie that is open: the grade it is about.
    pub tie: Option<u8>,
    /// The grades for which there was no seat left, from the top.
    pub exhausted: Box<[u8]>,
    /// Whether it holds one of the limited seats of its grade.
    pub seated: bool,
    /// Places, in the order of the ranking's groups; 0 where there is none.
    pub ranks: Box<[u32]>,
    /// Whether the seats that it is tied for are those of a pool.
    pub pooled: bool,
    /// How many barred subjects stand ahead of it without whose lack it would have no seat for sure;
    /// 0 where it has one anyway, or none.
    pub left_by: u32,
}

/// The quota table of one grade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The grade, as a position from the top.
    pub grade: usize,
    /// Every group that has subjects, and every pool of such, by id.
    pub groups: Vec<QuotaGroup>,
}

/// One row of a quota table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaGroup {
    /// The group's id; of a pool that of the group into which it pools.
    pub group: Arc<str>,
    /// The groups of a pool, by id; empty for a group by itself.
    pub pooled: Vec<Arc<str>>,
    /// Its seats.
    pub row: GroupSeats,
}

/// What shares seats: a group, or a pool of small ones.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Unit {
    id: Arc<str>,
    pooled: Vec<Arc<str>>,
    /// Positions among the candidates.
    subjects: Vec<usize>,
}

/// A tie that nobody has decided yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTie {
    /// The grade, as a position from the top.
    pub grade: usize,
    /// The group or pool within which subjects are tied; none where groups are.
    pub within: Option<Arc<str>>,
    /// The tied subjects or groups, by id.
    pub tied: Vec<String>,
    /// How many seats are between them.
    pub seats: usize,
}

/// A whole cohort, settled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settled {
    /// One a candidate.
    pub settlements: Vec<Settlement>,
    /// One a grade with seats, from the top.
    pub quotas: Vec<Quota>,
    /// What is left open.
    pub ties: Vec<OpenTie>,
    /// Decisions that settled nothing, as positions in the list given: they name no tie that is
    /// there, or not exactly the tied.
    pub unused: Vec<usize>,
}

/// Settles a cohort. The result does not depend on the order of the candidates.
pub fn settle(
    plan: &Plan,
    candidates: &[Candidate],
    decisions: &[TieDecision],
    seats_open: bool,
) -> Result<Settled, ExactError> {
    let mut settling = Settling {
        plan,
        candidates,
        decisions,
        used: vec![false; decisions.len()],
        settled: Settled {
            settlements: candidates.iter().map(initial).collect(),
            ..Settled::default()
        },
        places: BTreeMap::new(),
    };
    if let (Some(ranking), false) = (&plan.scheme.ranking, seats_open) {
        for (grade, it) in plan.scheme.grades.iter().enumerate() {
            if let Some(seats) = &it.seats {
                settling.grade(grade, seats, ranking)?;
            }
        }
    }
    if let Some(ranking) = &plan.scheme.ranking {
        settling.rank(ranking);
    }
    let unused = settling.used.iter().enumerate().filter(|(_, used)| !**used);
    settling.settled.unused = unused.map(|(index, _)| index).collect();
    Ok(settling.settled)
}

fn initial(candidate: &Candidate) -> Settlement {
    Settlement { grade: candidate.grade, ..Settlement::default() }
}

struct Settling<'a> {
    plan: &'a Plan,
    candidates: &'a [Candidate],
    decisions: &'a [TieDecision],
    used: Vec<bool>,
    settled: Settled,
    /// How far down their unit's order the seated are, from 1; of equal ones the last.
    places: BTreeMap<usize, usize>,
}

impl<'a> Settling<'a> {
    fn group_of(&self, candidate: &'a Candidate, name: &str) -> &'a Arc<str> {
        static NONE: std::sync::LazyLock<Arc<str>> = std::sync::LazyLock::new(|| Arc::from(""));
        let position = self.plan.groups.iter().position(|it| it == name);
        position.and_then(|it| candidate.groups.get(it)).unwrap_or(&NONE)
    }

    /// All subjects by group, as positions among the candidates.
    fn by_group(&self, name: &str) -> BTreeMap<Arc<str>, Vec<usize>> {
        let mut groups: BTreeMap<Arc<str>, Vec<usize>> = BTreeMap::new();
        for (index, candidate) in self.candidates.iter().enumerate() {
            groups.entry(Arc::clone(self.group_of(candidate, name))).or_default().push(index);
        }
        groups
    }

    fn is_ranked(&self, index: usize) -> bool {
        self.candidates.get(index).is_some_and(|it| it.standing == Standing::Ranked)
    }

    fn keys(&self, index: usize) -> &'a [super::Key] {
        self.candidates.get(index).map(|it| &*it.keys).unwrap_or_default()
    }

    fn members(&self, seats: &Seats, subjects: &[usize]) -> Result<u64, ExactError> {
        let counted = match seats.of {
            SeatBase::Subjects => subjects.len(),
            SeatBase::Results => subjects.iter().filter(|it| self.is_ranked(**it)).count(),
        };
        u64::try_from(counted).map_err(|_| ExactError::Overflow)
    }

    /// What shares the seats of a grade, by id: the groups, those of few members taken together with
    /// the others that lie in the same larger group. One without company stays alone, as does one
    /// whose subjects do not agree on where it lies.
    fn units(&self, seats: &Seats) -> Result<Vec<Unit>, ExactError> {
        let mut units = Vec::new();
        let mut pools: BTreeMap<Arc<str>, Vec<Unit>> = BTreeMap::new();
        for (id, subjects) in self.by_group(&seats.within) {
            let mut into = None;
            if let Some(pool) = &seats.pool
                && self.members(seats, &subjects)? < pool.fewer_than
            {
                let of =
                    |it: &usize| self.candidates.get(*it).map(|it| self.group_of(it, &pool.into));
                let first = subjects.first().and_then(of);
                into = first.filter(|_| subjects.iter().all(|it| of(it) == first)).cloned();
            }
            let unit = Unit { id, pooled: Vec::new(), subjects };
            match into {
                Some(into) => pools.entry(into).or_default().push(unit),
                None => units.push(unit),
            }
        }
        for (id, small) in pools {
            if small.len() < 2 {
                units.extend(small);
                continue;
            }
            let pooled = small.iter().map(|it| Arc::clone(&it.id)).collect();
            let subjects = small.into_iter().flat_map(|it| it.subjects).collect();
            units.push(Unit { id, pooled, subjects });
        }
        units.sort();
        Ok(units)
    }

    /// Seats of one grade: the quota table, then group by group who keeps it.
    fn grade(&mut self, grade: usize, seats: &Seats, ranking: &Ranking) -> Result<(), ExactError> {
        let units = self.units(seats)?;
        let mut members = Vec::with_capacity(units.len());
        for unit in &units {
            members.push(self.members(seats, &unit.subjects)?);
        }
        let names: Vec<&Arc<str>> = units.iter().map(|it| &it.id).collect();
        let open = apportion(&members, &seats.terms, None)?;
        let mut table = open.clone();
        if !open.tied.is_empty() {
            let tied: Vec<&str> =
                open.tied.iter().filter_map(|it| names.get(*it)).map(|it| &***it).collect();
            match self.decision(grade, None, &tied) {
                Some(order) => {
                    let position = |name: &String| names.iter().position(|it| ***it == **name);
                    let order: Vec<usize> = order.iter().filter_map(position).collect();
                    table = apportion(&members, &seats.terms, Some(&order))?;
                }
                None => self.settled.ties.push(OpenTie {
                    grade,
                    within: None,
                    tied: tied.iter().map(|it| (*it).to_owned()).collect(),
                    seats: open.open_seats,
                }),
            }
        }
        for (unit, row) in units.iter().zip(&table.rows) {
            let undecided = row.why == crate::domain::exact::Why::TieOpen
                && seats.terms.each_at_most.is_none_or(|it| row.seats < it);
            self.seat(grade, unit, row.seats, undecided, ranking);
        }
        let rows = units.into_iter().zip(table.rows);
        let rows = rows.map(|(it, row)| QuotaGroup { group: it.id, pooled: it.pooled, row });
        self.settled.quotas.push(Quota { grade, groups: rows.collect() });
        Ok(())
    }

    /// Who of one group keeps a grade of which there are `seats`; with `undecided`, one more seat
    /// is waiting for a decision between groups.
    fn seat(&mut self, grade: usize, unit: &Unit, seats: u64, undecided: bool, ranking: &Ranking) {
        let seats = usize::try_from(seats).unwrap_or(usize::MAX);
        let has_grade = |it: &&usize| {
            let settlement = self.settled.settlements.get(**it);
            self.is_ranked(**it)
                && settlement.is_some_and(|it| it.grade.map(usize::from) == Some(grade))
        };
        let mut eligible: Vec<usize> = unit.subjects.iter().filter(has_grade).copied().collect();
        eligible.sort_by(|a, b| compare(ranking, self.keys(*a), self.keys(*b)));
        let waiting = seats.saturating_add(usize::from(undecided));
        let mut from = 0_usize;
        while let Some(start) = eligible.get(from).copied() {
            let rest = eligible.get(from..).unwrap_or_default();
            let equal = |it: &&usize| compare(ranking, self.keys(start), self.keys(**it)).is_eq();
            let class: Vec<usize> = rest.iter().take_while(equal).copied().collect();
            let to = from.saturating_add(class.len());
            if to <= seats {
                class.iter().for_each(|it| self.take_seat(*it, to));
            } else if from >= waiting {
                class.iter().for_each(|it| self.next_grade(*it, grade));
            } else if from < seats && to > seats {
                let open = seats.saturating_sub(from);
                self.tied(grade, unit, &class, (from, open), usize::from(undecided));
            } else {
                // Next in line for a seat that waits for a decision between groups.
                self.tied(grade, unit, &class, (from, 0), usize::from(undecided));
            }
            from = to;
        }
        self.left(grade, unit, seats, ranking);
    }

    /// Tells who holds a seat that barred subjects ahead of it do not take.
    fn left(&mut self, grade: usize, unit: &Unit, seats: usize, ranking: &Ranking) {
        let barred = |it: &usize| {
            let barred = self.candidates.get(*it).and_then(|it| it.barred.as_deref());
            barred.filter(|it| it.grades & bit(grade) != 0)
        };
        let barred: Vec<&Barred> = unit.subjects.iter().filter_map(barred).collect();
        if barred.is_empty() {
            return;
        }
        for index in &unit.subjects {
            let own = self.keys(*index);
            let Some(settlement) = self.settled.settlements.get_mut(*index) else { continue };
            let here = settlement.seated && settlement.grade.map(usize::from) == Some(grade);
            if !here {
                continue;
            }
            let ahead = barred.iter().filter(|it| compare(ranking, &it.keys, own).is_lt()).count();
            let place = self.places.get(index).copied().unwrap_or(0);
            if place.saturating_add(ahead) > seats {
                settlement.left_by = u32::try_from(ahead).unwrap_or(u32::MAX);
            }
        }
    }

    /// Subjects equal at the line: a recorded decision orders them, or nobody is seated.
    fn tied(
        &mut self,
        grade: usize,
        unit: &Unit,
        class: &[usize],
        (from, seats): (usize, usize),
        undecided: usize,
    ) {
        let subject = |it: &usize| self.candidates.get(*it).map_or("", |it| &*it.subject);
        let mut tied: Vec<&str> = class.iter().map(subject).collect();
        tied.sort_unstable();
        let Some(order) = self.decision(grade, Some(&unit.id), &tied) else {
            if seats > 0 {
                let tied = tied.into_iter().map(str::to_owned).collect();
                let within = Some(Arc::clone(&unit.id));
                self.settled.ties.push(OpenTie { grade, within, tied, seats });
            }
            class.iter().for_each(|it| self.leave_open(*it, grade, unit));
            return;
        };
        let candidates = self.candidates;
        for (position, id) in order.iter().enumerate() {
            let is = |it: &&usize| candidates.get(**it).is_some_and(|it| *it.subject == **id);
            let Some(index) = class.iter().find(is).copied() else { continue };
            if position < seats {
                self.take_seat(index, from.saturating_add(position).saturating_add(1));
            } else if position < seats.saturating_add(undecided) {
                self.leave_open(index, grade, unit);
            } else {
                self.next_grade(index, grade);
            }
        }
    }

    /// The recorded decision about exactly these tied subjects or groups.
    fn decision(
        &mut self,
        grade: usize,
        within: Option<&Arc<str>>,
        tied: &[&str],
    ) -> Option<&'a [String]> {
        let id = self.plan.scheme.grades.get(grade).map(|it| it.id.as_str())?;
        let mut wanted = tied.to_vec();
        wanted.sort_unstable();
        let fits = |decision: &TieDecision| {
            let mut order: Vec<&str> = decision.order.iter().map(String::as_str).collect();
            order.sort_unstable();
            decision.grade == id
                && decision.within.as_deref() == within.map(|it| &**it)
                && order == wanted
        };
        // Several decisions about one tie: the last recorded holds, the others settled nothing.
        let position = self.decisions.iter().rposition(fits)?;
        if let Some(used) = self.used.get_mut(position) {
            *used = true;
        }
        self.decisions.get(position).map(|it| it.order.as_slice())
    }

    /// Seats a subject that is at most so far down its unit's order, from 1.
    fn take_seat(&mut self, index: usize, place: usize) {
        self.places.insert(index, place);
        if let Some(settlement) = self.settled.settlements.get_mut(index) {
            settlement.seated = true;
        }
    }

    fn leave_open(&mut self, index: usize, grade: usize, unit: &Unit) {
        if let Some(settlement) = self.settled.settlements.get_mut(index) {
            settlement.grade = None;
            settlement.tie = u8::try_from(grade).ok();
            settlement.pooled = !unit.pooled.is_empty();
        }
    }

    /// The next grade down that the subject qualifies for.
    fn next_grade(&mut self, index: usize, grade: usize) {
        let qualifies = self.candidates.get(index).map_or(0, |it| it.qualifies);
        let above = bit(grade.saturating_add(1)).wrapping_sub(1);
        let next = first(qualifies & !above);
        if let Some(settlement) = self.settled.settlements.get_mut(index) {
            settlement.grade = next.and_then(|it| u8::try_from(it).ok());
            let mut exhausted = settlement.exhausted.to_vec();
            exhausted.extend(u8::try_from(grade));
            settlement.exhausted = exhausted.into_boxed_slice();
        }
    }

    /// Places within each group that the ranking names.
    fn rank(&mut self, ranking: &Ranking) {
        let width = ranking.within.len();
        for settlement in &mut self.settled.settlements {
            settlement.ranks = vec![0; width].into_boxed_slice();
        }
        for (position, name) in ranking.within.iter().enumerate() {
            for subjects in self.by_group(name).into_values() {
                let mut ranked: Vec<usize> =
                    subjects.into_iter().filter(|it| self.is_ranked(*it)).collect();
                ranked.sort_by(|a, b| compare(ranking, self.keys(*a), self.keys(*b)));
                let (mut place, mut last) = (0_u32, None);
                for (ahead, index) in (1_u32..).zip(ranked) {
                    let same = last.is_some_and(|last| {
                        compare(ranking, self.keys(last), self.keys(index)).is_eq()
                    });
                    if !same {
                        place = match ranking.places {
                            Places::Competition => ahead,
                            Places::Dense => place.saturating_add(1),
                        };
                    }
                    last = Some(index);
                    let settlement = self.settled.settlements.get_mut(index);
                    if let Some(slot) = settlement.and_then(|it| it.ranks.get_mut(position)) {
                        *slot = place;
                    }
                }
            }
        }
    }
}
