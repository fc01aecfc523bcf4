//! The text of a notice (公示), as Markdown and as a page of HTML. Everything that was entered is
//! escaped: a name is text, whatever it looks like.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{PAGE, posted};
use crate::{
    app::{
        App, AppError, hex,
        markup::{in_html, in_markdown},
        registry::as_of,
        run::{KeptResult, ResultFilter, RunSelector, Shown, score_text},
    },
    domain::{
        engine::Status,
        time::{Day, DaysOf, Period},
    },
    store::{NoticeRecord, ReadTx},
};

/// The most bytes of a text, below the largest message that is sent.
const TEXT_MAX: usize = 3 * 1024 * 1024;

/// How a notice is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeFormat {
    /// Markdown with a table.
    Markdown,
    /// A page of HTML that prints by itself.
    Html,
}

/// A notice in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeText {
    /// The text.
    pub document: String,
    /// How many subjects it lists.
    pub subjects: usize,
}

/// One line of the list.
struct Line {
    name: String,
    subject: String,
    score: String,
    grade: String,
    remark: &'static str,
}

impl App {
    /// The text of a posted notice, about the subjects that the filter takes. `names` says whether
    /// the subjects' names are written, of a kind of subjects.
    ///
    /// # Errors
    /// `NOTICE_NOT_FOUND`, `NOTICE_TOO_LARGE`; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn notice_text(
        &self,
        (county, run_id): (&str, &str),
        filter: &ResultFilter,
        format: NoticeFormat,
        names: impl Fn(&str) -> bool + Send,
    ) -> Result<NoticeText, AppError> {
        let mut tx = self.read().await?;
        let notice = posted(&mut *tx, county, run_id).await?;
        drop(tx);
        let shown = self.shown(county, &RunSelector::Id(run_id.to_owned())).await?;
        let kind = shown.plan.scheme().subject.name();
        let size = usize::try_from(PAGE).unwrap_or(1);
        let (mut lines, mut after) = (Vec::new(), Some(-1_i64));
        while let Some(from) = after {
            let page =
                self.list_results(county, &shown.run, filter, (from, size), |_| true).await?;
            after = page.next;
            let mut tx = self.read().await?;
            let named = if names(kind) {
                names_of(&mut *tx, county, kind, &shown, &page.results).await?
            } else {
                BTreeMap::new()
            };
            let more = page.results.iter().map(|it| line(&shown, it, &named));
            lines.extend(more);
            let length = |it: &Line| it.name.len().saturating_add(it.subject.len());
            let bytes = lines.iter().map(length).fold(0, usize::saturating_add);
            if bytes > TEXT_MAX {
                return Err(too_large());
            }
        }
        let document = match format {
            NoticeFormat::Markdown => markdown(&notice, &shown, &lines),
            NoticeFormat::Html => html(&notice, &shown, &lines),
        };
        if document.len() > TEXT_MAX {
            return Err(too_large());
        }
        Ok(NoticeText { document, subjects: lines.len() })
    }
}

fn too_large() -> AppError {
    AppError::Exhausted {
        reason: "NOTICE_TOO_LARGE",
        en: "the text is larger than 3 MiB: ask for one group after the other".to_owned(),
        zh: "公示文本超过 3 MiB，请按分组逐一生成".to_owned(),
    }
}

/// The names of the subjects on the period's last day, as the run knew them; of a post that ended
/// within the period, the last one that it had.
async fn names_of(
    tx: &mut dyn ReadTx,
    county: &str,
    kind: &str,
    shown: &Shown,
    results: &[KeptResult],
) -> Result<BTreeMap<String, String>, AppError> {
    let ids: Vec<String> = results.iter().map(|it| it.subject.clone()).collect();
    let period = Period::parse(&shown.run.period)
        .map_err(|why| crate::store::StoreError::corrupt("runs.period", why))?;
    let at = as_of(period.last_day(), shown.run.known);
    let mut names = BTreeMap::new();
    for part in ids.chunks(1_000) {
        let found = tx.registered(county, kind, part, at).await?.into_iter();
        names.extend(found.map(|it| (it.version.id, it.version.name)));
    }
    let ended: Vec<String> = ids.into_iter().filter(|it| !names.contains_key(it)).collect();
    for part in ended.chunks(1_000) {
        // By the first day, so that the last one stays.
        for it in tx.registry_versions(county, kind, part, at.known).await? {
            if it.version.effective_from <= at.day {
                names.insert(it.version.id, it.version.name);
            }
        }
    }
    Ok(names)
}

