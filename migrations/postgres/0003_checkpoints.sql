-- Signed checkpoints of the audit trail: how many entries a county had, and the hash of the newest. Append-only.
CREATE TABLE audit_checkpoints (
    county TEXT COLLATE "C" NOT NULL,
    entries BIGINT NOT NULL,
    key_id TEXT COLLATE "C" NOT NULL,
    head BYTEA NOT NULL,
    signed BIGINT NOT NULL,
    signature BYTEA NOT NULL,
    PRIMARY KEY (county, entries, key_id)
);

CREATE TRIGGER audit_checkpoints_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
