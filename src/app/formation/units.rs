//! Streets' and communities' wider committees against rule I4: who sits in them by the posts that are
//! registered.

use std::collections::BTreeSet;

use super::{Bounds, Due, Finding, Registered, Rule, Standing};
use crate::{
    app::registry::{Record, RecordKind, RecordRef},
    domain::time::Day,
};

/// How many part-time members a street's committee has.
const PART_TIME: (usize, usize) = (3, 5);
/// How many members a community's has at most: the source says “7 to 9”, and leaves it there.
const MEMBERS: (usize, usize) = (7, 9);
/// How many deputies its secretary has.
const DEPUTIES: (usize, usize) = (1, 2);
/// How many of the community's own committee sit in it at most.
const OWN: usize = 2;

/// Who sits in a unit's wider committee: a street's 大工委, or a community's 大党委.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WiderCommittee {
    /// Part-time members of the street's (兼职委员).
    pub part_time: BTreeSet<String>,
    /// Everybody in the community's.
    pub members: BTreeSet<String>,
    /// Its first secretaries (第一书记).
    pub first_secretaries: BTreeSet<String>,
    /// Its secretaries (书记).
    pub secretaries: BTreeSet<String>,
    /// Their deputies (副书记).
    pub deputies: BTreeSet<String>,
    /// Those who come from the community's own committee, its secretary not counted.
    pub own: BTreeSet<String>,
}

/// A street or community on a day, against rule I4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitFormation {
    /// The day.
    pub day: Day,
    /// The unit.
    pub unit: RecordRef,
    /// What it lies in.
    pub parent: Option<RecordRef>,
    /// How it stands, by rule.
    pub findings: Vec<Finding>,
}

impl UnitFormation {
    /// Whether any finding has one of these standings; any at all where none is named.
    pub fn has_any(&self, standings: &[Standing]) -> bool {
        standings.is_empty() || self.findings.iter().any(|it| standings.contains(&it.standing))
    }
}

impl Registered {
    /// A street or community against rule I4; of other units nothing is asked.
    pub fn unit_formation(&self, unit: &Record) -> UnitFormation {
        let of = unit.reference();
        let findings = match of.kind {
            RecordKind::Street => judge_street(&self.wider_committee(&of)),
            RecordKind::Community => judge_community(&self.wider_committee(&of)),
            RecordKind::County
            | RecordKind::Compound
            | RecordKind::Building
            | RecordKind::Branch
            | RecordKind::Member
            | RecordKind::Post
            | RecordKind::Company
            | RecordKind::Project => Vec::new(),
        };
        let parent = unit.parent.clone();
        UnitFormation { day: self.as_of.day, unit: of, parent, findings }
    }

    /// Who sits in a unit's wider committee. The community's secretary is in it by office, so that
    /// of its own committee the others count.
    fn wider_committee(&self, unit: &RecordRef) -> WiderCommittee {
        let mut committee = WiderCommittee::default();
        let (mut own, mut by_office) = (BTreeSet::new(), BTreeSet::new());
        for post in self.posts.get(unit).into_iter().flatten() {
            let (Some(person), Some(title)) = (post.person(), post.post_title()) else { continue };
            let person = person.to_owned();
            match title {
                "big_working_committee_member" => drop(committee.part_time.insert(person)),
                "big_committee_first_secretary" => {
                    committee.first_secretaries.insert(person.clone());
                    committee.members.insert(person);
                }
                "big_committee_secretary" => {
                    committee.secretaries.insert(person.clone());
                    by_office.insert(person.clone());
                    committee.members.insert(person);
                }
                "big_committee_deputy_secretary" => {
                    committee.deputies.insert(person.clone());
                    committee.members.insert(person);
                }
                "big_committee_member" => drop(committee.members.insert(person)),
                "deputy_secretary" | "committee_member" => drop(own.insert(person)),
                "community_secretary" | "branch_secretary" => drop(by_office.insert(person)),
                _ => (),
            }
        }
        let counts = |it: &&String| own.contains(*it) && !by_office.contains(*it);
        committee.own = committee.members.iter().filter(counts).cloned().collect();
        committee
    }
}

/// What a finding says besides its count: how it stands, what is due, and the sentences.
type Said = (Standing, Option<Due>, String, String);

fn finding(rule: Rule, count: usize, (standing, due, en, zh): Said) -> Finding {
    let count = Bounds { least: count, most: count };
    Finding { rule, standing, building: None, due, count, met_by: Vec::new(), en, zh }
}

/// So many of from..=to.
fn within(count: usize, (least, most): (usize, usize), (what, zh_what): (&str, &str)) -> Said {
    let met = (least..=most).contains(&count);
    let standing = if met { Standing::Met } else { Standing::Lacking };
    let (span, zh_span) = if least == most {
        (least.to_string(), least.to_string())
    } else {
        (format!("{least} to {most}"), format!("{least}–{most}"))
    };
    let en = format!("{what}: {count}, of {span}");
    let zh = format!("{zh_what} {count} 名，应为 {zh_span} 名");
    (standing, Some(Due::Persons(least, most)), en, zh)
}

fn none_registered(en: &str, zh: &str) -> Said {
    let en =
        format!("nobody is registered in {en}, and its numbers are asked of one that is there");
    (Standing::NotDue, None, en, format!("未登记{zh}成员，不作要求"))
}

