
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

DROP TABLE IF EXISTS days;
CREATE TABLE days (
        day TEXT NOT NULL,
        lot INTEGER NOT NULL REFERENCES lots,
        what TEXT NOT NULL,
        n INTEGER NOT NULL,
        PRIMARY KEY (day, lot, what)
    ) STRICT, WITHOUT ROWID;
INSERT INTO days VALUES('2026-11-24',1,'delivered',1);
INSERT INTO days VALUES('2026-11-24',1,'loaded',4);
INSERT INTO days VALUES('2026-11-24',2,'loaded',3);
INSERT INTO days VALUES('2026-11-24',3,'delivered',1);
INSERT INTO days VALUES('2026-11-24',3,'loaded',5);
INSERT INTO days VALUES('2026-11-24',3,'uncertain',1);
INSERT INTO days VALUES('2026-11-24',4,'loaded',2);
INSERT INTO days VALUES('2026-11-24',4,'not_delivered',1);
INSERT INTO days VALUES('2026-11-25',1,'delivered',2);
INSERT INTO days VALUES('2026-11-25',1,'reconciled',1);
INSERT INTO days VALUES('2026-11-25',1,'uncertain',1);
INSERT INTO days VALUES('2026-12-03',3,'delivered',1);
INSERT INTO days VALUES('2026-12-03',5,'loaded',3);

DROP TABLE IF EXISTS ledger;
CREATE TABLE ledger (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        id TEXT NOT NULL                        -- new with every new or restored ledger
    ) STRICT;
INSERT INTO ledger VALUES(1,'9529f92b339e8930');

DROP TABLE IF EXISTS lots;
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
INSERT INTO lots VALUES(1,'A1','naloxone','N1','2027-03-31','state',4,0,0,1,3,0,1,1,0);
INSERT INTO lots VALUES(2,'A1','naloxone','N2','2027-09-30','county',3,0,0,0,0,0,0,3,0);
INSERT INTO lots VALUES(3,'B1','kit','L1',NULL,'',5,0,0,0,2,0,1,2,1);
INSERT INTO lots VALUES(4,'B2','kit','',NULL,'',2,0,0,0,0,0,0,2,0);
INSERT INTO lots VALUES(5,'B2','kit','L2',NULL,'',3,0,0,0,0,0,0,3,0);
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

DROP TABLE IF EXISTS slots;
CREATE TABLE slots (
        slot TEXT PRIMARY KEY,
        item TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('ok', 'jammed', 'count_needed'))
    ) STRICT, WITHOUT ROWID;
INSERT INTO slots VALUES('A1','naloxone','ok');
INSERT INTO slots VALUES('B1','kit','ok');
INSERT INTO slots VALUES('B2','kit','ok');

DROP TABLE IF EXISTS tickets;
CREATE TABLE tickets (
        tag BLOB PRIMARY KEY CHECK (length(tag) = 16),
        batch INTEGER NOT NULL REFERENCES batches,
        taken BLOB NOT NULL CHECK (length(taken) = 2)   -- bit mask; of fixed size, so that it changes in place
    ) STRICT, WITHOUT ROWID;
INSERT INTO tickets VALUES(X'616E6F746865722020706572736F6E27',1,X'0000');
INSERT INTO tickets VALUES(X'A5746167206F66206120706572736F6E',1,X'0001');

pragma user_version=1;

COMMIT TRANSACTION;
PRAGMA user_version = 1;
