//! The registry as of a day and a moment.

use crate::store::bulk::{Holds, Table};

/// Whether `v` is the version that holds on day `$3` as known at `$4`. The subquery is a look into
/// the primary key on both databases, whatever they know of the table's size.
macro_rules! holds {
    () => {
        "
   AND v.effective_from <= $3 AND v.recorded <= $4
   AND (v.effective_from, v.seq) = (
       SELECT n.effective_from, n.seq
         FROM registry_versions n
        WHERE n.county = v.county AND n.kind = v.kind AND n.id = v.id
          AND n.effective_from <= $3 AND n.recorded <= $4
        ORDER BY n.effective_from DESC, n.seq DESC
        LIMIT 1)
   AND (v.effective_until IS NULL OR v.effective_until >= $3)"
    };
}

statements! {
    REGISTERED = concat!(versions!(), "
  FROM ", for_each_of!("$5", "registry_versions", "v",
    "v.county = $1 AND v.kind = $2 AND v.id = k.value"), "
 WHERE 1 = 1", holds!(), "
 ORDER BY v.id");

    REGISTRY_PAGE = concat!(versions!(), "
  FROM registry_versions v
 WHERE v.county = $1 AND v.kind = $2 AND v.id > $5", holds!(), "
 ORDER BY v.id
 LIMIT $6");

    REGISTRY_CHILDREN = concat!(versions!(), "
  FROM registry_versions v
 WHERE v.county = $1 AND v.kind = $2 AND v.id > $5 AND v.parent_kind = $7 AND v.parent_id = $8",
 holds!(), "
 ORDER BY v.id
 LIMIT $6");

    REGISTRY_KNOWN = concat!(versions!(), "
  FROM ", for_each_of!("$4", "registry_versions", "v",
    "v.county = $1 AND v.kind = $2 AND v.id = k.value"), "
 WHERE v.recorded <= $3
 ORDER BY v.id, v.effective_from, v.seq");

    REGISTRY_HISTORY = concat!(versions!(), "
  FROM registry_versions v
 WHERE v.county = $1 AND v.kind = $2 AND v.id = $3
 ORDER BY v.effective_from, v.seq");

    // Every version of a kind, whenever it holds.
    REGISTRY_VERSIONS_AFTER = concat!(versions!(), "
  FROM registry_versions v
 WHERE v.county = $1 AND v.kind = $2 AND (v.id, v.effective_from, v.seq) > ($3, $4, $5)
 ORDER BY v.id, v.effective_from, v.seq
 LIMIT $6");
}

pub(in super::super) const REGISTRY_VERSIONS: Table = Table {
    name: "registry_versions",
    columns: &[
        ("county", Holds::Text),
        ("kind", Holds::Text),
        ("id", Holds::Text),
        ("effective_from", Holds::Day),
        ("seq", Holds::Int),
        ("effective_until", Holds::Day),
        ("name", Holds::Text),
        ("parent_kind", Holds::Text),
        ("parent_id", Holds::Text),
        ("attributes", Holds::Text),
        ("recorded", Holds::Int),
        ("recorded_by", Holds::Text),
        ("request_id", Holds::Text),
        ("commitment", Holds::Bytes),
    ],
    tail: "",
};
