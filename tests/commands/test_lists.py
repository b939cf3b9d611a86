"""``kiosk codes export`` and ``import``: codes that are issued at one kiosk open at another, and what is refused."""

from __future__ import annotations

import os
import pty
import re
import stat
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk.cli import main
from kiosk.cli.data import ask as ask_kiosk
from kiosk.codes.format import qr_text
from kiosk.codes.issue import Wish, issue_codes
from kiosk.codes.lists import read_list
from kiosk.codes.signing import SIGNING_KEY_NAME, fingerprint, public_key
from kiosk.codes.tags import KEY_NAME, put_programme_key, read_programme_key
from kiosk.config import Config, load
from kiosk.core.asks import (
    AddBatch,
    Answer,
    Ask,
    Batches,
    BatchFacts,
    ListBatches,
    ListSigners,
    RevokeCodes,
    Signers,
    TrustSigner,
    Verdict,
    VerifyLedger,
)
from kiosk.core.values import ItemId, Kind, Tag
from kiosk.ledger.ledger import LEDGER_NAME
from tests.codes.making import KEY
from tests.kit import CONFIG, virtual_kiosk
from tests.ledger.book import Book
from tests.ledger.harm import by_sql, is_killed
from tests.process.service import Service

PASSES = Wish(Kind.PASS, 3)
TICKETS = Wish(Kind.TICKET, 2, (ItemId("kit"),), anywhere=True)


class Place:
    """A kiosk's folder, without a service."""

    def __init__(self, folder: Path, programme_key: bytes = KEY) -> None:
        self.folder, self.data = folder, folder / "data"
        self.data.mkdir(parents=True)
        (folder / "kiosk.yaml").write_text(CONFIG.format(data=self.data, beam_down="home"))
        put_programme_key(self.data / KEY_NAME, programme_key)

    @property
    def config(self) -> Config:
        config = load(self.folder / "kiosk.yaml").config
        assert config
        return config

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ("codes", *arguments, "--config", str(self.folder / "kiosk.yaml")))

    def done(self, *arguments: str) -> str:
        ran = self.run(*arguments)
        assert ran.exit_code == 0, ran.output
        return ran.output

    def ask(self, ask: Ask) -> Answer:
        return ask_kiosk(self.config, ask)

    def issue(self, name: str, wish: Wish) -> list[str]:
        """Make a batch; its QR texts."""
        issued = issue_codes(wish, read_programme_key(self.data / KEY_NAME), name)
        self.ask(AddBatch(issued.batch))
        return [qr_text(code) for code in issued.codes]

    def facts(self) -> dict[str, BatchFacts]:
        found = self.ask(ListBatches())
        assert isinstance(found, Batches)
        return {facts.batch: facts for facts in found.batches}

    def signers(self) -> tuple[tuple[bytes, int], ...]:
        found = self.ask(ListSigners())
        assert isinstance(found, Signers)
        return found.signers

    def revoked(self) -> list[tuple[object, ...]]:
        """The tags of single codes that open nothing any more."""
        book = Book(self.data, self.config.slots)
        found = book.ledger.database.rows("SELECT tag FROM revoked")
        book.ledger.close()
        return list(found)

    def everything(self) -> list[tuple[object, ...]]:
        """All that its ledger holds."""
        book = Book(self.data, self.config.slots)
        found = book.everything()
        book.ledger.close()
        return found

    def faults(self) -> tuple[str, ...]:
        """What is wrong with its ledger."""
        found = self.ask(VerifyLedger())
        assert isinstance(found, Verdict)
        return found.faults

    @property
    def key(self) -> bytes:
        """The public one, of its lists."""
        return public_key((self.data / SIGNING_KEY_NAME).read_bytes())


@pytest.fixture
def here(tmp_path: Path) -> Place:
    """A kiosk that has issued passes and tickets."""
    place = Place(tmp_path / "here")
    place.issue("passes", PASSES)
    place.issue("tickets", TICKETS)
    return place


