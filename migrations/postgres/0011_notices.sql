-- The state's yearly notices of holidays (节假日安排, F8) that a county loaded: editions of a year's calendar. Append-only; the highest number holds.
-- The file of the same name for the other database has the same tables and columns.
CREATE TABLE calendar_editions (
    county TEXT COLLATE "C" NOT NULL,
    year BIGINT NOT NULL,
    number BIGINT NOT NULL,
    edition TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    days TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, year, number),
    UNIQUE (county, year, edition),
    CHECK (number > 0)
);

-- Public notices (公示) of runs. Append-only.
CREATE TABLE notices (
    county TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    posted_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    days BIGINT NOT NULL,
    days_of TEXT COLLATE "C" NOT NULL,
    calendar TEXT COLLATE "C" NOT NULL,
    object_to TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, run_id),
    FOREIGN KEY (county, run_id) REFERENCES runs (county, run_id),
    CHECK (days > 0),
    CHECK (posted_on <= ends_on)
);

-- What was objected to during a notice. Append-only.
CREATE TABLE notice_objections (
    county TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    raised_by TEXT COLLATE "C" NOT NULL,
    raised_on DATE NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, run_id, number),
    FOREIGN KEY (county, run_id) REFERENCES notices (county, run_id),
    CHECK (number > 0)
);

-- What objections were answered. Append-only.
CREATE TABLE notice_answers (
    county TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    verdict TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    answered_by TEXT COLLATE "C" NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, run_id, number),
    FOREIGN KEY (county, run_id, number) REFERENCES notice_objections (county, run_id, number)
);

CREATE TRIGGER calendar_editions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON calendar_editions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER notices_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON notices
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER notice_objections_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON notice_objections
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER notice_answers_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON notice_answers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Steps of vetoes (P3) are said about other facts, too; and the vetoes of a county, for its register.
DROP INDEX facts_about;
CREATE INDEX facts_about ON facts (county, item) WHERE kind IN ('entry_check', 'objection', 'answer', 'veto_step');
CREATE INDEX facts_vetoes ON facts (county, seq) WHERE kind = 'veto';

-- For the proof of an audit trail, as in 0006. A county with a notice has a run.
CREATE POLICY owner_reads ON calendar_editions FOR SELECT TO CURRENT_USER USING (true);
CREATE VIEW counties_of_calendar_editions WITH (security_barrier) AS SELECT county FROM calendar_editions;

SELECT fence_by_county();
