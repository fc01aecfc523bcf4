-- Assessment rounds (P2): whose sheets are expected by when, the sheets revision by revision, and what was recorded about a round. All of it is
-- only added to: the newest revision of a sheet holds, and a round with a step `closing` is closed. The file of the same name for the other
-- database has the same tables and columns.
CREATE TABLE rounds (
    county TEXT COLLATE "C" NOT NULL,
    round_id TEXT COLLATE "C" NOT NULL,
    scheme_id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    opens_on DATE NOT NULL,
    due_on DATE NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, round_id),
    CHECK (version > 0),
    CHECK (opens_on <= due_on)
);
CREATE INDEX rounds_of ON rounds (county, scheme_id, period);

-- Expected sheets. `holder` is a unit as `street/s-01`, or `principal/` and a caller's name.
CREATE TABLE round_sheets (
    county TEXT COLLATE "C" NOT NULL,
    round_id TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    assessor TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    optional BIGINT NOT NULL,
    holder TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, round_id, role, assessor, subject),
    FOREIGN KEY (county, round_id) REFERENCES rounds (county, round_id),
    CHECK (optional IN (0, 1))
);
CREATE INDEX round_sheets_about ON round_sheets (county, subject);
CREATE INDEX round_sheets_held ON round_sheets (county, round_id, holder);

-- Every saving, handing in and withdrawing of a sheet, with all its points: a JSON object of ten-thousandths by item.
CREATE TABLE round_revisions (
    county TEXT COLLATE "C" NOT NULL,
    round_id TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    assessor TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    points TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, round_id, role, assessor, subject, revision),
    FOREIGN KEY (county, round_id, role, assessor, subject) REFERENCES round_sheets (county, round_id, role, assessor, subject),
    CHECK (revision > 0)
);

-- Extensions, excuses and the closing, numbered from 1. An empty role and assessor is everybody, an empty subject all of an assessor's.
CREATE TABLE round_steps (
    county TEXT COLLATE "C" NOT NULL,
    round_id TEXT COLLATE "C" NOT NULL,
    step BIGINT NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    assessor TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    until_day DATE,
    reason TEXT COLLATE "C" NOT NULL,
    first_fact BIGINT NOT NULL,
    facts BIGINT NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, round_id, step),
    FOREIGN KEY (county, round_id) REFERENCES rounds (county, round_id),
    CHECK (step > 0)
);
CREATE UNIQUE INDEX round_closings ON round_steps (county, round_id) WHERE what = 'closing';

CREATE TRIGGER rounds_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rounds
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER round_sheets_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON round_sheets
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER round_revisions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON round_revisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER round_steps_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON round_steps
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- For the proof of an audit trail, as in 0006.
CREATE POLICY owner_reads ON rounds FOR SELECT TO CURRENT_USER USING (true);
CREATE VIEW counties_of_rounds WITH (security_barrier) AS SELECT county FROM rounds;

SELECT fence_by_county();
