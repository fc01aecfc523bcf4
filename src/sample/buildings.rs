//! Buildings of the compounds: who lives in which, and who leads it (I3): a party group where three
//! formal members live, else a building head; here and there neither yet. Deputies of the branches'
//! secretaries too.

use super::{
    build::{Build, reference},
    members::{Member, every},
    model::{BranchForm, Detail, MemberStatus, RecordKind},
    places::{Mark, Places},
};

/// How many buildings a compound has.
fn count(build: &Build<'_>, compound: usize) -> usize {
    usize::try_from(build.rng("buildings", compound).between(4, 9)).unwrap_or(4)
}

fn id(compound: &str, number: usize) -> String {
    format!("{compound}-{}", number + 1)
}

/// The building of a member in a compound.
pub(super) fn home(
    build: &Build<'_>,
    compound_id: &str,
    (compound, member): (usize, usize),
) -> String {
    let last = i64::try_from(count(build, compound)).unwrap_or(1) - 1;
    let number = build.rng("home", member * 1_000 + compound).between(0, last);
    id(compound_id, usize::try_from(number).unwrap_or(0))
}

/// Registers the buildings.
pub(super) fn register(build: &mut Build<'_>, places: &Places) {
    for (index, compound) in places.compounds.iter().enumerate() {
        for number in 0..count(build, index) {
            let parent = Some(reference(RecordKind::Compound, &compound.id));
            let name = format!("{}{}栋", compound.name, number + 1);
            let detail = Detail::OrgUnit { households: None };
            let id = id(&compound.id, number);
            build.record(RecordKind::Building, &id, name, parent, &[], detail);
        }
    }
}

/// Registers who leads buildings, and deputies of the branches' secretaries.
pub(super) fn lead(build: &mut Build<'_>, places: &Places, members: &[Member]) {
    let mut led = 0;
    for (index, compound) in places.compounds.iter().enumerate() {
        let here: Vec<&Member> = members.iter().filter(|it| it.compound == index).collect();
        for number in 0..count(build, index) {
            let building = id(&compound.id, number);
            let lives = |it: &&&Member| home(build, &compound.id, (index, it.number)) == building;
            let mut own = here.iter().filter(lives);
            let head = own.clone().find(|it| it.status != MemberStatus::InService);
            let head = head.or_else(|| own.clone().next()).or_else(|| here.first()).copied();
            led += 1;
            if every(led, 11, 4) && compound.mark != Mark::Twin {
                continue;
            }
            if own.nth(2).is_some() {
                let anchor = reference(RecordKind::Building, &building);
                let detail = Detail::Branch { form: BranchForm::PartyGroup, anchor };
                let name = format!("{}{}栋党小组", compound.name, number + 1);
                let id = format!("g-{building}");
                build.record(RecordKind::Branch, &id, name, None, &[], detail);
            } else if let Some(head) = head {
                let unit = reference(RecordKind::Building, &building);
                post(build, ("building_head", &format!("h-{building}")), unit, head);
            }
        }
        let retired = here.iter().find(|it| it.status == MemberStatus::Retired);
        if let Some(deputy) = retired.filter(|_| compound.mark == Mark::Twin || !every(index, 9, 5))
        {
            let unit = reference(RecordKind::Compound, &compound.id);
            post(build, ("deputy_secretary", &format!("d-{}", compound.id)), unit, deputy);
        }
    }
}

fn post(build: &mut Build<'_>, (title, id): (&str, &str), unit: super::RecordRef, holder: &Member) {
    let word = if title == "building_head" { "楼栋长" } else { "支部副书记" };
    let name = format!("{word}{}", holder.name);
    let (person_id, title) = (holder.id.clone(), title.to_owned());
    let detail = Detail::Post { person_id, title, unit };
    build.record(RecordKind::Post, id, name, None, &[], detail);
}
