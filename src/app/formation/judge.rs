//! Rules I1 to I3 over what is registered: pure, and with a sentence for every outcome.

use super::{Bounds, Building, Due, Finding, Form, Known, Rule, Standing};
use crate::app::registry::BranchForm;

/// So many make a branch, and a building's group.
const ENOUGH: usize = 3;
/// How many persons a committee has.
const COMMITTEE: (usize, usize) = (3, 5);
/// How many deputies its secretary has.
const DEPUTIES: (usize, usize) = (1, 2);

/// How a compound stands by each rule; buildings by id.
pub fn judge(known: &Known) -> Vec<Finding> {
    let mut findings = vec![settled(known), directly_managed(known)];
    findings.extend(committee(known));
    findings.extend(known.buildings.iter().map(building));
    findings
}

fn with(known: &Known, forms: &[Form]) -> Vec<String> {
    let own = known.organisations.iter().filter(|it| forms.contains(&it.form));
    own.map(|it| it.id.clone()).collect()
}

/// As a count goes into a sentence: `2`, or `2 to 4`.
fn en(count: Bounds) -> String {
    if count.least == count.most {
        count.least.to_string()
    } else {
        format!("{} to {}", count.least, count.most)
    }
}

fn zh(count: Bounds) -> String {
    if count.least == count.most {
        format!("{} 名", count.least)
    } else {
        format!("{} 至 {} 名", count.least, count.most)
    }
}

const fn exactly(count: usize) -> Bounds {
    Bounds { least: count, most: count }
}

/// What there is, where something is due.
const fn stands(there: bool) -> Standing {
    if there { Standing::Met } else { Standing::Lacking }
}

/// I1: under a general branch or a committee, three formal members who have settled make a branch;
/// under a branch, a party group is advised wherever members live.
fn settled(known: &Known) -> Finding {
    let count = known.settled;
    let finding = |standing, due: Option<Form>, met_by, en: String, zh: String| Finding {
        rule: Rule::Settled,
        standing,
        building: None,
        due: due.map(Due::Organisation),
        count,
        met_by,
        en,
        zh,
    };
    let own = with(known, &[Form::Own]);
    let (en, zh) = (en(count), zh(count));
    let here = format!("formal members who have lived here for half a year: {en}");
    let zh_here = format!("固定居住半年以上的正式党员 {zh}");
    match known.community_form {
        Some(BranchForm::GeneralBranch | BranchForm::PartyCommittee) => {
            if count.most < ENOUGH {
                let en = format!("{here}; from 3 on the compound should have a branch");
                let zh = format!("{zh_here}，不足 3 名，不作要求");
                return finding(Standing::NotDue, None, Vec::new(), en, zh);
            }
            if count.least < ENOUGH && own.is_empty() {
                let en = format!("{here}; of some it is not said whether they are formal");
                let zh = format!("{zh_here}，部分党员未登记是否正式，无法认定");
                return finding(Standing::Undecided, Some(Form::Own), own, en, zh);
            }
            let there = !own.is_empty();
            let en = format!("{here}; the compound should have a branch, and {}", has(there));
            let zh = format!("{zh_here}，应成立党支部，{}", zh_has(there));
            finding(stands(there), Some(Form::Own), own, en, zh)
        }
        Some(_) if known.residents == 0 => {
            let en =
                "no member lives here, and the community's organisation is a branch".to_owned();
            let zh = "小区没有党员，社区党组织为党支部，不作要求".to_owned();
            finding(Standing::NotDue, None, Vec::new(), en, zh)
        }
        Some(_) => {
            let met_by = with(known, &[Form::Own, Form::Group]);
            let there = !met_by.is_empty();
            let standing = if there { Standing::Met } else { Standing::Advised };
            let en = format!(
                "the community's organisation is a branch: a party group is advised, and {}",
                has(there)
            );
            let zh = format!("社区党组织为党支部，建议设立党小组，{}", zh_has(there));
            finding(standing, Some(Form::Group), met_by, en, zh)
        }
        None => {
            let en =
                "no party organisation of the community is registered, and what is due depends \
                      on its form"
                    .to_owned();
            let zh = "未登记社区党组织，无法认定应建形式".to_owned();
            finding(Standing::Undecided, None, Vec::new(), en, zh)
        }
    }
}

const fn has(there: bool) -> &'static str {
    if there { "has one" } else { "has none" }
}

const fn zh_has(there: bool) -> &'static str {
    if there { "已建" } else { "未建" }
}

