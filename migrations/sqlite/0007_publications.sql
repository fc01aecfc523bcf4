-- What was published in which order, for the systems that follow results: a receiver that has all up to a number, and reads on from there, misses none.
-- Of a county the numbers begin with 1 and have no gaps; a row is added in the transaction that publishes. Append-only.
CREATE TABLE publications (
    county TEXT NOT NULL,
    seq INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    replaced_run_id TEXT NOT NULL,
    scheme_id TEXT NOT NULL,
    period TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    PRIMARY KEY (county, seq),
    UNIQUE (county, run_id),
    CHECK (seq > 0)
) STRICT, WITHOUT ROWID;

-- What was published before, in its order: of one county no two writes have one moment.
INSERT INTO publications (county, seq, run_id, replaced_run_id, scheme_id, period, subject_kind, recorded)
SELECT r.county, ROW_NUMBER() OVER (PARTITION BY r.county ORDER BY r.published, r.run_id), r.run_id, r.supersedes, r.scheme_id, r.period,
       COALESCE(s.subject_kind, ''), COALESCE(r.published, r.started)
  FROM runs r
  LEFT JOIN schemes s ON s.county = r.county AND s.scheme_id = r.scheme_id AND s.version = r.version
 WHERE r.state IN ('published', 'superseded');

CREATE TRIGGER publications_no_update BEFORE UPDATE ON publications
BEGIN SELECT RAISE(ABORT, 'publications is append-only'); END;
CREATE TRIGGER publications_no_delete BEFORE DELETE ON publications
BEGIN SELECT RAISE(ABORT, 'publications is append-only'); END;

-- A county of which nothing but its publications is left is not missed by the proof of its trail (0006).
CREATE VIEW counties_of_publications AS SELECT county FROM publications;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('publications', 'publications', '2000 2000 1'),
    ('publications', 'sqlite_autoindex_publications_2', '2000 2000 1');