@pytest.fixture
def there(tmp_path: Path) -> Place:
    """Another kiosk of the same programme."""
    return Place(tmp_path / "there")


@pytest.fixture
def stick(here: Place, tmp_path: Path) -> Path:
    """The list of the passes."""
    file = tmp_path / "fleet.list"
    here.done("export", "passes", "--out", str(file))
    return file


def again(here: Place, stick: Path, *batches: str) -> Path:
    """A newer list."""
    file = stick.with_name(f"list {len(list(stick.parent.iterdir()))}")
    here.done("export", *batches, "--out", str(file))
    return file


def take(there: Place, file: Path) -> str:
    """Take a list of a signer whose fingerprint somebody has compared."""
    return there.done("import", str(file), "--trust", fingerprint(read_list(file.read_bytes()).key))


def refuses(place: Place, says: str, *arguments: str) -> None:
    """Hold that the command says so in a sentence, and that nothing has changed."""
    before = place.everything()

    refused = place.run(*arguments)

    assert (refused.exit_code, says in " ".join(refused.output.split())) == (1, True), refused.output
    assert "Traceback" not in refused.output
    assert place.everything() == before


# --- export


def test_an_export_says_what_is_in_the_list_and_whose_it_is(here: Place, tmp_path: Path) -> None:
    said = here.done("export", "passes", "tickets", "--out", str(tmp_path / "list"))

    assert "version: 1\n" in said
    assert "batches: 2\ncodes: 5\nrevoked: 0 batches, 0 single codes\n" in said
    assert re.search(r"^fingerprint: (\d{5}-){5}\d{5}$", said, re.MULTILINE)
    assert fingerprint(read_list((tmp_path / "list").read_bytes()).key) in said


def test_a_list_is_for_its_owner_only_and_so_is_the_key_it_is_signed_with(here: Place, stick: Path) -> None:
    for file in (stick, here.data / SIGNING_KEY_NAME):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_list_without_new_batches_has_all_that_are_in_it_and_a_higher_version(here: Place, stick: Path) -> None:
    here.ask(RevokeCodes("tickets"))

    newer = read_list(again(here, stick).read_bytes())

    assert newer.key == read_list(stick.read_bytes()).key
    assert [batch.batch for batch in newer.content.batches] == ["passes"]
    assert (newer.content.version, newer.content.revoked_batches) == (2, ("tickets",))


def test_no_file_is_written_over_by_a_list(here: Place, stick: Path) -> None:
    before = stick.read_bytes()

    refuses(here, "is there already; name another file", "export", "passes", "--out", str(stick))

    assert stick.read_bytes() == before


def test_a_list_of_nothing_is_not_made(there: Place, tmp_path: Path) -> None:
    refused = there.run("export", "--out", str(tmp_path / "list"))

    assert (refused.exit_code, "There is nothing in the list yet" in refused.output) == (2, True)
    assert not (there.data / SIGNING_KEY_NAME).exists()


def test_a_code_that_was_revoked_is_told_without_any_batch(there: Place, tmp_path: Path) -> None:
    there.ask(RevokeCodes(tags=(Tag(bytes(16)),)))

    assert "batches: 0\ncodes: 0\nrevoked: 0 batches, 1 single codes\n" in there.done(
        "export", "--out", str(tmp_path / "list")
    )


@pytest.mark.parametrize(
    ("batch", "says"), [("winter", "there is no batch winter"), ("bound", "bound to this kiosk: each other one")]
)
def test_what_cannot_be_in_a_list_is_refused(here: Place, tmp_path: Path, batch: str, says: str) -> None:
    here.issue("bound", Wish(Kind.TICKET, 1, (ItemId("kit"),)))

    refuses(here, says, "export", "passes", batch, "--out", str(tmp_path / "list"))

    assert not (tmp_path / "list").exists()


