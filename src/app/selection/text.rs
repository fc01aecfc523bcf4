//! The text of a selection's notice (公示, F8), as Markdown and as a page of HTML. Everything that was
//! entered is escaped.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{read::Selected, refused};
use crate::{
    app::{
        App, AppError, hex,
        markup::{in_html, in_markdown},
        registry::{RecordKind, as_of},
    },
    domain::{
        selection::{Obstacle, PostedNotice, Stage, What},
        time::{Day, Moment},
    },
    store::ReadTx,
};

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    /// Markdown with a table.
    Markdown,
    /// A page of HTML that prints by itself.
    Html,
}

/// A list in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListText {
    /// The text.
    pub document: String,
    /// How many compounds it lists.
    pub compounds: usize,
}

/// One line of the list.
struct Line {
    compound: String,
    branch: String,
    street: String,
    community: String,
}

/// A text in parts: its head, what it says, and the lines.
struct Text {
    head: String,
    body: Vec<String>,
    lines: Vec<Line>,
    posted_on: Day,
    mark: String,
}

impl App {
    /// The text of the notice that is posted, with the list as it was posted: who was cancelled since
    /// still stands on it.
    ///
    /// # Errors
    /// The selection is not there; `NOTICE_MISSING`; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn selection_notice(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        (id, format): (&str, ListFormat),
    ) -> Result<ListText, AppError> {
        let selected = self.selection(tx, county, id).await?;
        let Some(notice) = &selected.state.notice else {
            return Err(refused(&[(String::new(), Obstacle::NoticeMissing)]));
        };
        let (branches, at) = listed(&selected);
        let lines = lines(tx, county, (&selected, &branches), (notice.posted_on, at)).await?;
        let text = text(&selected, notice, (&branches, lines));
        let compounds = text.lines.len();
        let document = match format {
            ListFormat::Markdown => markdown(&text),
            ListFormat::Html => html(&text),
        };
        Ok(ListText { document, compounds })
    }
}

/// The branches on the list as it was posted, and when that was.
pub(super) fn listed(selected: &Selected) -> (Vec<String>, Moment) {
    let posted = selected.events.iter().find(|it| matches!(it.what, What::NoticePosted(_)));
    let number = posted.map_or(0, |it| it.number);
    let mut state = crate::domain::selection::State::default();
    for event in selected.events.iter().filter(|it| it.number <= number) {
        // They were folded once already.
        let _ = state.take(event);
    }
    let noticed = state.candidates.into_iter().filter(|it| it.1.stage == Stage::Noticed);
    let at = posted.map_or(selected.record.opened.recorded, |it| it.at);
    (noticed.map(|it| it.0).collect(), at)
}

/// The lines in the order of the criteria: streets by id, and within each by place. The order says
/// nothing of merit beyond what was published: equal ones stand by id.
async fn lines(
    tx: &mut dyn ReadTx,
    county: &str,
    (selected, branches): (&Selected, &[String]),
    (day, known): (Day, Moment),
) -> Result<Vec<Line>, AppError> {
    let mut rows: Vec<_> = branches.iter().filter_map(|it| selected.roster.get(it)).collect();
    let place = |compound: &str| {
        let merit = selected.merits.as_ref().and_then(|it| it.get(compound));
        merit.and_then(|it| it.place).unwrap_or(u32::MAX)
    };
    rows.sort_by_key(|it| (it.street.clone(), place(&it.compound), it.branch.clone()));
    let ids = |of: &dyn Fn(usize) -> Option<String>| (0..rows.len()).filter_map(of).collect();
    // By the day on which it was recorded, so that the text stays as it is.
    let at = as_of(known.beijing_day().map_or(day, |it| it.min(day)), known);
    let mut names: BTreeMap<(RecordKind, String), String> = BTreeMap::new();
    let kinds: [(RecordKind, Vec<String>); 4] = [
        (RecordKind::Compound, ids(&|it| rows.get(it).map(|it| it.compound.clone()))),
        (RecordKind::Branch, ids(&|it| rows.get(it).map(|it| it.branch.clone()))),
        (RecordKind::Street, ids(&|it| rows.get(it).map(|it| it.street.clone()))),
        (RecordKind::Community, ids(&|it| rows.get(it).map(|it| it.community.clone()))),
    ];
    for (kind, mut ids) in kinds {
        ids.sort_unstable();
        ids.dedup();
        for it in tx.registered(county, kind.word(), &ids, at).await? {
            names.insert((kind, it.version.id), it.version.name);
        }
    }
    let name = |kind: RecordKind, id: &str| {
        let found = names.get(&(kind, id.to_owned())).filter(|it| !it.is_empty());
        found.map_or_else(|| id.to_owned(), Clone::clone)
    };
    let line = |it: &&crate::domain::selection::RosterBranch| Line {
        compound: name(RecordKind::Compound, &it.compound),
        branch: name(RecordKind::Branch, &it.branch),
        street: name(RecordKind::Street, &it.street),
        community: name(RecordKind::Community, &it.community),
    };
    Ok(rows.iter().map(line).collect())
}

