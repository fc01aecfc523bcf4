-- Money (A1 to A5): the books of each purpose, and awards on their way to those who are entitled. All of it is only added to. Amounts are whole fen.
-- The file of the same name for the other database has the same tables and columns.

-- The books of a purpose and year, numbered from 1 without gaps: each movement but the first names the one before it, which must be there. The
-- figures are those after the movement. None is below zero, no more came back than left or is owed of it, and what is available is what the others
-- leave; sums are written so that no step of them passes what a column holds. `text` and what follows it are of recorded acts; `batch_id`, `line`,
-- `recovery` and the recipient of what a payment or recovery moves; empty or 0 for none.
CREATE TABLE money_movements (
    county TEXT COLLATE "C" NOT NULL,
    year TEXT COLLATE "C" NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    previous BIGINT,
    what TEXT COLLATE "C" NOT NULL,
    amount BIGINT NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    other_purpose TEXT COLLATE "C" NOT NULL,
    batch_id TEXT COLLATE "C" NOT NULL,
    line BIGINT NOT NULL,
    recovery BIGINT NOT NULL,
    recipient_kind TEXT COLLATE "C" NOT NULL,
    recipient TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C" NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    appropriated BIGINT NOT NULL,
    available BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    paid BIGINT NOT NULL,
    returned BIGINT NOT NULL,
    recovered BIGINT NOT NULL,
    due BIGINT NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
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
);

-- The listing's order.
CREATE INDEX money_movements_recorded ON money_movements (county, recorded, year, purpose, number);
-- A payment is reserved once, leaves the reservation once (it is released, paid or not brought to its recipient), and comes back once.
CREATE UNIQUE INDEX money_movements_reserved ON money_movements (county, batch_id, line) WHERE line > 0 AND what = 'reserve';
CREATE UNIQUE INDEX money_movements_left ON money_movements (county, batch_id, line) WHERE line > 0 AND what IN ('release', 'pay', 'bounce');
CREATE UNIQUE INDEX money_movements_back ON money_movements (county, batch_id, line) WHERE line > 0 AND what = 'return';

-- The entries of each movement on accounts, which add up to zero: debits above it, credits below.
CREATE TABLE money_postings (
    county TEXT COLLATE "C" NOT NULL,
    year TEXT COLLATE "C" NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    fen BIGINT NOT NULL,
    PRIMARY KEY (county, year, purpose, number, account),
    FOREIGN KEY (county, year, purpose, number) REFERENCES money_movements (county, year, purpose, number),
    CHECK (fen <> 0)
);

-- Batches of payments as they were proposed, each by what entitles: a document in a period, and the run or selection of it.
CREATE TABLE award_batches (
    county TEXT COLLATE "C" NOT NULL,
    batch_id TEXT COLLATE "C" NOT NULL,
    year TEXT COLLATE "C" NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    source_kind TEXT COLLATE "C" NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    source_version BIGINT NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, batch_id),
    UNIQUE (county, source_kind, source_id, period, batch_id)
);

-- What is paid once (A4): one row by what entitles, award, recipient and, where the document pays each time, the subject that earned it. Added with
-- the batch that pays it first.
CREATE TABLE entitlements (
    county TEXT COLLATE "C" NOT NULL,
    source_kind TEXT COLLATE "C" NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    award TEXT COLLATE "C" NOT NULL,
    recipient_kind TEXT COLLATE "C" NOT NULL,
    recipient TEXT COLLATE "C" NOT NULL,
    each_of TEXT COLLATE "C" NOT NULL,
    batch_id TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, source_kind, source_id, period, award, recipient_kind, recipient, each_of),
    FOREIGN KEY (county, source_kind, source_id, period, batch_id)
        REFERENCES award_batches (county, source_kind, source_id, period, batch_id)
);

-- The payments of a batch, numbered from 1. The payments of an entitlement are numbered from 1 too, each number once: two who pay it at the same
-- time take the same number, and one of them is refused.
CREATE TABLE award_lines (
    county TEXT COLLATE "C" NOT NULL,
    batch_id TEXT COLLATE "C" NOT NULL,
    line BIGINT NOT NULL,
    source_kind TEXT COLLATE "C" NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    award TEXT COLLATE "C" NOT NULL,
    recipient_kind TEXT COLLATE "C" NOT NULL,
    recipient TEXT COLLATE "C" NOT NULL,
    each_of TEXT COLLATE "C" NOT NULL,
    attempt BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    subjects TEXT COLLATE "C" NOT NULL,
    award_title TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, batch_id, line),
    UNIQUE (county, source_kind, source_id, period, award, recipient_kind, recipient, each_of, attempt),
    FOREIGN KEY (county, source_kind, source_id, period, batch_id)
        REFERENCES award_batches (county, source_kind, source_id, period, batch_id),
    FOREIGN KEY (county, source_kind, source_id, period, award, recipient_kind, recipient, each_of)
        REFERENCES entitlements (county, source_kind, source_id, period, award, recipient_kind, recipient, each_of),
    CHECK (line > 0),
    CHECK (attempt > 0),
    CHECK (amount > 0)
);

-- What happened to a batch, or to one line of it (0: the batch), numbered from 1 in the batch. `evidence` is a JSON list of papers; empty for none.
CREATE TABLE award_batch_events (
    county TEXT COLLATE "C" NOT NULL,
    batch_id TEXT COLLATE "C" NOT NULL,
    event BIGINT NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    line BIGINT NOT NULL,
    on_day DATE,
    reference TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C" NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, batch_id, event),
    FOREIGN KEY (county, batch_id) REFERENCES award_batches (county, batch_id),
    CHECK (event > 0),
    CHECK (line >= 0)
);

-- Money that is to come back (A5), numbered from 1 in the county, each of one payment.
CREATE TABLE recoveries (
    county TEXT COLLATE "C" NOT NULL,
    recovery BIGINT NOT NULL,
    batch_id TEXT COLLATE "C" NOT NULL,
    line BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    cause TEXT COLLATE "C" NOT NULL,
    cause_id TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C" NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, recovery),
    FOREIGN KEY (county, batch_id, line) REFERENCES award_lines (county, batch_id, line),
    CHECK (recovery > 0),
    CHECK (amount > 0)
);

CREATE INDEX recoveries_of_line ON recoveries (county, batch_id, line);

-- What became of a recovery, numbered from 1 in it.
CREATE TABLE recovery_events (
    county TEXT COLLATE "C" NOT NULL,
    recovery BIGINT NOT NULL,
    event BIGINT NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    amount BIGINT NOT NULL,
    on_day DATE,
    reference TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C" NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, recovery, event),
    FOREIGN KEY (county, recovery) REFERENCES recoveries (county, recovery),
    CHECK (event > 0),
    CHECK (amount > 0)
);

CREATE TRIGGER money_movements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON money_movements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER money_postings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON money_postings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER award_batches_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON award_batches
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entitlements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entitlements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER award_lines_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON award_lines
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER award_batch_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON award_batch_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recoveries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON recoveries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recovery_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON recovery_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- For the proof of an audit trail, as in 0006.
CREATE POLICY owner_reads ON money_movements FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_reads ON award_batches FOR SELECT TO CURRENT_USER USING (true);
CREATE VIEW counties_of_money_movements WITH (security_barrier) AS SELECT county FROM money_movements;
CREATE VIEW counties_of_award_batches WITH (security_barrier) AS SELECT county FROM award_batches;

SELECT fence_by_county();
