//! The second fence: what the service's role sees and writes in PostgreSQL, whatever the statement
//! says. The tables are those of the catalog, so that a new one is tried too, or fails.

mod start;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};

use crate::postgres::{self, SERVICE, Schema};

/// A table with a county, and how a row of it is made up.
struct Table {
    name: String,
    columns: Vec<(String, String)>,
}

impl Table {
    /// An insert of one row of a county: every column that must be there, with something in it.
    fn insert(&self, county: &str) -> String {
        let value = |(name, kind): &(String, String)| match (name.as_str(), kind.as_str()) {
            ("county", _) => format!("'{county}'"),
            ("what", _) => "'grant'".to_owned(),
            // No money went out that there is not.
            ("reserved" | "paid" | "returned" | "recovered" | "due", "bigint") => "0".to_owned(),
            (_, "text") => "'x'".to_owned(),
            (_, "bigint" | "integer" | "smallint") => "1".to_owned(),
            (_, "bytea") => "'\\x01'".to_owned(),
            (_, "date") => "'2022-01-01'".to_owned(),
            (_, "boolean") => "TRUE".to_owned(),
            (_, kind) => panic!("{}.{name}: say what a {kind} is made of", self.name),
        };
        let names: Vec<&str> = self.columns.iter().map(|it| it.0.as_str()).collect();
        let values: Vec<String> = self.columns.iter().map(value).collect();
        let (names, values) = (names.join(", "), values.join(", "));
        format!("INSERT INTO {} ({names}) VALUES ({values})", self.name)
    }
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

/// Every table of the schema that has a county, with the columns that must be given.
async fn tables(schema: &Schema) -> Vec<Table> {
    let text = "
        SELECT c.table_name::text, c.column_name::text, c.data_type::text
          FROM information_schema.columns c
          JOIN information_schema.tables t USING (table_schema, table_name)
         WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'
           AND c.is_nullable = 'NO'
           AND EXISTS (SELECT 1 FROM information_schema.columns k
                        WHERE k.table_schema = c.table_schema AND k.table_name = c.table_name
                          AND k.column_name = 'county')
         ORDER BY c.table_name, c.ordinal_position";
    let mut db = connect(&schema.superuser).await;
    let mut tables: Vec<Table> = Vec::new();
    for row in db.fetch_all(text).await.unwrap() {
        let (name, column): (String, (String, String)) = (row.get(0), (row.get(1), row.get(2)));
        match tables.last_mut().filter(|it| it.name == name) {
            Some(table) => table.columns.push(column),
            None => tables.push(Table { name, columns: vec![column] }),
        }
    }
    assert!(tables.len() >= 13, "{} tables have a county", tables.len());
    tables
}

/// One row of counties `a` and `b` in each table, past triggers and references.
async fn filled(schema: &Schema) -> Vec<Table> {
    let tables = tables(schema).await;
    let mut db = connect(&schema.superuser).await;
    db.execute("SET session_replication_role = replica").await.unwrap();
    for table in &tables {
        for county in ["a", "b"] {
            db.execute(AssertSqlSafe(table.insert(county))).await.unwrap();
        }
    }
    tables
}

async fn run(db: &mut PgConnection, text: &str) -> Result<u64, String> {
    let done = db.execute(AssertSqlSafe(text.to_owned())).await;
    done.map(|it| it.rows_affected()).map_err(|why| {
        let code =
            why.as_database_error().and_then(|it| it.code().map(std::borrow::Cow::into_owned));
        code.unwrap_or_else(|| why.to_string())
    })
}

/// Runs one statement in a transaction of the service that may have named a county, and undoes it.
async fn tried(url: &str, county: Option<&str>, text: &str) -> Result<u64, String> {
    let mut db = connect(url).await;
    run(&mut db, "BEGIN").await.unwrap();
    if let Some(county) = county {
        let scope = format!("SELECT set_config('steelyard.county', '{county}', true)");
        run(&mut db, &scope).await.unwrap();
    }
    let done = run(&mut db, text).await;
    run(&mut db, "ROLLBACK").await.unwrap();
    done
}

/// A role that is not let.
const DENIED: &str = "42501";

#[tokio::test]
async fn every_table_with_a_county_has_the_fence() {
    let schema = postgres::migrated("every_table_has_the_fence").await;
    let mut db = connect(&schema.superuser).await;
    for table in tables(&schema).await {
        let text = format!(
            "SELECT c.relrowsecurity, c.relforcerowsecurity, p.polcmd::text, p.polpermissive,
                    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid),
                    p.polroles = '{{0}}'
               FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'county'
              WHERE c.oid = '{}'::regclass",
            table.name
        );
        let rows = db.fetch_all(AssertSqlSafe(text)).await.unwrap();
        assert_eq!(rows.len(), 1, "{}: the migration ends with fence_by_county()", table.name);
        let flag = |at: usize| rows[0].get::<bool, _>(at);
        let text = |at: usize| rows[0].get::<String, _>(at);
        assert!(flag(0) && flag(1) && flag(3) && flag(6), "{}", table.name);
        assert_eq!(text(2), "*", "{}: of reading and of writing", table.name);
        let fence = "(county = NULLIF(current_setting('steelyard.county'::text, true), ''::text))";
        assert_eq!((text(4).as_str(), text(5).as_str()), (fence, fence), "{}", table.name);
    }
    // Nobody but the owner has a policy besides, and only on the tables below the views.
    let text = "SELECT (SELECT relname::text FROM pg_class WHERE oid = polrelid), polcmd::text,
                       pg_get_userbyid(polroles[1])::text, cardinality(polroles)
                  FROM pg_policy
                 WHERE polname <> 'county' AND polrelid IN (
                       SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace)
                 ORDER BY 1";
    let others: Vec<(String, String, String, i32)> = db
        .fetch_all(text)
        .await
        .unwrap()
        .iter()
        .map(|it| (it.get(0), it.get(1), it.get(2), it.get(3)))
        .collect();
    let of = |table: &str| (table.to_owned(), "r".to_owned(), "steelyard_owner".to_owned(), 1);
    let below_views = [
        "audit_checkpoints",
        "audit_entries",
        "award_batches",
        "calendar_editions",
        "chains",
        "county_heads",
        "facts",
        "money_movements",
        "publications",
        "registry_versions",
        "request_log",
        "rounds",
        "runs",
        "schedules",
        "schemes",
        "selection_documents",
        "selections",
    ];
    assert_eq!(others, below_views.map(of));
}

