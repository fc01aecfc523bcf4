//! Posts: secretaries and committee members of compound branches, secretaries of communities, and
//! what the year-end appraisal of the former looks at.

use super::{
    build::{Build, Days, date, reference, subject},
    evidence::{Evidence, Level},
    members::Member,
    model::{Date, Detail, MemberStatus, RecordKind, SubjectKind},
    names,
    places::Places,
    rng::Rng,
};

/// A post in a compound branch.
#[derive(Debug, Clone)]
pub(super) struct Post {
    id: String,
    community: usize,
    street: usize,
    level: Level,
    /// The number that its facts are drawn by; two equal ones share it.
    draws: usize,
    twin: bool,
}

/// Registers all posts, and says how good those of compound branches are.
pub(super) fn register(build: &mut Build<'_>, places: &Places, members: &[Member]) -> Vec<Post> {
    let mut posts = Vec::new();
    for (index, compound) in places.compounds.iter().enumerate() {
        let holders = holders(build, members, index, 1 + compound.committee);
        for (number, member) in holders.into_iter().enumerate() {
            let id = format!("p-{}-{}", compound.id, number + 1);
            let (title, word) = if number == 0 {
                ("branch_secretary", "支部书记")
            } else {
                ("committee_member", "支部委员")
            };
            let unit = reference(RecordKind::Compound, &compound.id);
            let (person_id, title) = (member.id.clone(), title.to_owned());
            let name = format!("{}{word}{}", compound.name, member.name);
            let detail = Detail::Post { person_id, title, unit };
            build.record(RecordKind::Post, &id, name, None, &[], detail);
            posts.push(Post {
                id,
                community: compound.community,
                street: compound.street,
                level: Level { level: 0, varies: 3 },
                draws: posts.len(),
                twin: false,
            });
        }
    }
    for (number, it) in places.communities.iter().enumerate() {
        let person = names::person(&mut build.rng("community-secretary", number));
        let unit = reference(RecordKind::Community, &it.id);
        let title = "community_secretary".to_owned();
        let detail = Detail::Post { person_id: format!("s-{}", it.id), title, unit };
        let name = format!("{}书记{person}", it.name);
        build.record(RecordKind::Post, &format!("p-{}", it.id), name, None, &[], detail);
    }
    for community in 0..places.communities.len() {
        rate(build, community, &mut posts);
    }
    posts
}

/// So many members of a compound, mostly retired ones: the first is its secretary.
fn holders<'m>(
    build: &Build<'_>,
    members: &'m [Member],
    compound: usize,
    many: usize,
) -> Vec<&'m Member> {
    let mut rng = build.rng("holders", compound);
    let of = |status: MemberStatus| {
        members.iter().filter(move |it| it.compound == compound && it.status == status)
    };
    let (mut retired, mut floating) = (of(MemberStatus::Retired), of(MemberStatus::Floating));
    let mut in_service = of(MemberStatus::InService);
    let mut holders = Vec::new();
    while holders.len() < many {
        let next = match rng.between(1, 100) {
            1..=62 => retired.next(),
            63..=66 => floating.next().or_else(|| retired.next()),
            _ => in_service.next(),
        };
        holders.push(next);
    }
    holders.into_iter().flatten().collect()
}

/// Says how good a community's posts are: about as many as it has seats reach the line of
/// excellent; in the first community two are equal at the last seat (S8).
fn rate(build: &Build<'_>, community: usize, posts: &mut [Post]) {
    let mut rng = build.rng("posts", community);
    let mut here: Vec<&mut Post> =
        posts.iter_mut().filter(|it| it.community == community).collect();
    rng.shuffle(&mut here);
    let seats = super::build::whole(here.len()) * 30 / 100;
    let twins = community == 0;
    let good = if twins { seats - 1 } else { (seats + rng.between(-2, 3)).max(0) };
    let mut draws = None;
    for (number, post) in (0..).zip(here) {
        post.level.level = if rng.chance(5) { rng.between(40, 55) } else { rng.between(60, 82) };
        if number < good {
            post.level = Level { level: rng.between(96, 99), varies: 1 };
        } else if twins && number < good + 2 {
            post.level = Level { level: 89, varies: 0 };
            post.draws = *draws.get_or_insert(post.draws);
            post.twin = true;
        }
    }
}

