//! Both files read back by readers of their own, with hostile and with Chinese names.

use std::io::Cursor;

use calamine::{Data, DataType, Reader, Xlsx};

use super::*;

/// What a spreadsheet could take for a formula or a command.
const HOSTILE: [&str; 12] = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(\"http://x\",\"领取\")",
    "+1-1",
    "-2+3",
    "@SUM(A1)",
    "＝1+1",
    "＋1",
    "－1",
    "＠a",
    "\t=1",
    "\r=1",
];

fn list(names: &[&str]) -> PaymentList {
    let line = |(number, name): (u32, &&str)| PaymentLine {
        line: number,
        award_title: "优秀书记、委员奖励".to_owned(),
        recipient_kind: AwardTo::Person,
        recipient_id: format!("m-{number:05}"),
        name: (*name).to_owned(),
        unit: "锦绣花园小区党支部".to_owned(),
        amount: Money::from_fen(200_000),
    };
    PaymentList {
        title: "2022年红色物业创建奖补资金付款清单".to_owned(),
        batch_id: "b-2022-01".to_owned(),
        purpose_id: "red-property-2022".to_owned(),
        purpose_title: "“红色物业”“红旗小区”创建工作经费".to_owned(),
        year: 2022,
        lines: (1..).zip(names).map(line).collect(),
        approved_by: "sub:org-head".to_owned(),
        exported: Moment::parse("2023-01-18T09:30:00+08:00").unwrap(),
    }
}

fn csv_rows(list: &PaymentList) -> Vec<Vec<String>> {
    let bytes = list.csv().unwrap();
    let text = std::str::from_utf8(&bytes).unwrap().strip_prefix('\u{feff}').unwrap();
    assert!(text.ends_with("\r\n"));
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|it| it.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// The sheet's cells; every one must be text, and no formula among them.
fn xlsx_rows(list: &PaymentList) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(list.xlsx().unwrap())).unwrap();
    assert_eq!(book.sheet_names(), ["付款清单"]);
    let formulas = book.worksheet_formula("付款清单").unwrap();
    assert!(formulas.used_cells().all(|it| it.2.is_empty()));
    let range = book.worksheet_range("付款清单").unwrap();
    let text = |it: &Data| {
        assert!(it.is_empty() || it.is_string(), "{it:?} is no text");
        it.get_string().unwrap_or_default().to_owned()
    };
    range.rows().map(|row| row.iter().map(text).collect()).collect()
}

#[test]
fn both_files_tell_the_same_lines_and_the_total_in_words() {
    let mut list = list(&["张伟", "欧阳·买买提", ""]);
    list.lines[0].recipient_kind = AwardTo::Branch;
    list.lines[0].amount = Money::from_fen(500_000);
    list.lines[2].amount = Money::from_fen(100_503);
    let rows = csv_rows(&list);
    assert_eq!(rows[0], HEADINGS);
    let about = [
        "2022",
        "b-2022-01",
        "red-property-2022",
        "“红色物业”“红旗小区”创建工作经费",
        "sub:org-head",
        "2023-01-18T01:30:00Z",
    ];
    let (award, unit) = ("优秀书记、委员奖励", "锦绣花园小区党支部");
    let lines = [
        ["1", award, "党支部", "m-00001", "张伟", unit, "5000.00", "伍仟元整"],
        ["2", award, "个人", "m-00002", "欧阳·买买提", unit, "2000.00", "贰仟元整"],
        ["3", award, "个人", "m-00003", "", unit, "1005.03", "壹仟零伍元零叁分"],
        ["合计", "", "", "", "", "", "8005.03", "捌仟零伍元零叁分"],
    ];
    for (row, line) in rows[1..].iter().zip(lines) {
        assert_eq!(row, &[line.as_slice(), &about].concat());
    }
    assert_eq!(rows.len(), 5);
    let sheet = xlsx_rows(&list);
    assert_eq!(sheet[0][0], list.title);
    assert!(sheet[0][1..].iter().all(String::is_empty));
    assert_eq!(sheet[1..], rows);
}

#[test]
fn no_cell_is_a_formula_in_either_file() {
    let mut list = list(&HOSTILE);
    "=1".clone_into(&mut list.title);
    "@purpose".clone_into(&mut list.purpose_title);
    "+award".clone_into(&mut list.lines[0].award_title);
    "-unit".clone_into(&mut list.lines[0].unit);
    "=approver".clone_into(&mut list.approved_by);
    let (rows, sheet) = (csv_rows(&list), xlsx_rows(&list));
    for (index, name) in HOSTILE.into_iter().enumerate() {
        assert_eq!(rows[index + 1][4], format!("'{name}"));
        // Text cells need no apostrophe: what is written is what is read.
        assert_eq!(sheet[index + 2][4].trim(), name.trim());
    }
    assert_eq!(rows[1][1], "'+award");
    assert_eq!((rows[1][5].as_str(), rows[1][11].as_str()), ("'-unit", "'@purpose"));
    assert_eq!(rows[1][12], "'=approver");
    assert_eq!(sheet[0][0], "=1");
}

#[test]
fn an_amount_is_a_plain_number_in_csv_below_nothing_too() {
    let mut list = list(&["甲", "乙"]);
    list.lines[0].amount = Money::from_fen(-5);
    list.lines[1].amount = Money::from_fen(i64::MAX);
    let rows = csv_rows(&list);
    let amounts: Vec<&str> = rows[1..].iter().map(|it| it[6].as_str()).collect();
    assert_eq!(amounts, ["-0.05", "92233720368547758.07", "92233720368547758.02"]);
    assert_eq!(xlsx_rows(&list)[3][6], "92233720368547758.07");
    list.lines[0].amount = Money::from_fen(1);
    assert!(list.csv().is_err() && list.xlsx().is_err() && list.total().is_err());
}

#[test]
fn an_empty_list_has_its_headings_and_a_total_of_nothing() {
    let list = list(&[]);
    let rows = csv_rows(&list);
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[1][6].as_str(), rows[1][7].as_str()), ("0.00", "零元整"));
    assert_eq!(xlsx_rows(&list)[1..], rows);
}

#[test]
fn the_same_list_gives_the_same_bytes() {
    let list = list(&["张伟", "李娜", "张伟"]);
    let (csv, xlsx) = (list.csv().unwrap(), list.xlsx().unwrap());
    for _ in 0..5 {
        assert_eq!((list.csv().unwrap(), list.xlsx().unwrap()), (csv.clone(), xlsx.clone()));
    }
    let mut later = list.clone();
    later.exported = Moment::parse("2023-01-19T09:30:00+08:00").unwrap();
    assert_ne!(later.xlsx().unwrap(), xlsx, "the document's making is that of the export");
}
