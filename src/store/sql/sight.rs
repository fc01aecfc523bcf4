//! Counts for whoever watches the service.

statements! {
    COUNTY_COUNTS = "SELECT county, fact_seq, audit_count FROM county_heads ORDER BY county";

    FACT_KINDS = "
SELECT kind, COUNT(*) AS facts
  FROM facts
 WHERE county = $1 AND seq > $2 AND seq <= $3
 GROUP BY kind
 ORDER BY kind";

    // The list of ties is `[]` or begins with an object.
    RUN_COUNTS = r#"
SELECT state, COUNT(*) AS runs, COUNT(CASE WHEN quotas LIKE '%"ties":[{%' THEN 1 END) AS tied
  FROM runs
 GROUP BY state
 ORDER BY state"#;
}
