-- Objections to published results (异议), and what they were answered. Append-only.
-- The file of the same name for the other database has the same tables and columns.
CREATE TABLE result_objections (
    county TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    node TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    raised_by TEXT COLLATE "C" NOT NULL,
    raised_on DATE NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, run_id, number),
    FOREIGN KEY (county, run_id) REFERENCES runs (county, run_id),
    CHECK (number > 0)
);

CREATE TABLE result_answers (
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
    FOREIGN KEY (county, run_id, number) REFERENCES result_objections (county, run_id, number)
);

CREATE TRIGGER result_objections_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON result_objections
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER result_answers_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON result_answers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

SELECT fence_by_county();
