"""Allowances: how much each pass has had in this period, kept so that nobody can be found in it.

1. A counter's name is a hash of account and group under a key that is made when the period begins and wiped when it
   ends. The account itself comes out of the code and is stored nowhere, so that neither this file nor the ledger beside
   it leads from a card to its counters: only whoever holds the card can ask.
2. A file has names and numbers, sorted by name: no order and no time. It is written whole each time, in memory only
   (tmpfs): it outlives a restart of the service, and whoever pulls the plug has wiped it. What is replaced or over is
   written over with zeros first, since memory is not wiped when a file goes.
3. A period ends with the calendar's day, week from Monday or month. While nobody has set the clock it ends by elapsed
   time, so that an old limit cannot last for ever. In doubt it has ended: a false refusal is worse than a second kit.
4. A counter rises only for what was delivered; what is lost by a crash is in the person's favour.

What the file system refuses is kept in memory and told once. Owner thread only.
"""

from __future__ import annotations

import hmac
import logging
import os
import secrets
import struct
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from kiosk.codes.private_files import for_owner_only
from kiosk.core.reports import FEWEST_PASSES, PeriodNews
from kiosk.core.values import Account, Allowance, GroupId, Left, Period

log = logging.getLogger(__name__)

MAGIC = b"kiosk allowances 1"
HEADER = struct.Struct(">18s10sd32s")  # magic, the period's first day, when it began in monotonic seconds, its key
COUNTER = struct.Struct(">16sH")  # name, units
MOST_UNITS = 65535  # far above every limit: 1000
EPOCH_KEY_BYTES = 32
USED = b""  # in a group's place: that a pass was used at all

DAY_S = 86400.0
LENGTH_S = {Period.DAY: DAY_S, Period.WEEK: 7 * DAY_S, Period.MONTH: 31 * DAY_S}
SET_BACK_S = 7200.0  # by which a period of the calendar may be longer: no zone sets its clocks back by more in autumn


def first_day(per: Period, day: date) -> date:
    """The first day of the day, week or month that has *day*."""
    if per is Period.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if per is Period.MONTH else day


@dataclass(slots=True)
class Epoch:
    """The counters of one period that goes on."""

    per: Period
    begins: date
    since: float
    key: bytes = field(repr=False)
    units: dict[bytes, int] = field(repr=False, default_factory=dict)

    def is_over(self, day: date | None, now: float) -> bool:
        """Whether the period has ended; *day* None: nobody has set the clock."""
        longest = LENGTH_S[self.per] + (0 if day is None else SET_BACK_S)  # set or not, a clock may stand still
        if not 0 <= now - self.since < longest:
            return True
        return day is not None and first_day(self.per, day) != self.begins

    def name(self, account: Account, group: bytes) -> bytes:
        """The name of a counter, 16 bytes."""
        return hmac.digest(self.key, account + group, "sha256")[:16]

    @property
    def passes(self) -> int:
        """Of how many different passes something was delivered."""
        return sum(units == 0 for units in self.units.values())


