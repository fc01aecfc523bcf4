-- Point schedules (积分明细, M2) as the compounds' general meetings adopted them. Append-only. Keyed by compound: entries are judged by where a
-- member lives, and a joint branch serves several compounds. The file of the same name for the other database has the same tables and columns.
CREATE TABLE schedules (
    county TEXT COLLATE "C" NOT NULL,
    compound TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    in_force_from DATE NOT NULL,
    in_force_until DATE,
    branch TEXT COLLATE "C" NOT NULL,
    met_on DATE NOT NULL,
    eligible BIGINT NOT NULL,
    present BIGINT NOT NULL,
    in_favour BIGINT NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    adopted BIGINT NOT NULL,
    adopted_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, compound, version),
    UNIQUE (county, compound, in_force_from),
    CHECK (version > 0),
    CHECK (eligible > 0 AND 0 <= in_favour AND in_favour <= present AND present <= eligible),
    CHECK (met_on <= in_force_from)
);

-- Versions that were ended before their time. Append-only.
CREATE TABLE schedule_retirements (
    county TEXT COLLATE "C" NOT NULL,
    compound TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    last_day DATE NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, compound, version),
    FOREIGN KEY (county, compound, version) REFERENCES schedules (county, compound, version)
);

CREATE TRIGGER schedules_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON schedules
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER schedule_retirements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON schedule_retirements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- For the proof of an audit trail, as in 0006.
CREATE POLICY owner_reads ON schedules FOR SELECT TO CURRENT_USER USING (true);
CREATE VIEW counties_of_schedules WITH (security_barrier) AS SELECT county FROM schedules;

SELECT fence_by_county();
