//! The demonstration's folder, and what can be done with it afterwards.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use super::{
    super::{Failure, store_failure},
    report::Tie,
};
use crate::store;

/// What marks a folder as a demonstration's own.
const MARK: &str = "MADE-BY-STEELYARD-DEMO";

/// Makes the folder anew, and gives the address of the store in it. A folder that is not empty
/// and was not made by a demonstration is left alone.
pub(super) fn fresh(dir: &Path) -> Result<String, Failure> {
    let unwritable = |why: io::Error| Failure::unwritable(dir, &why);
    let url = format!("sqlite://{}", dir.join("steelyard.db").display());
    match fs::read_dir(dir) {
        Ok(mut entries) => {
            if dir.join(MARK).is_file() {
                // Not from under a server that still has it.
                let _claim = store::claim(&url).map_err(|why| store_failure(&why))?;
                fs::remove_dir_all(dir).map_err(unwritable)?;
            } else if entries.next().is_some() {
                let why = "the folder is there, and no demonstration made it; choose another --dir";
                return Err(Failure::unwritable(dir, &io::Error::other(why)));
            }
        }
        Err(why) if why.kind() == io::ErrorKind::NotFound => (),
        Err(why) => return Err(unwritable(why)),
    }
    fs::create_dir_all(dir).map_err(unwritable)?;
    let mark = "`steelyard demo` made this folder, and replaces it when it runs again.\n";
    fs::write(dir.join(MARK), mark).map_err(unwritable)?;
    Ok(url)
}

/// What to try next.
pub(super) struct Shop<'a> {
    pub(super) url: &'a str,
    /// Where the administrator's token lies.
    pub(super) token: &'a Path,
    pub(super) tie: Option<Tie>,
    /// A subject of the dual score.
    pub(super) subject: &'a str,
}

impl Shop<'_> {
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let (url, subject) = (self.url, self.subject);
        let token = self.token.display();
        writeln!(out, "\nServe this county:\n  steelyard serve --store '{url}'\n\nand ask it:")?;
        writeln!(out, "  TOKEN=$(cat {token})")?;
        call(out, "RegistryService/GetTree", r#"{"county":"xinping"}"#)?;
        let run = |scheme: &str| {
            format!(r#""run":{{"published":{{"scheme_id":"{scheme}","period":"2022"}}}}"#)
        };
        let red_flag = run("xinping.red-flag-compound");
        let list =
            format!(r#"{{"county":"xinping",{red_flag},"filter":{{"grades":["meets_line"]}}}}"#);
        call(out, "EvaluationService/ListResults", &list)?;
        let dual = run("xinping.member-dual-score");
        let explain = format!(r#"{{"county":"xinping",{dual},"subject_id":"{subject}"}}"#);
        call(out, "EvaluationService/ExplainResult", &explain)?;
        writeln!(
            out,
            "  TOKEN=$TOKEN python3 examples/explain.py 127.0.0.1:50051 xinping.member-dual-score 2022 {subject}"
        )?;
        let Some(tie) = &self.tie else { return Ok(()) };
        writeln!(out, "\nSettle the tie by a recorded decision, and run the evaluation again;")?;
        writeln!(out, "SupersedeRun then puts the new run in the place of the published one:")?;
        let order: Vec<String> = tie.subjects.iter().map(|it| format!("{it:?}")).collect();
        let decision = format!(
            concat!(
                r#"{{"county":"xinping","request_id":"decision-1","facts":[{{"decision":"#,
                r#"{{"scheme_id":"{}","for_grade":"{}","within_group":"{}","order":[{}],"#,
                r#""period":"2022","decided_by":"street","reason":"综合评议"}},"recorded_by":"street"}}]}}"#
            ),
            tie.scheme,
            tie.grade,
            tie.group,
            order.join(",")
        );
        call(out, "FactService/RecordFacts", &decision)?;
        let start = format!(
            r#"{{"county":"xinping","request_id":"run-2","scheme_id":"{}","period":"2022"}}"#,
            tie.scheme
        );
        call(out, "EvaluationService/StartRun", &start)
    }
}

fn call(out: &mut impl Write, method: &str, message: &str) -> io::Result<()> {
    writeln!(
        out,
        "  grpcurl -plaintext -H \"authorization: Bearer $TOKEN\" -d '{message}' \\\n    127.0.0.1:50051 steelyard.v1.{method}"
    )
}
