//! Two counties with a trail each, and a store whose trail can be written over like any table.

use std::{fmt::Write as _, path::PathBuf, sync::Arc};

use sqlx::Connection as _;
use steelyard::{
    app::audit::{Checkpoints, Outside, Proof, verify},
    sign::{ReceiptKeys, SigningKey},
    store::{AuditRecord, CheckpointRecord, entry_hash},
};

use crate::{
    harness::{COUNTY, Served, entry, member, record_facts, served_over, units},
    postgres,
};

pub(crate) const OTHER: &str = "yuanjiang";

/// Runs texts past the product on one connection.
pub(crate) enum Client {
    Sqlite(sqlx::SqliteConnection),
    Postgres(sqlx::PgConnection),
}

impl Client {
    pub(crate) async fn of(url: &str) -> Self {
        if url.starts_with("postgres") {
            let url = postgres::superuser_of(url);
            Self::Postgres(sqlx::PgConnection::connect(&url).await.unwrap())
        } else {
            Self::Sqlite(sqlx::SqliteConnection::connect(url).await.unwrap())
        }
    }

    pub(crate) async fn run(&mut self, text: &str) {
        let text = sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned()));
        match self {
            Self::Sqlite(db) => text.execute(db).await.map(|_| ()),
            Self::Postgres(db) => text.execute(db).await.map(|_| ()),
        }
        .unwrap();
    }

    pub(crate) fn blob(&self, bytes: &[u8]) -> String {
        let mut hex = String::new();
        bytes.iter().for_each(|it| write!(hex, "{it:02x}").unwrap());
        match self {
            Self::Sqlite(_) => format!("x'{hex}'"),
            Self::Postgres(_) => format!("'\\x{hex}'::bytea"),
        }
    }

    /// Takes the triggers of a table away, as whoever owns the database can.
    pub(crate) async fn off(&mut self, table: &str) {
        let text = match self {
            Self::Sqlite(_) => {
                format!("DROP TRIGGER {table}_no_update; DROP TRIGGER {table}_no_delete")
            }
            Self::Postgres(_) => format!("ALTER TABLE {table} DISABLE TRIGGER USER"),
        };
        self.run(&text).await;
    }
}

