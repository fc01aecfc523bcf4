//! Adopted point schedules, as they were known at a moment.

/// The header of schedule `s`, with its retirement `r`.
macro_rules! header {
    () => {
        "s.compound, s.version, s.digest, s.title, s.in_force_from, s.in_force_until, s.branch,
       s.met_on, s.eligible, s.present, s.in_favour, s.evidence, s.adopted, s.adopted_by,
       s.request_id, r.last_day AS retired_last_day, r.reason AS retired_reason,
       r.recorded AS retired, r.recorded_by AS retired_by"
    };
}

/// With the retirements that were known at moment `$2`.
macro_rules! retired {
    () => {
        "
  LEFT JOIN schedule_retirements r
    ON r.county = s.county AND r.compound = s.compound AND r.version = s.version
   AND r.recorded <= $2"
    };
}

statements! {
    SCHEDULES = concat!("SELECT ", header!(), ", s.document
  FROM ", for_each_of!("$3", "schedules", "s", "s.county = $1 AND s.compound = k.value"),
  retired!(), "
 WHERE s.adopted <= $2
 ORDER BY s.compound, s.version");

    SCHEDULE = concat!("SELECT ", header!(), ", s.document
  FROM schedules s", retired!(), "
 WHERE s.county = $1 AND s.adopted <= $2 AND s.compound = $3 AND (s.version = $4 OR $4 = 0)
 ORDER BY s.version DESC
 LIMIT 1");

    SCHEDULE_BEGUN = concat!("SELECT ", header!(), ", s.document
  FROM schedules s", retired!(), "
 WHERE s.county = $1 AND s.adopted <= $2 AND s.compound = $3 AND s.in_force_from <= $4
 ORDER BY s.in_force_from DESC
 LIMIT 1");

    SCHEDULE_PAGE = concat!("SELECT ", header!(), "
  FROM schedules s", retired!(), "
 WHERE s.county = $1 AND s.adopted <= $2 AND (s.compound, s.version) > ($3, $4)
 ORDER BY s.compound, s.version
 LIMIT $5");

    INSERT_SCHEDULE = "
INSERT INTO schedules
       (county, compound, version, document, digest, title, in_force_from, in_force_until, branch,
        met_on, eligible, present, in_favour, evidence, adopted, adopted_by, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";

    RETIRE_SCHEDULE = "
INSERT INTO schedule_retirements
       (county, compound, version, last_day, reason, recorded, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)";
}
