-- Names of persons stand apart from the rows that are only added to, so that they can be erased. A version of a member or of a post keeps SHA-256 over
-- salt and name instead; with the salt gone, nobody can find out by trying what the name was. Versions recorded before this migration keep their names in
-- their own rows, since the trail's digests are over them: a store that shall be erasable is filled afresh.
ALTER TABLE registry_versions ADD COLUMN commitment BYTEA NOT NULL DEFAULT '';

-- An erased name is empty, and so is its salt.
CREATE TABLE person_names (
    county TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    salt BYTEA NOT NULL,
    PRIMARY KEY (county, kind, id, seq)
);

-- Whose names were erased, and on whose word. Append-only.
CREATE TABLE person_erasures (
    county TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    erased_by TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, id)
);

CREATE TRIGGER person_erasures_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON person_erasures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A name can be erased and nothing else.
CREATE FUNCTION only_erase() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.name <> '' OR NEW.salt <> '' OR (NEW.county, NEW.kind, NEW.id, NEW.seq) <> (OLD.county, OLD.kind, OLD.id, OLD.seq) THEN
        RAISE EXCEPTION 'a name in % can only be erased', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER person_names_only_erased BEFORE UPDATE ON person_names
    FOR EACH ROW EXECUTE FUNCTION only_erase();
CREATE TRIGGER person_names_not_removed BEFORE DELETE OR TRUNCATE ON person_names
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

SELECT fence_by_county();
