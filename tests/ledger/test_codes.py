"""The tables of codes: kinds, revocations, the list for other kiosks, and the lists that others sign."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kiosk.core.asks import (
    AddBatch,
    Answer,
    Ask,
    AskRefused,
    BatchFacts,
    CodeList,
    EndImport,
    ListSigners,
    MakeList,
    RevokeCodes,
    Signers,
    TrustSigner,
)
from kiosk.core.values import CodeBatch, ItemId, Kind, Outcome, StoredCode, Tag
from kiosk.ledger.desk import answer
from tests.ledger.book import DAY, TAG, Book

OTHER = Tag(b"another  person's"[:16])
THIRD = Tag(bytes(range(16)))
SIGNER, STRANGER = bytes(range(32)), bytes(range(32, 64))
PASSES = CodeBatch("spring", (), date(2027, 3, 31), (OTHER, TAG), Kind.PASS, "generous")
TICKETS = CodeBatch("autumn", (ItemId("kit"),), None, (THIRD,), Kind.TICKET, anywhere=True)


def ask(book: Book, what: Ask) -> Answer:
    return answer(book.ledger, what, DAY)


def issue(book: Book, *batches: CodeBatch) -> None:
    for batch in batches:
        ask(book, AddBatch(batch))


def make_list(book: Book, *batches: str) -> CodeList:
    made = ask(book, MakeList(batches))
    assert isinstance(made, CodeList)
    return made


def take(book: Book, *batches: CodeBatch, signer: bytes = SIGNER) -> None:
    """Take batches out of a list."""
    ask(book, TrustSigner(signer))
    for batch in batches:
        ask(book, AddBatch(batch, signer))


def end_import(book: Book, version: int, *batches: str, tags: tuple[Tag, ...] = (), signer: bytes = SIGNER) -> None:
    ask(book, EndImport(signer, version, batches, tags))


def is_revoked(book: Book, tag: Tag = TAG) -> bool:
    found = book.ledger.find_code(tag)
    assert found
    return found.is_revoked


def refuses(book: Book, what: Ask, says: str) -> None:
    before = book.everything()

    with pytest.raises(AskRefused, match=says):
        ask(book, what)

    assert book.everything() == before


# --- what is kept of a batch


@pytest.mark.parametrize("kind", Kind)
def test_a_code_is_found_with_its_kind_and_policy(book: Book, kind: Kind) -> None:
    issue(book, replace(PASSES, kind=kind, policy="generous"))

    assert book.ledger.find_code(TAG) == StoredCode((), date(2027, 3, 31), 0, kind, "generous")


def test_all_that_is_known_of_a_batch_is_told_and_no_tag(book: Book) -> None:
    issue(book, PASSES)
    take(book, TICKETS)
    make_list(book, "spring")
    ask(book, RevokeCodes("spring"))

    assert book.ledger.codes.facts() == (
        BatchFacts("spring", Kind.PASS, 2, date(2027, 3, 31), "generous", True, True, False),
        BatchFacts("autumn", Kind.TICKET, 1, None, "", False, False, True),
    )


def test_a_batch_of_the_same_name_with_another_rule_is_refused(book: Book) -> None:
    issue(book, PASSES, TICKETS)

    for other in (
        *(replace(PASSES, policy=""), replace(PASSES, kind=Kind.NUMBER), replace(PASSES, expires=None)),
        *(replace(TICKETS, anywhere=False), replace(TICKETS, gives=()), replace(TICKETS, tags=())),
    ):
        refuses(book, AddBatch(other), "is there already, and is another one")


# --- revocation


def test_the_codes_of_a_revoked_batch_are_revoked_and_others_are_not(book: Book) -> None:
    issue(book, PASSES, TICKETS)

    ask(book, RevokeCodes("spring"))

    assert [is_revoked(book, tag) for tag in (TAG, OTHER, THIRD)] == [True, True, False]


def test_a_single_code_is_revoked_and_the_others_of_its_batch_are_not(book: Book) -> None:
    issue(book, PASSES)

    ask(book, RevokeCodes(tags=(TAG,)))

    assert [is_revoked(book, tag) for tag in (TAG, OTHER)] == [True, False]


def test_a_code_that_is_revoked_before_it_comes_is_revoked_when_it_comes(book: Book) -> None:
    ask(book, RevokeCodes(tags=(TAG,)))

    issue(book, PASSES)

    assert [is_revoked(book, tag) for tag in (TAG, OTHER)] == [True, False]


def test_a_revocation_outlives_a_power_cut_and_is_none_the_second_time(book: Book) -> None:
    issue(book, PASSES)
    ask(book, RevokeCodes("spring", (THIRD,)))
    before = book.everything()

    ask(book, RevokeCodes("spring", (THIRD,)))
    book.pull_the_plug()

    assert book.everything() == before


def test_to_revoke_a_batch_that_is_not_there_is_refused_with_all_that_came_with_it(book: Book) -> None:
    issue(book, PASSES)

    refuses(book, RevokeCodes("winter", (TAG,)), "there is no batch winter; kiosk codes list shows them all")


# --- the list for other kiosks


def test_a_list_has_the_batches_that_were_put_into_it_in_one_order(book: Book) -> None:
    issue(book, PASSES, TICKETS, replace(PASSES, batch="winter", tags=()))
    first = make_list(book, "spring")

    second = make_list(book, "autumn")

    assert first == CodeList(1, (replace(PASSES, tags=tuple(sorted(PASSES.tags))),), (), ())
    assert [batch.batch for batch in second.batches] == ["autumn", "spring"]
    assert second.batches[0] == TICKETS


def test_each_list_has_a_higher_version_also_after_a_restart_and_without_a_change(book: Book) -> None:
    issue(book, PASSES)
    versions = [make_list(book, "spring").version, make_list(book).version]

    book.pull_the_plug()

    assert [*versions, make_list(book).version] == [1, 2, 3]


def test_a_list_says_what_was_revoked_and_of_a_revoked_batch_its_name_only(book: Book) -> None:
    issue(book, PASSES, TICKETS, replace(PASSES, batch="winter", tags=()))
    make_list(book, "spring", "autumn")
    for revoked in (RevokeCodes("spring"), RevokeCodes("winter"), RevokeCodes(tags=(THIRD, OTHER))):
        ask(book, revoked)

    made = make_list(book)

    assert [batch.batch for batch in made.batches] == ["autumn"]
    assert made.revoked_batches == ("spring", "winter")  # a rescue forgets whether winter was ever in a list
    assert made.revoked_tags == tuple(sorted((THIRD, OTHER)))


def test_a_batch_that_is_not_there_is_put_into_no_list(book: Book) -> None:
    issue(book, PASSES)

    refuses(book, MakeList(("spring", "winter")), "there is no batch winter")


def test_tickets_that_are_bound_to_this_kiosk_are_put_into_no_list(book: Book) -> None:
    issue(book, PASSES, replace(TICKETS, anywhere=False))

    refuses(book, MakeList(("spring", "autumn")), "bound to this kiosk: .* with --anywhere")


def test_a_batch_of_another_kiosk_is_not_told_again(book: Book) -> None:
    take(book, PASSES)

    refuses(book, MakeList(("spring",)), "came from another kiosk; export it there")


# --- lists of others


def test_a_signer_is_known_with_the_newest_version_once_it_is_trusted(book: Book) -> None:
    ask(book, TrustSigner(STRANGER))
    ask(book, TrustSigner(SIGNER))
    before = ask(book, ListSigners())
    end_import(book, 7)
    ask(book, TrustSigner(SIGNER))  # once more changes nothing

    assert before == Signers(((SIGNER, 0), (STRANGER, 0)))
    assert ask(book, ListSigners()) == Signers(((SIGNER, 7), (STRANGER, 0)))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_refused(book: Book, length: int) -> None:
    refuses(book, TrustSigner(bytes(length)), f"a public key has 32 bytes, not {length}")


def test_a_batch_that_somebody_unknown_signed_is_refused(book: Book) -> None:
    ask(book, TrustSigner(SIGNER))

    refuses(book, AddBatch(PASSES, STRANGER), "does not take lists signed with that key")


def test_a_batch_that_somebody_unknown_signed_is_refused_even_if_it_is_here(book: Book) -> None:
    take(book, PASSES)

    refuses(book, AddBatch(PASSES, STRANGER), "does not take lists signed with that key")


def test_the_end_of_a_list_that_somebody_unknown_signed_is_refused(book: Book) -> None:
    take(book, PASSES)

    refuses(book, EndImport(STRANGER, 9, ("spring",), (TAG,)), "take the newest")


def test_codes_of_a_list_are_as_good_as_ones_own(book: Book) -> None:
    take(book, TICKETS)
    end_import(book, 1)

    book.vend(Outcome.DELIVERED, tag=THIRD)

    assert (book.taken(THIRD), is_revoked(book, THIRD)) == (1, False)


def test_the_end_of_a_list_revokes_and_keeps_its_version(book: Book) -> None:
    take(book, PASSES, TICKETS)

    end_import(book, 3, "spring", tags=(THIRD,))

    assert [is_revoked(book, tag) for tag in (TAG, OTHER, THIRD)] == [True, True, True]
    assert ask(book, ListSigners()) == Signers(((SIGNER, 3),))


def test_an_older_list_is_refused_with_all_that_it_revokes(book: Book) -> None:
    take(book, PASSES)
    end_import(book, 3)

    refuses(book, EndImport(SIGNER, 2, ("spring",), (TAG,)), "a newer list of this signer was taken before")


def test_the_same_list_and_a_newer_one_are_taken(book: Book) -> None:
    take(book, PASSES)
    end_import(book, 3)

    end_import(book, 3, tags=(TAG,))
    end_import(book, 4, tags=(OTHER,))

    assert [is_revoked(book, tag) for tag in (TAG, OTHER)] == [True, True]


def test_one_signers_version_is_none_of_anothers(book: Book) -> None:
    take(book, PASSES)
    take(book, TICKETS, signer=STRANGER)
    end_import(book, 9)

    end_import(book, 1, signer=STRANGER)

    assert ask(book, ListSigners()) == Signers(((SIGNER, 9), (STRANGER, 1)))


def test_no_list_revokes_a_batch_that_was_issued_here(book: Book) -> None:
    issue(book, PASSES)
    ask(book, TrustSigner(SIGNER))

    end_import(book, 1, "spring", "one that is not here")

    assert not is_revoked(book)


def test_a_batch_that_comes_again_in_a_list_changes_nothing_and_stays_revoked(book: Book) -> None:
    issue(book, PASSES)
    take(book, TICKETS)
    end_import(book, 1, "autumn")
    before = book.everything()

    take(book, TICKETS, replace(PASSES, tags=PASSES.tags[::-1]))

    assert book.everything() == before


def test_a_number_that_is_here_already_goes_on_as_it_is_and_the_rest_of_its_list_is_taken(book: Book) -> None:
    issue(book, replace(PASSES, batch="ours", tags=(TAG,), kind=Kind.NUMBER))
    theirs = replace(PASSES, batch="theirs", kind=Kind.NUMBER, policy="other")

    take(book, theirs)
    before = book.everything()
    take(book, theirs)  # the same again is still the same

    assert [found.policy for tag in (TAG, OTHER) if (found := book.ledger.find_code(tag))] == ["generous", "other"]
    assert book.everything() == before


def test_another_batch_under_a_name_of_a_list_is_refused(book: Book) -> None:
    take(book, PASSES)

    for tags in ((TAG,), (TAG, OTHER, THIRD), (TAG, THIRD)):
        refuses(book, AddBatch(replace(PASSES, tags=tags), SIGNER), "is there already, and is another one")
