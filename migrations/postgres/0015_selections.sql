-- Selections (F1 to F12): what each was opened with, the branches that were counted, and what happened. All of it is only added to, and the
-- state is what the events come to. The file of the same name for the other database has the same tables and columns.
CREATE TABLE selections (
    county TEXT COLLATE "C" NOT NULL,
    selection_id TEXT COLLATE "C" NOT NULL,
    document_id TEXT COLLATE "C" NOT NULL,
    document_version BIGINT NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    roster_day DATE NOT NULL,
    scheme_id TEXT COLLATE "C" NOT NULL,
    scheme_version BIGINT NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, selection_id)
);

-- Where each branch lay on the roster's day (F4).
CREATE TABLE selection_roster (
    county TEXT COLLATE "C" NOT NULL,
    selection_id TEXT COLLATE "C" NOT NULL,
    branch TEXT COLLATE "C" NOT NULL,
    compound TEXT COLLATE "C" NOT NULL,
    community TEXT COLLATE "C" NOT NULL,
    street TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, selection_id, branch),
    FOREIGN KEY (county, selection_id) REFERENCES selections (county, selection_id)
);

-- Numbered from 1 in each selection. `detail` is JSON of what the event says besides, `evidence` a JSON list of papers; each empty for none.
CREATE TABLE selection_events (
    county TEXT COLLATE "C" NOT NULL,
    selection_id TEXT COLLATE "C" NOT NULL,
    event BIGINT NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    branch TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C" NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, selection_id, event),
    FOREIGN KEY (county, selection_id) REFERENCES selections (county, selection_id),
    CHECK (event > 0)
);

CREATE TRIGGER selections_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selections
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER selection_roster_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selection_roster
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER selection_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selection_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- For the proof of an audit trail, as in 0006.
CREATE POLICY owner_reads ON selections FOR SELECT TO CURRENT_USER USING (true);
CREATE VIEW counties_of_selections WITH (security_barrier) AS SELECT county FROM selections;

SELECT fence_by_county();
