//! The reader against good schemes, hostile ones, and random ones.

mod appraisal_cases;
mod faults;
mod good_cases;
mod hostile;
mod indicator_cases;
mod member_cases;
mod post_cases;
mod published_cases;
mod rating_cases;
mod read;
mod rich_cases;
mod schedules;
mod schema;

use super::{Scheme, SchemeFault};

/// A scheme about members with everything that follows from days.
pub(super) const MEMBERS: &str = r#"steelyard: scheme/v1
id: county.dual
version: 2
subject: member
period: year
in_force: {from: 2024-01-01}
check_in: {first_by: 2020-06-30, within: 1 month, metric: late_days, finding: late_check_in}
conduct: {finding: negative_conduct}
honours: {when: {attribute: status, is: in_service}, unless: {fact: negative_conduct}}
closes: {days: 31}
score:
  id: dual
  out_of: 100
  weighted:
    - {id: unit, weight: 50%, out_of: 100, imported: {source: unit_branch, several: best, absent: rescale}}
    - id: compound
      weight: 50%
      out_of: 100
      base: 60
      scheduled:
        items: [1, 30]
        each: [-10, 10]
        in_all: [-60, 40]
        several: last
        absent: rescale
        valid_at_most: 24 months
        adoption: {present: {above: 1/2}, in_favour: {at_least: 2/3}}
        objections: 15
examples:
  - title: a branch of one item
    schedules: [{compound: k, in_force: {from: 2024-01-01}, items: [{id: help, counted: {points: 2, caps: [{per: year, at_most: 10}]}, check: second_person}]}]
    facts:
      attributes: {status: in_service}
      stays: [{compound: k, from: 2024-01-01}]
      imports: {unit_branch: {raw: 43, full: 50}}
      entries: [{item: help, on: 2024-03-05, times: 3, check: confirmed}, {item: help, on: 2024-03-06}]
    gives: {score: "76.00", honours: eligible}
"#;

/// A point schedule with every key.
pub(super) const SCHEDULE: &str = r"steelyard: schedule/v1
compound: k-017
version: 2
title: 积分细则
in_force: {from: 2024-03-15, until: 2024-12-31}
basis: 党员大会决议
items:
  - {id: volunteering, title: 志愿服务, counted: {points: 2, caps: [{per: month, at_most: 6}, {per: year, at_most: 20}]}}
  - {id: mediation, counted: {points: entered, each: [0, 5], caps: [{per: year, at_most: 10}]}, check: second_person}
  - {id: arrears, counted: {points: -5, repeats: [1, 2], caps: [{per: year, at_least: -20}]}}
  - {id: hours, counted: {tiers: [[10, 2], [20, 4]], valid: 24 months}}
";

/// The whole scheme of the documentation.
pub(super) const GOOD: &str = r#"steelyard: scheme/v1
id: xinping.member-dual-score
version: 1
title: 在职党员双积分
subject: member                     # member | project | company | post | compound
period: year                        # year | half | quarter | month
in_force: {from: 2022-01-01}        # until: optional, inclusive
basis:
  - {document: 新平县2022年项目文本, clause: 实施小区在职党员双积分制度}
score:
  id: dual
  out_of: 100
  round: {to: 2, mode: half_up}
  weighted:
    - id: unit
      weight: 50%
      title: 单位党支部积分
      out_of: 100
      imported: {source: unit_branch}
    - id: compound
      weight: 50%
      title: 小区党支部积分
      out_of: 100
      base: 60
      clamp: [0, 100]
      sum:
        - {id: volunteering, title: 志愿服务, counted: {points: 2, caps: [{per: month, at_most: 6}, {per: year, at_most: 20}]}}
        - {id: duty, title: 设岗定责, counted: {points: entered, each: [0, 5], caps: [{per: year, at_most: 10}]}}
        - {id: property_fee_arrears, title: 欠缴物业费, counted: {points: -5, caps: [{per: year, at_least: -20}]}}
        - id: owner_voice
          title: 群众评价
          out_of: 10
          voted: {ballot: neighbours, options: {good: 100, fair: 80, pass: 60, poor: 0}}
          missing: zero
