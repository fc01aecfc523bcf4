//! The payment list (付款清单) of a batch, as the treasury takes it: one table, written as CSV and
//! as XLSX. Nothing is read or kept here: whoever calls has the list, and has decided whether names
//! may be seen.

#[cfg(test)]
mod tests;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, IgnoreError, Workbook, Worksheet, XlsxError,
};

use super::{
    AppError,
    spreadsheet::{BYTE_ORDER_MARK, harmless, written},
};
use crate::domain::{exact::Money, scheme::AwardTo, time::Moment};

/// What the columns are called.
const HEADINGS: [&str; 14] = [
    "序号",
    "奖补项目",
    "对象类别",
    "对象编号",
    "姓名或名称",
    "所属单位",
    "金额（元）",
    "大写金额",
    "年度",
    "批次编号",
    "资金用途编号",
    "资金用途",
    "审批人",
    "导出时刻",
];

/// The column of the amounts.
const AMOUNT: u16 = 6;

/// The columns' widths in pixels, in their order.
const WIDTHS: [u32; 14] = [48, 220, 72, 130, 150, 200, 110, 240, 56, 150, 120, 200, 150, 180];

/// One payment of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentLine {
    /// The line's number in the batch.
    pub line: u32,
    /// What the award is called.
    pub award_title: String,
    /// Whether a branch or a person is paid.
    pub recipient_kind: AwardTo,
    /// The recipient's id.
    pub recipient_id: String,
    /// The recipient's name; empty where the caller may not see names, or there is none.
    pub name: String,
    /// What the recipient belongs to, as a compound's or an employer's name; empty: not said.
    pub unit: String,
    /// How much, in fen.
    pub amount: Money,
}

/// The payment list of an approved batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentList {
    /// The list's title.
    pub title: String,
    /// The batch.
    pub batch_id: String,
    /// What the money is appropriated for.
    pub purpose_id: String,
    /// That purpose's title.
    pub purpose_title: String,
    /// The year whose money it is.
    pub year: i64,
    /// The payments, in the order in which they are written.
    pub lines: Vec<PaymentLine>,
    /// Who approved the batch.
    pub approved_by: String,
    /// The moment of the export as it was recorded.
    pub exported: Moment,
}

impl PaymentList {
    /// The sum of all lines.
    ///
    /// # Errors
    /// It passes what an amount can be.
    pub fn total(&self) -> Result<Money, AppError> {
        let sum = self.lines.iter().try_fold(Money::ZERO, |sum, it| sum.plus(it.amount));
        sum.map_err(|why| AppError::Internal(format!("a payment list: {why}")))
    }

    /// The list as CSV for spreadsheets: RFC 4180 in UTF-8 with a byte order mark. An apostrophe
    /// stands before a cell that a spreadsheet would take for a formula. Amounts are yuan with two
    /// places and nothing else, as `5000.00`. The last line is the total.
    ///
    /// # Errors
    /// The sum passes what an amount can be.
    pub fn csv(&self) -> Result<Vec<u8>, AppError> {
        let rows = self.rows()?;
        let mut bytes = BYTE_ORDER_MARK.to_vec();
        bytes.extend(written(|lines| {
            lines.write_record(HEADINGS)?;
            rows.iter().try_for_each(|row| lines.write_record(row.iter().map(|it| harmless(it))))
        })?);
        Ok(bytes)
    }

    /// The list as a workbook (XLSX) with one sheet: its title, the same columns and lines as
    /// [`Self::csv`], and the total.
    ///
    /// Every cell is written as text, so that none is a formula whatever stands in it. The amounts
    /// are text too: a number of this format is a binary fraction, which does not hold `0.01`, and
    /// what is to be paid is to be taken as it stands. The same list gives the same bytes.
    ///
    /// # Errors
    /// The sum passes what an amount can be, or a list has more lines than a sheet.
    pub fn xlsx(&self) -> Result<Vec<u8>, AppError> {
        let rows = self.rows()?;
        let failed = |why: XlsxError| AppError::Internal(format!("a payment list: {why}"));
        self.workbook(&rows).map_err(failed)
    }

    /// All lines as cells, the total last.
    fn rows(&self) -> Result<Vec<[String; 14]>, AppError> {
        let total = self.total()?;
        let mut rows: Vec<_> = self.lines.iter().map(|it| self.row(it)).collect();
        let mut last = self.about(<[String; 14]>::default());
        let [number, .., amount, words, _, _, _, _, _, _] = &mut last;
        "合计".clone_into(number);
        (*amount, *words) = (total.to_string(), total.in_words());
        rows.push(last);
        Ok(rows)
    }

    fn row(&self, it: &PaymentLine) -> [String; 14] {
        let mut cells = self.about(<[String; 14]>::default());
        let [number, award, kind, id, name, unit, amount, words, ..] = &mut cells;
        *number = it.line.to_string();
        it.award_title.clone_into(award);
        kind_zh(it.recipient_kind).clone_into(kind);
        it.recipient_id.clone_into(id);
        it.name.clone_into(name);
        it.unit.clone_into(unit);
        (*amount, *words) = (it.amount.to_string(), it.amount.in_words());
        cells
    }

    /// What every line says of its batch: lists are put together, and a line is known by itself.
    fn about(&self, mut cells: [String; 14]) -> [String; 14] {
        let [.., year, batch, purpose_id, purpose, approved_by, exported] = &mut cells;
        *year = self.year.to_string();
        self.batch_id.clone_into(batch);
        self.purpose_id.clone_into(purpose_id);
        self.purpose_title.clone_into(purpose);
        self.approved_by.clone_into(approved_by);
        *exported = self.exported.to_string();
        cells
    }

    fn workbook(&self, rows: &[[String; 14]]) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        // Seconds: what programs show of a document's making.
        let created = ExcelDateTime::from_timestamp(self.exported.micros().div_euclid(1_000_000))?;
        let properties = DocProperties::new().set_title(&self.title);
        workbook.set_properties(&properties.set_creation_datetime(&created));
        let sheet = workbook.add_worksheet();
        sheet.set_name("付款清单")?;
        sheet.set_landscape().set_freeze_panes(2, 0)?;
        sheet.set_repeat_rows(0, 1)?;
        for (column, width) in (0..).zip(WIDTHS) {
            sheet.set_column_width_pixels(column, width)?;
        }
        let bold = Format::new().set_bold();
        sheet.write_string_with_format(0, 0, &self.title, &bold)?;
        write(sheet, 1, HEADINGS, &bold)?;
        let (last, lines) = (rows.len(), Format::new());
        for ((at, number), cells) in (2..).zip(1..).zip(rows) {
            write(sheet, at, cells, if number == last { &bold } else { &lines })?;
        }
        workbook.save_to_buffer()
    }
}

/// One line of text cells. Programs are told that an amount is meant to be text.
fn write(
    sheet: &mut Worksheet,
    at: u32,
    cells: impl IntoIterator<Item = impl Into<String>>,
    format: &Format,
) -> Result<(), XlsxError> {
    let right = format.clone().set_align(FormatAlign::Right);
    for (column, cell) in (0..).zip(cells) {
        let format = if column == AMOUNT { &right } else { format };
        let cell: String = cell.into();
        if !cell.is_empty() {
            sheet.write_string_with_format(at, column, cell, format)?;
        }
    }
    sheet.ignore_error(at, AMOUNT, IgnoreError::NumberStoredAsText)?;
    Ok(())
}

const fn kind_zh(kind: AwardTo) -> &'static str {
    match kind {
        AwardTo::Branch => "党支部",
        AwardTo::Person => "个人",
    }
}