def test_a_stick_that_is_not_there_is_said(here: Place, tmp_path: Path) -> None:
    refused = here.run("export", "passes", "--out", str(tmp_path / "nowhere" / "list"))

    assert (refused.exit_code, "see that its folder is there" in refused.output) == (1, True)


# --- import


@pytest.mark.parametrize("kind", [Kind.PASS, Kind.NUMBER])
def test_a_code_that_was_issued_at_one_kiosk_opens_at_another_until_it_is_revoked(
    here: Place, there: Place, stick: Path, kind: Kind
) -> None:
    (code,) = here.issue("one", Wish(kind))
    take(there, again(here, stick, "one"))
    with virtual_kiosk(there.data) as kiosk:
        kiosk.load("B1", 5)
        kiosk.scan(code.removeprefix("H1") if kind is Kind.NUMBER else code)
        kiosk.pass_time(0)
        kiosk.choose("kit")
        kiosk.finish_vend()
        assert kiosk.counted("delivered") == 1

    here.ask(RevokeCodes("one"))
    take(there, again(here, stick))

    with virtual_kiosk(there.data) as kiosk:
        kiosk.scan(code.removeprefix("H1") if kind is Kind.NUMBER else code)
        kiosk.pass_time(0)
        assert kiosk.kiosk.controller.board.snapshot.state == "ready"
        assert str(kiosk.kiosk.controller.board.snapshot.said).count("revoked") == 1


def test_a_list_that_is_taken_is_there_with_all_that_it_says(here: Place, there: Place, stick: Path) -> None:
    here.ask(RevokeCodes(tags=(read_list(stick.read_bytes()).content.batches[0].tags[0],)))

    said = take(there, again(here, stick, "tickets"))

    assert "version: 2\n" in said
    assert "batches: 2\ncodes: 5\nrevoked: 0 batches, 1 single codes\nnew: 2 batches\n" in said
    assert [(name, facts.codes, facts.is_foreign) for name, facts in there.facts().items()] == [
        ("passes", 3, True),
        ("tickets", 2, True),
    ]
    assert there.signers() == ((here.key, 2),)


def test_a_signer_that_is_known_needs_no_word(here: Place, there: Place, stick: Path) -> None:
    take(there, stick)

    there.done("import", str(again(here, stick, "tickets")))

    assert there.facts().keys() == {"passes", "tickets"}


def test_a_dry_run_says_the_same_and_changes_nothing(there: Place, stick: Path) -> None:
    before = there.everything()

    said = there.done("import", str(stick), "--dry-run")

    assert "new: 1 batches" in said
    assert "Lists of this signer were never taken here.\nNothing was changed.\n" in said
    assert there.everything() == before


def test_the_same_list_again_says_that_it_is_there_and_changes_nothing(there: Place, stick: Path) -> None:
    take(there, stick)
    before = there.everything()

    said = there.done("import", str(stick))

    assert "new: 0 batches" in said
    assert "Version 1 of this list was here already." in said
    assert there.everything() == before


def test_what_a_cut_left_half_done_is_made_good_by_the_same_command(here: Place, there: Place, stick: Path) -> None:
    found = read_list(again(here, stick, "tickets").read_bytes())
    there.ask(TrustSigner(found.key))
    there.ask(AddBatch(found.content.batches[0], found.key))  # and the plug is pulled
    assert there.signers() == ((here.key, 0),)

    take(there, again(here, stick))

    assert there.facts().keys() == {"passes", "tickets"}
    assert there.signers() == ((here.key, 3),)


def test_a_process_that_is_killed_at_any_step_of_an_import_leaves_it_to_the_same_command(
    here: Place, stick: Path, tmp_path: Path
) -> None:
    file = again(here, stick, "tickets")
    for step in count(1):
        there = Place(tmp_path / f"there {step}")
        was_killed = is_killed(lambda at=there: take(at, file), step)  # type: ignore[misc]

        take(there, file)

        assert list(there.facts()) == ["passes", "tickets"]
        assert there.signers() == ((here.key, 2),)
        assert there.faults() == ()
        if not was_killed:
            break

    assert step > 10


