-- What the proof of an audit trail begins with: in which counties anything is kept at all. The file of the same name for the other database says more.
CREATE VIEW counties_of_audit_entries AS SELECT county FROM audit_entries;
CREATE VIEW counties_of_audit_checkpoints AS SELECT county FROM audit_checkpoints;
CREATE VIEW counties_of_request_log AS SELECT county FROM request_log;
CREATE VIEW counties_of_registry_versions AS SELECT county FROM registry_versions;
CREATE VIEW counties_of_schemes AS SELECT county FROM schemes;
CREATE VIEW counties_of_facts AS SELECT county FROM facts;
CREATE VIEW counties_of_runs AS SELECT county FROM runs;