#[tokio::test]
async fn a_transaction_of_one_county_reads_and_writes_no_other() {
    let schema = postgres::migrated("no_other_county").await;
    let url = &schema.service;
    let (mut updated, mut refused) = (0, 0);
    for table in filled(&schema).await {
        let name = &table.name;
        let all = format!("SELECT FROM {name} WHERE county = 'b' OR TRUE");
        assert_eq!(tried(url, Some("a"), &all).await, Ok(1), "{name}: its own row only");
        let other = format!("SELECT FROM {name} WHERE county = 'b'");
        assert_eq!(tried(url, Some("a"), &other).await, Ok(0), "{name}");
        let insert = tried(url, Some("a"), &table.insert("b")).await;
        assert_eq!(insert, Err(DENIED.to_owned()), "{name}: a row of another county");
        for text in [format!("DELETE FROM {name}"), format!("TRUNCATE {name} CASCADE")] {
            assert_eq!(tried(url, Some("a"), &text).await, Err(DENIED.to_owned()), "{text}");
        }
        let change = format!("UPDATE {name} SET county = county WHERE county = 'b' OR TRUE");
        match tried(url, Some("a"), &change).await {
            // A name can be erased only, says a trigger, which a row of `b` never meets.
            Ok(rows) => assert_eq!(rows, 1, "{name}"),
            Err(code) if name == "person_names" => assert_eq!(code, "23001"),
            Err(code) => {
                assert_eq!(code, DENIED, "{name}");
                refused += 1;
                continue;
            }
        }
        updated += 1;
        let touch = format!("UPDATE {name} SET county = county WHERE county = 'b'");
        assert_eq!(tried(url, Some("a"), &touch).await, Ok(0), "{name}");
        let away = format!("UPDATE {name} SET county = 'b'");
        let away = tried(url, Some("a"), &away).await;
        assert!(
            matches!(away.as_ref().map_err(String::as_str), Err(DENIED | "23001")),
            "{name}: {away:?}"
        );
    }
    assert!(updated >= 6 && refused >= 6, "{updated} tables are changed, {refused} never");
}

