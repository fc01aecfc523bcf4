//! Signed results: given out for what is published, and checked by this program and by another.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use steelyard::proto::v1;
use tonic::Code;

use super::year::{by_id, computed, published, record, times};
use crate::harness::{COUNTY, Served, reason, served};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("receipts-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn verify(of: &Path) -> Output {
    let path = |name: &str| of.join(name).to_str().unwrap().to_owned();
    Command::new(env!("CARGO_BIN_EXE_steelyard"))
        .args(["verify", "receipt", "--payload", &path("payload"), "--jws", &path("jws")])
        .args(["--keys", &path("keys")])
        .output()
        .unwrap()
}

/// Another program, with another library, as a receiving system would.
fn elsewhere(of: &Path) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Command::new(root.join("tests/with-python"))
        .arg(root.join("tests/receipts/check.py"))
        .args(["receipt".into(), of.join("payload"), of.join("jws"), of.join("keys")])
        .output()
        .unwrap()
}

async fn signed(
    served: &Served,
    run: &str,
    subject: &str,
) -> Result<v1::GetSignedResultResponse, tonic::Status> {
    let request = v1::GetSignedResultRequest {
        county: COUNTY.into(),
        run: by_id(run),
        subject_id: subject.into(),
    };
    Ok(served.receipts().get_signed_result(request).await?.into_inner())
}

async fn keep(served: &Served, it: &v1::GetSignedResultResponse, folder: &Path) {
    let keys = served.receipts().list_keys(v1::ListKeysRequest {}).await.unwrap().into_inner();
    fs::write(folder.join("payload"), &it.payload).unwrap();
    fs::write(folder.join("jws"), &it.jws).unwrap();
    fs::write(folder.join("keys"), keys.jwks).unwrap();
}

fn text(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(out).into_owned() + &String::from_utf8_lossy(err)
}

#[tokio::test]
async fn a_signed_result_is_good_here_and_elsewhere_and_a_changed_one_nowhere() {
    let (served, run) = published("sqlite::memory:").await;
    let it = signed(&served, &run, "m3").await.unwrap();
    let said: serde_json::Value = serde_json::from_slice(&it.payload).unwrap();
    let request =
        v1::GetResultRequest { county: COUNTY.into(), run: by_id(&run), subject_id: "m3".into() };
    let shown = served.evaluations().get_result(request).await.unwrap().into_inner();
    let shown = shown.result.unwrap();
    let receipt = shown.receipt.unwrap();
    assert_eq!(said["kind"], "steelyard/result/v1");
    assert_eq!(said["subject"]["id"], "m3");
    assert_eq!(said["score"], shown.score.unwrap().value);
    assert_eq!(said["grade"], shown.grade.unwrap());
    assert_eq!(said["digest"], shown.digest);
    assert_eq!(said["facts_digest"], receipt.facts_digest);
    assert_eq!(said["scheme"]["digest"], receipt.scheme_digest);
    assert_eq!(said["run_id"], run);
    assert_eq!(said.get("superseded"), None);
    let folder = folder("good");
    keep(&served, &it, &folder).await;
    let good = verify(&folder);
    assert!(good.status.success() && text(&good).starts_with("good: signed by key "), "{good:?}");
    let good = elsewhere(&folder);
    assert!(good.status.success(), "{}", text(&good));
    assert_eq!(text(&good), format!("m3 final {}\n", said["score"].as_str().unwrap()));
    // Every bit counts.
    for place in [0, it.payload.len() / 2, it.payload.len() - 1] {
        let mut changed = it.payload.clone();
        changed[place] ^= 1;
        fs::write(folder.join("payload"), changed).unwrap();
        let bad = verify(&folder);
        assert_eq!(bad.status.code(), Some(65), "{}", text(&bad));
        assert!(text(&bad).contains("not one of this payload"), "{}", text(&bad));
        assert!(!elsewhere(&folder).status.success());
    }
    fs::write(folder.join("payload"), &it.payload).unwrap();
    fs::write(folder.join("keys"), r#"{"keys":[]}"#).unwrap();
    let bad = verify(&folder);
    assert!(text(&bad).contains("has no key"), "{}", text(&bad));
    keep(&served, &it, &folder).await;
    assert!(verify(&folder).status.success(), "as it was given, it is good again");
}

#[tokio::test]
async fn only_what_was_published_is_signed_and_a_superseded_one_says_so() {
    let (served, old) = published("sqlite::memory:").await;
    record(&served, "late", vec![times("m1", "2022-07-01", "2")]).await;
    let new = computed(&served, "test.dual", "new").await;
    let refused = signed(&served, &new, "m1").await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::FailedPrecondition, "RESULT_NOT_PUBLISHED".into())
    );
    let supersede = v1::SupersedeRunRequest {
        county: COUNTY.into(),
        request_id: "supersede".into(),
        old_run_id: old.clone(),
        new_run_id: new.clone(),
        reason: "补录志愿服务".into(),
        validate_only: false,
    };
    served.evaluations().supersede_run(supersede).await.unwrap();
    let it = signed(&served, &old, "m1").await.unwrap();
    let said: serde_json::Value = serde_json::from_slice(&it.payload).unwrap();
    assert_eq!(said["superseded"]["by"], new);
    assert_eq!(said["superseded"]["reason"], "补录志愿服务");
    assert!(said["superseded"]["at"].is_string());
    let folder = folder("superseded");
    keep(&served, &it, &folder).await;
    assert!(text(&verify(&folder)).contains("superseded by run-"));
    assert!(elsewhere(&folder).status.success());
    let missing = signed(&served, &new, "nobody").await.unwrap_err();
    assert_eq!((missing.code(), reason(&missing)), (Code::NotFound, "RESULT_NOT_FOUND".into()));
}

#[tokio::test]
async fn a_server_without_a_key_says_so() {
    let served = served().await;
    let refused = signed(&served, "run-x", "m1").await.unwrap_err();
    let expected = (Code::FailedPrecondition, "SIGNING_KEY_MISSING".to_owned());
    assert_eq!((refused.code(), reason(&refused)), expected);
    let refused = served.receipts().list_keys(v1::ListKeysRequest {}).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), expected);
}
