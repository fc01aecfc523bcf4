//! Published schemes.

/// The header of scheme `s`, with its retirement `r`.
macro_rules! header {
    () => {
        "s.scheme_id, s.version, s.digest, s.title, s.subject_kind, s.period_kind, s.in_force_from,
       s.in_force_until, s.published, s.published_by, r.last_day AS retired_last_day,
       r.reason AS retired_reason, r.recorded AS retired, r.recorded_by AS retired_by"
    };
}

/// Schemes with their retirements.
macro_rules! schemes {
    () => {
        "
  FROM schemes s
  LEFT JOIN scheme_retirements r
    ON r.county = s.county AND r.scheme_id = s.scheme_id AND r.version = s.version"
    };
}

statements! {
    SCHEME = concat!("SELECT ", header!(), ", s.document", schemes!(), "
 WHERE s.county = $1 AND s.scheme_id = $2 AND (s.version = $3 OR $3 = 0)
 ORDER BY s.version DESC
 LIMIT 1");

    SCHEME_IN_FORCE = concat!("SELECT ", header!(), ", s.document", schemes!(), "
 WHERE s.county = $1 AND s.scheme_id = $2 AND s.in_force_from <= $3
   AND (s.in_force_until IS NULL OR s.in_force_until >= $3)
   AND (r.last_day IS NULL OR r.last_day >= $3)
 ORDER BY s.version DESC
 LIMIT 1");

    SCHEME_PAGE = concat!("SELECT ", header!(), schemes!(), "
 WHERE s.county = $1 AND (s.scheme_id, s.version) > ($2, $3)
 ORDER BY s.scheme_id, s.version
 LIMIT $4");

    INSERT_SCHEME = "
INSERT INTO schemes
       (county, scheme_id, version, document, digest, title, subject_kind, period_kind,
        in_force_from, in_force_until, published, published_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

    RETIRE_SCHEME = "
INSERT INTO scheme_retirements
       (county, scheme_id, version, last_day, reason, recorded, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)";
}