class Allowances:
    """The counters of all periods in use. *folder* lies in memory; None: there is none, and a restart forgets them.

    *clock* is monotonic seconds since the machine's start, as long as a file in memory lasts. *pers* are the periods
    of all allowances; passes are counted over the longest of them, or over months. *make_key* makes keys of so many
    bytes; only a test may have another one.
    """

    def __init__(
        self,
        folder: Path | None,
        clock: Callable[[], float],
        pers: Collection[Period],
        make_key: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        in_use = [per for per in LENGTH_S if per in pers] or [Period.MONTH]
        self._folder, self._clock, self._make_key = folder, clock, make_key
        self._counting = in_use[-1]
        self._is_refused = False
        self._epochs: dict[Period, Epoch] = {}
        self.news: PeriodNews | None = None
        for per in in_use:
            if found := self._read(per):
                self._epochs[per] = found
        for per in LENGTH_S.keys() - set(in_use):
            self._wipe(per)  # the configuration has changed: nobody else would ever end it
        self._pers = in_use

    def keep(self, today: date, trusted_today: date | None) -> None:
        """End what is over, with its key, and begin what follows; ``news`` says so until it is set to None."""
        now = self._clock()
        over = [per for per in self._pers if per not in self._epochs or self._epochs[per].is_over(trusted_today, now)]
        for per in over:
            self._begin(per, today, now)

    def left(self, account: Account, allowances: Collection[Allowance]) -> tuple[Left, ...]:
        """What each of *allowances* still gives; those of a visit begin anew."""
        return tuple(Left(each.group, max(0, each.limit - self._had(account, each)), each.per) for each in allowances)

    def debit(self, account: Account, group: GroupId | None, per: Period | None) -> None:
        """Count one unit that was delivered; None: of no limit, but the pass was used."""
        if counting := self._epochs.get(self._counting):
            counting.units.setdefault(counting.name(account, USED), 0)
        if per and group and (epoch := self._epochs.get(per)):
            name = epoch.name(account, group.encode())
            epoch.units[name] = min(MOST_UNITS, epoch.units.get(name, 0) + 1)
        for changed in dict.fromkeys((self._counting, per)):
            if changed in self._epochs:
                self._write(self._epochs[changed])

    def _had(self, account: Account, allowance: Allowance) -> int:
        epoch = self._epochs.get(allowance.per)
        return epoch.units.get(epoch.name(account, allowance.group.encode()), 0) if epoch else 0

    def _begin(self, per: Period, today: date, now: float) -> None:
        before = self._epochs.get(per)
        fresh = Epoch(per, first_day(per, today), now, self._make_key(EPOCH_KEY_BYTES))
        self._epochs[per] = fresh
        self._wipe(per)
        self._write(fresh)
        self._tell(per, before)

    def _tell(self, per: Period, before: Epoch | None) -> None:
        told = self.news or PeriodNews()
        begin = dict(told.begin) | {per: self._epochs[per].begins}
        has_ended, used = told.has_ended, told.used
        if before and per is self._counting:
            has_ended, used = True, before.passes if before.passes >= FEWEST_PASSES else None
        without = told.without | ({per} if before is None else set())
        self.news = PeriodNews(without, tuple(begin.items()), has_ended, used)

    # --- the files

    def _path(self, per: Period) -> Path | None:
        return self._folder / f"allowances.{per}" if self._folder else None

    def _read(self, per: Period) -> Epoch | None:
        path = self._path(per)
        try:
            return _unpacked(per, path.read_bytes()) if path else None
        except FileNotFoundError:
            return None
        except (OSError, ValueError, struct.error) as error:
            log.warning("the counters in %s cannot be used and begin anew (%s)", path, type(error).__name__)
            return None

    def _write(self, epoch: Epoch) -> None:
        path = self._path(epoch.per)
        if path is None:
            return
        draft = _draft_of(path)
        try:
            with open(draft, "wb", opener=for_owner_only) as file:
                file.write(_packed(epoch))
            os.utime(draft, (0, 0))  # the file shall not say when somebody was here
            with _blanked(path):
                draft.replace(path)
        except OSError as error:
            if not self._is_refused:
                log.error("%s takes no counters (%s): a restart forgets them", path.parent, error.strerror)  # noqa: TRY400 - a sentence
            self._is_refused = True
        else:
            self._is_refused = False

    def _wipe(self, per: Period) -> None:
        path = self._path(per)
        for left in (path, _draft_of(path)) if path else ():
            with suppress(OSError), _blanked(left):  # it was not there, or is written over anon
                left.unlink()


def _draft_of(path: Path) -> Path:
    return path.with_suffix(f"{path.suffix}.draft")


@contextmanager
def _blanked(path: Path) -> Iterator[None]:
    """Write zeros over what lies at *path* now, once it has lost that name."""
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        yield
        return
    with file:
        yield
        file.write(bytes(os.fstat(file.fileno()).st_size))


def _packed(epoch: Epoch) -> bytes:
    header = HEADER.pack(MAGIC, epoch.begins.isoformat().encode(), epoch.since, epoch.key)
    return header + b"".join(COUNTER.pack(name, units) for name, units in sorted(epoch.units.items()))


def _unpacked(per: Period, content: bytes) -> Epoch:
    magic, begins, since, key = HEADER.unpack_from(content)
    if magic != MAGIC:
        raise ValueError("another kind of file")
    units = dict(COUNTER.iter_unpack(content[HEADER.size :]))
    return Epoch(per, date.fromisoformat(begins.decode("ascii")), since, key, units)
