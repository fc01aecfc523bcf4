//! The county's streets, communities, compounds and branches, and how good each compound is.

use super::{
    COUNTY,
    build::{Build, county, reference},
    buildings,
    model::{BranchForm, Detail, RecordKind},
    names,
};

/// What marks a compound out, besides how good it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing.
    None,
    /// One of two that are equal in everything, at the line of the street's seats.
    Twin,
    /// A serious incident: never selected.
    Incident,
    /// A member of the committee was disciplined.
    Discipline,
    /// Falsified its application: excluded.
    FalseMaterial,
    /// Applied, but the community's opinion was not a pass.
    OpinionFailed,
    /// Did not apply.
    NotApplied,
    /// Dormant to the year's end.
    Dormant,
    /// Dormant, and put right in November.
    DormantPutRight,
    /// Illegal structures still standing.
    Structures,
    /// The environment's sheets of one office are lacking: incomplete.
    Unfinished,
}

/// A compound.
#[derive(Debug, Clone)]
pub(super) struct Compound {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) street: usize,
    pub(super) community: usize,
    pub(super) households: i64,
    /// How good it is, 0 to 100.
    pub(super) level: i64,
    pub(super) mark: Mark,
    /// The number that its facts are drawn by; the twins share it.
    pub(super) draws: usize,
    /// How many committee posts it has besides the secretary's.
    pub(super) committee: usize,
    /// Whether a property company serves it.
    pub(super) served: bool,
}

/// A community.
#[derive(Debug, Clone)]
pub(super) struct Community {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) street: usize,
}

/// The county's places.
#[derive(Debug, Clone)]
pub(super) struct Places {
    pub(super) streets: Vec<&'static str>,
    pub(super) communities: Vec<Community>,
    pub(super) compounds: Vec<Compound>,
}

impl Places {
    /// The id of a compound's or community's street.
    pub(super) fn street(&self, index: usize) -> &'static str {
        self.streets.get(index).copied().unwrap_or_default()
    }

    /// The id of a community.
    pub(super) fn community(&self, index: usize) -> &str {
        self.communities.get(index).map_or("", |it| it.id.as_str())
    }

    /// How many compounds lie in a community.
    pub(super) fn compounds_of(&self, community: usize) -> usize {
        self.compounds.iter().filter(|it| it.community == community).count()
    }
}

/// Lays the county out and registers its units and branches.
pub(super) fn make(build: &mut Build<'_>) -> Places {
    let streets = names::STREETS.iter().map(|(id, _)| *id).collect();
    let mut places = Places { streets, communities: Vec::new(), compounds: Vec::new() };
    let mut names = names::compounds(&mut build.rng("compounds", 0)).into_iter();
    for street in 0..4 {
        let of = |numbers: [usize; 4]| numbers.get(street).copied().unwrap_or(0);
        let (compounds, communities) = (of(build.size.compounds), of(build.size.communities));
        let (start, first) = (places.compounds.len(), places.communities.len());
        for number in 0..communities {
            let name = names::COMMUNITIES.get(first + number).copied().unwrap_or_default();
            let id = format!("c-{:02}", first + number + 1);
            places.communities.push(Community { id, name: name.to_owned(), street });
        }
        for number in 0..compounds {
            let within = (number * communities).checked_div(compounds).unwrap_or(0);
            let name = names.next().unwrap_or_default();
            places.compounds.push(compound(build, name, (street, first + within), start + number));
        }
        let seats = of(build.size.seats);
        let here = places.compounds.get_mut(start..).unwrap_or_default();
        rate(build, street, seats, here);
    }
    let mut order: Vec<usize> = (0..places.compounds.len()).collect();
    build.rng("served", 0).shuffle(&mut order);
    let (projects, committee) = (build.size.projects, build.size.committee);
    for (rank, index) in order.into_iter().enumerate() {
        let all = places.compounds.len();
        if let Some(it) = places.compounds.get_mut(index) {
            it.served = rank < projects;
            it.committee = 2 + usize::from(rank < committee.saturating_sub(all * 2));
        }
    }
    level_twins(&mut places, projects);
    register(build, &places);
    buildings::register(build, &places);
    places
}

fn compound(
    build: &Build<'_>,
    name: String,
    (street, community): (usize, usize),
    index: usize,
) -> Compound {
    let households = build.rng("households", index).between(180, 1_400);
    Compound {
        id: format!("k-{:03}", index + 1),
        name,
        street,
        community,
        households,
        level: 0,
        mark: Mark::None,
        draws: index,
        committee: 2,
        served: true,
    }
}

