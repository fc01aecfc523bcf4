-- Names of persons stand apart from the rows that are only added to, so that they can be erased. A version of a member or of a post keeps SHA-256 over
-- salt and name instead; with the salt gone, nobody can find out by trying what the name was. Versions recorded before this migration keep their names in
-- their own rows, since the trail's digests are over them: a store that shall be erasable is filled afresh.
ALTER TABLE registry_versions ADD COLUMN commitment BLOB NOT NULL DEFAULT x'';

-- An erased name is empty, and so is its salt.
CREATE TABLE person_names (
    county TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    name TEXT NOT NULL,
    salt BLOB NOT NULL,
    PRIMARY KEY (county, kind, id, seq)
) STRICT, WITHOUT ROWID;

-- Whose names were erased, and on whose word. Append-only.
CREATE TABLE person_erasures (
    county TEXT NOT NULL,
    id TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    erased_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER person_erasures_no_update BEFORE UPDATE ON person_erasures
BEGIN SELECT RAISE(ABORT, 'person_erasures is append-only'); END;
CREATE TRIGGER person_erasures_no_delete BEFORE DELETE ON person_erasures
BEGIN SELECT RAISE(ABORT, 'person_erasures is append-only'); END;

-- A name can be erased and nothing else.
CREATE TRIGGER person_names_only_erased BEFORE UPDATE ON person_names
WHEN NEW.name <> '' OR NEW.salt <> x'' OR (NEW.county, NEW.kind, NEW.id, NEW.seq) <> (OLD.county, OLD.kind, OLD.id, OLD.seq)
BEGIN SELECT RAISE(ABORT, 'a name in person_names can only be erased'); END;
CREATE TRIGGER person_names_not_removed BEFORE DELETE ON person_names
BEGIN SELECT RAISE(ABORT, 'person_names is append-only'); END;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('person_names', 'person_names', '20000 20000 4000 2 1');