#[tokio::test]
async fn without_a_county_nothing_is_seen_and_nothing_written() {
    let schema = postgres::migrated("without_a_county").await;
    let url = &schema.service;
    for table in filled(&schema).await {
        let all = format!("SELECT FROM {}", table.name);
        for scope in [None, Some(""), Some("*"), Some("%"), Some("a' OR '1'='1")] {
            let scope = scope.map(|it| it.replace('\'', "''"));
            let seen = tried(url, scope.as_deref(), &all).await;
            assert_eq!(seen, Ok(0), "{}: {scope:?}", table.name);
            let written = tried(url, scope.as_deref(), &table.insert("c")).await;
            assert_eq!(written, Err(DENIED.to_owned()), "{}: {scope:?}", table.name);
        }
        // The empty text is what is left of a county after its transaction, and no county.
        let empty = tried(url, Some(""), &table.insert("")).await;
        assert_eq!(empty, Err(DENIED.to_owned()), "{}", table.name);
    }
    let mut db = connect(url).await;
    let named = "SELECT set_config('steelyard.county', 'a', true)";
    for text in ["BEGIN", named, "COMMIT"] {
        run(&mut db, text).await.unwrap();
    }
    assert_eq!(run(&mut db, "SELECT FROM facts").await, Ok(0), "the scope ended with its work");
}

#[tokio::test]
async fn the_two_views_show_their_columns_and_nothing_else() {
    let schema = postgres::migrated("the_two_views").await;
    filled(&schema).await;
    let open = "UPDATE runs SET state = 'pending' WHERE county = 'b'";
    postgres::execute(&schema.superuser, open).await.unwrap();
    let mut db = connect(&schema.service).await;
    let rows = db.fetch_all("SELECT * FROM all_counties ORDER BY county").await.unwrap();
    assert_eq!(rows.iter().map(|it| it.get(0)).collect::<Vec<String>>(), ["a", "b"]);
    assert_eq!(rows[0].len(), 1);
    let rows = db.fetch_all("SELECT * FROM all_open_runs").await.unwrap();
    assert_eq!((rows.len(), rows[0].len()), (1, 2));
    assert_eq!(rows[0].get::<String, _>(0), "b");
    for text in ["UPDATE all_open_runs SET run_id = 'y'", "DELETE FROM all_counties"] {
        assert_eq!(run(&mut db, text).await, Err(DENIED.to_owned()), "{text}");
    }
}

#[tokio::test]
async fn the_role_has_what_the_service_does_and_no_more() {
    let schema = postgres::migrated("what_the_service_does").await;
    let mut db = connect(&schema.superuser).await;
    let text = format!(
        "SELECT c.relname::text, c.relkind::text,
                ARRAY(SELECT p FROM unnest('{{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}}'::text[]) p
                       WHERE has_table_privilege('{SERVICE}', c.oid, p)),
                EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid
                           AND t.tgname = c.relname || '_append_only')
           FROM pg_class c
          WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'v')
          ORDER BY c.relname"
    );
    let rows = db.fetch_all(AssertSqlSafe(text)).await.unwrap();
    assert!(rows.len() > 15);
    for row in rows {
        let (name, kind): (String, String) = (row.get(0), row.get(1));
        let rights: Vec<String> = row.get(2);
        let expected: &[&str] = match (name.as_str(), kind.as_str(), row.get::<bool, _>(3)) {
            ("_sqlx_migrations", ..) | (_, "v", _) => &["SELECT"],
            (_, _, true) => &["SELECT", "INSERT"],
            (_, _, false) => &["SELECT", "INSERT", "UPDATE"],
        };
        assert_eq!(rights, expected, "{name}");
    }
    let made = "CREATE TABLE made (county TEXT)";
    assert_eq!(tried(&schema.service, Some("a"), made).await, Err(DENIED.to_owned()));
    let off = "ALTER TABLE facts DISABLE ROW LEVEL SECURITY";
    assert_eq!(tried(&schema.service, Some("a"), off).await, Err(DENIED.to_owned()));
    let set = "SET ROLE steelyard_owner";
    assert_eq!(tried(&schema.service, Some("a"), set).await, Err(DENIED.to_owned()));
    let fence = "SELECT fence_by_county()";
    assert_eq!(tried(&schema.service, Some("a"), fence).await, Err(DENIED.to_owned()));
}
