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
    # What a vend writes are rows that are there beforehand, of a size that never changes: a counter is stored with a
    # million added, so that it always takes three bytes. A row that grew or came new would lie elsewhere in the file
    # and tell that it changed after the others.
    """
    CREATE TABLE reports (                      -- the highest number is the day that goes on, all others are sealed
        n INTEGER PRIMARY KEY CHECK (n >= 0),   -- 0 sums up what is older than all that is kept
        day TEXT NOT NULL,
        ledger TEXT NOT NULL                    -- the name under which it was opened: a restored ledger has another
    ) STRICT;
    INSERT INTO reports VALUES (0, '', '');
    INSERT INTO reports SELECT row_number() OVER (ORDER BY day), day, (SELECT id FROM ledger)
        FROM (SELECT DISTINCT day FROM days);

    ALTER TABLE days RENAME TO days_2;
    ALTER TABLE lots RENAME TO lots_2;
    ALTER TABLE slots RENAME TO slots_2;
    DROP INDEX lots_of_slot;

    CREATE TABLE slots (
        slot TEXT PRIMARY KEY,
        item TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('o', 'j', 'c'))  -- ok, jammed, count needed: of one size
    ) STRICT, WITHOUT ROWID;
    INSERT INTO slots SELECT slot, item, substr(state, 1, 1) FROM slots_2;

    CREATE TABLE lots (                         -- a row never changes
        id INTEGER PRIMARY KEY,                 -- rising: a later lot stands behind an earlier one
        slot TEXT NOT NULL REFERENCES slots,
        item TEXT NOT NULL,
        lot TEXT NOT NULL,                      -- '' when not known
        expires TEXT,
        funding TEXT NOT NULL,
        doses INTEGER NOT NULL CHECK (doses >= 0)  -- in one unit; 0: loaded before doses were kept
    ) STRICT;
    INSERT INTO lots SELECT id, slot, item, lot, expires, funding, 0 FROM lots_2;
    CREATE INDEX lots_of_slot ON lots (slot, item);

    CREATE TABLE units (                        -- of each lot that has units or a band or stands last in its slot
        id INTEGER PRIMARY KEY REFERENCES lots,
        loaded INTEGER NOT NULL DEFAULT 1000000 CHECK (loaded BETWEEN 1000000 AND 8000000),
        found INTEGER NOT NULL DEFAULT 1000000 CHECK (found BETWEEN 1000000 AND 8000000),
        adjusted INTEGER NOT NULL DEFAULT 1000000 CHECK (adjusted BETWEEN 40000 AND 8000000),
        reconciled INTEGER NOT NULL DEFAULT 1000000 CHECK (reconciled BETWEEN 1000000 AND 8000000),
        delivered INTEGER NOT NULL DEFAULT 1000000 CHECK (delivered BETWEEN 1000000 AND 8000000),
        removed INTEGER NOT NULL DEFAULT 1000000 CHECK (removed BETWEEN 1000000 AND 8000000),
        removed_expired INTEGER NOT NULL DEFAULT 1000000 CHECK (removed_expired BETWEEN 1000000 AND 8000000),
        removed_recalled INTEGER NOT NULL DEFAULT 1000000 CHECK (removed_recalled BETWEEN 1000000 AND 8000000),
        removed_damaged INTEGER NOT NULL DEFAULT 1000000 CHECK (removed_damaged BETWEEN 1000000 AND 8000000),
        test INTEGER NOT NULL DEFAULT 1000000 CHECK (test BETWEEN 1000000 AND 8000000),
        uncertain INTEGER NOT NULL DEFAULT 1000000 CHECK (uncertain BETWEEN 1000000 AND 8000000),
        not_delivered INTEGER NOT NULL DEFAULT 1000000 CHECK (not_delivered BETWEEN 1000000 AND 8000000),
        test_not_delivered INTEGER NOT NULL DEFAULT 1000000 CHECK (test_not_delivered BETWEEN 1000000 AND 8000000),
        on_hand INTEGER NOT NULL DEFAULT 1000000 CHECK (on_hand BETWEEN 1000000 AND 8000000),
        band INTEGER NOT NULL DEFAULT 1000000
            CHECK (band BETWEEN 1000000 AND carried_band + uncertain - reconciled),
        carried INTEGER NOT NULL DEFAULT 1000000,       -- on hand when the open report began; all else is since then
        carried_band INTEGER NOT NULL DEFAULT 1000000,
        CHECK (on_hand - carried = loaded + found + adjusted + reconciled - delivered - removed - removed_expired
               - removed_recalled - removed_damaged - test - uncertain + 3000000)
    ) STRICT;
    INSERT INTO units (id, on_hand, band, carried, carried_band)
        SELECT id, on_hand + 1000000, band + 1000000, on_hand + 1000000, band + 1000000 FROM lots_2
        WHERE on_hand > 0 OR band > 0 OR id IN (SELECT max(id) FROM lots_2 GROUP BY slot, item);

    CREATE TABLE sealed_days (                  -- counters of sealed reports
        report INTEGER NOT NULL REFERENCES reports,
        lot INTEGER NOT NULL REFERENCES lots,
        what TEXT NOT NULL,
        n INTEGER NOT NULL,
        PRIMARY KEY (report, lot, what)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO sealed_days SELECT reports.n, lot, what, days_2.n FROM days_2 JOIN reports ON reports.day = days_2.day;
    INSERT INTO reports SELECT n + 1, day, ledger FROM reports WHERE n > 0 ORDER BY n DESC LIMIT 1;  -- goes on
    DROP TABLE days_2;
    DROP TABLE lots_2;
    DROP TABLE slots_2;

    CREATE TABLE items (                        -- of the open report: minutes without it, and of the open month
        item TEXT PRIMARY KEY,
        missing INTEGER NOT NULL DEFAULT 1000000 CHECK (missing BETWEEN 1000000 AND 8000000),
        quarter_0 INTEGER NOT NULL DEFAULT 1000000 CHECK (quarter_0 BETWEEN 1000000 AND 8000000),
        quarter_1 INTEGER NOT NULL DEFAULT 1000000 CHECK (quarter_1 BETWEEN 1000000 AND 8000000),
        quarter_2 INTEGER NOT NULL DEFAULT 1000000 CHECK (quarter_2 BETWEEN 1000000 AND 8000000),
        quarter_3 INTEGER NOT NULL DEFAULT 1000000 CHECK (quarter_3 BETWEEN 1000000 AND 8000000)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE unavailable (                  -- minutes in which no slot could give the item
        report INTEGER NOT NULL REFERENCES reports,
        item TEXT NOT NULL,
        minutes INTEGER NOT NULL CHECK (minutes > 0),
        PRIMARY KEY (report, item)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE quarters (                     -- of the month whose last report it is
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

    -- the same in plain numbers, to read

    CREATE VIEW stock AS SELECT id, slot, item, lots.lot, expires, funding, doses,
        loaded - 1000000 AS loaded, found - 1000000 AS found, adjusted - 1000000 AS adjusted, reconciled - 1000000
        AS reconciled, delivered - 1000000 AS delivered, removed - 1000000 AS removed, removed_expired - 1000000 AS
        removed_expired, removed_recalled - 1000000 AS removed_recalled, removed_damaged - 1000000 AS
        removed_damaged, test - 1000000 AS test, uncertain - 1000000 AS uncertain, not_delivered - 1000000 AS
        not_delivered, test_not_delivered - 1000000 AS test_not_delivered, on_hand - 1000000 AS on_hand, band -
        1000000 AS band, carried - 1000000 AS carried, carried_band - 1000000 AS carried_band
        FROM lots JOIN units USING (id);

    CREATE VIEW days AS SELECT report, lot, what, n FROM sealed_days
        UNION ALL SELECT (SELECT max(n) FROM reports), id, what, n FROM (
            SELECT id, 'loaded' AS what, loaded - 1000000 AS n FROM units
            UNION ALL SELECT id, 'found', found - 1000000 FROM units
            UNION ALL SELECT id, 'adjusted', adjusted - 1000000 FROM units
            UNION ALL SELECT id, 'reconciled', reconciled - 1000000 FROM units
            UNION ALL SELECT id, 'delivered', delivered - 1000000 FROM units
            UNION ALL SELECT id, 'removed', removed - 1000000 FROM units
            UNION ALL SELECT id, 'removed_expired', removed_expired - 1000000 FROM units
            UNION ALL SELECT id, 'removed_recalled', removed_recalled - 1000000 FROM units
            UNION ALL SELECT id, 'removed_damaged', removed_damaged - 1000000 FROM units
            UNION ALL SELECT id, 'test', test - 1000000 FROM units
            UNION ALL SELECT id, 'uncertain', uncertain - 1000000 FROM units
            UNION ALL SELECT id, 'not_delivered', not_delivered - 1000000 FROM units
            UNION ALL SELECT id, 'test_not_delivered', test_not_delivered - 1000000 FROM units
        ) WHERE n <> 0;
    """,
    # Codes of four kinds, lists that are signed, and what is counted of passes. Rows that a visit changes stay as they
    # were: a ticket's; nothing of a pass is stored anywhere in here.
    """
    ALTER TABLE tickets RENAME TO codes;

    ALTER TABLE batches ADD COLUMN kind TEXT NOT NULL DEFAULT 'ticket'
        CHECK (kind IN ('pass', 'ticket', 'number', 'shared'));
    ALTER TABLE batches ADD COLUMN policy TEXT NOT NULL DEFAULT '';        -- whose allowances; '': the items' own
    ALTER TABLE batches ADD COLUMN anywhere INTEGER NOT NULL DEFAULT 0;    -- tickets that other kiosks may take too
    ALTER TABLE batches ADD COLUMN is_revoked INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE batches ADD COLUMN is_listed INTEGER NOT NULL DEFAULT 0;   -- in the list for other kiosks
    ALTER TABLE batches ADD COLUMN signer BLOB NOT NULL DEFAULT x'';       -- of the list it came in; x'': issued here

    CREATE TABLE revoked (                      -- single codes; also such as are not here yet
        tag BLOB PRIMARY KEY CHECK (length(tag) = 16)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE signers (                      -- whose lists are taken, and the newest that was
        key BLOB PRIMARY KEY CHECK (length(key) = 32),
        version INTEGER NOT NULL CHECK (version >= 0)
    ) STRICT, WITHOUT ROWID;

    ALTER TABLE ledger ADD COLUMN list INTEGER NOT NULL DEFAULT 0;         -- version of our own list

    CREATE TABLE periods (                      -- of the counters that lie in memory: to notice when they are lost
        per TEXT PRIMARY KEY,
        began TEXT NOT NULL                     -- its first day
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE passes (                       -- what a report says of passes, beside its counters
        report INTEGER PRIMARY KEY REFERENCES reports,
        has_ended INTEGER NOT NULL DEFAULT 0,   -- a period has: *used* is of it
        used INTEGER CHECK (used >= 11),        -- different passes that something was delivered for; fewer are not kept
        lost INTEGER NOT NULL DEFAULT 0         -- how often the counters were
    ) STRICT;
    """,
)
