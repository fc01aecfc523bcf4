-- Who may do what: grants, revocations and definitions of roles. The file of the same name for the other database has
-- the same tables and columns. Append-only: of a grant the newest row holds, of a role its newest definition.
CREATE TABLE access_records (
    county TEXT NOT NULL,
    seq INTEGER NOT NULL,
    what TEXT NOT NULL,
    principal TEXT NOT NULL,
    role TEXT NOT NULL,
    unit_kind TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    effective_from TEXT,
    effective_until TEXT,
    definition TEXT NOT NULL,
    reason TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, seq),
    CHECK (what IN ('grant', 'revoke', 'role')),
    CHECK ((what = 'role') = (principal = ''))
) STRICT, WITHOUT ROWID;

CREATE INDEX access_records_principal ON access_records (county, principal, seq);

CREATE TRIGGER access_records_no_update BEFORE UPDATE ON access_records
BEGIN SELECT RAISE(ABORT, 'access_records is append-only'); END;
CREATE TRIGGER access_records_no_delete BEFORE DELETE ON access_records
BEGIN SELECT RAISE(ABORT, 'access_records is append-only'); END;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('access_records', 'access_records', '20000 20000 1'),
    ('access_records', 'access_records_principal', '20000 20000 2 1');
