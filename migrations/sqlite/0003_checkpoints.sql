-- Signed checkpoints of the audit trail: how many entries a county had, and the hash of the newest. Append-only.
CREATE TABLE audit_checkpoints (
    county TEXT NOT NULL,
    entries INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    head BLOB NOT NULL,
    signed INTEGER NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (county, entries, key_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER audit_checkpoints_no_update BEFORE UPDATE ON audit_checkpoints
BEGIN SELECT RAISE(ABORT, 'audit_checkpoints is append-only'); END;
CREATE TRIGGER audit_checkpoints_no_delete BEFORE DELETE ON audit_checkpoints
BEGIN SELECT RAISE(ABORT, 'audit_checkpoints is append-only'); END;