/// Says how good the compounds of a street are: the good ones lie together in its first
/// communities, the marked ones at its end.
fn rate(build: &Build<'_>, street: usize, seats: usize, compounds: &mut [Compound]) {
    let mut rng = build.rng("levels", street);
    let twins = street == 1;
    let good = if twins { seats.saturating_sub(1) } else { seats + usize::from(seats > 0) };
    let knocked = [
        Mark::Incident,
        Mark::Discipline,
        Mark::FalseMaterial,
        Mark::OpinionFailed,
        Mark::NotApplied,
    ];
    let all = compounds.len();
    for (number, it) in compounds.iter_mut().enumerate() {
        let from_end = all - 1 - number;
        it.level = rng.between(if twins { 40 } else { 45 }, if twins { 68 } else { 78 });
        if number < good {
            it.level = rng.between(90, 98);
        } else if twins && number < good + 2 {
            (it.level, it.mark) = (80, Mark::Twin);
        } else if street == 0
            && let Some(mark) = knocked.get(from_end)
        {
            (it.level, it.mark) = (rng.between(88, 94), *mark);
        } else if twins {
            it.mark = match from_end {
                0 => Mark::Dormant,
                1 => Mark::Structures,
                2 => Mark::Unfinished,
                _ => Mark::None,
            };
        }
        if street == 0 && number == 0 {
            it.mark = Mark::DormantPutRight;
        }
    }
}

/// Makes the second twin equal to the first.
fn level_twins(places: &mut Places, projects: usize) {
    let mut first: Option<(usize, i64)> = None;
    for it in places.compounds.iter_mut().filter(|it| it.mark == Mark::Twin) {
        let (draws, households) = *first.get_or_insert((it.draws, it.households));
        (it.draws, it.households, it.served) = (draws, households, true);
    }
    let served = places.compounds.iter().filter(|it| it.served).count();
    let others = places.compounds.iter_mut().rev().filter(|it| it.served && it.mark == Mark::None);
    others.take(served.saturating_sub(projects)).for_each(|it| it.served = false);
}

fn register(build: &mut Build<'_>, places: &Places) {
    use RecordKind::{Branch, Community, Compound, County, Street};
    let unit = |households| Detail::OrgUnit { households };
    build.record(County, COUNTY, "新平彝族傣族自治县".to_owned(), None, &[], unit(None));
    for (id, name) in names::STREETS {
        build.record(Street, id, name.to_owned(), Some(county()), &[], unit(None));
    }
    for (number, it) in places.communities.iter().enumerate() {
        let street = reference(Street, places.street(it.street));
        build.record(Community, &it.id, it.name.clone(), Some(street), &[], unit(None));
        let form = organisation(number).1;
        let anchor = reference(Community, &it.id);
        let name = format!("{}党组织", it.name);
        build.record(
            Branch,
            &format!("b-{}", it.id),
            name,
            None,
            &[],
            Detail::Branch { form, anchor },
        );
    }
    for it in &places.compounds {
        let community = reference(Community, places.community(it.community));
        let attributes = [
            ("branch_form", "compound_branch"),
            ("community_organisation", organisation(it.community).0),
        ];
        let detail = unit(Some(it.households));
        build.record(Compound, &it.id, it.name.clone(), Some(community), &attributes, detail);
        let detail = Detail::Branch {
            form: BranchForm::CompoundBranch,
            anchor: reference(Compound, &it.id),
        };
        let name = format!("{}党支部", it.name);
        build.record(Branch, &format!("b-{}", it.id), name, None, &[], detail);
    }
    for number in 0..build.size.units {
        let detail = Detail::Branch { form: BranchForm::UnitBranch, anchor: county() };
        build.record(Branch, &unit_id(number), names::unit_branch(number), None, &[], detail);
    }
}

/// The id of the branch of the unit of that number.
pub(super) fn unit_id(number: usize) -> String {
    format!("u-{:02}", number + 1)
}

/// A community's own organisation.
const fn organisation(community: usize) -> (&'static str, BranchForm) {
    if community.is_multiple_of(3) {
        ("committee", BranchForm::PartyCommittee)
    } else {
        ("general_branch", BranchForm::GeneralBranch)
    }
}
