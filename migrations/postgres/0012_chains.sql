-- Appraisal chains (S1, S2): the steps of each, what cohorts were closed, and which cases were opened again. The values themselves are facts.
-- All of it is only added to. `steps` is a JSON list of [scheme id, version, kind of unit] from below. The file of the same name for the other
-- database has the same tables and columns.
CREATE TABLE chains (
    county TEXT COLLATE "C" NOT NULL,
    chain_id TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    steps TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, chain_id)
);
CREATE INDEX chains_of ON chains (county, period);

-- Numbered from 1 in each chain. A closing names the unit of its cohort, a reopening the post and item of its case.
CREATE TABLE chain_events (
    county TEXT COLLATE "C" NOT NULL,
    chain_id TEXT COLLATE "C" NOT NULL,
    event BIGINT NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    scheme_id TEXT COLLATE "C" NOT NULL,
    unit TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    cases BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, chain_id, event),
    FOREIGN KEY (county, chain_id) REFERENCES chains (county, chain_id),
    CHECK (event > 0)
);

CREATE TRIGGER chains_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON chains
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER chain_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON chain_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- For the proof of an audit trail, as in 0006.
CREATE POLICY owner_reads ON chains FOR SELECT TO CURRENT_USER USING (true);
CREATE VIEW counties_of_chains WITH (security_barrier) AS SELECT county FROM chains;

SELECT fence_by_county();
