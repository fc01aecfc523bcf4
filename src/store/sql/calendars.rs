//! Editions of years' calendars.

statements! {
    CALENDAR_EDITIONS = "
SELECT year, number, edition, title, document, days, recorded, recorded_by, request_id
  FROM calendar_editions
 WHERE county = $1 AND year BETWEEN $2 AND $3 AND recorded <= $4
 ORDER BY year, number";

    INSERT_CALENDAR_EDITION = "
INSERT INTO calendar_editions
       (county, year, number, edition, title, document, days, recorded, recorded_by, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
}
