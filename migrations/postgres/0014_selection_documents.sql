-- Published selection documents (评选办法). Append-only.
-- The file of the same name for the other database has the same tables and columns.
CREATE TABLE selection_documents (
    county TEXT COLLATE "C" NOT NULL,
    document_id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    honour TEXT COLLATE "C" NOT NULL,
    criteria_scheme TEXT COLLATE "C" NOT NULL,
    in_force_from DATE NOT NULL,
    in_force_until DATE,
    published BIGINT NOT NULL,
    published_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, document_id, version),
    CHECK (version > 0)
);

CREATE TRIGGER selection_documents_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selection_documents
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- For the proof of an audit trail, as in 0006.
CREATE POLICY owner_reads ON selection_documents FOR SELECT TO CURRENT_USER USING (true);
CREATE VIEW counties_of_selection_documents WITH (security_barrier) AS SELECT county FROM selection_documents;

SELECT fence_by_county();