def test_a_code_that_the_list_revokes_is_never_good_however_early_an_import_is_cut_short(
    here: Place, stick: Path, tmp_path: Path
) -> None:
    found = read_list(stick.read_bytes())
    here.ask(RevokeCodes(tags=(found.content.batches[0].tags[0],)))
    file = again(here, stick)
    for step in count(1):
        there = Place(tmp_path / f"there {step}")
        was_killed = is_killed(lambda at=there: take(at, file), step)  # type: ignore[misc]

        assert there.revoked() or not there.facts()
        if not was_killed:
            break

    assert there.facts().keys() == {"passes"}


def test_what_a_rescue_has_lost_of_a_list_comes_back_with_the_same_list(there: Place, stick: Path) -> None:
    take(there, stick)
    by_sql("DELETE FROM codes", "DELETE FROM batches")(there.data / LEDGER_NAME)

    there.done("import", str(stick))

    assert there.facts()["passes"].codes == 3


def test_what_this_kiosk_does_not_know_is_said_and_taken_all_the_same(here: Place, there: Place, stick: Path) -> None:
    here.issue("cakes", Wish(Kind.TICKET, 1, (ItemId("cake"),), anywhere=True))
    here.issue("generous", Wish(Kind.PASS, 1, policy="generous"))

    said = take(there, again(here, stick, "cakes", "generous"))

    assert "This kiosk has no cake; tickets for it wait for other kiosks." in said
    assert "kiosk.yaml has no policy generous" in said
    assert there.facts().keys() == {"cakes", "generous", "passes"}


def test_a_batch_of_this_kiosks_own_that_a_list_revokes_goes_on_and_is_said(
    here: Place, there: Place, stick: Path
) -> None:
    there.issue("passes", PASSES)
    here.ask(RevokeCodes("passes"))

    said = take(there, again(here, stick))

    assert "passes is this kiosk's own, and no list revokes it: kiosk codes revoke passes" in said
    assert not there.facts()["passes"].is_revoked


# --- refused, and nothing changed


def test_a_list_that_was_changed_is_refused(there: Place, stick: Path) -> None:
    stick.write_bytes(stick.read_bytes().replace(b'"list":"eyJ2', b'"list":"eyJ3'))
    key = fingerprint(public_key(bytes(32)))

    refuses(there, "is not as it was signed: copy the file anew", "import", str(stick), "--trust", key)


def test_a_list_that_is_older_than_the_newest_is_refused(here: Place, there: Place, stick: Path) -> None:
    take(there, again(here, stick, "tickets"))

    refuses(there, "version 1 of the list, and version 2 is here: take the newest file", "import", str(stick))


def test_a_list_of_somebody_unknown_is_refused_where_nobody_can_be_asked(there: Place, stick: Path) -> None:
    mine = fingerprint(read_list(stick.read_bytes()).key)

    refuses(there, f"then add --trust {mine}", "import", str(stick))


def test_a_list_is_refused_if_somebody_else_signed_it_than_was_said(here: Place, there: Place, stick: Path) -> None:
    other = fingerprint(public_key(bytes(32)))
    refuses(there, f"not by {other}: do not take it", "import", str(stick), "--trust", other)
    take(there, stick)

    newer = str(again(here, stick, "tickets"))
    refuses(there, f"not by {other}: do not take it", "import", newer, "--trust", other)


def test_a_list_of_another_programme_is_refused(tmp_path: Path, stick: Path) -> None:
    foreign = Place(tmp_path / "foreign", bytes(32))
    mine = fingerprint(read_list(stick.read_bytes()).key)

    refuses(foreign, "copy programme.key from the kiosk that signed it", "import", str(stick), "--trust", mine)


