//! Counts for whoever watches the service.

statements! {
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
 WHERE county = $1
 GROUP BY state
 ORDER BY state"#;
}
