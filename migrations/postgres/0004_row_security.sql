-- Row-level security by county: the second fence. The first is the county in every statement; this one holds when a statement forgets it.
--
-- A transaction names its county by set_config('steelyard.county', ..., true), for itself only. Where none is named, no row is seen and none can be
-- written: after the end of a transaction that named one, the setting is the empty text, and no county is called that.
--
-- FORCE: the owner is held to it as well, so that a service that is run as the owner by mistake sees nothing rather than everything.

-- Puts the fence around every table with a county that has none. A later migration that makes such a table calls it again.
CREATE FUNCTION fence_by_county() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    fenced RECORD;
BEGIN
    FOR fenced IN
        SELECT n.nspname, c.relname
          FROM pg_class c
          JOIN pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'county' AND NOT a.attisdropped
         WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')
           AND NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'county')
         ORDER BY c.relname
    LOOP
        EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', fenced.nspname, fenced.relname);
        EXECUTE format(
            'CREATE POLICY county ON %I.%I USING (county = NULLIF(current_setting(''steelyard.county'', true), '''')) '
            'WITH CHECK (county = NULLIF(current_setting(''steelyard.county'', true), ''''))',
            fenced.nspname, fenced.relname);
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION fence_by_county() FROM PUBLIC;
SELECT fence_by_county();

-- Two statements see all counties: which counties there are (`verify` without a county, and what is done for each), and which runs are open, for the
-- worker that carries out whatever is. Each has a view with these columns and nothing else. A view reads as its owner, and the owner alone has a policy
-- that lets it read these two tables whole; the service's role has none, and gets through the views no other column, no row to write, and no run that
-- is not open. A named scope such as '*' would have opened every column of both tables to any statement that sets it.
CREATE POLICY owner_reads ON county_heads FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_reads ON runs FOR SELECT TO CURRENT_USER USING (true);
CREATE VIEW all_counties WITH (security_barrier) AS
    SELECT county FROM county_heads;
CREATE VIEW all_open_runs WITH (security_barrier) AS
    SELECT county, run_id FROM runs WHERE state IN ('pending', 'measuring');
