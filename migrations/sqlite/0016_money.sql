-- Money (A1 to A5): the books of each purpose, and awards on their way to those who are entitled. All of it is only added to. Amounts are whole fen.
-- The file of the same name for the other database has the same tables and columns.

-- The books of a purpose and year, numbered from 1 without gaps: each movement but the first names the one before it, which must be there. The
-- figures are those after the movement. None is below zero, no more came back than left or is owed of it, and what is available is what the others
-- leave; sums are written so that no step of them passes what a column holds. `text` and what follows it are of recorded acts; `batch_id`, `line`,
-- `recovery` and the recipient of what a payment or recovery moves; empty or 0 for none.
CREATE TABLE money_movements (
    county TEXT NOT NULL,
    year TEXT NOT NULL,
    purpose TEXT NOT NULL,
    number INTEGER NOT NULL,
    previous INTEGER,
    what TEXT NOT NULL,
    amount INTEGER NOT NULL,
    title TEXT NOT NULL,
    other_purpose TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    recovery INTEGER NOT NULL,
    recipient_kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    text TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    evidence TEXT NOT NULL,
    appropriated INTEGER NOT NULL,
    available INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    paid INTEGER NOT NULL,
    returned INTEGER NOT NULL,
    recovered INTEGER NOT NULL,
    due INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, year, purpose, number),
    FOREIGN KEY (county, year, purpose, previous) REFERENCES money_movements (county, year, purpose, number),
    CHECK (number > 0),
    CHECK ((number = 1) = (previous IS NULL)),
    CHECK (previous = number - 1),
    CHECK (amount > 0),
    CHECK (line >= 0 AND recovery >= 0),
    CHECK (appropriated >= 0 AND available >= 0 AND reserved >= 0 AND paid >= 0 AND returned >= 0 AND recovered >= 0 AND due >= 0),
    CHECK (returned <= paid AND recovered <= paid - returned AND due <= paid - returned - recovered),
    CHECK (appropriated - available - reserved = paid - returned - recovered)
) STRICT, WITHOUT ROWID;

-- The listing's order.
CREATE INDEX money_movements_recorded ON money_movements (county, recorded, year, purpose, number);
-- A payment is reserved once, leaves the reservation once (it is released, paid or not brought to its recipient), and comes back once.
CREATE UNIQUE INDEX money_movements_reserved ON money_movements (county, batch_id, line) WHERE line > 0 AND what = 'reserve';
CREATE UNIQUE INDEX money_movements_left ON money_movements (county, batch_id, line) WHERE line > 0 AND what IN ('release', 'pay', 'bounce');
CREATE UNIQUE INDEX money_movements_back ON money_movements (county, batch_id, line) WHERE line > 0 AND what = 'return';

-- The entries of each movement on accounts, which add up to zero: debits above it, credits below.
CREATE TABLE money_postings (
    county TEXT NOT NULL,
    year TEXT NOT NULL,
    purpose TEXT NOT NULL,
    number INTEGER NOT NULL,
    account TEXT NOT NULL,
    fen INTEGER NOT NULL,
    PRIMARY KEY (county, year, purpose, number, account),
    FOREIGN KEY (county, year, purpose, number) REFERENCES money_movements (county, year, purpose, number),
    CHECK (fen <> 0)
) STRICT, WITHOUT ROWID;

-- Batches of payments as they were proposed, each by what entitles: a document in a period, and the run or selection of it.
CREATE TABLE award_batches (
    county TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    year TEXT NOT NULL,
    purpose TEXT NOT NULL,
    source_kind TEXT NOT NULL,
    source_id TEXT NOT NULL,
    period TEXT NOT NULL,
    source_version INTEGER NOT NULL,
    origin TEXT NOT NULL,
    text TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, batch_id),
    UNIQUE (county, source_kind, source_id, period, batch_id)
) STRICT, WITHOUT ROWID;

-- What is paid once (A4): one row by what entitles, award, recipient and, where the document pays each time, the subject that earned it. Added with
-- the batch that pays it first.
CREATE TABLE entitlements (
    county TEXT NOT NULL,
    source_kind TEXT NOT NULL,
    source_id TEXT NOT NULL,
    period TEXT NOT NULL,
    award TEXT NOT NULL,
    recipient_kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    each_of TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, source_kind, source_id, period, award, recipient_kind, recipient, each_of),
    FOREIGN KEY (county, source_kind, source_id, period, batch_id)
        REFERENCES award_batches (county, source_kind, source_id, period, batch_id)
) STRICT, WITHOUT ROWID;

-- The payments of a batch, numbered from 1. The payments of an entitlement are numbered from 1 too, each number once: two who pay it at the same
-- time take the same number, and one of them is refused.
CREATE TABLE award_lines (
    county TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    source_kind TEXT NOT NULL,
    source_id TEXT NOT NULL,
    period TEXT NOT NULL,
    award TEXT NOT NULL,
    recipient_kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    each_of TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    subjects TEXT NOT NULL,
    award_title TEXT NOT NULL,
    PRIMARY KEY (county, batch_id, line),
    UNIQUE (county, source_kind, source_id, period, award, recipient_kind, recipient, each_of, attempt),
    FOREIGN KEY (county, source_kind, source_id, period, batch_id)
        REFERENCES award_batches (county, source_kind, source_id, period, batch_id),
    FOREIGN KEY (county, source_kind, source_id, period, award, recipient_kind, recipient, each_of)
        REFERENCES entitlements (county, source_kind, source_id, period, award, recipient_kind, recipient, each_of),
    CHECK (line > 0),
    CHECK (attempt > 0),
    CHECK (amount > 0)
) STRICT, WITHOUT ROWID;