grades:
  - {id: excellent, title: 优秀, at_least: 90, unless: {fact: negative_conduct}, seats: {share: 30%, of: subjects, within: compound, rounding: floor}}
  - {id: competent, title: 合格, at_least: 60}
  - {id: incompetent, title: 不合格}
vetoes:
  - {id: discipline, title: 违纪违法, raised_by: [street, county], counts: any_day, then: {grade: incompetent}}
ranking: {within: [compound, county], by: [score, {node: volunteering}], places: competition}
awards: []
examples:
  - title: caps by month, then by year
    facts:
      imports: {unit_branch: {raw: 43, full: 50}}
      entries: [{item: volunteering, on: 2022-03-05, times: 5}, {item: volunteering, on: 2022-04-02, times: 2}]
      ballots: {neighbours: {good: 3, fair: 1}}
    gives: {score: "82.75", grade: competent}
"#;

/// A scheme with one node of every kind and every key.
pub(super) const RICH: &str = r#"steelyard: scheme/v1
id: county.rich
version: 3
subject: post
period: year
in_force: {from: 2022-01-01, until: 2024-12-31}
roster: {all: [{attribute: post, in: [branch_secretary, committee_member]}, {none: [{attribute: status, is: retired}]}]}
score:
  id: root
  sum:
    - {id: mean, basis: 办法第三条, average: [{id: a, constant: 5}, {id: b, constant: 6}, {id: c, constant: "7.5"}], drop: {highest: 1, lowest: 1}}
    - {id: top, best: [{id: d, constant: 1}, {id: e, constant: 2}]}
    - {id: low, worst: [{id: f, constant: 1}, {id: g, constant: 2}]}
    - {id: repeated, counted: {points: 1, repeats: [1, 2], valid: 24 months}}
    - {id: tiered, counted: {tiers: [[10, 2], [20, 5]]}}
    - {id: sheets, out_of: 10, assessed: {by: {street: 1/3, community: 1/3, county: 1/3}, several: trimmed, trim_from: 4, absent: rescale}}
    - {id: owners, out_of: 10, surveyed: {survey: owners, channels: {online: 60%, paper: 0.4}, least: 5, absent: rescale}}
    - {id: pooled, out_of: 10, surveyed: {survey: owners, channels: pooled}, missing: {value: "6.5"}}
    - {id: banded, measured: {metric: households, bands: [{at_least: 500, points: 10}, {at_least: 100, points: 5}, {points: 0}]}}
    - {id: sloped, measured: {ratio: {of: closed, per: filed}, linear: [["0.5", 0], [1, 10]]}}
    - {id: plain, measured: {metric: tasks, as_is: true}, missing: exclude}
    - {id: held, checked: {when: {any: [{node: banded, at_least: 5}, {metric: site_area, above: 300}, {ratio: {of: x, per: y}, below: 1}, {fact: praised}]}, points: 3, otherwise: -1}}
    - {id: other, out_of: 20, result_of: {scheme: county.red, of: children, combine: weighted}}
    - {id: compare, out_of: 5, compared: {node: banded, within: county, with: mean}}
    - {id: placing, placed: {node: sloped, within: county, points: [[1, 60], [2, 57]], otherwise: 40}}
    - {id: voice, out_of: 10, voted: {ballot: voice, options: {good: 3, poor: 0}, least: 3}, round: {to: 1, mode: half_even}}
grades:
  - {id: red, at_least: 90, when: {node: voice, at_least: 5}, seats: {share: 1/5, of: results, within: street, rounding: largest_remainder, at_most: 20, each_at_most: 9}}
  - {id: rest}
