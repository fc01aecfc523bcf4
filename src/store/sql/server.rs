//! What only a database server is asked: about its settings, its roles and its schema.

/// What a lost power supply costs, and whether anything can be written.
pub(super) const SETTINGS: &str = "
SELECT current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS full_page_writes,
       current_setting('synchronous_commit') AS synchronous_commit,
       current_setting('default_transaction_read_only') AS default_transaction_read_only,
       pg_is_in_recovery() AS standby";

/// What the role may do, by itself or by becoming a role that it is a member of.
pub(super) const ROLE: &str = "
SELECT CAST(session_user AS text) AS role,
       bool_or(r.rolsuper) AS superuser,
       bool_or(r.rolbypassrls) AS bypass,
       bool_or(r.rolcreaterole) AS create_role,
       bool_or(EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = current_schema() AND c.relowner = r.oid)
               OR EXISTS (SELECT 1 FROM pg_namespace n
                           WHERE n.nspname = current_schema() AND n.nspowner = r.oid)
               OR EXISTS (SELECT 1 FROM pg_database d
                           WHERE d.datname = current_database() AND d.datdba = r.oid)) AS owner
  FROM pg_roles r
 WHERE pg_has_role(session_user, r.oid, 'MEMBER')";

/// Whether there is a role of that name.
pub(super) const ROLE_NAMED: &str = "SELECT 1 AS there FROM pg_roles WHERE rolname = $1";

/// Whether anything was migrated here, and whether the role may see what.
pub(super) const MIGRATIONS_THERE: &str = "
SELECT to_regclass('_sqlx_migrations') IS NOT NULL AS made,
       COALESCE(has_table_privilege(to_regclass('_sqlx_migrations'), 'SELECT'), FALSE) AS may_read";

/// What was migrated.
pub(super) const MIGRATIONS: &str = "
SELECT version, checksum, success
  FROM _sqlx_migrations
 ORDER BY version";

/// A table with a county whose fence is down.
pub(super) const UNFENCED: &str = "
SELECT CAST(c.relname AS text) AS table_name
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'county' AND NOT a.attisdropped
 WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')
   AND NOT (c.relrowsecurity AND c.relforcerowsecurity
            AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'county'))
 ORDER BY c.relname
 LIMIT 1";

/// The statements that leave a role with exactly what the service does: it adds to tables that are
/// only added to, adds to and changes the others, removes nowhere, and makes nothing.
pub(super) const GRANTS: &str = "
SELECT 1 AS place, format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), $1::text) AS statement
 UNION ALL
SELECT 2, format('REVOKE ALL ON %I.%I FROM %I', n.nspname, c.relname, $1::text)
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v')
 UNION ALL
SELECT 3, format('GRANT %s ON %I.%I TO %I',
                 CASE WHEN c.relkind = 'v' OR c.relname = '_sqlx_migrations' THEN 'SELECT'
                      WHEN EXISTS (SELECT 1 FROM pg_trigger t
                                    WHERE t.tgrelid = c.oid
                                      AND t.tgname = c.relname || '_append_only')
                      THEN 'SELECT, INSERT'
                      ELSE 'SELECT, INSERT, UPDATE' END,
                 n.nspname, c.relname, $1::text)
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v')
 ORDER BY place, statement";
