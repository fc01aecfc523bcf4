//! A year of the compounds: what the red-flag selection looks at.

use super::{
    build::{Build, Days, date, subject},
    evidence::{Evidence, Level},
    model::{State, SubjectKind},
    places::{Compound, Mark, Places},
};

/// A branch that applies for the red-flag selection (F2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applicant {
    /// The branch.
    pub branch_id: String,
    /// Its compound.
    pub compound_id: String,
    /// The compound's community, which gives its opinion.
    pub community_id: String,
    /// The community's street, which may recommend it.
    pub street_id: String,
    /// Whether the community's opinion is a pass (F3).
    pub opinion_passes: bool,
}

/// Records the year of every compound.
pub(super) fn facts(build: &mut Build<'_>, places: &Places) {
    for compound in &places.compounds {
        let varies = match compound.level {
            80 if compound.mark == Mark::Twin => 0,
            85.. => 4,
            _ => 8,
        };
        let mut evidence = Evidence {
            rng: build.rng("compound", compound.draws),
            subject: subject(SubjectKind::Compound, &compound.id),
            period: super::YEAR,
            by: format!("clerk-{}", places.community(compound.community)),
            level: Level { level: compound.level, varies },
            build,
        };
        let community = places.community(compound.community).to_owned();
        let street = places.street(compound.street);
        organised(&mut evidence, (&community, street));
        mechanisms(&mut evidence, compound);
        outcomes(&mut evidence, compound, (&community, street));
        standing(&mut evidence, compound);
    }
}

fn organised(it: &mut Evidence<'_, '_>, offices: (&str, &str)) {
    let haves = it.level.line(&mut it.rng, 0, 7);
    it.metric("seven_haves", haves);
    let roomy = it.level.draw(&mut it.rng) >= 60;
    let area = if roomy { it.rng.between(3_000, 5_200) } else { it.rng.between(400, 1_700) };
    it.tenths("service_centre_area", area);
    let sessions = it.level.line(&mut it.rng, 0, 3);
    it.metric("training_sessions", sessions);
    let active = it.level.line(&mut it.rng, 0, 9);
    for month in 1..=active {
        let day = it.rng.between(1, 28);
        it.entry("branch_activity", date(month + 2, day));
        if it.rng.chance(30) {
            it.entry("branch_activity", date(month + 2, 28));
        }
    }
    if it.level.draw(&mut it.rng) >= 88 {
        let (subject, by) = (it.subject.clone(), it.by.clone());
        it.build.finding(&subject, "service_brand", Days::from(3, 1), &by);
    }
    let (community, street) = offices;
    let offices = [("community", community), ("street", street), ("county", "organisation")];
    it.sheets("fighting_strength", 400, &offices);
}

fn mechanisms(it: &mut Evidence<'_, '_>, compound: &Compound) {
    let taking_part = it.level.line(&mut it.rng, 60, 370);
    it.metric("households_taking_part", compound.households * taking_part / 1_000);
    let units = it.level.line(&mut it.rng, 0, 3);
    it.metric("co_building_units", units);
    if compound.level < 55 && it.rng.chance(20) {
        let reason = "尚未成立业委会";
        it.state("owners_committee_members", State::NotApplicable, reason);
        it.state("committee_satisfaction", State::NotApplicable, reason);
    } else {
        let size = it.rng.between(2, 4) * 2 + 1;
        it.metric("owners_committee_size", size);
        let party = it.level.line(&mut it.rng, 0, 700);
        it.metric("owners_committee_party_members", (size * party + 500) / 1_000);
        it.survey("satisfaction_owners_committee", &[("online", 40, 160)], (550, 980));
    }
    let haves = it.level.line(&mut it.rng, 0, 7);
    it.metric("meeting_place_haves", haves);
    let collected = it.rng.between(40, 240);
    it.metric("opinions_collected", collected);
    for (name, least, most) in [
        ("opinions_answered", 600, 1_000),
        ("opinions_solved", 400, 920),
        ("opinions_evaluated", 0, 540),
    ] {
        let share = it.level.line(&mut it.rng, least, most);
        it.metric(name, collected * share / 1_000);
    }
}

fn outcomes(it: &mut Evidence<'_, '_>, compound: &Compound, offices: (&str, &str)) {
    let channels = [("online", 60, 220), ("paper", 20, 60), ("phone", 10, 40)];
    it.survey("satisfaction_branch", &channels, (600, 990));
    if compound.served {
        it.survey("satisfaction_property", &channels, (500, 970));
    } else {
        it.state("property_satisfaction", State::NotApplicable, "业主自管，无物业服务企业");
    }
    if compound.level < 75 && it.rng.chance(10) {
        it.state("disputes_mediated", State::NotApplicable, "全年无矛盾纠纷");
    } else {
        let disputes = it.rng.between(30, 90);
        it.share(("disputes_settled", "disputes"), disputes, (760, 990));
    }
    let (community, street) = offices;
    let mut sheets = vec![
        ("street", street),
        ("community", community),
        ("urban_management", "urban-management"),
        ("housing_bureau", "housing-bureau"),
    ];
    if compound.mark == Mark::Unfinished {
        sheets.truncate(3);
    }
    it.sheets("environment", 600, &sheets);
    let incidents = (100 - it.level.draw(&mut it.rng)) / 15;
    for number in 0..incidents {
        let day = it.rng.between(1, 28);
        it.entry("security_incidents", date(2 + number * 2, day));
    }
}

/// Vetoes.
fn standing(it: &mut Evidence<'_, '_>, compound: &Compound) {
    let who = it.subject.clone();
    let (item, raised_by, days) = match compound.mark {
        Mark::Incident => ("serious_incident", "political_legal", Days::between((9, 1), (9, 30))),
        Mark::Discipline => ("committee_discipline", "discipline_commission", Days::from(8, 20)),
        Mark::FalseMaterial => ("false_material", "street", Days::from(11, 20)),
        Mark::Dormant => ("branch_dormant", "street", Days::from(4, 1)),
        Mark::DormantPutRight => ("branch_dormant", "street", Days::between((4, 1), (11, 10))),
        Mark::Structures => ("illegal_structures", "urban_management", Days::from(6, 1)),
        Mark::None | Mark::Twin | Mark::OpinionFailed | Mark::NotApplied | Mark::Unfinished => {
            return;
        }
    };
    it.build.veto(&who, item, raised_by, days);
}

/// The branches that apply for the selection, by compound (F2), with the community's opinion (F3).
pub(super) fn applicants(places: &Places) -> Vec<Applicant> {
    let applies = |it: &&Compound| it.mark != Mark::NotApplied && it.level >= 55;
    let applicant = |it: &Compound| Applicant {
        branch_id: format!("b-{}", it.id),
        compound_id: it.id.clone(),
        community_id: places.community(it.community).to_owned(),
        street_id: places.street(it.street).to_owned(),
        opinion_passes: it.mark != Mark::OpinionFailed,
    };
    places.compounds.iter().filter(applies).map(applicant).collect()
}
