"""The codes that the kiosk knows: tags in batches, what is left of tickets, what was revoked, whose lists are taken.

Nothing in here changes when a pass, a number or a shared code is used, and no code ever comes here. Every method that
writes belongs inside a transaction, and raises ``LedgerFailed``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import cast

from kiosk.core.asks import AddBatch, AskRefused, BatchFacts, CodeList, EndImport, MakeList, RevokeCodes, Signers
from kiosk.core.values import MOST_UNITS, CodeBatch, ItemId, Kind, StoredCode, Tag
from kiosk.ledger.database import RESCUE, Database, LedgerDamaged, readable

OWN = b""  # in the place of a signer: issued here

_FACTS = (
    "SELECT batches.batch, kind, count(tag), expires, policy, is_revoked, is_listed, signer <> x''"
    " FROM batches LEFT JOIN codes ON codes.batch = batches.id GROUP BY batches.id ORDER BY batches.id"
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """What holds for all codes of a batch."""

    gives: tuple[ItemId, ...]
    expires: date | None
    kind: Kind
    policy: str
    is_revoked: bool


class Codes:
    """The tables of codes in one ledger. Rules and single revocations are few and read once; tags stay in the file."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._known: tuple[dict[int, _Rule], frozenset[bytes]] | None = None

    def find(self, tag: Tag) -> StoredCode | None:
        """The code with this tag, or None."""
        # no join: it would take five times as long, and somebody waits
        found = cast("list[tuple[int, bytes]]", self._db.rows("SELECT batch, taken FROM codes WHERE tag = ?", tag))
        if not found:
            return None
        batch, taken = found[0]
        rules, revoked = self._known or self._read_rules()
        rule = rules.get(batch)
        if rule is None:
            raise LedgerDamaged(f"the ledger holds a code of no batch: {RESCUE}")
        is_revoked = rule.is_revoked or tag in revoked
        return StoredCode(rule.gives, rule.expires, int.from_bytes(taken, "big"), rule.kind, rule.policy, is_revoked)

    def _read_rules(self) -> tuple[dict[int, _Rule], frozenset[bytes]]:
        sql = "SELECT id, gives, expires, kind, policy, is_revoked FROM batches"
        rows = cast("list[tuple[int, str, str | None, str, str, int]]", self._db.rows(sql))
        revoked = frozenset(cast("bytes", tag) for (tag,) in self._db.rows("SELECT tag FROM revoked"))
        with readable():
            rules = {
                number: _Rule(_items(gives), _day(expires), Kind(kind), policy, bool(is_revoked))
                for number, gives, expires, kind, policy, is_revoked in rows
            }
        self._known = rules, revoked
        return self._known

    def take_unit(self, tag: Tag, place: int) -> None:
        """Mark a ticket's unit as delivered, in place."""
        for (taken,) in cast("list[tuple[bytes]]", self._db.rows("SELECT taken FROM codes WHERE tag = ?", tag)):
            mask = int.from_bytes(taken, "big") | 1 << place
            self._db.change("UPDATE codes SET taken = ? WHERE tag = ?", mask.to_bytes(2, "big"), tag)

    @property
    def is_empty(self) -> bool:
        """Whether no batch was ever taken."""
        return not self._db.rows("SELECT 1 FROM batches LIMIT 1")

    @property
    def take_digits(self) -> bool:
        """Whether there are codes that can be typed: numbers, or a shared one."""
        sql = "SELECT 1 FROM batches WHERE kind IN (?, ?) AND NOT is_revoked LIMIT 1"
        return bool(self._db.rows(sql, Kind.NUMBER, Kind.SHARED))

    def facts(self) -> tuple[BatchFacts, ...]:
        """All batches, oldest first."""
        rows = cast("list[tuple[str, str, int, str | None, str, int, int, int]]", self._db.rows(_FACTS))
        with readable():
            return tuple(
                BatchFacts(batch, Kind(kind), codes, _day(expires), policy, *map(bool, marks))
                for batch, kind, codes, expires, policy, *marks in rows
            )

    def add(self, ask: AddBatch) -> None:
        """Take a batch's tags, in the order given. Raises ``AskRefused``.

        A code that is here already goes on as it is, if the batch comes in a list; one that is issued is refused.
        """
        self._known = None
        batch = ask.batch
        if len(batch.gives) > MOST_UNITS:
            raise AskRefused(f"a ticket gives {MOST_UNITS} units at most, not {len(batch.gives)}")
        if ask.signer != OWN and not self._db.rows("SELECT 1 FROM signers WHERE key = ?", ask.signer):
            raise AskRefused("this kiosk does not take lists signed with that key")
        if self._db.rows("SELECT 1 FROM batches WHERE batch = ?", batch.batch):
            self._refuse_other(batch)
            return
        gives, expires = " ".join(batch.gives), batch.expires and batch.expires.isoformat()
        self._db.change(
            "INSERT INTO batches (batch, gives, expires, kind, policy, anywhere, signer) VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(batch.batch, gives, expires, batch.kind, batch.policy, batch.anywhere, ask.signer),
        )
        number = self._db.rows("SELECT id FROM batches WHERE batch = ?", batch.batch)[0][0]
        for tag in batch.tags:
            is_new = self._db.change("INSERT INTO codes VALUES (?, ?, zeroblob(2)) ON CONFLICT DO NOTHING", tag, number)
            # numbers are short: two kiosks may have issued the same, and the whole fleet's list must not fail for it
            if not is_new and ask.signer == OWN:
                raise AskRefused("one of these codes is here already, in another batch; issue others")

    def revoke(self, ask: RevokeCodes) -> None:
        """Let codes open nothing any more. Raises ``AskRefused`` if there is no such batch."""
        self._known = None
        marked = self._db.change("UPDATE batches SET is_revoked = 1 WHERE batch = ?", ask.batch) if ask.batch else 1
        if not marked:
            raise AskRefused(f"there is no batch {ask.batch}; kiosk codes list shows them all")
        self._revoke_tags(ask.tags)

    def make_list(self, ask: MakeList) -> CodeList:
        """Put batches into the list for other kiosks; the whole list, under a new version. Raises ``AskRefused``.

        Of a revoked batch it has the name only, even if nobody is known to have it: who has must hear of it.
        """
        for batch in ask.batches:
            self._mark_listed(batch)
        self._db.change("UPDATE ledger SET list = list + 1")
        sql = "SELECT batch FROM batches WHERE is_revoked AND signer = x'' ORDER BY batch"
        batches = cast("list[tuple[str]]", self._db.rows(sql))
        tags = cast("list[tuple[bytes]]", self._db.rows("SELECT tag FROM revoked ORDER BY tag"))
        return CodeList(
            version=cast("list[tuple[int]]", self._db.rows("SELECT list FROM ledger"))[0][0],
            batches=self._read("is_listed AND NOT is_revoked AND signer = x''"),
            revoked_batches=tuple(batch for (batch,) in batches),
            revoked_tags=tuple(Tag(tag) for (tag,) in tags),
        )

    def signers(self) -> Signers:
        """Whose lists are taken."""
        rows = self._db.rows("SELECT key, version FROM signers ORDER BY key")
        return Signers(tuple(cast("list[tuple[bytes, int]]", rows)))

    def trust(self, key: bytes) -> None:
        """Take this signer's lists from now on. Raises ``AskRefused``."""
        if len(key) != 32:
            raise AskRefused(f"a public key has 32 bytes, not {len(key)}")
        self._db.change("INSERT INTO signers VALUES (?, 0) ON CONFLICT DO NOTHING", key)

    def end_import(self, ask: EndImport) -> None:
        """Take a list's revocations and its version. Raises ``AskRefused`` if a newer one was taken before.

        Of batches it revokes only such as came in a list: what was issued here is revoked here.
        """
        self._known = None
        sql = "UPDATE signers SET version = ?2 WHERE key = ?1 AND version <= ?2"
        if self._db.change(sql, ask.signer, ask.version) != 1:
            raise AskRefused("a newer list of this signer was taken before; take the newest")
        for batch in ask.revoked_batches:
            self._db.change("UPDATE batches SET is_revoked = 1 WHERE batch = ? AND signer <> x''", batch)
        self._revoke_tags(ask.revoked_tags)

    def _revoke_tags(self, tags: Iterable[Tag]) -> None:
        for tag in tags:
            self._db.change("INSERT INTO revoked VALUES (?) ON CONFLICT DO NOTHING", tag)

    def _mark_listed(self, name: str) -> None:
        sql = "SELECT kind, anywhere, signer <> x'' FROM batches WHERE batch = ?"
        rows = cast("list[tuple[str, int, int]]", self._db.rows(sql, name))
        if not rows:
            raise AskRefused(f"there is no batch {name}; kiosk codes list shows them all")
        kind, anywhere, is_foreign = rows[0]
        if is_foreign:
            raise AskRefused(f"the batch {name} came from another kiosk; export it there")
        if kind == Kind.TICKET and not anywhere:
            raise AskRefused(
                f"the tickets of {name} are bound to this kiosk: each other one would give once more; issue tickets "
                "for several kiosks with --anywhere"
            )
        self._db.change("UPDATE batches SET is_listed = 1 WHERE batch = ?", name)

    def _refuse_other(self, batch: CodeBatch) -> None:
        (there,), tags = self._read("batch = ?", batch.batch), frozenset(batch.tags)
        elsewhere = tags.difference(there.tags)  # of codes that were here first
        if _rule(there) != _rule(batch) or not tags.issuperset(there.tags) or not all(map(self._has, elsewhere)):
            raise AskRefused(f"the batch {batch.batch} is there already, and is another one")

    def _has(self, tag: Tag) -> bool:
        return bool(self._db.rows("SELECT 1 FROM codes WHERE tag = ?", tag))

    def _read(self, where: str, *values: str) -> tuple[CodeBatch, ...]:
        """Whole batches by their names; in one look through all codes, since a list has many of both."""
        tags: dict[int, list[Tag]] = {}
        sql = f"SELECT batch, tag FROM codes WHERE batch IN (SELECT id FROM batches WHERE {where}) ORDER BY tag"  # noqa: S608 - our own words
        for number, tag in cast("list[tuple[int, bytes]]", self._db.rows(sql, *values)):
            tags.setdefault(number, []).append(Tag(tag))
        sql = f"SELECT id, batch, gives, expires, kind, policy, anywhere FROM batches WHERE {where} ORDER BY batch"  # noqa: S608 - our own words
        rows = cast("list[tuple[int, str, str, str | None, str, str, int]]", self._db.rows(sql, *values))
        with readable():
            return tuple(
                CodeBatch(
                    batch,
                    _items(gives),
                    _day(expires),
                    tuple(tags.get(number, ())),
                    Kind(kind),
                    policy,
                    bool(anywhere),
                )
                for number, batch, gives, expires, kind, policy, anywhere in rows
            )


def _rule(batch: CodeBatch) -> tuple[object, ...]:
    return batch.gives, batch.expires, batch.kind, batch.policy, batch.anywhere


def _items(gives: str) -> tuple[ItemId, ...]:
    return tuple(ItemId(item) for item in gives.split())


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
