-- Assessment rounds (P2): whose sheets are expected by when, the sheets revision by revision, and what was recorded about a round. All of it is
-- only added to: the newest revision of a sheet holds, and a round with a step `closing` is closed. The file of the same name for the other
-- database has the same tables and columns.
CREATE TABLE rounds (
    county TEXT NOT NULL,
    round_id TEXT NOT NULL,
    scheme_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    subject_kind TEXT NOT NULL,
    period TEXT NOT NULL,
    opens_on TEXT NOT NULL,
    due_on TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, round_id),
    CHECK (version > 0),
    CHECK (opens_on <= due_on)
) STRICT, WITHOUT ROWID;
CREATE INDEX rounds_of ON rounds (county, scheme_id, period);

-- Expected sheets. `holder` is a unit as `street/s-01`, or `principal/` and a caller's name.
CREATE TABLE round_sheets (
    county TEXT NOT NULL,
    round_id TEXT NOT NULL,
    role TEXT NOT NULL,
    assessor TEXT NOT NULL,
    subject TEXT NOT NULL,
    optional INTEGER NOT NULL,
    holder TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, round_id, role, assessor, subject),
    FOREIGN KEY (county, round_id) REFERENCES rounds (county, round_id),
    CHECK (optional IN (0, 1))
) STRICT;
CREATE INDEX round_sheets_about ON round_sheets (county, subject);
CREATE INDEX round_sheets_held ON round_sheets (county, round_id, holder);

-- Every saving, handing in and withdrawing of a sheet, with all its points: a JSON object of ten-thousandths by item.
CREATE TABLE round_revisions (
    county TEXT NOT NULL,
    round_id TEXT NOT NULL,
    role TEXT NOT NULL,
    assessor TEXT NOT NULL,
    subject TEXT NOT NULL,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    points TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, round_id, role, assessor, subject, revision),
    FOREIGN KEY (county, round_id, role, assessor, subject) REFERENCES round_sheets (county, round_id, role, assessor, subject),
    CHECK (revision > 0)
) STRICT, WITHOUT ROWID;

-- Extensions, excuses and the closing, numbered from 1. An empty role and assessor is everybody, an empty subject all of an assessor's.
CREATE TABLE round_steps (
    county TEXT NOT NULL,
    round_id TEXT NOT NULL,
    step INTEGER NOT NULL,
    what TEXT NOT NULL,
    role TEXT NOT NULL,
    assessor TEXT NOT NULL,
    subject TEXT NOT NULL,
    until_day TEXT,
    reason TEXT NOT NULL,
    first_fact INTEGER NOT NULL,
    facts INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, round_id, step),
    FOREIGN KEY (county, round_id) REFERENCES rounds (county, round_id),
    CHECK (step > 0)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX round_closings ON round_steps (county, round_id) WHERE what = 'closing';

CREATE TRIGGER rounds_no_update BEFORE UPDATE ON rounds
BEGIN SELECT RAISE(ABORT, 'rounds is append-only'); END;
CREATE TRIGGER rounds_no_delete BEFORE DELETE ON rounds
BEGIN SELECT RAISE(ABORT, 'rounds is append-only'); END;
CREATE TRIGGER round_sheets_no_update BEFORE UPDATE ON round_sheets
BEGIN SELECT RAISE(ABORT, 'round_sheets is append-only'); END;
CREATE TRIGGER round_sheets_no_delete BEFORE DELETE ON round_sheets
BEGIN SELECT RAISE(ABORT, 'round_sheets is append-only'); END;
CREATE TRIGGER round_revisions_no_update BEFORE UPDATE ON round_revisions
BEGIN SELECT RAISE(ABORT, 'round_revisions is append-only'); END;
CREATE TRIGGER round_revisions_no_delete BEFORE DELETE ON round_revisions
BEGIN SELECT RAISE(ABORT, 'round_revisions is append-only'); END;
CREATE TRIGGER round_steps_no_update BEFORE UPDATE ON round_steps
BEGIN SELECT RAISE(ABORT, 'round_steps is append-only'); END;
CREATE TRIGGER round_steps_no_delete BEFORE DELETE ON round_steps
BEGIN SELECT RAISE(ABORT, 'round_steps is append-only'); END;

-- For the proof of an audit trail, as in 0006.
CREATE VIEW counties_of_rounds AS SELECT county FROM rounds;
