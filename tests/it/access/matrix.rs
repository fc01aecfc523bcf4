//! The authorization matrix: every method of the compiled descriptors, for every role, at every
//! position. `tests/access-matrix.txt` is the reviewed table; a new method fails until it has its
//! lines there. Roles are held over the community `c-1` (and, in the second part, over the county).

use std::{collections::BTreeMap, fs, path::Path};

use steelyard::{
    app::access::builtin,
    grpc::policy::Policy,
    proto::v1::{self, RecordKind, SubjectKind},
};

use super::{
    calls::{Target, may},
    county::{Counties, OTHER},
};
use crate::harness::COUNTY;

const POSITIONS: [&str; 5] = ["own", "below", "above", "beside", "elsewhere"];

/// What lies at each position.
fn targets(position: &str) -> Vec<Target> {
    use RecordKind::{Community, Compound, Street};
    use SubjectKind::{Member, Post, Project};
    let at = |unit, subjects: &[(SubjectKind, &'static str)]| {
        let target = |subject: &_| Target { county: COUNTY, unit, subject: *subject };
        subjects.iter().map(target).collect::<Vec<_>>()
    };
    match position {
        "own" => at((Community, "c-1"), &[(Post, "p-own")]),
        "below" => at((Compound, "k-1"), &[(Member, "m-in"), (Project, "pr-in")]),
        "above" => at((Street, "s-1"), &[(Post, "p-up")]),
        "beside" => at((Community, "c-2"), &[(Member, "m-sib"), (Project, "pr-sib")]),
        _ => {
            let mut there = targets("below");
            there.iter_mut().for_each(|it| it.county = OTHER);
            there
        }
    }
}

/// The letters of what may be reached at a position.
async fn cell(all: &Counties, who: &str, method: &str, position: &str) -> String {
    let mut letters = String::new();
    for target in targets(position) {
        if may(all, who, method, target).await {
            letters.push(match target.subject.0 {
                SubjectKind::Member => 'm',
                SubjectKind::Project => 'j',
                SubjectKind::Post => 'p',
                SubjectKind::Company | SubjectKind::Compound | SubjectKind::Unspecified => '?',
            });
        }
    }
    if letters.is_empty() { "-".to_owned() } else { letters }
}

async fn lines(all: &Counties, unit: &v1::RecordRef) -> Vec<String> {
    let mut callers: Vec<(String, String)> = vec![("nobody".into(), "(nobody)".into())];
    for role in builtin().into_keys() {
        let principal = format!("{role}-of-{}", unit.id);
        all.grant(&principal, role, unit.clone()).await;
        callers.push((principal, role.to_owned()));
    }
    let mut lines = Vec::new();
    for (_, method) in Policy::own().unwrap().methods() {
        let mut same: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (principal, role) in &callers {
            let mut cells = Vec::new();
            for position in POSITIONS {
                cells.push(cell(all, principal, &method.name, position).await);
            }
            same.entry(cells.join(" ")).or_default().push(role.clone());
        }
        for (cells, roles) in same {
            let shown = format!("{:42} {cells:18} {}", method.name, roles.join(" "));
            lines.push(shown.trim_end().to_owned());
        }
    }
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_method_for_every_role_at_every_position() {
    let all = Counties::prepared().await;
    for county in [COUNTY, OTHER] {
        super::selection_county::prepare(&all, county).await;
    }
    let unit = |kind: RecordKind, id: &str| v1::RecordRef { kind: kind.into(), id: id.into() };
    let mut found = vec![format!("# {:40} {}", "method", POSITIONS.join(" "))];
    found.push("# held over the community c-1".to_owned());
    found.extend(lines(&all, &unit(RecordKind::Community, "c-1")).await);
    found.push("# held over the county".to_owned());
    found.extend(lines(&all, &unit(RecordKind::County, COUNTY)).await);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/access-matrix.txt");
    let reviewed = fs::read_to_string(&path).unwrap();
    let reviewed: Vec<&str> = reviewed.lines().collect();
    if reviewed != found {
        let here = Path::new(env!("CARGO_TARGET_TMPDIR")).join("access-matrix.txt");
        fs::write(&here, found.join("\n") + "\n").unwrap();
        let differ = found.iter().filter(|it| !reviewed.contains(&it.as_str()));
        let shown: Vec<_> = differ.take(20).cloned().collect();
        panic!("not as reviewed; all of it is in {}:\n{}", here.display(), shown.join("\n"));
    }
}
