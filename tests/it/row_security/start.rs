//! What the service refuses to start on.

use std::{
    path::PathBuf,
    process::{Command, Output},
    time::{Duration, Instant},
};

use sqlx::Connection as _;
use steelyard::{
    app::Clock as _,
    store::{self, StoreError},
};

use crate::{
    harness::{COUNTY, entry, reason, record_facts, served_over},
    postgres::{self, SERVICE, Schema},
};

async fn refused(url: &str) -> String {
    match store::open(url).await {
        Err(StoreError::Unfit(why) | StoreError::Schema(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// The URL of another role on the same schema.
fn of_role(schema: &Schema, role: &str) -> String {
    let url = schema.service.replacen(SERVICE, role, 1);
    assert_ne!(url, schema.service);
    url
}

fn with_option(url: &str, option: &str) -> String {
    url.replacen("options=", &format!("options=-c%20{option}%20"), 1)
}

fn steelyard(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_steelyard")).args(arguments).output().unwrap()
}

#[tokio::test]
async fn a_role_that_may_set_the_fence_aside_is_refused() {
    let schema = postgres::migrated("a_role_that_may_not").await;
    store::open(&schema.service).await.unwrap().close().await;
    assert!(refused(&schema.owner).await.contains("owns the schema"));
    let told = refused(&schema.superuser).await;
    assert!(told.contains("`steelyard` is a superuser"), "{told}");
    for (role, rights, expected) in [
        ("past_the_fence", "BYPASSRLS", "has BYPASSRLS"),
        ("maker_of_roles", "CREATEROLE", "has CREATEROLE"),
        ("member_of_owner", "IN ROLE steelyard_owner", "member of the owner"),
        ("member_of_super", "NOINHERIT IN ROLE steelyard", "member of one"),
    ] {
        let text = format!("DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN {rights}");
        postgres::execute(&schema.superuser, &text).await.unwrap();
        let told = refused(&of_role(&schema, role)).await;
        postgres::execute(&schema.superuser, &format!("DROP ROLE {role}")).await.unwrap();
        assert!(told.contains(expected), "{role}: {told}");
        assert!(told.contains("steelyard migrate --runtime-role"), "{told}");
    }
}

#[tokio::test]
async fn a_server_that_would_lose_what_it_acknowledged_is_refused() {
    let schema = postgres::migrated("a_server_that_would_lose").await;
    let told = refused(&with_option(&schema.service, "synchronous_commit%3Doff")).await;
    assert!(told.contains("synchronous_commit = off"), "{told}");
    let url = with_option(&schema.service, "default_transaction_read_only%3Don");
    let told = refused(&url).await;
    assert!(told.contains("takes no writes"), "{told}");
    store::open(&with_option(&schema.service, "synchronous_commit%3Dlocal")).await.unwrap();
}

#[tokio::test]
async fn a_schema_that_is_not_this_program_s_is_refused() {
    let schema = postgres::bare("not_this_programs_schema").await;
    assert!(refused(&schema.service).await.contains("run `steelyard migrate`"), "nothing there");
    let done = store::migrate(&schema.owner, None).await.unwrap();
    assert!(done.new.len() >= 3 && done.granted.is_empty(), "{done:?}");
    assert!(refused(&schema.service).await.contains("--runtime-role"), "no rights yet");
    let done = store::migrate(&schema.owner, Some(SERVICE)).await.unwrap();
    assert!(done.new.is_empty() && done.granted.len() > 15, "{done:?}");
    store::open(&schema.service).await.unwrap().close().await;
    let latest = "(SELECT MAX(version) FROM _sqlx_migrations)";
    for (change, undo, expected) in [
        ("success = FALSE", "success = TRUE", "begun and not finished"),
        ("checksum = '\\x00' || checksum", "checksum = substr(checksum, 2)", "is not the one"),
        ("version = version + 9000", "version = version - 9000", "newer than this program"),
    ] {
        let set =
            |what: &str| format!("UPDATE _sqlx_migrations SET {what} WHERE version = {latest}");
        postgres::execute(&schema.superuser, &set(change)).await.unwrap();
        let told = refused(&schema.service).await;
        assert!(told.contains(expected), "{change}: {told}");
        postgres::execute(&schema.superuser, &set(undo)).await.unwrap();
    }
    let gone = format!("DELETE FROM _sqlx_migrations WHERE version = {latest}");
    postgres::execute(&schema.superuser, &gone).await.unwrap();
    let told = refused(&schema.service).await;
    assert!(
        told.contains("older than this program") && told.contains("steelyard migrate"),
        "{told}"
    );
}

#[tokio::test]
async fn a_table_without_the_fence_is_refused() {
    let schema = postgres::migrated("a_table_without_the_fence").await;
    let open = "CREATE TABLE unfenced (county TEXT NOT NULL)";
    postgres::execute(&schema.owner, open).await.unwrap();
    let told = refused(&schema.service).await;
    assert!(told.contains("row-level security is off for the table `unfenced`"), "{told}");
    postgres::execute(&schema.owner, "SELECT fence_by_county()").await.unwrap();
    store::open(&schema.service).await.unwrap().close().await;
    let off = "ALTER TABLE facts NO FORCE ROW LEVEL SECURITY";
    postgres::execute(&schema.owner, off).await.unwrap();
    assert!(refused(&schema.service).await.contains("`facts`"));
}

#[tokio::test]
async fn serve_says_why_it_does_not_and_ends_with_69() {
    let schema = postgres::migrated("serve_says_why").await;
    let served = steelyard(&["serve", "--listen", "127.0.0.1:0", "--store", &schema.superuser]);
    let told = String::from_utf8_lossy(&served.stderr);
    assert_eq!(served.status.code(), Some(69), "{told}");
    assert!(told.contains("is a superuser"), "{told}");
    let unknown = steelyard(&["migrate", "--store", &schema.owner, "--runtime-role", "no one"]);
    let told = String::from_utf8_lossy(&unknown.stderr);
    assert_eq!(unknown.status.code(), Some(69), "{told}");
    assert!(told.contains("CREATE ROLE \"no one\" LOGIN"), "{told}");
}

/// A file of this case's own, not there yet.
fn file(case: &str) -> (PathBuf, String) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("start-{case}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("steelyard.db");
    let url = format!("sqlite:{}", path.display());
    (path, url)
}

#[tokio::test]
async fn a_second_server_of_a_file_is_refused() {
    let (path, url) = file("second");
    let first = store::claim(&url).unwrap();
    store::open(&url).await.unwrap().close().await;
    for again in [url.clone(), format!("sqlite://{}?mode=rwc", path.display())] {
        let told = store::claim(&again).unwrap_err().to_string();
        assert!(told.contains("another server has this database"), "{told}");
    }
    let link = path.with_file_name("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(store::claim(&format!("sqlite:{}", link.display())).is_err(), "by another name");
    let served = steelyard(&["serve", "--listen", "127.0.0.1:0", "--store", &url]);
    let told = String::from_utf8_lossy(&served.stderr);
    assert_eq!(served.status.code(), Some(69), "{told}");
    assert!(told.contains("another server has this database"), "{told}");
    let beside = steelyard(&["verify", "totals", "--store", &url]);
    assert!(beside.status.success(), "who only reads needs no claim: {beside:?}");
    let folder = path.parent().unwrap().to_str().unwrap();
    std::fs::write(path.with_file_name("MADE-BY-STEELYARD-DEMO"), "").unwrap();
    let replaced = steelyard(&["demo", "--little", "--dir", folder]);
    assert_eq!(replaced.status.code(), Some(69), "{replaced:?}");
    assert!(path.exists(), "the demonstration leaves a served folder alone");
    drop(first);
    store::claim(&url).unwrap();
    assert!(store::claim("sqlite::memory:").is_ok() && store::claim("sqlite::memory:").is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_another_process_holds_is_aborted_and_not_waited_for_again() {
    let (_, url) = file("held");
    let served = served_over(&url).await.with_a_county().await;
    assert!(served.clock.now().micros() > 0);
    let mut other = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let started = Instant::now();
    let mut calls = Vec::new();
    for number in 0..3 {
        let mut facts = served.facts();
        calls.push(tokio::spawn(async move {
            let fact = entry("m1", "v", "2022-03-01");
            let request = record_facts(&format!("held-{number}"), vec![fact]);
            facts.record_facts(request).await.unwrap_err()
        }));
    }
    for call in calls {
        let status = call.await.unwrap();
        assert_eq!((status.code(), reason(&status).as_str()), (tonic::Code::Aborted, "CONTENDED"));
    }
    // Two seconds for the file, twice at most: not once for each try and for each call.
    let waited = started.elapsed();
    assert!(waited < Duration::from_secs(7), "{waited:?}");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    let fact = entry("m1", "v", "2022-03-01");
    let stored = served.facts().record_facts(record_facts("held-0", vec![fact])).await;
    assert_eq!(stored.unwrap().into_inner().counts.unwrap().recorded, 1);
    let tables = served.upsert("again", crate::harness::units()).await;
    assert_eq!(tables.counts.unwrap().unchanged, 4, "{COUNTY}");
}
