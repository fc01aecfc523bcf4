//! As a file: the rows of `StreamResults`, read back.

use std::process::Command;

use steelyard::proto::v1::{self, RecordKind};
use tokio_stream::StreamExt as _;
use tonic::Code;

use super::world::{address, by_id, grant, streamed, years};
use crate::harness::{COUNTY, Served, by, reason, violations};

async fn exported(
    served: &Served,
    who: Option<&str>,
    run: Option<v1::RunSelector>,
    filter: Option<v1::ResultFilter>,
) -> String {
    let format = v1::ExportFormat::Csv.into();
    let request = v1::ExportResultsRequest { county: COUNTY.into(), run, filter, format };
    let call = match who {
        Some(who) => by(who, request),
        None => tonic::Request::new(request),
    };
    let mut stream = served.evaluations().export_results(call).await.unwrap().into_inner();
    let mut bytes = Vec::new();
    while let Some(message) = stream.next().await {
        let message = message.unwrap();
        assert!(!message.run_id.is_empty() && message.chunk.len() <= 512 * 1024);
        bytes.extend(message.chunk);
    }
    String::from_utf8(bytes).unwrap()
}

/// A file's rows as fields by column, and its columns.
fn parsed(file: &str) -> (Vec<String>, Vec<std::collections::BTreeMap<String, String>>) {
    let text = file.strip_prefix('\u{feff}').expect("a byte order mark");
    let plain = text.lines().count();
    assert_eq!(text.matches("\r\n").count(), plain, "every line ends as RFC 4180 says");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let columns: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row =
        |it: csv::StringRecord| columns.iter().cloned().zip(it.iter().map(str::to_owned)).collect();
    let rows = reader.records().map(|it| row(it.unwrap())).collect();
    (columns, rows)
}

