
PRAGMA page_size=1024;

BEGIN TRANSACTION;

DROP TABLE IF EXISTS batches;
CREATE TABLE batches (
        id INTEGER PRIMARY KEY,
        batch TEXT NOT NULL UNIQUE,
        gives TEXT NOT NULL,                    -- items separated by spaces, a unit each; '' lets the person choose
        expires TEXT
    ) STRICT;
INSERT INTO batches VALUES(1,'spring','kit kit','2027-06-30');

DROP TABLE IF EXISTS items;
CREATE TABLE items (                        -- of the open report: minutes without it, and of the open month
        item TEXT PRIMARY KEY,
        missing INTEGER NOT NULL DEFAULT 1000000 CHECK (missing BETWEEN 1000000 AND 8000000),
        quarter_0 INTEGER NOT NULL DEFAULT 1000000 CHECK (quarter_0 BETWEEN 1000000 AND 8000000),
        quarter_1 INTEGER NOT NULL DEFAULT 1000000 CHECK (quarter_1 BETWEEN 1000000 AND 8000000),
        quarter_2 INTEGER NOT NULL DEFAULT 1000000 CHECK (quarter_2 BETWEEN 1000000 AND 8000000),
        quarter_3 INTEGER NOT NULL DEFAULT 1000000 CHECK (quarter_3 BETWEEN 1000000 AND 8000000)
    ) STRICT, WITHOUT ROWID;
INSERT INTO items VALUES('kit',1000000,1000000,1000000,1000000,1000000);
INSERT INTO items VALUES('naloxone',1000000,1000000,1000000,1000000,1000000);

DROP TABLE IF EXISTS ledger;
CREATE TABLE ledger (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        id TEXT NOT NULL                        -- new with every new or restored ledger
    , boots INTEGER NOT NULL DEFAULT 0 CHECK (boots >= 0)) STRICT;
INSERT INTO ledger VALUES(1,'cec01ed22b7f3d05',1);

DROP TABLE IF EXISTS lots;
CREATE TABLE lots (                         -- a row never changes
        id INTEGER PRIMARY KEY,                 -- rising: a later lot stands behind an earlier one
        slot TEXT NOT NULL REFERENCES slots,
        item TEXT NOT NULL,
        lot TEXT NOT NULL,                      -- '' when not known
        expires TEXT,
        funding TEXT NOT NULL,
        doses INTEGER NOT NULL CHECK (doses >= 0)  -- in one unit; 0: loaded before doses were kept
    ) STRICT;
INSERT INTO lots VALUES(1,'A1','naloxone','N1','2027-03-31','state',2);
INSERT INTO lots VALUES(2,'A1','naloxone','N2','2027-09-30','county',2);
INSERT INTO lots VALUES(3,'B1','kit','L1',NULL,'',1);
INSERT INTO lots VALUES(4,'B2','kit','',NULL,'',1);
INSERT INTO lots VALUES(5,'B2','kit','L2',NULL,'',1);
CREATE INDEX lots_of_slot ON lots (slot, item);

DROP TABLE IF EXISTS open_vend;
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
INSERT INTO open_vend VALUES(1,1,9,1,'B1','kit',X'A5746167206F66206120706572736F6E',1);

DROP TABLE IF EXISTS quarters;
CREATE TABLE quarters (                     -- of the month whose last report it is
        report INTEGER NOT NULL REFERENCES reports,
        item TEXT NOT NULL,
        quarter INTEGER NOT NULL CHECK (quarter BETWEEN 0 AND 3),
        n INTEGER NOT NULL CHECK (n > 0),
        PRIMARY KEY (report, item, quarter)
    ) STRICT, WITHOUT ROWID;

DROP TABLE IF EXISTS recalls;
CREATE TABLE recalls (
        item TEXT NOT NULL,
        lot TEXT NOT NULL,
        PRIMARY KEY (item, lot)
    ) STRICT, WITHOUT ROWID;

DROP TABLE IF EXISTS reports;
CREATE TABLE reports (                      -- the highest number is the day that goes on, all others are sealed
        n INTEGER PRIMARY KEY CHECK (n >= 0),   -- 0 sums up what is older than all that is kept
        day TEXT NOT NULL,
        ledger TEXT NOT NULL                    -- the name under which it was opened: a restored ledger has another
    ) STRICT;
