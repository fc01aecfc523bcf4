//! What the appraisal of community secretaries looks at, besides their compounds' results.

use super::{
    build::{Build, Days, subject, whole},
    evidence::{Evidence, Level},
    model::SubjectKind,
    places::{Mark, Places},
};

/// Records the year of every community secretary.
pub(super) fn facts(build: &mut Build<'_>, places: &Places) {
    for (number, community) in places.communities.iter().enumerate() {
        let mut rng = build.rng("community", number);
        let level = rng.between(84, 97);
        let street = places.street(community.street);
        let mut it = Evidence {
            subject: subject(SubjectKind::Post, &format!("p-{}", community.id)),
            period: super::YEAR,
            by: format!("clerk-{street}"),
            level: Level { level, varies: 3 },
            rng,
            build,
        };
        let votes = it.rng.between(18, 45);
        it.ballot("debrief_ballot", ["good", "fairly_good", "fair", "poor"], votes);
        for (item, out_of) in
            [("responsibility", 4_000), ("three_lists", 3_000), ("team_building", 3_000)]
        {
            it.sheets(item, out_of, &[("street", street), ("county", "organisation")]);
        }
        let size = it.rng.between(6, 10);
        it.metric("big_committee_size", size);
        it.metric("big_committee_first_secretaries", 1);
        let deputies = it.rng.between(1, 2);
        it.metric("big_committee_deputies", deputies);
        it.metric("big_committee_community_members", 2);
        let area = it.rng.between(4_200, 9_000);
        it.tenths("community_site_area", area);
        let organised = whole(places.compounds_of(number));
        let due = organised + it.rng.between(0, 1);
        it.metric("compounds_due", due);
        it.metric("compounds_organised", organised);
        let reports = it.rng.between(10, 12);
        it.metric("monthly_reports", reports);
        let who = it.subject.clone();
        let mut inside = places.compounds.iter().filter(|it| it.community == number);
        if inside.any(|it| it.mark == Mark::Incident) {
            let days = Days::between((9, 1), (9, 30));
            it.build.veto(&who, "compound_incident", "political_legal", days);
        }
        match number {
            6 => it.build.veto(&who, "false_reports", "street", Days::between((6, 1), (6, 30))),
            9 => it.build.veto(&who, "no_debrief", "county", Days::from(12, 20)),
            _ => (),
        }
    }
}
