-- The tables of Steelyard. The file of the same name for the other database has the same tables and columns.

-- The head of each county: every write of a county takes this row first.
CREATE TABLE county_heads (
    county TEXT COLLATE "C" NOT NULL,
    fact_seq BIGINT NOT NULL,
    registry_seq BIGINT NOT NULL,
    audit_count BIGINT NOT NULL,
    audit_head BYTEA NOT NULL,
    recorded BIGINT NOT NULL,
    PRIMARY KEY (county)
);

-- Requests and their answers (reliability 4.1). The response is there once the work is done.
CREATE TABLE request_log (
    county TEXT COLLATE "C" NOT NULL,
    principal TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    fingerprint BYTEA NOT NULL,
    response BYTEA,
    recorded BIGINT NOT NULL,
    PRIMARY KEY (county, principal, request_id)
);

-- The audit trail: a hash chain per county. Append-only.
CREATE TABLE audit_entries (
    county TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    recorded BIGINT NOT NULL,
    principal TEXT COLLATE "C" NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    fingerprint BYTEA NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    effect_digest BYTEA NOT NULL,
    prev_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (county, seq),
    UNIQUE (county, prev_hash)
);

-- The registry, bitemporal. Append-only.
CREATE TABLE registry_versions (
    county TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    effective_from DATE NOT NULL,
    seq BIGINT NOT NULL,
    effective_until DATE,
    name TEXT COLLATE "C" NOT NULL,
    parent_kind TEXT COLLATE "C" NOT NULL,
    parent_id TEXT COLLATE "C" NOT NULL,
    attributes TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, kind, id, effective_from, seq)
);

-- Published schemes. Append-only.
CREATE TABLE schemes (
    county TEXT COLLATE "C" NOT NULL,
    scheme_id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    period_kind TEXT COLLATE "C" NOT NULL,
    in_force_from DATE NOT NULL,
    in_force_until DATE,
    published BIGINT NOT NULL,
    published_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, scheme_id, version)
);

-- Versions that were ended before their time. Append-only.
CREATE TABLE scheme_retirements (
    county TEXT COLLATE "C" NOT NULL,
    scheme_id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    last_day DATE NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, scheme_id, version),
    FOREIGN KEY (county, scheme_id, version) REFERENCES schemes (county, scheme_id, version)
);

-- The ledger. Append-only: a correction is a row that reverses another. Amounts are ten-thousandths or counts, by kind.
CREATE TABLE facts (
    county TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    on_day DATE,
    until_day DATE,
    name TEXT COLLATE "C" NOT NULL,
    amount_a BIGINT,
    amount_b BIGINT,
    detail TEXT COLLATE "C" NOT NULL,
    by_whom TEXT COLLATE "C" NOT NULL,
    at_micros BIGINT,
    evidence TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    source_record TEXT COLLATE "C" NOT NULL,
    reverses BIGINT,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, seq),
    CHECK (kind <> 'entry' OR (on_day IS NOT NULL AND until_day IS NOT NULL AND on_day = until_day AND amount_a IS NOT NULL)),
    CHECK ((kind = 'reversal') = (reverses IS NOT NULL))
);

-- Rolled-up entries of a subject and year, worked out of the ledger in the transaction that adds to it.
CREATE TABLE totals (
    county TEXT COLLATE "C" NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    year BIGINT NOT NULL,
    sums BYTEA NOT NULL,
    through_seq BIGINT NOT NULL,
    latest BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (county, subject_kind, subject, year)
);

-- Evaluation runs.
CREATE TABLE runs (
    county TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    scheme_id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    scheme_digest BYTEA NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    known_micros BIGINT NOT NULL,
    facts_seq BIGINT NOT NULL,
    registry_seq BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    subjects BIGINT NOT NULL,
    engine_version TEXT COLLATE "C" NOT NULL,
    result_digest BYTEA,
    quotas TEXT COLLATE "C" NOT NULL,
    cohort BYTEA,
    supersedes TEXT COLLATE "C" NOT NULL,
    superseded_by TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    started BIGINT NOT NULL,
    started_by TEXT COLLATE "C" NOT NULL,
    computed BIGINT,
    published BIGINT,
    published_by TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (county, run_id),
    CHECK (revision > 0)
);

-- What replicas claim.
CREATE TABLE run_batches (
    county TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    step BIGINT NOT NULL,
    batch BIGINT NOT NULL,
    subjects TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    claimed_by TEXT COLLATE "C" NOT NULL,
    claimed_until BIGINT NOT NULL,
    claim BIGINT NOT NULL,
    payload BYTEA NOT NULL,
    PRIMARY KEY (county, run_id, step, batch),
    FOREIGN KEY (county, run_id) REFERENCES runs (county, run_id)
);

-- Results. Append-only; scores are millionths.
CREATE TABLE results (
    county TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    ordinal BIGINT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    score BIGINT,
    score_before BIGINT,
    grade TEXT COLLATE "C" NOT NULL,
    ranks TEXT COLLATE "C" NOT NULL,
    awards TEXT COLLATE "C" NOT NULL,
    reasons TEXT COLLATE "C" NOT NULL,
    groups TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    PRIMARY KEY (county, run_id, ordinal),
    UNIQUE (county, run_id, subject)
);

CREATE INDEX registry_versions_parent ON registry_versions (county, parent_kind, parent_id, kind, id);
CREATE INDEX facts_subject ON facts (county, subject_kind, subject, seq);
CREATE UNIQUE INDEX facts_source_record_key ON facts (county, source_record, source) WHERE source_record <> '';
CREATE UNIQUE INDEX facts_reverses_key ON facts (county, reverses) WHERE reverses IS NOT NULL;
CREATE UNIQUE INDEX runs_published_key ON runs (county, scheme_id, period) WHERE state = 'published';
CREATE INDEX runs_open ON runs (state) WHERE state IN ('pending', 'measuring');

-- Append-only tables refuse UPDATE and DELETE.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER registry_versions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry_versions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER schemes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON schemes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER scheme_retirements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON scheme_retirements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER facts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON facts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER results_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON results
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
