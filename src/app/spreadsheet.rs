//! Tables for spreadsheets: CSV as RFC 4180 has it, with a byte order mark, safe to be opened by a
//! program that takes some texts for formulas.

use csv::{Terminator, Writer, WriterBuilder};

use super::AppError;

/// What says that the bytes are UTF-8, to programs that would guess.
pub(in crate::app) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Lines as RFC 4180 has them, in UTF-8.
///
/// # Errors
/// A mistake of the program alone.
pub(in crate::app) fn written(
    lines: impl FnOnce(&mut Writer<Vec<u8>>) -> Result<(), csv::Error>,
) -> Result<Vec<u8>, AppError> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    lines(&mut writer).map_err(|why| AppError::Internal(why.to_string()))?;
    writer.into_inner().map_err(|why| AppError::Internal(why.to_string()))
}

/// A cell that no spreadsheet takes for a formula: an apostrophe stands before what begins as one
/// does, also in wide letters, unless it is a plain number.
pub(in crate::app) fn harmless(cell: &str) -> String {
    let begins = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n'];
    if cell.starts_with(begins) && !is_number(cell) {
        return format!("'{cell}");
    }
    cell.to_owned()
}

/// `-?digits(.digits)?`.
fn is_number(cell: &str) -> bool {
    let cell = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, part) = cell.split_once('.').unwrap_or((cell, "0"));
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    digits(whole) && digits(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_as_a_formula_is_told_from_a_number() {
        for cell in [
            "=1+1",
            "=HYPERLINK(\"http://x\")",
            "+1",
            "-1+1",
            "-",
            "-.5",
            "-1.",
            "-1e5",
            "--1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "＝1+1",
            "＋1",
            "－1",
            "＠a",
            "-１",
            "=",
        ] {
            assert_eq!(harmless(cell), format!("'{cell}"));
        }
        for cell in
            ["", "0", "-1", "-1.50", "90.00", "m-00345", "1=1", " =1", "'=1", "优秀", "2022-H1"]
        {
            assert_eq!(harmless(cell), cell);
        }
    }

    #[test]
    fn lines_are_quoted_and_end_as_the_standard_says() {
        let cells = ["a,b", "say \"hi\"", "two\nlines", "党员", ""];
        let bytes = written(|it| it.write_record(cells)).unwrap();
        let expected = "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",党员,\r\n";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}