/// How a street stands.
pub fn judge_street(of: &WiderCommittee) -> Vec<Finding> {
    let count = of.part_time.len();
    let words = ("part-time members of the street's wider committee", "街道“大工委”兼职委员");
    let said = if count == 0 {
        none_registered("the street's wider committee", "街道“大工委”")
    } else {
        within(count, PART_TIME, words)
    };
    vec![finding(Rule::WorkingCommittee, count, said)]
}

/// How a community stands.
pub fn judge_community(of: &WiderCommittee) -> Vec<Finding> {
    let one = |rule, count: usize, said: &dyn Fn() -> Said| {
        let none = || none_registered("the community's wider committee", "社区“大党委”");
        let said = if of.members.is_empty() { none() } else { said() };
        finding(rule, count, said)
    };
    let (first, secretaries) = (of.first_secretaries.len(), of.secretaries.len());
    let (deputies, own) = (of.deputies.len(), of.own.len());
    vec![
        one(Rule::BigCommitteeSize, of.members.len(), &|| size(of.members.len())),
        one(Rule::FirstSecretary, first, &|| {
            within(first, (1, 1), ("first secretaries", "“大党委”第一书记"))
        }),
        one(Rule::BigCommitteeSecretary, secretaries, &|| {
            within(secretaries, (1, 1), ("secretaries", "“大党委”书记"))
        }),
        one(Rule::BigCommitteeDeputies, deputies, &|| {
            within(deputies, DEPUTIES, ("deputy secretaries", "“大党委”副书记"))
        }),
        one(Rule::OwnMembers, own, &|| {
            let standing = if own <= OWN { Standing::Met } else { Standing::Lacking };
            let en = format!(
                "members from the community's own committee, its secretary not counted: {own}, of \
                 at most {OWN}"
            );
            let zh = format!("社区党组织委员进入“大党委” {own} 名（书记不计），不超过 {OWN} 名");
            (standing, Some(Due::Persons(0, OWN)), en, zh)
        }),
    ]
}

/// The number of members: up to 7 is within any reading of “at most 7 to 9”, up to 9 within the
/// county's, and above 9 within none.
fn size(count: usize) -> Said {
    let (sure, most) = MEMBERS;
    let due = Some(Due::Persons(1, most));
    let (here, zh_here) =
        (format!("members of the wider committee: {count}"), format!("“大党委”成员 {count} 名"));
    if count <= sure {
        let en = format!("{here}, of at most {sure} to {most}");
        (Standing::Met, due, en, format!("{zh_here}，不超过 {sure}–{most} 名"))
    } else if count <= most {
        let en = format!("{here}, of at most {sure} to {most}: the county may hold them to {sure}");
        (
            Standing::Met,
            due,
            en,
            format!("{zh_here}，在 {sure}–{most} 名之间，县级可按 {sure} 名掌握"),
        )
    } else {
        let en = format!("{here}, and at most {sure} to {most} are asked for");
        (Standing::Lacking, due, en, format!("{zh_here}，超过 {sure}–{most} 名"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(names: &str) -> BTreeSet<String> {
        names.chars().map(|it| it.to_string()).collect()
    }

    fn stand(findings: &[Finding]) -> Vec<Standing> {
        findings
            .iter()
            .inspect(|it| assert!(!it.en.is_empty() && !it.zh.is_ascii()))
            .map(|it| it.standing)
            .collect()
    }

    #[test]
    fn a_street_has_three_to_five_part_time_members() {
        use Standing::{Lacking, Met, NotDue};
        for (names, standing) in
            [("", NotDue), ("ab", Lacking), ("abc", Met), ("abcde", Met), ("abcdef", Lacking)]
        {
            let part_time = people(names);
            let of = WiderCommittee { part_time, ..WiderCommittee::default() };
            assert_eq!(stand(&judge_street(&of)), [standing], "{names}");
        }
    }

    #[test]
    fn a_community_is_judged_by_each_number_of_the_rule() {
        use Standing::{Lacking, Met, NotDue};
        let of = |members: &str, first: &str, secretaries: &str, deputies: &str, own: &str| {
            stand(&judge_community(&WiderCommittee {
                part_time: BTreeSet::new(),
                members: people(members),
                first_secretaries: people(first),
                secretaries: people(secretaries),
                deputies: people(deputies),
                own: people(own),
            }))
        };
        assert_eq!(of("", "", "", "", ""), [NotDue; 5]);
        assert_eq!(of("abcdefg", "a", "b", "c", "de"), [Met; 5]);
        assert_eq!(of("abcdefghi", "a", "b", "cd", ""), [Met; 5]);
        assert_eq!(
            of("abcdefghij", "", "ab", "cde", "fgh"),
            [Lacking, Lacking, Lacking, Lacking, Lacking]
        );
        assert_eq!(of("a", "a", "", "", ""), [Met, Met, Lacking, Lacking, Met]);
        let eight = judge_community(&WiderCommittee {
            members: people("abcdefgh"),
            ..WiderCommittee::default()
        });
        assert!(eight.first().unwrap().en.contains("the county may"), "{eight:?}");
    }
}
