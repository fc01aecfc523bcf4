//! The findings as tables for people.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, Table, presets::UTF8_FULL_CONDENSED};

use super::{
    report::{Report, number, shown},
    sight::Sight,
};
use crate::{domain::exact::Money, proto::v1, sample::BUDGET_FEN};

/// How many compounds are shown.
const RANKED: usize = 20;
/// A line of an explanation that is longer is folded.
const LINE: usize = 120;

pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED);
    table.set_header(header);
    table
}

pub(super) fn right(value: impl ToString) -> Cell {
    Cell::new(value).set_alignment(CellAlignment::Right)
}

/// Prints all of it.
pub(super) fn print(report: &Report, out: &mut impl Write) -> io::Result<()> {
    ranked(report, out)?;
    ties(report, out)?;
    vetoed(report, out)?;
    grades(report, out)?;
    report.dual.print(out)?;
    report.formations.print(out)?;
    money(report, out)
}

/// What each caller is shown, and what was proved.
pub(super) fn sight(sight: &Sight, out: &mut impl Write) -> io::Result<()> {
    let header = ["caller", "role 角色", "over", "members", "projects", "posts", "awards"];
    let mut table = table(&header);
    let seen = |it: Option<usize>| it.map_or_else(|| "denied".to_owned(), |it| it.to_string());
    for it in &sight.callers {
        table.add_row([
            Cell::new(it.principal),
            Cell::new(it.role),
            Cell::new(it.over),
            right(seen(it.members)),
            right(seen(it.projects)),
            right(seen(it.posts)),
            right(it.awards),
        ]);
    }
    writeln!(out, "\nWho sees what: results shown to each caller\n{table}")?;
    writeln!(out, "audit trail: {} entries, one for each effect", sight.audit_entries)?;
    writeln!(out, "signed result of {}: checked by the public key alone", sight.proved)
}

/// The first places by the selection's criteria: as many as a county selects at most (F1).
fn ranked(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let ranked = report.ranked();
    let mut table = table(&[
        "county place",
        "compound 小区",
        "id",
        "street 街道",
        "place in street",
        "score 得分",
    ]);
    for it in ranked.iter().take(RANKED) {
        table.add_row([
            right(it.county_place),
            Cell::new(&it.name),
            Cell::new(&it.compound),
            Cell::new(&it.street_name),
            right(it.place),
            right(&it.score),
        ]);
    }
    let (first, all) = (RANKED.min(ranked.len()), ranked.len());
    writeln!(
        out,
        "\n红旗小区 by its criteria: the first {first} of {all} compounds with a place\n{table}"
    )
}

fn ties(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let ties = report.ties();
    if ties.is_empty() {
        return writeln!(out, "\nNo tie is left open.");
    }
    let mut table = table(&["scheme", "for", "within", "equal at", "tied 并列"]);
    for it in &ties {
        table.add_row([&it.scheme, &it.grade, &it.group, &it.score, &it.names.join("、")]);
    }
    writeln!(out, "\nTies left open, until a recorded decision orders them (F11)\n{table}")
}

fn vetoed(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let vetoed = report.vetoed();
    let mut table = table(&["project 项目", "company 企业", "veto 一票否决", "rating", "score"]);
    for it in &vetoed {
        table.add_row([
            Cell::new(format!("{} {}", it.project, it.name)),
            Cell::new(&it.company),
            Cell::new(it.items.join(", ")),
            Cell::new(&it.grade),
            right(&it.score),
        ]);
    }
    let mut companies: Vec<&str> = vetoed.iter().map(|it| it.company.as_str()).collect();
    companies.sort_unstable();
    companies.dedup();
    let (projects, companies) = (vetoed.len(), companies.len());
    writeln!(out, "\nVetoes in force: {projects} projects of {companies} companies\n{table}")
}

fn grades(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let mut table = table(&["evaluation", "subjects", "grades", "other outcomes"]);
    for done in &report.done {
        let grades: Vec<String> = super::report::grades(done)
            .into_iter()
            .map(|(_, title, count)| format!("{title} {count}"))
            .collect();
        let others: Vec<String> = done
            .run
            .status_counts
            .iter()
            .filter(|(status, count)| *status != "final" && **count > 0)
            .map(|(status, count)| format!("{status} {count}"))
            .collect();
        table.add_row([
            Cell::new(format!("{}\n{}", done.scheme.title, done.document.id)),
            right(done.results.len()),
            Cell::new(grades.join("  ")),
            Cell::new(others.join("  ")),
        ]);
    }
    writeln!(out, "\nGrades and stars\n{table}")
}

fn money(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let mut follows = table(&["consequence", "后续", "posts"]);
    for (id, (title, count)) in report.follows() {
        follows.add_row([Cell::new(id), Cell::new(title), right(count)]);
    }
    let by = "by the status of the day of publication";
    writeln!(out, "\nWhat follows from the appraisals, {by} (S3, S6)\n{follows}")?;
    let mut table = table(&["award", "count", "yuan"]);
    for (id, given) in report.awards() {
        let amount = Money::from_fen(given.fen).to_string();
        table.add_row([Cell::new(id), right(given.count), right(amount)]);
    }
    let (total, left) = report.money().map_err(io::Error::other)?;
    let budget = Money::from_fen(BUDGET_FEN);
    table.add_row([Cell::new("total"), Cell::new(""), right(total)]);
    table.add_row([Cell::new("budget"), Cell::new(""), right(budget)]);
    table.add_row([Cell::new("left"), Cell::new(""), right(left)]);
    writeln!(out, "\nMoney that the results give a right to (A1, A2)\n{table}")
}

/// Prints one explanation, the whole tree.
pub(super) fn explanation(
    explained: &v1::ExplainResultResponse,
    name: &str,
    out: &mut impl Write,
) -> io::Result<()> {
    let score = shown(explained.result.as_ref().and_then(|it| it.score.as_ref()));
    writeln!(out, "\nOne result explained: {name}, {score}")?;
    if let Some(root) = &explained.root {
        node(root, 1, out)?;
    }
    for step in &explained.steps {
        if let Some(how) = &step.how {
            writeln!(out, "  → {}  {}", how.en, how.zh)?;
        }
        tried(&step.tried_not_held, 2, out)?;
    }
    Ok(())
}

fn node(it: &v1::ExplainedNode, depth: usize, out: &mut impl Write) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    let title = if it.title.is_empty() { &it.id } else { &it.title };
    let of = it.out_of.as_ref().map_or_else(String::new, |it| format!(" / {}", it.value));
    writeln!(out, "{indent}{title} [{}] = {}{of}", it.id, number(it.value.as_ref()))?;
    if let Some(how) = it.how.as_ref().filter(|it| !it.en.is_empty()) {
        for line in how.en.lines().flat_map(folded) {
            writeln!(out, "{indent}    {line}")?;
        }
    }
    tried(&it.tried_not_held, depth.saturating_add(2), out)?;
    it.children.iter().try_for_each(|child| node(child, depth.saturating_add(1), out))
}

/// What is too long for a line, one statement a line.
fn folded(line: &str) -> impl Iterator<Item = &str> {
    let at = if line.chars().count() > LINE { "; " } else { "\n" };
    line.split(at)
}

fn tried(reasons: &[v1::Reason], depth: usize, out: &mut impl Write) -> io::Result<()> {
    let texts = reasons.iter().filter_map(|it| it.text.as_ref());
    texts.into_iter().try_for_each(|it| writeln!(out, "{}not held: {}", "  ".repeat(depth), it.en))
}
