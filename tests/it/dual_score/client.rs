//! The year of `tests/dual_score/year.py` through grpcio, on PostgreSQL and in another order than on
//! SQLite, where `./test` runs it with 10,000 members: each score equals an independent one.

use std::{path::Path, process::Command};

use steelyard::app::run::run_forever;

use crate::{harness::served_over, postgres};

#[tokio::test(flavor = "multi_thread")]
async fn a_year_through_a_real_client_on_postgresql_in_another_order() {
    let served = served_over(&postgres::schema("dual_year").await).await;
    served.clock.set("2025-03-01T01:00:00Z");
    let work = tokio::spawn(run_forever(served.app.clone(), std::future::pending()));
    let address = served.address.to_string();
    let run = tokio::task::spawn_blocking(move || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        Command::new(root.join("tests/with-python"))
            .arg(root.join("tests/dual_score/year.py"))
            .args(["--address", &address, "--token", "-"])
            .args(["--members", "400", "--entries", "50", "--order", "2"])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap()
    });
    let output = run.await.unwrap();
    work.abort();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    assert!(out.contains("all 400 results equal"), "{out}");
}
