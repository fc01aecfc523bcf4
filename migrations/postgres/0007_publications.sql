-- What was published in which order, for the systems that follow results: a receiver that has all up to a number, and reads on from there, misses none.
-- Of a county the numbers begin with 1 and have no gaps; a row is added in the transaction that publishes. Append-only.
CREATE TABLE publications (
    county TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    replaced_run_id TEXT COLLATE "C" NOT NULL,
    scheme_id TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    PRIMARY KEY (county, seq),
    UNIQUE (county, run_id),
    CHECK (seq > 0)
);

-- What was published before, in its order: of one county no two writes have one moment. Whoever migrates reads both tables whole for as long as this
-- takes, also where the schema has another owner since the policies of before were made.
CREATE POLICY published_before ON runs FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY published_before ON schemes FOR SELECT TO CURRENT_USER USING (true);
INSERT INTO publications (county, seq, run_id, replaced_run_id, scheme_id, period, subject_kind, recorded)
SELECT r.county, ROW_NUMBER() OVER (PARTITION BY r.county ORDER BY r.published, r.run_id), r.run_id, r.supersedes, r.scheme_id, r.period,
       COALESCE(s.subject_kind, ''), COALESCE(r.published, r.started)
  FROM runs r
  LEFT JOIN schemes s ON s.county = r.county AND s.scheme_id = r.scheme_id AND s.version = r.version
 WHERE r.state IN ('published', 'superseded');
DROP POLICY published_before ON runs;
DROP POLICY published_before ON schemes;

CREATE TRIGGER publications_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON publications
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A county of which nothing but its publications is left is not missed by the proof of its trail (0006).
CREATE POLICY owner_reads ON publications FOR SELECT TO CURRENT_USER USING (true);
CREATE VIEW counties_of_publications WITH (security_barrier) AS SELECT county FROM publications;

SELECT fence_by_county();
