//! The monthly report as Markdown, in Chinese, for the party-work department (I12). Everything that
//! was entered is escaped.

use std::fmt::Write as _;

use super::{
    Listed, MonthlyReport, Total, UnitFigures,
    judge::shown,
    specs::{self, RECORDED},
};
use crate::{
    app::markup::in_markdown,
    domain::{
        exact::{Exact, RoundingMode},
        scheme::Indicator,
    },
};

impl MonthlyReport {
    /// The report as a text with tables.
    pub fn markdown(&self) -> String {
        let day = self.month.last_day();
        let name = self.units.first().map_or("", |it| it.name.as_str());
        let (year, month) = (day.year(), day.month());
        let mut out = format!("# {}小区党建工作月度进展（{year}年{month}月）\n", in_markdown(name));
        let known = in_markdown(&self.known.to_string());
        // Writing to a text cannot fail.
        let _ = write!(out, "\n登记信息截至{year}年{month}月{}日，所知截至 {known}。\n", day.day());
        self.coverage(&mut out);
        if let Some(unit) = self.units.first() {
            indicators(&mut out, unit);
        }
        for (title, listed) in [
            ("应建未建（待销号）", &self.lacking),
            ("本月销号", &self.struck_off),
            ("登记信息不足、无法认定", &self.undecided),
        ] {
            list(&mut out, title, listed);
        }
        out
    }

    fn coverage(&self, out: &mut String) {
        let head = ["单位", "编号", "小区", "应建", "已建", "覆盖率", "本月销号", "无法认定"];
        table(out, "组织覆盖（I9）", &head);
        for it in &self.units {
            row(
                out,
                &[
                    it.name.clone(),
                    it.unit.id.clone(),
                    it.compounds.to_string(),
                    it.due.to_string(),
                    it.done.to_string(),
                    it.coverage.as_ref().map_or_else(|| "—".to_owned(), percent),
                    it.struck_off.to_string(),
                    it.undecided.to_string(),
                ],
            );
        }
    }
}

/// A share in percent, to two places.
fn percent(share: &Exact) -> String {
    let hundred = share.times(&Exact::whole(100));
    hundred.map_or_else(|_| shown(share), |it| format!("{}%", it.text(2, RoundingMode::HalfUp)))
}

fn table(out: &mut String, title: &str, head: &[&str]) {
    let marks = " --- |".repeat(head.len());
    let _ = write!(out, "\n## {title}\n\n| {} |\n|{marks}\n", head.join(" | "));
}

fn row(out: &mut String, cells: &[String]) {
    let cells: Vec<String> = cells.iter().map(|it| in_markdown(it)).collect();
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

/// What people call an indicator.
fn title(of: &Total) -> &'static str {
    let registered = Indicator::ALL.into_iter().find(|it| it.name() == of.id);
    let recorded = || RECORDED.iter().find(|it| it.id == of.id).map_or("", |it| it.zh);
    registered.map_or_else(recorded, |it| specs::registered(it).2)
}

fn indicators(out: &mut String, unit: &UnitFigures) {
    let head = ["指标", "规则", "合计", "有数小区", "达标", "未达标", "无数小区"];
    table(out, "指标", &head);
    for it in &unit.totals {
        let missing = unit.compounds.saturating_sub(it.known);
        row(
            out,
            &[
                title(it).to_owned(),
                it.rule.to_owned(),
                it.sum.as_ref().map_or_else(|| "—".to_owned(), |it| shown(it.value())),
                it.known.to_string(),
                it.met.to_string(),
                it.not_met.to_string(),
                missing.to_string(),
            ],
        );
    }
}

fn list(out: &mut String, title: &str, listed: &[Listed]) {
    if listed.is_empty() {
        let _ = write!(out, "\n## {title}\n\n无。\n");
        return;
    }
    table(out, title, &["序号", "小区", "编号", "街道", "社区", "情况"]);
    for (number, it) in (1..).zip(listed) {
        row(
            out,
            &[
                number.to_string(),
                it.name.clone(),
                it.compound.id.clone(),
                it.street.clone(),
                it.community.clone(),
                it.zh.clone(),
            ],
        );
    }
}