fn day_words(day: Day) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

fn text(
    selected: &Selected,
    notice: &PostedNotice,
    (branches, lines): (&[String], Vec<Line>),
) -> Text {
    let (document, year) = (&selected.document, selected.year.year());
    let days = format!("{}个工作日，张贴当日不计", document.notice.days);
    let body = vec![
        format!(
            "按照《{}》（第 {} 版），经小区党支部申报、社区把关、街道审核推荐、评选组评选、征求意见、\
             县委常委会审定，拟认定下列 {} 个小区为{year}年度“{}”，现予公示。",
            document.title,
            document.version,
            lines.len(),
            document.honour
        ),
        format!(
            "公示时间：{}至{}（{days}）。",
            day_words(notice.posted_on),
            day_words(notice.ends_on)
        ),
        format!(
            "公示期间对名册有异议或发现问题的，请于{}前（含当日）反映，并说明事实和依据。\
             经核查属实的，取消评选资格，空缺名额不再递补。",
            day_words(notice.ends_on)
        ),
        format!("受理：{}。", notice.report_to),
    ];
    let mut parts = vec![selected.record.selection_id.as_bytes()];
    parts.extend(branches.iter().map(String::as_bytes));
    let digest = crate::app::digest(&parts);
    Text {
        head: format!("关于{year}年度“{}”评选结果的公示", document.honour),
        body,
        lines,
        posted_on: notice.posted_on,
        mark: format!("评选 {}，名册摘要 {}", selected.record.selection_id, hex(&digest)),
    }
}

const COLUMNS: [&str; 5] = ["序号", "小区", "党支部", "街道（镇）", "社区"];

fn cells(number: usize, it: &Line) -> [String; 5] {
    let of = |text: &String| text.clone();
    [number.to_string(), of(&it.compound), of(&it.branch), of(&it.street), of(&it.community)]
}

fn markdown(text: &Text) -> String {
    let mut out = format!("# {}\n", in_markdown(&text.head));
    for sentence in &text.body {
        // Writing to a text cannot fail.
        let _ = write!(out, "\n{}\n", in_markdown(sentence));
    }
    let _ = write!(out, "\n| {} |\n|{}\n", COLUMNS.join(" | "), " --- |".repeat(COLUMNS.len()));
    for (number, it) in (1..).zip(&text.lines) {
        let cells = cells(number, it).map(|it| in_markdown(&it));
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    let _ = write!(out, "\n{}\n\n{}\n", day_words(text.posted_on), in_markdown(&text.mark));
    out
}

fn html(text: &Text) -> String {
    let head = in_html(&text.head);
    let mut out = crate::app::markup::page_start(&head);
    for sentence in &text.body {
        let _ = writeln!(out, "<p>{}</p>", in_html(sentence));
    }
    let columns: String = COLUMNS.iter().map(|it| format!("<th>{it}</th>")).collect();
    let _ = write!(out, "<table>\n<thead><tr>{columns}</tr></thead>\n<tbody>\n");
    for (number, it) in (1..).zip(&text.lines) {
        let cells = cells(number, it).map(|it| format!("<td>{}</td>", in_html(&it)));
        let _ = writeln!(out, "<tr>{}</tr>", cells.concat());
    }
    let (day, mark) = (day_words(text.posted_on), in_html(&text.mark));
    let _ = write!(
        out,
        "</tbody>\n</table>\n<p class=\"end\">{day}</p>\n<p>{mark}</p>\n</body>\n</html>\n"
    );
    out
}