INSERT INTO reports VALUES(0,'','');
INSERT INTO reports VALUES(1,'2026-11-24','cec01ed22b7f3d05');
INSERT INTO reports VALUES(2,'2026-11-25','cec01ed22b7f3d05');
INSERT INTO reports VALUES(3,'2026-12-03','cec01ed22b7f3d05');
INSERT INTO reports VALUES(4,'2026-12-03','cec01ed22b7f3d05');

DROP TABLE IF EXISTS sealed_days;
CREATE TABLE sealed_days (                  -- counters of sealed reports
        report INTEGER NOT NULL REFERENCES reports,
        lot INTEGER NOT NULL REFERENCES lots,
        what TEXT NOT NULL,
        n INTEGER NOT NULL,
        PRIMARY KEY (report, lot, what)
    ) STRICT, WITHOUT ROWID;
INSERT INTO sealed_days VALUES(1,1,'delivered',1);
INSERT INTO sealed_days VALUES(1,1,'loaded',4);
INSERT INTO sealed_days VALUES(1,2,'loaded',3);
INSERT INTO sealed_days VALUES(1,3,'delivered',1);
INSERT INTO sealed_days VALUES(1,3,'loaded',5);
INSERT INTO sealed_days VALUES(1,3,'uncertain',1);
INSERT INTO sealed_days VALUES(1,4,'loaded',2);
INSERT INTO sealed_days VALUES(1,4,'not_delivered',1);
INSERT INTO sealed_days VALUES(2,1,'delivered',2);
INSERT INTO sealed_days VALUES(2,1,'reconciled',1);
INSERT INTO sealed_days VALUES(2,1,'uncertain',1);
INSERT INTO sealed_days VALUES(3,3,'delivered',1);
INSERT INTO sealed_days VALUES(3,5,'loaded',3);

DROP TABLE IF EXISTS slots;
CREATE TABLE slots (
        slot TEXT PRIMARY KEY,
        item TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('o', 'j', 'c'))  -- ok, jammed, count needed: of one size
    ) STRICT, WITHOUT ROWID;
INSERT INTO slots VALUES('A1','naloxone','o');
INSERT INTO slots VALUES('B1','kit','o');
INSERT INTO slots VALUES('B2','kit','o');

DROP TABLE IF EXISTS tickets;
CREATE TABLE tickets (
        tag BLOB PRIMARY KEY CHECK (length(tag) = 16),
        batch INTEGER NOT NULL REFERENCES batches,
        taken BLOB NOT NULL CHECK (length(taken) = 2)   -- bit mask; of fixed size, so that it changes in place
    ) STRICT, WITHOUT ROWID;
INSERT INTO tickets VALUES(X'616E6F746865722020706572736F6E27',1,X'0000');
INSERT INTO tickets VALUES(X'A5746167206F66206120706572736F6E',1,X'0001');

DROP TABLE IF EXISTS unavailable;
CREATE TABLE unavailable (                  -- minutes in which no slot could give the item
        report INTEGER NOT NULL REFERENCES reports,
        item TEXT NOT NULL,
        minutes INTEGER NOT NULL CHECK (minutes > 0),
        PRIMARY KEY (report, item)
    ) STRICT, WITHOUT ROWID;

DROP TABLE IF EXISTS units;
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
INSERT INTO units VALUES(1,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000001,1000000,1000001,1000000);
INSERT INTO units VALUES(2,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000003,1000000,1000003,1000000);
INSERT INTO units VALUES(3,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000002,1000001,1000002,1000001);
INSERT INTO units VALUES(4,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000002,1000000,1000002,1000000);
INSERT INTO units VALUES(5,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000000,1000003,1000000,1000003,1000000);

DROP VIEW IF EXISTS stock;
CREATE VIEW stock AS SELECT id, slot, item, lots.lot, expires, funding, doses,
        loaded - 1000000 AS loaded, found - 1000000 AS found, adjusted - 1000000 AS adjusted, reconciled - 1000000
        AS reconciled, delivered - 1000000 AS delivered, removed - 1000000 AS removed, removed_expired - 1000000 AS
        removed_expired, removed_recalled - 1000000 AS removed_recalled, removed_damaged - 1000000 AS
        removed_damaged, test - 1000000 AS test, uncertain - 1000000 AS uncertain, not_delivered - 1000000 AS
        not_delivered, test_not_delivered - 1000000 AS test_not_delivered, on_hand - 1000000 AS on_hand, band -
        1000000 AS band, carried - 1000000 AS carried, carried_band - 1000000 AS carried_band
        FROM lots JOIN units USING (id);
DROP VIEW IF EXISTS days;
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

pragma user_version=3;

COMMIT TRANSACTION;
PRAGMA user_version = 3;
