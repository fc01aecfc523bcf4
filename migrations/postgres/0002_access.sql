-- Who may do what: grants, revocations and definitions of roles. The file of the same name for the other database has
-- the same tables and columns. Append-only: of a grant the newest row holds, of a role its newest definition.
CREATE TABLE access_records (
    county TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    principal TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    unit_kind TEXT COLLATE "C" NOT NULL,
    unit_id TEXT COLLATE "C" NOT NULL,
    effective_from DATE,
    effective_until DATE,
    definition TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, seq),
    CHECK (what IN ('grant', 'revoke', 'role')),
    CHECK ((what = 'role') = (principal = ''))
);

CREATE INDEX access_records_principal ON access_records (county, principal, seq);

CREATE TRIGGER access_records_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access_records
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