fn line(shown: &Shown, it: &KeptResult, names: &BTreeMap<String, String>) -> Line {
    let scheme = shown.plan.scheme();
    let grade = it.grade.as_ref().and_then(|id| scheme.grades.iter().find(|it| it.id == *id));
    let grade = grade.map_or("", |it| if it.title.is_empty() { &it.id } else { &it.title });
    let remark = match it.status {
        Status::Final => "",
        Status::Incomplete => "资料不全，暂无结果",
        Status::Excluded => "不参加评价",
        Status::TieOpen => "并列，待决定",
    };
    let score = it.score.as_ref().map(|it| score_text(&shown.plan, it));
    Line {
        name: names.get(&it.subject).cloned().unwrap_or_default(),
        subject: it.subject.clone(),
        score: score.unwrap_or_default(),
        grade: grade.to_owned(),
        remark,
    }
}

/// A day as notices write it.
fn day_words(day: Day) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// What every notice says before its list, sentence by sentence, as it was entered.
fn sentences(notice: &NoticeRecord, shown: &Shown) -> (String, Vec<String>) {
    let scheme = shown.plan.scheme();
    let title = if scheme.title.is_empty() { &scheme.id } else { &scheme.title };
    let head = format!("关于{title}（{}）评价结果的公示", shown.run.period);
    let of = match notice.days_of {
        DaysOf::Working => "工作日",
        DaysOf::Calendar => "自然日",
    };
    let days = format!("{}个{of}，张贴当日不计", notice.days);
    let body = vec![
        format!(
            "{} 评价周期的结果已按《{title}》（第 {} 版）计算完成，现予公示。",
            shown.run.period, shown.run.version
        ),
        format!(
            "公示时间：{}至{}（{days}）。",
            day_words(notice.posted_on),
            day_words(notice.ends_on)
        ),
        format!(
            "公示期间对结果有异议的，请于{}前（含当日）提出，并说明事实和依据。",
            day_words(notice.ends_on)
        ),
        format!("受理：{}。", notice.object_to),
    ];
    (head, body)
}

/// What identifies the run, for whoever wants to check the list.
fn mark(shown: &Shown) -> String {
    let digest = shown.run.result_digest.map(|it| hex(&it)).unwrap_or_default();
    format!("评价批次 {}，结果摘要 {digest}", shown.run.run_id)
}

const COLUMNS: [&str; 6] = ["序号", "名称", "编号", "得分", "等次", "备注"];

fn cells(number: usize, it: &Line) -> [String; 6] {
    let (name, subject) = (it.name.clone(), it.subject.clone());
    [number.to_string(), name, subject, it.score.clone(), it.grade.clone(), it.remark.to_owned()]
}

fn markdown(notice: &NoticeRecord, shown: &Shown, lines: &[Line]) -> String {
    let (head, body) = sentences(notice, shown);
    let mut out = format!("# {}\n", in_markdown(&head));
    for sentence in body {
        // Writing to a text cannot fail.
        let _ = write!(out, "\n{}\n", in_markdown(&sentence));
    }
    let _ = write!(out, "\n| {} |\n|{}\n", COLUMNS.join(" | "), " --- |".repeat(COLUMNS.len()));
    for (number, it) in (1..).zip(lines) {
        let cells = cells(number, it).map(|it| in_markdown(&it));
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    let _ = write!(out, "\n{}\n\n{}\n", day_words(notice.posted_on), in_markdown(&mark(shown)));
    out
}

fn html(notice: &NoticeRecord, shown: &Shown, lines: &[Line]) -> String {
    let (head, body) = sentences(notice, shown);
    let head = in_html(&head);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{head}</title>\n<style>\nbody {{ font-family: serif; margin: 2em; }}\n\
         h1 {{ text-align: center; font-size: 1.4em; }}\n\
         table {{ border-collapse: collapse; width: 100%; }}\n\
         th, td {{ border: 1px solid black; padding: 0.2em 0.5em; }}\n\
         thead {{ display: table-header-group; }}\ntr {{ break-inside: avoid; }}\n\
         .end {{ text-align: right; }}\n\
         @page {{ size: A4; margin: 2cm; }}\n</style>\n</head>\n<body>\n<h1>{head}</h1>\n"
    );
    for sentence in body {
        let _ = writeln!(out, "<p>{}</p>", in_html(&sentence));
    }
    let head: String = COLUMNS.iter().map(|it| format!("<th>{it}</th>")).collect();
    let _ = write!(out, "<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n");
    for (number, it) in (1..).zip(lines) {
        let cells = cells(number, it).map(|it| format!("<td>{}</td>", in_html(&it)));
        let _ = writeln!(out, "<tr>{}</tr>", cells.concat());
    }
    let (day, mark) = (day_words(notice.posted_on), in_html(&mark(shown)));
    let _ = write!(
        out,
        "</tbody>\n</table>\n<p class=\"end\">{day}</p>\n<p>{mark}</p>\n</body>\n</html>\n"
    );
    out
}