/// An address of a store of this case's own.
pub(crate) async fn address(on_postgres: bool, case: &str) -> String {
    if on_postgres {
        return postgres::schema(&format!("audit_{case}")).await;
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("audit-{case}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    format!("sqlite:{}", folder.join("steelyard.db").display())
}

/// What a store keeps of trails.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) records: Vec<AuditRecord>,
    /// County, count, hash.
    pub(crate) heads: Vec<(String, i64, [u8; 32])>,
    pub(crate) checkpoints: Vec<CheckpointRecord>,
}

impl State {
    pub(crate) fn of(&self, county: &str) -> Vec<AuditRecord> {
        self.records.iter().filter(|it| it.county == county).cloned().collect()
    }

    /// Puts other records in the place of a county's.
    pub(crate) fn set(&mut self, county: &str, records: Vec<AuditRecord>) {
        self.records.retain(|it| it.county != county);
        self.records.extend(records);
    }

    /// Makes the head say what the county's records are.
    pub(crate) fn set_head(&mut self, county: &str) {
        let last = self.of(county).into_iter().max_by_key(|it| it.seq);
        let end = last.map_or((0, [0; 32]), |it| (it.seq, it.hash));
        for head in self.heads.iter_mut().filter(|it| it.0 == county) {
            (head.1, head.2) = end;
        }
    }
}

/// Two counties with a trail each.
pub(crate) struct Trail {
    pub(crate) served: Served,
    pub(crate) client: Client,
    pub(crate) keys: Arc<ReceiptKeys>,
    /// As it was before anything was done to it.
    pub(crate) whole: State,
    /// What was handed out.
    pub(crate) outside: Outside,
}

/// Entries of a record of its own, so that they can be written anew.
pub(crate) fn link(record: &AuditRecord, seq: i64, prev: [u8; 32]) -> AuditRecord {
    let hash = entry_hash(&record.county, seq, record.recorded, &record.entry, &prev);
    AuditRecord { seq, prev_hash: prev, hash, ..record.clone() }
}

impl Trail {
    /// Fills a store with 30 entries of one county and 8 of another, checkpoints among them.
    pub(crate) async fn fill(url: &str) -> Self {
        let mut served = served_over(url).await;
        let keys = Arc::new(ReceiptKeys::only(Arc::new(SigningKey::generate().unwrap())));
        served.app = served.app.with_receipt_keys(Arc::clone(&keys));
        let mut records = units();
        records.extend(["m1", "m2"].map(member));
        assert_eq!(served.upsert("county", records).await.items, []);
        let mut checkpoints = Checkpoints::default();
        let mut outside = Outside { checkpoints: Vec::new(), keys: Some(keys.keys().clone()) };
        for number in 1..30 {
            let day = format!("2022-03-{number:02}");
            let fact = entry(["m1", "m2"][number % 2], "volunteering", &day);
            let request = record_facts(&format!("fact-{number}"), vec![fact]);
            let done = served.facts().record_facts(request).await.unwrap().into_inner();
            assert_eq!(done.counts.unwrap().recorded, 1);
            if number % 7 == 0 {
                checkpoints.look(&served.app, true).await.unwrap();
                let mut tx = served.app.read().await.unwrap();
                let newest = tx.newest_checkpoint(COUNTY).await.unwrap().unwrap();
                assert_eq!(newest.entries, i64::try_from(number).unwrap() + 1);
                outside.checkpoints.push(newest);
            }
        }
        for number in 0..8 {
            let request = steelyard::proto::v1::RecordFactsRequest {
                county: OTHER.into(),
                ..record_facts(&format!("there-{number}"), vec![entry("m9", "x", "2022-03-01")])
            };
            served.facts().record_facts(request).await.unwrap();
        }
        let mut client = Client::of(url).await;
        for table in ["audit_entries", "audit_checkpoints"] {
            client.off(table).await;
        }
        // Whoever owns the database can take its keys away too. (The pragma leaves views alone.)
        let keyless = match &client {
            Client::Sqlite(_) => {
                "PRAGMA legacy_alter_table = ON;
                 ALTER TABLE audit_entries RENAME TO audit_entries_before;
                 CREATE TABLE audit_entries AS SELECT * FROM audit_entries_before;
                 DROP TABLE audit_entries_before;
                 CREATE INDEX audit_entries_in_order ON audit_entries (county, seq)"
            }
            Client::Postgres(_) => {
                "ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_pkey,
                     DROP CONSTRAINT audit_entries_county_prev_hash_key;
                 CREATE INDEX audit_entries_in_order ON audit_entries (county, seq)"
            }
        };
        client.run(keyless).await;
        let whole = Self::read(&served).await;
        assert_eq!(whole.of(COUNTY).len(), 30);
        Self { served, client, keys, whole, outside }
    }

    async fn read(served: &Served) -> State {
        let mut tx = served.app.read().await.unwrap();
        let mut state = State { records: Vec::new(), heads: Vec::new(), checkpoints: Vec::new() };
        for county in tx.counties().await.unwrap() {
            state.records.extend(tx.audit_page(&county, 0, 1_000).await.unwrap());
            let head = tx.head(&county).await.unwrap().unwrap();
            state.checkpoints.extend(tx.checkpoints(&county, (0, ""), 1_000).await.unwrap());
            state.heads.push((county, head.audit_count, head.audit_head));
        }
        state
    }

    /// Writes a state over what is there.
    pub(crate) async fn write(&mut self, state: &State) {
        let mut text = "DELETE FROM audit_entries; DELETE FROM audit_checkpoints;".to_owned();
        let client = &self.client;
        for it in &state.records {
            let e = &it.entry;
            write!(
                text,
                "INSERT INTO audit_entries (county, seq, recorded, principal, method, request_id,
                 fingerprint, subject, effect_digest, prev_hash, hash) VALUES
                 ('{}', {}, {}, '{}', '{}', '{}', {}, '{}', {}, {}, {});",
                it.county,
                it.seq,
                it.recorded.micros(),
                e.principal,
                e.method,
                e.request_id,
                client.blob(&e.fingerprint),
                e.subject,
                client.blob(&e.effect_digest),
                client.blob(&it.prev_hash),
                client.blob(&it.hash)
            )
            .unwrap();
        }
        for it in &state.checkpoints {
            write!(
                text,
                "INSERT INTO audit_checkpoints (county, entries, key_id, head, signed, signature)
                 VALUES ('{}', {}, '{}', {}, {}, {});",
                it.county,
                it.entries,
                it.key_id,
                client.blob(&it.head),
                it.signed.micros(),
                client.blob(&it.signature)
            )
            .unwrap();
        }
        for (county, count, hash) in &state.heads {
            let hash = client.blob(hash);
            write!(
                text,
                "UPDATE county_heads SET audit_count = {count}, audit_head = {hash}
                 WHERE county = '{county}';"
            )
            .unwrap();
        }
        self.client.run(&text).await;
    }

    /// What is found of the store as it is, with the checkpoints that were handed out or without.
    pub(crate) async fn proof(&self, with_outside: bool) -> Proof {
        let none = Outside::default();
        let outside = if with_outside { &self.outside } else { &none };
        verify(&*self.served.app.store, None, outside).await.unwrap()
    }
}
