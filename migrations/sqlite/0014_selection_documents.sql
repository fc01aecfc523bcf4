-- Published selection documents (评选办法). Append-only.
-- The file of the same name for the other database has the same tables and columns.
CREATE TABLE selection_documents (
    county TEXT NOT NULL,
    document_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    document TEXT NOT NULL,
    digest BLOB NOT NULL,
    title TEXT NOT NULL,
    honour TEXT NOT NULL,
    criteria_scheme TEXT NOT NULL,
    in_force_from TEXT NOT NULL,
    in_force_until TEXT,
    published INTEGER NOT NULL,
    published_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, document_id, version),
    CHECK (version > 0)
) STRICT;

CREATE TRIGGER selection_documents_no_update BEFORE UPDATE ON selection_documents
BEGIN SELECT RAISE(ABORT, 'selection_documents is append-only'); END;
CREATE TRIGGER selection_documents_no_delete BEFORE DELETE ON selection_documents
BEGIN SELECT RAISE(ABORT, 'selection_documents is append-only'); END;

-- For the proof of an audit trail, as in 0006.
CREATE VIEW counties_of_selection_documents AS SELECT county FROM selection_documents;
