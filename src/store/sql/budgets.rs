//! The books of the county's money.

use crate::store::bulk::{Holds, Table};

/// The movements `m` that a statement finds, each with its postings `p`, one row a posting.
macro_rules! movements {
    ($found:literal) => {
        concat!(
            "
SELECT m.year, m.purpose, m.number, m.what, m.amount, m.title, m.other_purpose, m.batch_id, m.line,
       m.recovery, m.recipient_kind, m.recipient, m.text, m.decided_by, m.evidence, m.appropriated,
       m.available, m.reserved, m.paid, m.returned, m.recovered, m.due, m.recorded, m.recorded_by,
       m.request_id, p.account, p.fen
  FROM (",
            $found,
            ") m
  LEFT JOIN money_postings p
    ON p.county = m.county AND p.year = m.year AND p.purpose = m.purpose AND p.number = m.number"
        )
    };
}

statements! {
    LAST_MOVEMENT = concat!(movements!("
SELECT l.*
  FROM money_movements l
 WHERE l.county = $1 AND l.year = $2 AND l.purpose = $3 AND l.recorded <= $4
 ORDER BY l.number DESC
 LIMIT 1"), "
 ORDER BY p.account");

    LAST_MOVEMENTS = concat!(movements!("
SELECT l.*
  FROM (SELECT DISTINCT d.county, d.year, d.purpose
          FROM money_movements d
         WHERE d.county = $1 AND d.year >= $2 AND ($2 = '' OR d.year = $2)) k
  JOIN money_movements l
    ON l.county = k.county AND l.year = k.year AND l.purpose = k.purpose
   AND l.number = (SELECT MAX(x.number) FROM money_movements x
                    WHERE x.county = k.county AND x.year = k.year AND x.purpose = k.purpose
                      AND x.recorded <= $3)"), "
 ORDER BY m.year, m.purpose, p.account");

    MOVEMENTS = concat!(movements!("
SELECT l.*
  FROM money_movements l
 WHERE l.county = $1 AND (l.recorded, l.year, l.purpose, l.number) > ($2, $3, $4, $5)
   AND l.recorded <= $6 AND ($7 = '' OR l.year = $7) AND ($8 = '' OR l.purpose = $8)
   AND ($9 = '' OR l.batch_id = $9) AND ($10 = '' OR l.recipient_kind = $10)
   AND ($11 = '' OR l.recipient = $11)
 ORDER BY l.recorded, l.year, l.purpose, l.number
 LIMIT $12"), "
 ORDER BY m.recorded, m.year, m.purpose, m.number, p.account");

    // The sum of big integers is of another type in PostgreSQL.
    ACCOUNT_SUMS = "
SELECT p.purpose, p.account,
       CAST(SUM(CASE WHEN p.fen > 0 THEN p.fen ELSE 0 END) AS BIGINT) AS debit,
       CAST(SUM(CASE WHEN p.fen < 0 THEN -p.fen ELSE 0 END) AS BIGINT) AS credit
  FROM money_movements m
  JOIN money_postings p
    ON p.county = m.county AND p.year = m.year AND p.purpose = m.purpose AND p.number = m.number
 WHERE m.county = $1 AND m.year = $2 AND ($3 = '' OR m.purpose = $3) AND m.recorded <= $4
 GROUP BY p.purpose, p.account
 ORDER BY p.purpose, p.account";
}

pub(in super::super) const MONEY_MOVEMENTS: Table = Table {
    name: "money_movements",
    columns: &[
        ("county", Holds::Text),
        ("year", Holds::Text),
        ("purpose", Holds::Text),
        ("number", Holds::Int),
        ("previous", Holds::Int),
        ("what", Holds::Text),
        ("amount", Holds::Int),
        ("title", Holds::Text),
        ("other_purpose", Holds::Text),
        ("batch_id", Holds::Text),
        ("line", Holds::Int),
        ("recovery", Holds::Int),
        ("recipient_kind", Holds::Text),
        ("recipient", Holds::Text),
        ("text", Holds::Text),
        ("decided_by", Holds::Text),
        ("evidence", Holds::Text),
        ("appropriated", Holds::Int),
        ("available", Holds::Int),
        ("reserved", Holds::Int),
        ("paid", Holds::Int),
        ("returned", Holds::Int),
        ("recovered", Holds::Int),
        ("due", Holds::Int),
        ("recorded", Holds::Int),
        ("recorded_by", Holds::Text),
        ("request_id", Holds::Text),
    ],
    tail: "",
};

pub(in super::super) const MONEY_POSTINGS: Table = Table {
    name: "money_postings",
    columns: &[
        ("county", Holds::Text),
        ("year", Holds::Text),
        ("purpose", Holds::Text),
        ("number", Holds::Int),
        ("account", Holds::Text),
        ("fen", Holds::Int),
    ],
    tail: "",
};
