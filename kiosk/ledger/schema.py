"""The tables, as numbered migrations. Forward only; a released one is never edited.

What SQL can hold it holds: every unit is accounted for in each lot (I2), and there is room for one open vend only.
Nothing here has a time, and nothing has one row per vend: no order of visits can be read from it.
The finest grain is a report: a day. Quarters of the day are summed up over a whole month.
"""

MIGRATIONS = (
    """
    CREATE TABLE ledger (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        id TEXT NOT NULL                        -- new with every new or restored ledger
    ) STRICT;

    CREATE TABLE slots (
        slot TEXT PRIMARY KEY,
        item TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('ok', 'jammed', 'count_needed'))
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE lots (
        id INTEGER PRIMARY KEY,                 -- rising: a later lot stands behind an earlier one
        slot TEXT NOT NULL REFERENCES slots,
        item TEXT NOT NULL,
        lot TEXT NOT NULL,                      -- '' when not known
        expires TEXT,
        funding TEXT NOT NULL,
        loaded INTEGER NOT NULL DEFAULT 0 CHECK (loaded >= 0),
        found INTEGER NOT NULL DEFAULT 0 CHECK (found >= 0),
        adjusted INTEGER NOT NULL DEFAULT 0,
        reconciled INTEGER NOT NULL DEFAULT 0 CHECK (reconciled BETWEEN 0 AND uncertain),
        delivered INTEGER NOT NULL DEFAULT 0 CHECK (delivered >= 0),
        removed INTEGER NOT NULL DEFAULT 0 CHECK (removed >= 0),
        uncertain INTEGER NOT NULL DEFAULT 0 CHECK (uncertain >= 0),
        on_hand INTEGER NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
        band INTEGER NOT NULL DEFAULT 0 CHECK (band BETWEEN 0 AND uncertain - reconciled),
        CHECK (on_hand = loaded + found + adjusted + reconciled - delivered - removed - uncertain)
    ) STRICT;

    CREATE INDEX lots_of_slot ON lots (slot, item);

    CREATE TABLE days (
        day TEXT NOT NULL,
        lot INTEGER NOT NULL REFERENCES lots,
        what TEXT NOT NULL,
        n INTEGER NOT NULL,
        PRIMARY KEY (day, lot, what)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE open_vend (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
        vend INTEGER NOT NULL,
        turn INTEGER NOT NULL,
        slot TEXT NOT NULL,
        item TEXT NOT NULL,                     -- as it was then: the configuration may change before the next start
        tag BLOB NOT NULL CHECK (length(tag) = 16),
        place INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE batches (
        id INTEGER PRIMARY KEY,
        batch TEXT NOT NULL UNIQUE,
        gives TEXT NOT NULL,                    -- items separated by spaces, a unit each; '' lets the person choose
        expires TEXT
    ) STRICT;

    CREATE TABLE tickets (
        tag BLOB PRIMARY KEY CHECK (length(tag) = 16),
        batch INTEGER NOT NULL REFERENCES batches,
        taken BLOB NOT NULL CHECK (length(taken) = 2)   -- bit mask; of fixed size, so that it changes in place
    ) STRICT, WITHOUT ROWID;
    """,
    """
    ALTER TABLE ledger ADD COLUMN boots INTEGER NOT NULL DEFAULT 0 CHECK (boots >= 0);  -- starts that told an operator
    """,
    """
    CREATE TABLE reports (                      -- the highest number is the day that goes on, all others are sealed
        n INTEGER PRIMARY KEY CHECK (n >= 0),   -- 0 sums up what is older than all that is kept
        day TEXT NOT NULL
    ) STRICT;
    INSERT INTO reports VALUES (0, '');
    INSERT INTO reports SELECT row_number() OVER (ORDER BY day), day FROM (SELECT DISTINCT day FROM days);

    ALTER TABLE days RENAME TO days_2;
    ALTER TABLE lots RENAME TO lots_2;
    DROP INDEX lots_of_slot;

    CREATE TABLE lots (
        id INTEGER PRIMARY KEY,                 -- rising: a later lot stands behind an earlier one
        slot TEXT NOT NULL REFERENCES slots,
        item TEXT NOT NULL,
        lot TEXT NOT NULL,                      -- '' when not known
        expires TEXT,
        funding TEXT NOT NULL,
        doses INTEGER NOT NULL CHECK (doses >= 0),  -- in one unit; 0: loaded before doses were kept
        loaded INTEGER NOT NULL DEFAULT 0 CHECK (loaded >= 0),
        found INTEGER NOT NULL DEFAULT 0 CHECK (found >= 0),
        adjusted INTEGER NOT NULL DEFAULT 0,
        reconciled INTEGER NOT NULL DEFAULT 0 CHECK (reconciled BETWEEN 0 AND uncertain),
        delivered INTEGER NOT NULL DEFAULT 0 CHECK (delivered >= 0),
        removed INTEGER NOT NULL DEFAULT 0 CHECK (removed >= 0),
        test INTEGER NOT NULL DEFAULT 0 CHECK (test >= 0),
        uncertain INTEGER NOT NULL DEFAULT 0 CHECK (uncertain >= 0),
        on_hand INTEGER NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
        band INTEGER NOT NULL DEFAULT 0 CHECK (band BETWEEN 0 AND uncertain - reconciled),
        CHECK (on_hand = loaded + found + adjusted + reconciled - delivered - removed - test - uncertain)
    ) STRICT;
    INSERT INTO lots (id, slot, item, lot, expires, funding, doses, loaded, found, adjusted, reconciled, delivered,
                      removed, uncertain, on_hand, band)
        SELECT id, slot, item, lot, expires, funding, 0, loaded, found, adjusted, reconciled, delivered,
               removed, uncertain, on_hand, band FROM lots_2;
    CREATE INDEX lots_of_slot ON lots (slot, item);
    -- of 13 months' lots, those a vend has to look at
    CREATE INDEX lots_with_units ON lots (slot, item) WHERE on_hand > 0 OR band > 0;

    CREATE TABLE days (
        report INTEGER NOT NULL REFERENCES reports,
        lot INTEGER NOT NULL REFERENCES lots,
        what TEXT NOT NULL,
        n INTEGER NOT NULL,
        PRIMARY KEY (report, lot, what)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO days SELECT reports.n, lot, what, days_2.n FROM days_2 JOIN reports ON reports.day = days_2.day;
    DROP TABLE days_2;
    DROP TABLE lots_2;

    CREATE TABLE unavailable (                  -- minutes in which no slot could give the item
        report INTEGER NOT NULL REFERENCES reports,
        item TEXT NOT NULL,
        minutes INTEGER NOT NULL CHECK (minutes > 0),
        PRIMARY KEY (report, item)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE quarters (                     -- delivered in the month that goes on
        item TEXT NOT NULL,
        quarter INTEGER NOT NULL CHECK (quarter BETWEEN 0 AND 3),
        n INTEGER NOT NULL CHECK (n > 0),
        PRIMARY KEY (item, quarter)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE sealed_quarters (              -- of the month whose last report it is
        report INTEGER NOT NULL REFERENCES reports,
        item TEXT NOT NULL,
        quarter INTEGER NOT NULL CHECK (quarter BETWEEN 0 AND 3),
        n INTEGER NOT NULL CHECK (n > 0),
        PRIMARY KEY (report, item, quarter)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE recalls (
        item TEXT NOT NULL,
        lot TEXT NOT NULL,
        PRIMARY KEY (item, lot)
    ) STRICT, WITHOUT ROWID;
    """,
)