/// The year of the posts in compound branches.
pub(super) fn facts(build: &mut Build<'_>, places: &Places, posts: &[Post]) {
    let options = ["good", "fairly_good", "fair", "poor"];
    for (number, post) in posts.iter().enumerate() {
        let (community, street) = (places.community(post.community), places.street(post.street));
        let mut it = Evidence {
            rng: build.rng("post", post.draws),
            subject: subject(SubjectKind::Post, &post.id),
            period: super::YEAR,
            by: format!("clerk-{community}"),
            level: post.level,
            build,
        };
        // Too few voted for the ballot to count.
        let too_few = number.checked_rem(150) == Some(55) && !post.twin;
        let votes = it.rng.between(12, 40);
        it.ballot("appraisal_ballot", options, if too_few { 2 } else { votes });
        for item in ["public_spirit", "ability", "prestige", "warmth"] {
            it.sheets(item, 2_500, &[("community", community), ("street", street)]);
        }
        let channels = [("online", 30, 120), ("paper", 15, 40), ("phone", 8, 25)];
        let channels =
            if it.rng.chance(30) { channels.get(..2).unwrap_or_default() } else { &channels };
        it.survey("satisfaction_post", channels, (550, 980));
        daily(&mut it);
        if !post.twin {
            vetoes(&mut it, number);
        }
    }
}

/// A day of one of the months up to `last`.
fn some_day(rng: &mut Rng, first: i64, last: i64) -> Date {
    let month = rng.between(first, last);
    date(month, rng.between(1, 28))
}

fn daily(it: &mut Evidence<'_, '_>) {
    let visits = it.level.line(&mut it.rng, 4, 34);
    for _ in 0..visits {
        let on = some_day(&mut it.rng, 1, 12);
        it.entry("resident_visits", on);
    }
    let disputes = it.level.line(&mut it.rng, 0, 9);
    for _ in 0..disputes {
        let on = some_day(&mut it.rng, 1, 12);
        it.entry("disputes_handled", on);
    }
    if it.level.level >= 65 && it.rng.chance(60) {
        // A certificate of the year before still counts (I10).
        let year = if it.rng.chance(40) { 2021 } else { 2022 };
        let on = Date { year, ..some_day(&mut it.rng, 3, 11) };
        it.entry("training_certificate", on);
    }
    if it.level.level < 75 {
        for _ in 0..it.rng.between(0, 3) {
            let on = some_day(&mut it.rng, 1, 12);
            it.entry("absences", on);
        }
    }
}

/// The negative list, each at posts of its own; none in the first community, whose seats are tied.
fn vetoes(it: &mut Evidence<'_, '_>, number: usize) {
    let (item, raised_by, days) = match number {
        30 => ("law_breach", "discipline_commission", Days::from(7, 4)),
        40 => ("moral_conduct", "community", Days::between((3, 1), (3, 31))),
        66 => ("illegal_building", "street", Days::from(5, 1)),
        // Taken down in November: at the year's end it no longer counts.
        70 => ("illegal_building", "urban_management", Days::between((5, 1), (11, 25))),
        110 => ("organised_crime", "political_legal", Days::from(2, 1)),
        160 => ("malicious_arrears", "community", Days::from(4, 1)),
        190 => ("malicious_arrears", "street", Days::between((4, 1), (12, 30))),
        220 | 260 => ("no_debrief", "community", Days::between((12, 20), (12, 31))),
        _ => return,
    };
    let who = it.subject.clone();
    it.build.veto(&who, item, raised_by, days);
}
