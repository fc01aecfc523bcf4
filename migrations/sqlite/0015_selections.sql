-- Selections (F1 to F12): what each was opened with, the branches that were counted, and what happened. All of it is only added to, and the
-- state is what the events come to. The file of the same name for the other database has the same tables and columns.
CREATE TABLE selections (
    county TEXT NOT NULL,
    selection_id TEXT NOT NULL,
    document_id TEXT NOT NULL,
    document_version INTEGER NOT NULL,
    period TEXT NOT NULL,
    roster_day TEXT NOT NULL,
    scheme_id TEXT NOT NULL,
    scheme_version INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, selection_id)
) STRICT, WITHOUT ROWID;

-- Where each branch lay on the roster's day (F4).
CREATE TABLE selection_roster (
    county TEXT NOT NULL,
    selection_id TEXT NOT NULL,
    branch TEXT NOT NULL,
    compound TEXT NOT NULL,
    community TEXT NOT NULL,
    street TEXT NOT NULL,
    PRIMARY KEY (county, selection_id, branch),
    FOREIGN KEY (county, selection_id) REFERENCES selections (county, selection_id)
) STRICT, WITHOUT ROWID;

-- Numbered from 1 in each selection. `detail` is JSON of what the event says besides, `evidence` a JSON list of papers; each empty for none.
CREATE TABLE selection_events (
    county TEXT NOT NULL,
    selection_id TEXT NOT NULL,
    event INTEGER NOT NULL,
    what TEXT NOT NULL,
    branch TEXT NOT NULL,
    detail TEXT NOT NULL,
    text TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    evidence TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, selection_id, event),
    FOREIGN KEY (county, selection_id) REFERENCES selections (county, selection_id),
    CHECK (event > 0)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER selections_no_update BEFORE UPDATE ON selections
BEGIN SELECT RAISE(ABORT, 'selections is append-only'); END;
CREATE TRIGGER selections_no_delete BEFORE DELETE ON selections
BEGIN SELECT RAISE(ABORT, 'selections is append-only'); END;
CREATE TRIGGER selection_roster_no_update BEFORE UPDATE ON selection_roster
BEGIN SELECT RAISE(ABORT, 'selection_roster is append-only'); END;
CREATE TRIGGER selection_roster_no_delete BEFORE DELETE ON selection_roster
BEGIN SELECT RAISE(ABORT, 'selection_roster is append-only'); END;
CREATE TRIGGER selection_events_no_update BEFORE UPDATE ON selection_events
BEGIN SELECT RAISE(ABORT, 'selection_events is append-only'); END;
CREATE TRIGGER selection_events_no_delete BEFORE DELETE ON selection_events
BEGIN SELECT RAISE(ABORT, 'selection_events is append-only'); END;

-- For the proof of an audit trail, as in 0006.
CREATE VIEW counties_of_selections AS SELECT county FROM selections;
