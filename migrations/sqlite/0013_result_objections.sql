-- Objections to published results (异议), and what they were answered. Append-only.
-- The file of the same name for the other database has the same tables and columns.
CREATE TABLE result_objections (
    county TEXT NOT NULL,
    run_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    subject TEXT NOT NULL,
    person TEXT NOT NULL,
    node TEXT NOT NULL,
    text TEXT NOT NULL,
    raised_by TEXT NOT NULL,
    raised_on TEXT NOT NULL,
    evidence TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, run_id, number),
    FOREIGN KEY (county, run_id) REFERENCES runs (county, run_id),
    CHECK (number > 0)
) STRICT;

CREATE TABLE result_answers (
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
    FOREIGN KEY (county, run_id, number) REFERENCES result_objections (county, run_id, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER result_objections_no_update BEFORE UPDATE ON result_objections
BEGIN SELECT RAISE(ABORT, 'result_objections is append-only'); END;
CREATE TRIGGER result_objections_no_delete BEFORE DELETE ON result_objections
BEGIN SELECT RAISE(ABORT, 'result_objections is append-only'); END;
CREATE TRIGGER result_answers_no_update BEFORE UPDATE ON result_answers
BEGIN SELECT RAISE(ABORT, 'result_answers is append-only'); END;
CREATE TRIGGER result_answers_no_delete BEFORE DELETE ON result_answers
BEGIN SELECT RAISE(ABORT, 'result_answers is append-only'); END;