/// A cell without the apostrophe that keeps a spreadsheet from computing it.
fn bare(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

const ALL: [&str; 19] = [
    "subject",
    "period",
    "status",
    "score",
    "score_before_vetoes",
    "grade",
    "seat",
    "rank_compound",
    "rank_county",
    "group_community",
    "group_compound",
    "group_county",
    "group_street",
    "group_unit_branch",
    "awards",
    "reasons_zh",
    "reasons_en",
    "digest",
    "run_id",
];

fn decimal(it: Option<&steelyard::proto::google::r#type::Decimal>) -> String {
    it.map(|it| it.value.clone()).unwrap_or_default()
}

/// The cells that a result has.
fn expected(it: &v1::Result) -> Vec<(String, String)> {
    let award = |it: &v1::Award| {
        let amount = it.amount.as_ref().unwrap();
        format!(
            "{} {}.{:02} {}",
            it.award_id,
            amount.units,
            amount.nanos / 10_000_000,
            it.recipient_id
        )
    };
    let words = |of: fn(&v1::LocalText) -> &String, between: &str| {
        let all: Vec<_> =
            it.reasons.iter().map(|it| of(it.text.as_ref().unwrap()).clone()).collect();
        all.join(between)
    };
    let status = it.status().as_str_name().trim_start_matches("RESULT_STATUS_").to_lowercase();
    let mut cells: Vec<(String, String)> = [
        ("subject", it.subject.as_ref().unwrap().id.clone()),
        ("period", it.period.clone()),
        ("status", status),
        ("score", decimal(it.score.as_ref())),
        ("score_before_vetoes", decimal(it.score_before_vetoes.as_ref())),
        ("grade", it.grade.clone().unwrap_or_default()),
        ("seat", it.seat.clone().unwrap_or_default()),
        ("awards", it.awards.iter().map(award).collect::<Vec<_>>().join("; ")),
        ("reasons_zh", words(|it| &it.zh, "；")),
        ("reasons_en", words(|it| &it.en, "; ")),
        ("digest", it.digest.clone()),
        ("run_id", it.receipt.as_ref().unwrap().run_id.clone()),
    ]
    .map(|(name, cell)| (name.to_owned(), cell))
    .into();
    cells.extend(it.ranks.iter().map(|(name, it)| (format!("rank_{name}"), it.to_string())));
    cells.extend(it.groups.iter().map(|(name, it)| (format!("group_{name}"), it.clone())));
    cells
}

async fn read_back(on_postgres: bool) {
    let url = address(on_postgres, "export").await;
    let (served, [old, projects, new]) = years(&url).await;
    for run in [&old, &new] {
        let results = streamed(&served, None, run, None).await;
        let (columns, rows) = parsed(&exported(&served, None, by_id(run), None).await);
        assert_eq!(columns, ALL);
        assert_eq!(rows.len(), results.len());
        for (row, result) in rows.iter().zip(&results) {
            let full: Vec<_> = row.iter().filter(|it| !it.1.is_empty()).map(|it| it.0).collect();
            let expected = expected(result);
            for (column, cell) in &expected {
                assert_eq!(bare(&row[column]), cell, "{column}");
            }
            let mut said: Vec<_> =
                expected.iter().filter(|it| !it.1.is_empty()).map(|it| &it.0).collect();
            said.sort();
            assert_eq!(full, said, "and nothing else");
        }
        // What begins as a formula does not.
        assert_eq!(rows[0]["subject"], "'-m6");
        let title = "'=HYPERLINK(\"http://x\",\"点此\")（unit）缺失，缺失不等于零分";
        assert_eq!(rows[0]["reasons_zh"], title);
    }
    let (columns, rows) = parsed(&exported(&served, None, by_id(&projects), None).await);
    let groups: Vec<_> = columns.iter().filter(|it| it.starts_with("group_")).collect();
    let dimensions = ["class", "community", "company", "compound", "county", "street"];
    assert_eq!(groups, dimensions.map(|it| format!("group_{it}")).iter().collect::<Vec<_>>());
    assert_eq!((rows.len(), rows[0]["group_company"].as_str()), (1, "co"));
    // Filtered as results are.
    let filter = v1::ResultFilter {
        group_dimension: "unit_branch".into(),
        group: "ub-1".into(),
        statuses: vec![v1::ResultStatus::Final.into()],
        ..Default::default()
    };
    let (_, rows) = parsed(&exported(&served, None, by_id(&new), Some(filter.clone())).await);
    let ids: Vec<_> = rows.iter().map(|it| it["subject"].as_str()).collect();
    assert_eq!(ids, ["m1", "m2"]);
    let nobody = v1::ResultFilter { group: "nowhere".into(), ..filter };
    let (columns, rows) = parsed(&exported(&served, None, by_id(&new), Some(nobody)).await);
    assert_eq!((columns.len(), rows.len()), (ALL.len(), 0), "the same columns whoever is in it");
}

#[tokio::test]
async fn a_file_has_the_rows_of_the_stream() {
    read_back(false).await;
    read_back(true).await;
}

#[tokio::test]
async fn a_file_has_the_columns_that_are_the_caller_s() {
    let (served, [_, _, new]) = years("sqlite::memory:").await;
    grant(&served, "hr", "hr_reader", (RecordKind::County, COUNTY)).await;
    grant(&served, "branch", "unit_branch", (RecordKind::Branch, "ub-1")).await;
    let without: Vec<_> = ALL.into_iter().filter(|it| *it != "awards").collect();
    let (columns, rows) = parsed(&exported(&served, Some("hr"), by_id(&new), None).await);
    assert_eq!((columns, rows.len()), (without.iter().map(ToString::to_string).collect(), 6));
    let (columns, rows) = parsed(&exported(&served, Some("branch"), by_id(&new), None).await);
    assert_eq!(columns, without);
    let ids: Vec<_> = rows.iter().map(|it| it["subject"].as_str()).collect();
    assert_eq!(ids, ["'-m6", "m1", "m2"]);
    let request = v1::ExportResultsRequest { county: COUNTY.into(), ..Default::default() };
    let refused = served.evaluations().export_results(request.clone()).await.unwrap_err();
    let fields = [("format", "ENUM_UNSPECIFIED"), ("run", "FIELD_MISSING")];
    assert_eq!(violations(&refused), fields.map(|(a, b)| (a.to_owned(), b.to_owned())));
    let refused = served.evaluations().export_results(by("nobody", request)).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::PermissionDenied, "PERMISSION_DENIED")
    );
}

#[tokio::test]
async fn the_command_writes_the_same_file() {
    for on_postgres in [false, true] {
        let url = address(on_postgres, "command").await;
        let (served, [_, _, new]) = years(&url).await;
        let command = |more: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
            command.args(["export", "results", "--store", &url, "--county", COUNTY]);
            command.args(["--period", "2022"]).args(more).output().unwrap()
        };
        let whole = command(&["--scheme", "feed.dual"]);
        assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));
        let over_the_wire = exported(&served, None, by_id(&new), None).await;
        assert_eq!(String::from_utf8(whole.stdout).unwrap(), over_the_wire);
        let branch = command(&["--scheme", "feed.dual", "--group", "unit_branch=ub-1"]);
        let (_, rows) = parsed(&String::from_utf8(branch.stdout).unwrap());
        assert_eq!(rows.len(), 3);
        let missing = command(&["--scheme", "feed.none"]);
        assert_eq!(missing.status.code(), Some(65));
        let told = String::from_utf8(missing.stderr).unwrap();
        assert!(told.contains("does not exist") && told.contains("不存在"), "{told}");
        let faulty = command(&["--scheme", "feed.dual", "--group", "unit_branch"]);
        assert!(!faulty.status.success() && faulty.stdout.is_empty());
    }
}
