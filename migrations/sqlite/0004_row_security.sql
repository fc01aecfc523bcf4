-- There is no row-level security here: the county in every statement is the only fence. The two views have the same columns as in the other database.
CREATE VIEW all_counties AS
    SELECT county FROM county_heads;
CREATE VIEW all_open_runs AS
    SELECT county, run_id FROM runs WHERE state IN ('pending', 'measuring');
