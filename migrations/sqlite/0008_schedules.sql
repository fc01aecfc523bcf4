-- Point schedules (积分明细, M2) as the compounds' general meetings adopted them. Append-only. Keyed by compound: entries are judged by where a
-- member lives, and a joint branch serves several compounds. The file of the same name for the other database has the same tables and columns.
CREATE TABLE schedules (
    county TEXT NOT NULL,
    compound TEXT NOT NULL,
    version INTEGER NOT NULL,
    document TEXT NOT NULL,
    digest BLOB NOT NULL,
    title TEXT NOT NULL,
    in_force_from TEXT NOT NULL,
    in_force_until TEXT,
    branch TEXT NOT NULL,
    met_on TEXT NOT NULL,
    eligible INTEGER NOT NULL,
    present INTEGER NOT NULL,
    in_favour INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    adopted INTEGER NOT NULL,
    adopted_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, compound, version),
    UNIQUE (county, compound, in_force_from),
    CHECK (version > 0),
    CHECK (eligible > 0 AND 0 <= in_favour AND in_favour <= present AND present <= eligible),
    CHECK (met_on <= in_force_from)
) STRICT;

-- Versions that were ended before their time. Append-only.
CREATE TABLE schedule_retirements (
    county TEXT NOT NULL,
    compound TEXT NOT NULL,
    version INTEGER NOT NULL,
    last_day TEXT NOT NULL,
    reason TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (county, compound, version),
    FOREIGN KEY (county, compound, version) REFERENCES schedules (county, compound, version)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER schedules_no_update BEFORE UPDATE ON schedules
BEGIN SELECT RAISE(ABORT, 'schedules is append-only'); END;
CREATE TRIGGER schedules_no_delete BEFORE DELETE ON schedules
BEGIN SELECT RAISE(ABORT, 'schedules is append-only'); END;
CREATE TRIGGER schedule_retirements_no_update BEFORE UPDATE ON schedule_retirements
BEGIN SELECT RAISE(ABORT, 'schedule_retirements is append-only'); END;
CREATE TRIGGER schedule_retirements_no_delete BEFORE DELETE ON schedule_retirements
BEGIN SELECT RAISE(ABORT, 'schedule_retirements is append-only'); END;

-- For the proof of an audit trail, as in 0006.
CREATE VIEW counties_of_schedules AS SELECT county FROM schedules;