def test_a_kiosk_without_a_programme_key_is_told_to_copy_it(there: Place, stick: Path) -> None:
    (there.data / KEY_NAME).unlink()

    refuses(there, "copy programme.key from the kiosk that signed it, restart", "import", str(stick), "--dry-run")


def test_a_file_that_is_not_there_or_no_list_is_refused(there: Place, tmp_path: Path) -> None:
    (tmp_path / "photo").write_bytes(os.urandom(1000))

    refuses(there, "cannot be read: No such file", "import", str(tmp_path / "nowhere"))
    refuses(there, "this is no list of codes", "import", str(tmp_path / "photo"))
    refuses(there, "larger than any list of codes", "import", "/dev/zero")


def test_a_batch_that_is_here_as_another_one_is_said_and_the_list_is_not_counted_as_taken(
    here: Place, there: Place, stick: Path
) -> None:
    there.issue("tickets", TICKETS)
    file = again(here, stick, "tickets")

    refused = there.run("import", str(file), "--trust", fingerprint(here.key))

    assert refused.exit_code == 1
    assert "is there already, and is another one; the list is not wholly taken" in refused.output
    assert there.signers() == ((here.key, 0),)


def test_nothing_of_a_list_is_logged(there: Place, stick: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)

    take(there, stick)

    assert not caplog.records


# --- at a terminal


def at_terminal(place: Place, typed: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command where somebody can be asked, and answer."""
    person, line = pty.openpty()
    os.write(person, typed.encode())
    command = [sys.executable, "-m", "kiosk", "codes", *arguments, "--config", str(place.folder / "kiosk.yaml")]
    try:
        return subprocess.run(command, stdin=line, capture_output=True, text=True, check=False, timeout=60)
    finally:
        os.close(person)
        os.close(line)


def test_at_a_terminal_somebody_is_asked_the_first_time_and_may_say_yes(here: Place, there: Place, stick: Path) -> None:
    asked = at_terminal(there, "y\n", "import", str(stick))
    known = at_terminal(there, "", "import", str(again(here, stick, "tickets")))

    assert (asked.returncode, known.returncode) == (0, 0), asked.stderr + known.stderr
    assert f"fingerprint: {fingerprint(here.key)}" in asked.stdout
    assert ("Is this the fingerprint" in asked.stderr, "Is this the fingerprint" in known.stderr) == (True, False)
    assert there.facts().keys() == {"passes", "tickets"}


@pytest.mark.parametrize("typed", ["\n", "n\n"])
def test_whoever_does_not_say_yes_has_changed_nothing(there: Place, stick: Path, typed: str) -> None:
    before = there.everything()

    asked = at_terminal(there, typed, "import", str(stick))

    assert (asked.returncode, "nothing was changed" in asked.stderr) == (1, True)
    assert there.everything() == before


# --- with a running service


@pytest.fixture
def service(tmp_path: Path) -> Service:
    (tmp_path / "service").mkdir()
    return Service(tmp_path / "service")


def test_a_running_service_takes_and_makes_lists_while_it_serves_people(
    here: Place, stick: Path, service: Service, tmp_path: Path
) -> None:
    (code,) = here.issue("ticket", Wish(Kind.TICKET, 1, (ItemId("kit"),), anywhere=True))
    file = again(here, stick, "ticket")
    (service.folder / "data").mkdir()
    put_programme_key(service.folder / "data" / KEY_NAME, KEY)
    try:
        service.done("load", "B1", "5")
        service.simulate()
        service.done("codes", "import", str(file), "--trust", fingerprint(here.key))
        service.scan(code)
        service.wait_for("drop")
        refused = service.kiosk("codes", "export", "ticket", "--out", str(tmp_path / "no"))
    finally:
        service.close()

    assert "came from another kiosk; export it there" in refused.stderr
    assert service.stock("B1")["count"] == 4
