-- The state's yearly notices of holidays (节假日安排, F8) that a county loaded: editions of a year's calendar. Append-only; the highest number holds.
-- The file of the same name for the other database has the same tables and columns.
CREATE TABLE calendar_editions (
    county TEXT NOT NULL,
    year INTEGER NOT NULL,
    number INTEGER NOT NULL,
    edition TEXT NOT NULL,
    title TEXT NOT NULL,
    document TEXT NOT NULL,
    days TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, year, number),
    UNIQUE (county, year, edition),
    CHECK (number > 0)
) STRICT;

-- Public notices (公示) of runs. Append-only.
CREATE TABLE notices (
    county TEXT NOT NULL,
    run_id TEXT NOT NULL,
    posted_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    days INTEGER NOT NULL,
    days_of TEXT NOT NULL,
    calendar TEXT NOT NULL,
    object_to TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, run_id),
    FOREIGN KEY (county, run_id) REFERENCES runs (county, run_id),
    CHECK (days > 0),
    CHECK (posted_on <= ends_on)
) STRICT;

-- What was objected to during a notice. Append-only.
CREATE TABLE notice_objections (
    county TEXT NOT NULL,
    run_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    raised_by TEXT NOT NULL,
    raised_on TEXT NOT NULL,
    evidence TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, run_id, number),
    FOREIGN KEY (county, run_id) REFERENCES notices (county, run_id),
    CHECK (number > 0)
) STRICT;

-- What objections were answered. Append-only.
CREATE TABLE notice_answers (
    county TEXT NOT NULL,
    run_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    text TEXT NOT NULL,
    answered_by TEXT NOT NULL,
    evidence TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, run_id, number),
    FOREIGN KEY (county, run_id, number) REFERENCES notice_objections (county, run_id, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER calendar_editions_no_update BEFORE UPDATE ON calendar_editions
BEGIN SELECT RAISE(ABORT, 'calendar_editions is append-only'); END;
CREATE TRIGGER calendar_editions_no_delete BEFORE DELETE ON calendar_editions
BEGIN SELECT RAISE(ABORT, 'calendar_editions is append-only'); END;
CREATE TRIGGER notices_no_update BEFORE UPDATE ON notices
BEGIN SELECT RAISE(ABORT, 'notices is append-only'); END;
CREATE TRIGGER notices_no_delete BEFORE DELETE ON notices
BEGIN SELECT RAISE(ABORT, 'notices is append-only'); END;
CREATE TRIGGER notice_objections_no_update BEFORE UPDATE ON notice_objections
BEGIN SELECT RAISE(ABORT, 'notice_objections is append-only'); END;
CREATE TRIGGER notice_objections_no_delete BEFORE DELETE ON notice_objections
BEGIN SELECT RAISE(ABORT, 'notice_objections is append-only'); END;
CREATE TRIGGER notice_answers_no_update BEFORE UPDATE ON notice_answers
BEGIN SELECT RAISE(ABORT, 'notice_answers is append-only'); END;
CREATE TRIGGER notice_answers_no_delete BEFORE DELETE ON notice_answers
BEGIN SELECT RAISE(ABORT, 'notice_answers is append-only'); END;

-- Steps of vetoes (P3) are said about other facts, too; and the vetoes of a county, for its register.
DROP INDEX facts_about;
CREATE INDEX facts_about ON facts (county, item) WHERE kind IN ('entry_check', 'objection', 'answer', 'veto_step');
CREATE INDEX facts_vetoes ON facts (county, seq) WHERE kind = 'veto';

-- For the proof of an audit trail, as in 0006. A county with a notice has a run.
CREATE VIEW counties_of_calendar_editions AS SELECT county FROM calendar_editions;
