//! `steelyard verify`, as an auditor at a terminal gets it, over the demonstration's county.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use super::trail::{Trail, address};
use crate::{harness::COUNTY, receipts::year};

fn steelyard(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_steelyard")).args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(out).into_owned() + &String::from_utf8_lossy(err)
}

#[test]
fn the_demonstrations_county_is_proved_whole() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("verify-demo");
    let _ = fs::remove_dir_all(&folder);
    let made = steelyard(&["demo", "--little", "--json", "--dir", folder.to_str().unwrap()]);
    assert!(made.status.success(), "{}", text(&made));
    let store = format!("sqlite://{}", folder.join("steelyard.db").display());
    let audit = steelyard(&["verify", "audit", "--store", &store]);
    assert!(audit.status.success(), "{}", text(&audit));
    assert!(text(&audit).starts_with("xinping: "), "{}", text(&audit));
    assert!(text(&audit).contains(" entries, head "), "{}", text(&audit));
    for scheme in steelyard::sample::SCHEMES {
        let run = steelyard(&[
            "verify",
            "run",
            "--store",
            &store,
            "--county",
            "xinping",
            "--scheme",
            scheme.id,
            "--period",
            scheme.period,
        ]);
        assert!(run.status.success(), "{}: {}", scheme.id, text(&run));
        assert!(text(&run).contains("come out the same (复算一致)"), "{}", text(&run));
    }
    let totals = steelyard(&["verify", "totals", "--store", &store]);
    assert!(totals.status.success(), "{}", text(&totals));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_is_told_everything_that_is_wrong() {
    let url = address(false, "auditor").await;
    let mut trail = Trail::fill(&url).await;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("audit-auditor");
    let (file, keys) = (folder.join("checkpoints.jsonl"), folder.join("keys.json"));
    let line = |it| steelyard::app::audit::checkpoint::to_line(it).unwrap() + "\n";
    let lines: String = trail.outside.checkpoints.iter().map(line).collect();
    fs::write(&file, &lines).unwrap();
    fs::write(&keys, trail.keys.keys().to_json()).unwrap();
    // Another program reads the same file.
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checked = Command::new(root.join("tests/with-python"))
        .arg(root.join("tests/receipts/check.py"))
        .args(["checkpoints".as_ref(), file.as_os_str(), keys.as_os_str()])
        .output()
        .unwrap();
    assert_eq!(text(&checked), "4 checkpoints\n");
    let (file, keys) = (file.to_str().unwrap(), keys.to_str().unwrap());
    let with = ["verify", "audit", "--store", &url, "--checkpoints", file, "--keys", keys];
    let good = steelyard(&with);
    assert!(good.status.success(), "{}", text(&good));
    assert!(text(&good).contains("xinping: 30 entries, head "), "{}", text(&good));
    assert!(text(&good).contains(", an outside checkpoint agrees at 29\n"), "{}", text(&good));
    assert!(!text(&good).contains("no outside checkpoint"), "{}", text(&good));
    let alone = steelyard(&with[..4]);
    assert!(text(&alone).contains("no outside checkpoint was given"), "{}", text(&alone));
    let unkeyed = steelyard(&with[..6]);
    assert!(text(&unkeyed).contains("signatures were not checked"), "{}", text(&unkeyed));

    let mut state = trail.whole.clone();
    let mut records = state.of(COUNTY);
    records[4].entry.subject.push('7');
    records.remove(10);
    state.set(COUNTY, records);
    trail.write(&state).await;
    let bad = steelyard(&with);
    assert_eq!(bad.status.code(), Some(65), "{}", text(&bad));
    for words in [
        "xinping: entry 5: field-edited: a field was edited: it is not what was hashed (改动字段)",
        "xinping: entry 11: middle-deleted: it was deleted (删除中间条目)",
        "xinping: effect-without-entry: no entry speaks of fact",
        "yuanjiang: 8 entries, head ",
    ] {
        assert!(text(&bad).contains(words), "lacks {words}: {}", text(&bad));
    }
    let one = steelyard(&["verify", "audit", "--store", &url, "--county", "yuanjiang"]);
    assert!(one.status.success(), "another county's faults are not its own: {}", text(&one));
    // All that is left of a county may be what was kept outside.
    let gone = lines.replace("xinping", "elsewhere");
    fs::write(file, format!("{gone}no checkpoint\n")).unwrap();
    let bad = text(&steelyard(&with));
    assert!(bad.contains("checkpoints.jsonl:5: this is no checkpoint"), "{bad}");
    assert!(bad.contains("elsewhere: entry 8: checkpoint-unsigned: 4 of the outside"), "{bad}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_row_is_named_at_the_terminal() {
    let url = address(false, "terminal").await;
    let (_served, run) = year::published(&url).await;
    let verify = ["verify", "run", "--store", &url, "--county", COUNTY, "--run", &run];
    let good = steelyard(&verify);
    assert!(good.status.success(), "{}", text(&good));
    let mut client = super::trail::Client::of(&url).await;
    client.off("results").await;
    client.run("UPDATE results SET grade = 'excellent' WHERE subject = 'm4' AND grade <> ''").await;
    let bad = steelyard(&verify);
    assert_eq!(bad.status.code(), Some(65), "{}", text(&bad));
    let words = "xinping: results: row `m4`: column `grade` is not what was computed";
    assert!(text(&bad).contains(words), "{}", text(&bad));
    let none = steelyard(&["verify", "run", "--store", &url, "--county", COUNTY]);
    assert_eq!(none.status.code(), Some(64), "{}", text(&none));
    let missing = steelyard(&[&verify[..7], &["run-none"]].concat());
    assert_eq!(missing.status.code(), Some(65), "{}", text(&missing));
}
