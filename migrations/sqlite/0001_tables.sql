-- The tables of Steelyard. The file of the same name for the other database has the same tables and columns.

-- The head of each county: every write of a county takes this row first.
CREATE TABLE county_heads (
    county TEXT NOT NULL,
    fact_seq INTEGER NOT NULL,
    registry_seq INTEGER NOT NULL,
    audit_count INTEGER NOT NULL,
    audit_head BLOB NOT NULL,
    recorded INTEGER NOT NULL,
    PRIMARY KEY (county)
) STRICT, WITHOUT ROWID;

-- Requests and their answers (reliability 4.1). The response is there once the work is done.
CREATE TABLE request_log (
    county TEXT NOT NULL,
    principal TEXT NOT NULL,
    request_id TEXT NOT NULL,
    method TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    response BLOB,
    recorded INTEGER NOT NULL,
    PRIMARY KEY (county, principal, request_id)
) STRICT;

-- The audit trail: a hash chain per county. Append-only.
CREATE TABLE audit_entries (
    county TEXT NOT NULL,
    seq INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    principal TEXT NOT NULL,
    method TEXT NOT NULL,
    request_id TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    subject TEXT NOT NULL,
    effect_digest BLOB NOT NULL,
    prev_hash BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (county, seq),
    UNIQUE (county, prev_hash)
) STRICT, WITHOUT ROWID;

-- The registry, bitemporal. Append-only.
CREATE TABLE registry_versions (
    county TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    effective_from TEXT NOT NULL,
    seq INTEGER NOT NULL,
    effective_until TEXT,
    name TEXT NOT NULL,
    parent_kind TEXT NOT NULL,
    parent_id TEXT NOT NULL,
    attributes TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, kind, id, effective_from, seq)
) STRICT, WITHOUT ROWID;

-- Published schemes. Append-only.
CREATE TABLE schemes (
    county TEXT NOT NULL,
    scheme_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    document TEXT NOT NULL,
    digest BLOB NOT NULL,
    title TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    period_kind TEXT NOT NULL,
    in_force_from TEXT NOT NULL,
    in_force_until TEXT,
    published INTEGER NOT NULL,
    published_by TEXT NOT NULL,
    PRIMARY KEY (county, scheme_id, version)
) STRICT;

-- Versions that were ended before their time. Append-only.
CREATE TABLE scheme_retirements (
    county TEXT NOT NULL,
    scheme_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    last_day TEXT NOT NULL,
    reason TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (county, scheme_id, version),
    FOREIGN KEY (county, scheme_id, version) REFERENCES schemes (county, scheme_id, version)
) STRICT, WITHOUT ROWID;

