-- What the proof of an audit trail begins with: in which counties anything is kept at all. A county whose head and trail were removed has rows in
-- other tables, and is missed if only heads are looked at. One view a table, with the county and nothing else, read as the owner (0004 says why).
CREATE POLICY owner_reads ON audit_entries FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_reads ON audit_checkpoints FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_reads ON request_log FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_reads ON registry_versions FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_reads ON schemes FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_reads ON facts FOR SELECT TO CURRENT_USER USING (true);
CREATE VIEW counties_of_audit_entries WITH (security_barrier) AS SELECT county FROM audit_entries;
CREATE VIEW counties_of_audit_checkpoints WITH (security_barrier) AS SELECT county FROM audit_checkpoints;
CREATE VIEW counties_of_request_log WITH (security_barrier) AS SELECT county FROM request_log;
CREATE VIEW counties_of_registry_versions WITH (security_barrier) AS SELECT county FROM registry_versions;
CREATE VIEW counties_of_schemes WITH (security_barrier) AS SELECT county FROM schemes;
CREATE VIEW counties_of_facts WITH (security_barrier) AS SELECT county FROM facts;
CREATE VIEW counties_of_runs WITH (security_barrier) AS SELECT county FROM runs;
