"""Ids of records: ordered, unique, and shown as 13 characters that say the same."""

import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looseleaf_platform.records.ids import ALPHABET, LARGEST, IdMaker, decode, encode, new_id, new_ids


@given(st.integers(0, LARGEST))
def test_an_id_survives_being_shown(id: int) -> None:
    shown = encode(id)
    assert len(shown) == 13
    assert set(shown) <= set(ALPHABET)
    assert decode(shown) == decode(shown.lower()) == id


@given(st.integers(0, LARGEST), st.integers(0, LARGEST))
def test_shown_ids_sort_as_ids_do(one: int, other: int) -> None:
    assert (encode(one) < encode(other)) == (one < other)


@given(st.lists(st.integers(1, 2000), min_size=1, max_size=8))
def test_ids_of_one_process_ascend_however_they_are_drawn(batches: list[int]) -> None:
    maker = IdMaker()
    made = [id for count in batches for id in maker.many(count)]
    assert made == sorted(set(made))
    assert len(made) == sum(batches)
    assert made[-1] <= LARGEST


def test_letters_that_look_like_digits_are_taken_for_them() -> None:
    assert decode("OIL0000000000") == decode("0110000000000")


@pytest.mark.parametrize(
    "text", ["", "0", "0" * 12, "0" * 14, "U000000000000", "8000000000000", "００００００００００００１", "0000000-00000"]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"id"):
        decode(text)


@pytest.mark.parametrize("number", [-1, LARGEST + 1])
def test_numbers_outside_the_range_are_not_shown(number: int) -> None:
    with pytest.raises(ValueError, match="is no id"):
        encode(number)


def test_threads_share_one_sequence() -> None:
    made: list[int] = []

    def draw() -> None:
        mine = [new_id() for _ in range(3000)]
        assert mine == sorted(mine)
        made.extend(mine)

    threads = [threading.Thread(target=draw) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 24_000


def test_processes_at_the_same_time_make_different_ids() -> None:
    program = "from looseleaf_platform.records.ids import new_ids; print(*new_ids(20000))"
    processes = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    made = [int(word) for process in processes for word in process.communicate()[0].split()]
    assert len(set(made)) == 60_000
    assert min(new_ids(1)) > max(made) - (1 << 32)  # and they are of the same time
