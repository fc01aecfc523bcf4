//! The catalogue of hostile inputs against the real binary: each row its stated answer, no panic,
//! no INTERNAL, bounded memory. `tests/catalogue.md` is exactly these rows, and the notes.

mod connections;
mod credentials;
mod decoding;
pub(crate) mod frames;
pub(crate) mod here;
mod limits;
mod messages;
mod notes;
mod numbers;
mod process;
mod repeats;
mod requests;
mod sight;
mod texts;
pub(crate) mod tls;
mod together;
pub(crate) mod tokens;
pub(crate) mod wire;

use std::{fmt::Write as _, fs, future::Future, path::Path, pin::Pin, sync::Arc, time::Duration};

use messages::{LIST_RUNS, ask, list_runs};
use process::Process;
use wire::call;

/// What a row observed, one for each of its inputs.
type Seen = Pin<Box<dyn Future<Output = Vec<String>> + Send>>;

/// What a row costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cost {
    /// Milliseconds: it is repeated.
    Cheap,
    /// It waits, beside the others that wait.
    Slow,
    /// It floods: alone, once.
    Alone,
}

/// One line of the catalogue.
struct Row {
    id: &'static str,
    case: &'static str,
    /// The answer to each of its inputs.
    answer: &'static str,
    cost: Cost,
    run: fn(Arc<Process>) -> Seen,
}

/// A row; its inputs are sent by an async block that answers what was seen.
macro_rules! row {
    ($id:literal, $case:literal, $answer:literal, $cost:ident, |$at:ident| $run:block) => {
        $crate::catalogue::Row {
            id: $id,
            case: $case,
            answer: $answer,
            cost: $crate::catalogue::Cost::$cost,
            run: |$at| Box::pin(async move $run),
        }
    };
}
use row;

fn rows() -> Vec<Row> {
    let mut rows = connections::rows();
    rows.extend(requests::rows());
    rows.extend(decoding::rows());
    rows.extend(limits::rows());
    rows.extend(credentials::rows());
    rows.extend(sight::rows());
    rows.extend(numbers::rows());
    rows.extend(texts::rows());
    rows.extend(repeats::rows());
    rows.extend(together::rows());
    rows.extend(here::rows());
    rows.sort_by_key(|it| order(it.id));
    rows
}

/// By section, number, and what follows.
fn order(id: &str) -> (char, u32, String) {
    let digits: String = id.chars().skip(1).take_while(char::is_ascii_digit).collect();
    let rest = id.chars().skip(1 + digits.len()).collect();
    (id.chars().next().unwrap(), digits.parse().unwrap(), rest)
}

/// How often the cheap rows are repeated.
const TIMES: usize = 10;
/// What the server may grow by meanwhile, in KiB.
const GROWTH_MAX: u64 = 64 * 1024;

#[expect(clippy::print_stdout, reason = "the figures of the run")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_row_gets_its_answer() {
    let mut rows = rows();
    // One row alone, for whoever looks into it.
    if let Ok(only) = std::env::var("CATALOGUE_ROW") {
        rows.retain(|it| it.id.starts_with(&only));
    }
    let at = Arc::new(Process::start(&[]));
    assert_eq!(call(at.address, &ask(LIST_RUNS, &list_runs())).await, "OK");
    let before = at.memory("VmRSS:");
    let mut wrong = Vec::new();
    let mut judge = |row: &Row, seen: &[String]| {
        assert!(!seen.is_empty(), "{}: nothing was sent", row.id);
        for (input, seen) in seen.iter().enumerate().filter(|it| it.1 != row.answer) {
            wrong.push(format!("{} [{input}]: {seen}, not {}", row.id, row.answer));
        }
    };
    for row in rows.iter().filter(|it| it.answer.starts_with("INTERNAL")) {
        assert_eq!(row.id, "B18", "only a panic may be our fault");
    }
    let slow: Vec<_> = rows.iter().filter(|it| it.cost == Cost::Slow).collect();
    let waiting: Vec<_> = slow.iter().map(|it| tokio::spawn((it.run)(at.clone()))).collect();
    let cheap: Vec<_> = rows.iter().filter(|it| it.cost == Cost::Cheap).collect();
    for _ in 0..TIMES {
        for row in &cheap {
            judge(row, &(row.run)(at.clone()).await);
        }
    }
    for (row, seen) in slow.iter().zip(waiting) {
        judge(row, &seen.await.unwrap());
    }
    for row in rows.iter().filter(|it| it.cost == Cost::Alone) {
        judge(row, &(row.run)(at.clone()).await);
    }
    let grown = at.memory("VmHWM:").saturating_sub(before);
    wrong.sort();
    wrong.dedup();
    let log = at.stop(Duration::from_secs(20));
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    for word in ["panicked", "INTERNAL", "internal error", " ERROR "] {
        assert!(!log.contains(word), "`{word}` in the log:\n{log}");
    }
    assert!(grown < GROWTH_MAX, "the server grew by {grown} KiB");
    println!("{} rows, cheap ones {} times, grown by {grown} KiB", rows.len(), TIMES);
}

#[test]
fn the_table_is_exactly_the_rows() {
    let mut table = String::from(
        "# Catalogue of hostile inputs\n\nWhat is sent, and what the service answers. `tests/it/catalogue` sends each row and holds the answer to this table.\n\n| | sent | answer |\n| --- | --- | --- |\n",
    );
    for Row { id, case, answer, .. } in rows() {
        writeln!(table, "| {id} | {case} | {answer} |").unwrap();
    }
    table.push_str(notes::NOTES);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/catalogue.md");
    let kept = fs::read_to_string(&path).unwrap_or_default();
    if kept != table {
        let other = Path::new(env!("CARGO_TARGET_TMPDIR")).join("catalogue.md");
        fs::write(&other, &table).unwrap();
        panic!("tests/catalogue.md is not the rows; they are in {}", other.display());
    }
}
