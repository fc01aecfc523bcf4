//! Property companies, their projects, and the second half of the year at each project.

use super::{
    COUNTY,
    build::{Build, Days, date, subject},
    evidence::{Evidence, Level},
    model::{Detail, RecordKind, State, SubjectKind},
    names,
    places::Places,
};

/// A project.
#[derive(Debug, Clone)]
pub(super) struct Project {
    id: String,
    community: String,
    street: &'static str,
    level: i64,
}

/// Registers companies and projects; every company has at least one where there are enough.
pub(super) fn register(build: &mut Build<'_>, places: &Places) -> Vec<Project> {
    for number in 0..build.size.companies {
        let id = company_id(number);
        let parent = Some(super::build::reference(RecordKind::County, COUNTY));
        build.record(
            RecordKind::Company,
            &id,
            names::company(number),
            parent,
            &[],
            Detail::Company {},
        );
    }
    let served: Vec<_> = places.compounds.iter().filter(|it| it.served).collect();
    let mut projects = Vec::new();
    for (number, compound) in served.into_iter().take(build.size.projects).enumerate() {
        let mut rng = build.rng("project-record", number);
        let company = number.checked_rem(build.size.companies).unwrap_or(0);
        let mut level = Level { level: 76, varies: 20 }.draw(&mut rng);
        if rng.chance(6) {
            level = rng.between(35, 50);
        }
        let party = match rng.between(0, 99) + level / 3 {
            75.. => Some("established"),
            55..75 => Some("joint"),
            40..55 => Some("instructor"),
            _ => None,
        };
        let class = rng.pick(&["high_rise", "high_rise", "walk_up", "walk_up", "commercial"]);
        let attributes: Vec<_> = party.iter().map(|it| ("party_organisation", *it)).collect();
        let id = format!("j-{:03}", number + 1);
        let detail = Detail::Project {
            company_id: company_id(company),
            compound_id: compound.id.clone(),
            project_class: class.to_owned(),
            households: compound.households,
        };
        let name = format!("{}物业项目", compound.name);
        build.record(RecordKind::Project, &id, name, None, &attributes, detail);
        let community = places.community(compound.community).to_owned();
        projects.push(Project { id, community, street: places.street(compound.street), level });
    }
    projects
}

fn company_id(number: usize) -> String {
    format!("w-{:02}", number + 1)
}

/// Records the half year of every project.
pub(super) fn facts(build: &mut Build<'_>, projects: &[Project]) {
    for (number, project) in projects.iter().enumerate() {
        let mut it = Evidence {
            rng: build.rng("project", number),
            subject: subject(SubjectKind::Project, &project.id),
            period: super::HALF,
            by: "clerk-housing".to_owned(),
            level: Level { level: project.level, varies: 6 },
            build,
        };
        vetoes(&mut it, number);
        // Walked out: there is nothing to assess, and the veto decides.
        if number != 17 {
            sheets(&mut it, project);
            service(&mut it, number);
        }
    }
}

fn sheets(it: &mut Evidence<'_, '_>, project: &Project) {
    let (community, street) = (project.community.as_str(), project.street);
    let branch = |number: i64| format!("{}-branch-{number}", project.id);
    let (first, second, third) = (branch(1), branch(2), branch(3));
    let offices = [
        ("housing_bureau", "housing-bureau"),
        ("street", street),
        ("community", community),
        ("compound_branch", first.as_str()),
        ("compound_branch", second.as_str()),
        ("compound_branch", third.as_str()),
    ];
    it.sheets("party_work", 4_000, &offices);
    it.sheets("security", 2_000, &offices);
    it.sheets("cleaning", 1_500, &offices);
    it.sheets("maintenance", 1_500, offices.get(..4).unwrap_or_default());
    it.sheets("openness", 1_000, offices.get(1..4).unwrap_or_default());
}

fn service(it: &mut Evidence<'_, '_>, number: usize) {
    let meetings = it.level.line(&mut it.rng, 0, 8);
    it.metric("joint_meetings", meetings);
    let tasks = it.rng.between(8, 20);
    it.share(("tasks_done", "tasks_assigned"), tasks, (450, 1_000));
    if number.checked_rem(27) == Some(5) {
        it.state("complaints_closed_in_time", State::NotApplicable, "半年内无投诉");
    } else {
        let complaints = it.rng.between(12, 90);
        it.share(("complaints_closed", "complaints"), complaints, (700, 1_030));
    }
    let channels = [("online", 40, 200), ("paper", 20, 60), ("phone", 10, 30)];
    let channels =
        if it.rng.chance(25) { channels.get(..2).unwrap_or_default() } else { &channels };
    // One project's owners were asked too late: incomplete.
    if number != 12 {
        it.survey("satisfaction_property", channels, (520, 990));
    }
    for _ in 0..it.level.line(&mut it.rng, 0, 7) {
        let on = date(it.rng.between(7, 12), it.rng.between(1, 28));
        it.entry("community_service", on);
    }
}

/// The veto list, one of each; the first three are vetoes proper.
fn vetoes(it: &mut Evidence<'_, '_>, number: usize) {
    let (item, raised_by, days) = match number {
        3 => ("safety_accident", "housing_bureau", Days::between((8, 2), (8, 20))),
        9 => ("fund_misuse", "street", Days::from(9, 1)),
        17 => ("walked_out", "community", Days::from(10, 1)),
        // Over before the half year began.
        7 => ("safety_accident", "street", Days::between((3, 1), (4, 15))),
        11 => ("refuses_party_lead", "community", Days::from(7, 15)),
        // Put right before the half year closed.
        14 => ("mass_complaint", "street", Days::between((8, 1), (11, 30))),
        15 => ("mass_complaint", "street", Days::from(9, 10)),
        16 => ("false_records", "housing_bureau", Days::between((12, 1), (12, 5))),
        18 => ("illegal_charges", "street", Days::between((7, 1), (7, 31))),
        19 => ("contract_ended", "housing_bureau", Days::from(11, 30)),
        _ => return,
    };
    let who = it.subject.clone();
    it.build.veto(&who, item, raised_by, days);
}
