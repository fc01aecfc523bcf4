-- Appraisal chains (S1, S2): the steps of each, what cohorts were closed, and which cases were opened again. The values themselves are facts.
-- All of it is only added to. `steps` is a JSON list of [scheme id, version, kind of unit] from below. The file of the same name for the other
-- database has the same tables and columns.
CREATE TABLE chains (
    county TEXT NOT NULL,
    chain_id TEXT NOT NULL,
    period TEXT NOT NULL,
    steps TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, chain_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX chains_of ON chains (county, period);

-- Numbered from 1 in each chain. A closing names the unit of its cohort, a reopening the post and item of its case.
CREATE TABLE chain_events (
    county TEXT NOT NULL,
    chain_id TEXT NOT NULL,
    event INTEGER NOT NULL,
    what TEXT NOT NULL,
    scheme_id TEXT NOT NULL,
    unit TEXT NOT NULL,
    subject TEXT NOT NULL,
    item TEXT NOT NULL,
    cases INTEGER NOT NULL,
    reason TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, chain_id, event),
    FOREIGN KEY (county, chain_id) REFERENCES chains (county, chain_id),
    CHECK (event > 0)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER chains_no_update BEFORE UPDATE ON chains
BEGIN SELECT RAISE(ABORT, 'chains is append-only'); END;
CREATE TRIGGER chains_no_delete BEFORE DELETE ON chains
BEGIN SELECT RAISE(ABORT, 'chains is append-only'); END;
CREATE TRIGGER chain_events_no_update BEFORE UPDATE ON chain_events
BEGIN SELECT RAISE(ABORT, 'chain_events is append-only'); END;
CREATE TRIGGER chain_events_no_delete BEFORE DELETE ON chain_events
BEGIN SELECT RAISE(ABORT, 'chain_events is append-only'); END;

-- For the proof of an audit trail, as in 0006.
CREATE VIEW counties_of_chains AS SELECT county FROM chains;