/// I2: three directly managed members have a branch of their own; fewer, a joint one.
fn directly_managed(known: &Known) -> Finding {
    let count = known.directly_managed;
    let own = with(known, &[Form::Own]);
    let (standing, due, met_by, en, zh) = match count {
        0 => {
            let en = "no directly managed member lives here".to_owned();
            (Standing::NotDue, None, Vec::new(), en, "小区没有直管党员".to_owned())
        }
        1..ENOUGH => {
            let met_by = with(known, &[Form::Own, Form::Joint]);
            let there = !met_by.is_empty();
            let en = format!(
                "directly managed members: {count}; fewer than 3 have a joint branch with a \
                 neighbour, and the compound {}",
                if there { "has a branch" } else { "has none" }
            );
            let zh = format!("直管党员 {count} 名，可与邻近小区成立联合党支部，{}", zh_has(there));
            (stands(there), Some(Form::Joint), met_by, en, zh)
        }
        _ => {
            let there = !own.is_empty();
            let en = format!(
                "directly managed members: {count}; from 3 on they have a branch of their own, and \
                 the compound {}",
                has(there)
            );
            let zh = format!("直管党员 {count} 名，可成立党支部，{}", zh_has(there));
            (stands(there), Some(Form::Own), own, en, zh)
        }
    };
    Finding {
        rule: Rule::DirectlyManaged,
        standing,
        building: None,
        due: due.map(Due::Organisation),
        count: exactly(count),
        met_by,
        en,
        zh,
    }
}

/// I3: a branch's committee has three to five persons, one secretary, one or two deputies. A joint
/// branch's committee is that of the compound in which it lies.
fn committee(known: &Known) -> [Finding; 3] {
    let lies_here =
        |it: &&super::Organisation| it.form != Form::Group && it.anchor.id == known.compound;
    let branches: Vec<String> =
        known.organisations.iter().filter(lies_here).map(|it| it.id.clone()).collect();
    let one = |rule, count: usize, (least, most): (usize, usize), words: (&str, &str)| {
        let (what, zh_what) = words;
        let there = !branches.is_empty();
        let standing =
            if there { stands((least..=most).contains(&count)) } else { Standing::NotDue };
        let (en, zh) = if there {
            let span = if least == most { least.to_string() } else { format!("{least} to {most}") };
            let zh_span = if least == most { span.clone() } else { format!("{least}–{most}") };
            let en = format!("{what}: {count}, of {span}");
            (en, format!("{zh_what} {count} 名，应为 {zh_span} 名"))
        } else {
            ("no branch lies in the compound".to_owned(), "小区内没有党支部".to_owned())
        };
        Finding {
            rule,
            standing,
            building: None,
            due: there.then_some(Due::Persons(least, most)),
            count: exactly(count),
            met_by: if standing == Standing::Met { branches.clone() } else { Vec::new() },
            en,
            zh,
        }
    };
    let of = &known.committee;
    [
        one(Rule::CommitteeSize, of.members.len(), COMMITTEE, ("committee members", "支部委员")),
        one(Rule::Secretary, of.secretaries.len(), (1, 1), ("secretaries", "书记")),
        one(Rule::Deputies, of.deputies.len(), DEPUTIES, ("deputy secretaries", "副书记")),
    ]
}

/// I3: a building where three formal members live has a party group, else a building head.
fn building(of: &Building) -> Finding {
    let id = &of.id;
    let (count, grouped, headed) = (of.formal, !of.groups.is_empty(), of.heads > 0);
    let (here, zh_here) = (
        format!("formal members who live in `{id}`: {}", en(count)),
        format!("楼栋 {id} 常住正式党员 {}", zh(count)),
    );
    let group = Some(Due::Organisation(Form::Group));
    let (standing, due, en, zh) = if count.least >= ENOUGH {
        let en = format!("{here}; it should have a party group, and {}", has(grouped));
        let zh = format!("{zh_here}，应建立党小组，{}", zh_has(grouped));
        (stands(grouped), group, en, zh)
    } else if grouped {
        let en = format!("{here}; it has a party group");
        (Standing::Met, group, en, format!("{zh_here}，已建立党小组"))
    } else if count.most >= ENOUGH {
        let en =
            format!("{here}; of some it is not said where they live or whether they are formal");
        let zh = format!("{zh_here}，部分党员未登记楼栋或是否正式，无法认定");
        (Standing::Undecided, group, en, zh)
    } else {
        let en = format!("{here}; fewer than 3 have a building head, and it {}", has(headed));
        let zh_headed = if headed { "已选配" } else { "未选配" };
        let zh = format!("{zh_here}，应选好楼栋长，{zh_headed}");
        (stands(headed), Some(Due::BuildingHead), en, zh)
    };
    Finding {
        rule: Rule::Building,
        standing,
        building: Some(id.clone()),
        due,
        count,
        met_by: of.groups.clone(),
        en,
        zh,
    }
}

#[cfg(test)]
mod tests;