-- The ledger. Append-only: a correction is a row that reverses another. Amounts are ten-thousandths or counts, by kind.
CREATE TABLE facts (
    county TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    item TEXT NOT NULL,
    period TEXT NOT NULL,
    on_day TEXT,
    until_day TEXT,
    name TEXT NOT NULL,
    amount_a INTEGER,
    amount_b INTEGER,
    detail TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    at_micros INTEGER,
    evidence TEXT NOT NULL,
    source TEXT NOT NULL,
    source_record TEXT NOT NULL,
    reverses INTEGER,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, seq),
    CHECK (kind <> 'entry' OR (on_day IS NOT NULL AND until_day IS NOT NULL AND on_day = until_day AND amount_a IS NOT NULL)),
    CHECK ((kind = 'reversal') = (reverses IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- Rolled-up entries of a subject and year, worked out of the ledger in the transaction that adds to it.
CREATE TABLE totals (
    county TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    year INTEGER NOT NULL,
    sums BLOB NOT NULL,
    through_seq INTEGER NOT NULL,
    latest INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (county, subject_kind, subject, year)
) STRICT, WITHOUT ROWID;

-- Evaluation runs.
CREATE TABLE runs (
    county TEXT NOT NULL,
    run_id TEXT NOT NULL,
    scheme_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    scheme_digest BLOB NOT NULL,
    period TEXT NOT NULL,
    known_micros INTEGER NOT NULL,
    facts_seq INTEGER NOT NULL,
    registry_seq INTEGER NOT NULL,
    state TEXT NOT NULL,
    subjects INTEGER NOT NULL,
    engine_version TEXT NOT NULL,
    result_digest BLOB,
    quotas TEXT NOT NULL,
    cohort BLOB,
    supersedes TEXT NOT NULL,
    superseded_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    started INTEGER NOT NULL,
    started_by TEXT NOT NULL,
    computed INTEGER,
    published INTEGER,
    published_by TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (county, run_id),
    CHECK (revision > 0)
) STRICT;

-- What replicas claim.
CREATE TABLE run_batches (
    county TEXT NOT NULL,
    run_id TEXT NOT NULL,
    step INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    subjects TEXT NOT NULL,
    state TEXT NOT NULL,
    claimed_by TEXT NOT NULL,
    claimed_until INTEGER NOT NULL,
    claim INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (county, run_id, step, batch),
    FOREIGN KEY (county, run_id) REFERENCES runs (county, run_id)
) STRICT;

-- Results. Append-only; scores are millionths.
CREATE TABLE results (
    county TEXT NOT NULL,
    run_id TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    subject TEXT NOT NULL,
    period TEXT NOT NULL,
    status TEXT NOT NULL,
    score INTEGER,
    score_before INTEGER,
    grade TEXT NOT NULL,
    ranks TEXT NOT NULL,
    awards TEXT NOT NULL,
    reasons TEXT NOT NULL,
    groups TEXT NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (county, run_id, ordinal),
    UNIQUE (county, run_id, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX registry_versions_parent ON registry_versions (county, parent_kind, parent_id, kind, id);
CREATE INDEX facts_subject ON facts (county, subject_kind, subject, seq);
CREATE UNIQUE INDEX facts_source_record_key ON facts (county, source_record, source) WHERE source_record <> '';
CREATE UNIQUE INDEX facts_reverses_key ON facts (county, reverses) WHERE reverses IS NOT NULL;
CREATE UNIQUE INDEX runs_published_key ON runs (county, scheme_id, period) WHERE state = 'published';
CREATE INDEX runs_open ON runs (state) WHERE state IN ('pending', 'measuring');

-- Append-only tables refuse UPDATE and DELETE.
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END;
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END;
CREATE TRIGGER registry_versions_no_update BEFORE UPDATE ON registry_versions
BEGIN SELECT RAISE(ABORT, 'registry_versions is append-only'); END;
CREATE TRIGGER registry_versions_no_delete BEFORE DELETE ON registry_versions
BEGIN SELECT RAISE(ABORT, 'registry_versions is append-only'); END;
CREATE TRIGGER schemes_no_update BEFORE UPDATE ON schemes
BEGIN SELECT RAISE(ABORT, 'schemes is append-only'); END;
CREATE TRIGGER schemes_no_delete BEFORE DELETE ON schemes
BEGIN SELECT RAISE(ABORT, 'schemes is append-only'); END;
CREATE TRIGGER scheme_retirements_no_update BEFORE UPDATE ON scheme_retirements
BEGIN SELECT RAISE(ABORT, 'scheme_retirements is append-only'); END;
CREATE TRIGGER scheme_retirements_no_delete BEFORE DELETE ON scheme_retirements
BEGIN SELECT RAISE(ABORT, 'scheme_retirements is append-only'); END;
CREATE TRIGGER facts_no_update BEFORE UPDATE ON facts
BEGIN SELECT RAISE(ABORT, 'facts is append-only'); END;
CREATE TRIGGER facts_no_delete BEFORE DELETE ON facts
BEGIN SELECT RAISE(ABORT, 'facts is append-only'); END;
CREATE TRIGGER results_no_update BEFORE UPDATE ON results
BEGIN SELECT RAISE(ABORT, 'results is append-only'); END;
CREATE TRIGGER results_no_delete BEFORE DELETE ON results
BEGIN SELECT RAISE(ABORT, 'results is append-only'); END;

-- SQLite plans by these figures. Without any it takes a county's rows for few and reads the whole
-- ledger in the order of its key where an index would find a row: rows, then rows per leading key.
ANALYZE;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('facts', 'facts', '200000 200000 1'),
    ('facts', 'facts_subject', '200000 200000 50000 50 1'),
    ('facts', 'facts_source_record_key', '200000 200000 1 1'),
    ('facts', 'facts_reverses_key', '2000 2000 1'),
    ('totals', 'totals', '8000 8000 8000 2 1'),
    ('registry_versions', 'registry_versions', '20000 20000 4000 2 1 1'),
    ('registry_versions', 'registry_versions_parent', '20000 20000 5000 50 50 2'),
    ('results', 'results', '100000 100000 20000 1'),
    ('results', 'sqlite_autoindex_results_2', '100000 100000 20000 1'),
    ('audit_entries', 'audit_entries', '100000 100000 1');