-- What happened to a batch, or to one line of it (0: the batch), numbered from 1 in the batch. `evidence` is a JSON list of papers; empty for none.
CREATE TABLE award_batch_events (
    county TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    event INTEGER NOT NULL,
    what TEXT NOT NULL,
    line INTEGER NOT NULL,
    on_day TEXT,
    reference TEXT NOT NULL,
    text TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    evidence TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, batch_id, event),
    FOREIGN KEY (county, batch_id) REFERENCES award_batches (county, batch_id),
    CHECK (event > 0),
    CHECK (line >= 0)
) STRICT, WITHOUT ROWID;

-- Money that is to come back (A5), numbered from 1 in the county, each of one payment.
CREATE TABLE recoveries (
    county TEXT NOT NULL,
    recovery INTEGER NOT NULL,
    batch_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    cause TEXT NOT NULL,
    cause_id TEXT NOT NULL,
    text TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    evidence TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, recovery),
    FOREIGN KEY (county, batch_id, line) REFERENCES award_lines (county, batch_id, line),
    CHECK (recovery > 0),
    CHECK (amount > 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX recoveries_of_line ON recoveries (county, batch_id, line);

-- What became of a recovery, numbered from 1 in it.
CREATE TABLE recovery_events (
    county TEXT NOT NULL,
    recovery INTEGER NOT NULL,
    event INTEGER NOT NULL,
    what TEXT NOT NULL,
    amount INTEGER NOT NULL,
    on_day TEXT,
    reference TEXT NOT NULL,
    text TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    evidence TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (county, recovery, event),
    FOREIGN KEY (county, recovery) REFERENCES recoveries (county, recovery),
    CHECK (event > 0),
    CHECK (amount > 0)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER money_movements_no_update BEFORE UPDATE ON money_movements
BEGIN SELECT RAISE(ABORT, 'money_movements is append-only'); END;
CREATE TRIGGER money_movements_no_delete BEFORE DELETE ON money_movements
BEGIN SELECT RAISE(ABORT, 'money_movements is append-only'); END;
CREATE TRIGGER money_postings_no_update BEFORE UPDATE ON money_postings
BEGIN SELECT RAISE(ABORT, 'money_postings is append-only'); END;
CREATE TRIGGER money_postings_no_delete BEFORE DELETE ON money_postings
BEGIN SELECT RAISE(ABORT, 'money_postings is append-only'); END;
CREATE TRIGGER award_batches_no_update BEFORE UPDATE ON award_batches
BEGIN SELECT RAISE(ABORT, 'award_batches is append-only'); END;
CREATE TRIGGER award_batches_no_delete BEFORE DELETE ON award_batches
BEGIN SELECT RAISE(ABORT, 'award_batches is append-only'); END;
CREATE TRIGGER entitlements_no_update BEFORE UPDATE ON entitlements
BEGIN SELECT RAISE(ABORT, 'entitlements is append-only'); END;
CREATE TRIGGER entitlements_no_delete BEFORE DELETE ON entitlements
BEGIN SELECT RAISE(ABORT, 'entitlements is append-only'); END;
CREATE TRIGGER award_lines_no_update BEFORE UPDATE ON award_lines
BEGIN SELECT RAISE(ABORT, 'award_lines is append-only'); END;
CREATE TRIGGER award_lines_no_delete BEFORE DELETE ON award_lines
BEGIN SELECT RAISE(ABORT, 'award_lines is append-only'); END;
CREATE TRIGGER award_batch_events_no_update BEFORE UPDATE ON award_batch_events
BEGIN SELECT RAISE(ABORT, 'award_batch_events is append-only'); END;
CREATE TRIGGER award_batch_events_no_delete BEFORE DELETE ON award_batch_events
BEGIN SELECT RAISE(ABORT, 'award_batch_events is append-only'); END;
CREATE TRIGGER recoveries_no_update BEFORE UPDATE ON recoveries
BEGIN SELECT RAISE(ABORT, 'recoveries is append-only'); END;
CREATE TRIGGER recoveries_no_delete BEFORE DELETE ON recoveries
BEGIN SELECT RAISE(ABORT, 'recoveries is append-only'); END;
CREATE TRIGGER recovery_events_no_update BEFORE UPDATE ON recovery_events
BEGIN SELECT RAISE(ABORT, 'recovery_events is append-only'); END;
CREATE TRIGGER recovery_events_no_delete BEFORE DELETE ON recovery_events
BEGIN SELECT RAISE(ABORT, 'recovery_events is append-only'); END;

-- For the proof of an audit trail, as in 0006.
CREATE VIEW counties_of_money_movements AS SELECT county FROM money_movements;
CREATE VIEW counties_of_award_batches AS SELECT county FROM award_batches;

-- SQLite plans by these figures (0001 says why): rows, then rows per leading key.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('money_movements', 'money_movements', '50000 50000 10000 5000 1'),
    ('money_movements', 'money_movements_recorded', '50000 50000 10 10 10 1'),
    ('money_postings', 'money_postings', '120000 120000 24000 12000 3 1'),
    ('award_batches', 'award_batches', '1000 1000 1'),
    ('award_batches', 'sqlite_autoindex_award_batches_2', '1000 1000 500 100 10 1'),
    ('entitlements', 'entitlements', '20000 20000 10000 2000 200 200 200 1 1'),
    ('award_lines', 'award_lines', '20000 20000 20 1'),
    ('award_lines', 'sqlite_autoindex_award_lines_2', '20000 20000 10000 2000 200 200 200 1 1 1'),
    ('award_batch_events', 'award_batch_events', '30000 30000 30 1'),
    ('recoveries', 'recoveries', '2000 2000 1'),
    ('recoveries', 'recoveries_of_line', '2000 2000 4 1 1'),
    ('recovery_events', 'recovery_events', '4000 4000 2 1');