vetoes:
  - {id: one, raised_by: [county], counts: at_end, then: {score_less: 5, score_at_most: 80, grades_down: 1, grade_at_best: rest, no_awards: true}}
  - {id: two, then: [{node: voice, value: 2}, {node: banded, value: 0}]}
  - {id: three, then: {excluded: true}, put_right: {days: 30, in_time: annuls}, object: {days: 10}}
ranking: {within: [street], by: [score, {metric: age, order: ascending}], places: dense}
awards:
  - {id: prize, title: 奖励, amount: "2000.00", to: person, when: {all: [{grade: red}, {attribute: status, is: in_service}]}, basis: [{document: d, clause: c}]}
examples:
  - {title: nothing, seats: open, facts: {attributes: {status: retired}, flag: true, none: null}, gives: {score: null, status: incomplete, grade: null, awards: {}}}
party_floor: {roles: [street, community], at_least: 2/3}
notice: {days: 5, of: working}
"#;

/// A scheme that lists results of others, shows sheets and advises.
pub(super) const RATED: &str = r#"steelyard: scheme/v1
id: county.companies
version: 1
subject: company
period: year
in_force: {from: 2022-01-01}
score:
  id: root
  out_of: 100
  sum:
    - {id: projects, out_of: 60, result_of: {scheme: county.projects, of: projects, combine: weighted, least: 1, listed: true, weight: households, unscored: leave_out, vetoed: {items: [misuse], score_at_most: 60, unscored: 0}}}
    - {id: halves, out_of: 40, result_of: {scheme: county.companies, of: halves, least: 2}, missing: zero}
grades:
  - {id: good, at_least: 80, unless: {any: [{results: projects, vetoed: [misuse]}, {results: projects, graded: [low]}]}}
  - {id: low}
vetoes:
  - {id: fraud, then: {grade: low}}
sheets: [projects, halves]
advice:
  renewal:
    - {id: no, title: 不续约, vetoed: [fraud]}
    - {id: yes, grade: [good], at_least: 90}
    - {id: look}
  price:
    - {id: keep}
examples:
  - facts: {results: {county.projects: [{of: projects, subject: p-1, score: 100, out_of: 100, weights: {households: 5}}]}}
    gives: {score: "60.00", grade: low, advice: {renewal: look, price: keep}}
"#;

/// A scheme about posts that a chain appraises (S1, S2).
pub(super) const APPRAISED: &str = r#"steelyard: scheme/v1
id: county.secretaries
version: 1
subject: post
period: year
in_force: {from: 2022-01-01}
cohort: community
score:
  id: root
  out_of: 100
  sum:
    - {id: leaders, out_of: 60, proposed: {by: [community, street, county], band: "5"}}
    - {id: debrief, out_of: 40, voted: {ballot: debrief, options: {good: 100, fair: 80, pass: 60, poor: 0}, turnout: 2/3}}
    - {id: daily, out_of: 10, missing: zero, assessed: {by: {street: 100%}, top_marks: {from: "9", share: 30%}}}
grades:
  - {id: excellent, at_least: 90, seats: {share: 1/3, of: subjects, within: community, rounding: floor, pool: {fewer_than: 4, into: street}}}
  - {id: competent, at_least: 60}
  - {id: incompetent}
ranking: {within: [county], by: [score]}
examples:
  - seats: open
    title: the street raises what the community proposed
    facts:
      proposals: [{item: leaders, level: community, by: u-1, at: "2022-12-20T09:00:00+08:00", points: 50}, {item: leaders, level: street, points: 54}]
      ballots: {debrief: {good: 9, poor: 1}}
      eligible: {debrief: 15}
    gives: {score: "90.00", grade: excellent}
"#;

/// The faults of a text, as `code line:column path`.
pub(super) fn told(text: &str) -> Vec<String> {
    faults(text.as_bytes())
        .iter()
        .map(|it| format!("{} {}:{} {}", it.code, it.place.line, it.place.column, it.path))
        .collect()
}

/// The faults of a text; none where it reads.
pub(super) fn faults(text: &[u8]) -> Vec<SchemeFault> {
    Scheme::read(text).err().unwrap_or_default()
}
