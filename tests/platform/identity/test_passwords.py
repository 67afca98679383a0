"""What counts as a password, and how it is checked."""

import pytest

from looseleaf_platform.errors import Refused
from looseleaf_platform.identity import passwords


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password-length"),
        ("x" * 257, "password-length"),
        ("password123", "password-common"),
        ("ababababab", "password-common"),
        ("Chen.Qiming@firm.example", "password-personal"),
        ("chen.qiming", "password-personal"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(password: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        passwords.refuse_weak(password, "陈启明", "chen.qiming@firm.example")
    assert [fault.code for fault in refused.value.faults] == [code]
    assert refused.value.faults[0].say("zh") != refused.value.faults[0].say("en")


def test_a_long_sentence_is_a_good_password() -> None:
    passwords.refuse_weak("七点半 在老地方 见面", "陈启明", "chen.qiming@firm.example")


def test_only_the_right_password_fits_its_hash_and_none_fits_no_hash() -> None:
    stored = passwords.hashed("correct horse battery")
    assert passwords.right("correct horse battery", stored)
    assert not passwords.right("correct horse batterY", stored)
    assert not passwords.right("correct horse battery", None)
    assert not passwords.right("correct horse battery", "not a hash")


def test_hashes_of_one_password_differ() -> None:
    assert passwords.hashed("correct horse battery") != passwords.hashed("correct horse battery")


def test_a_hash_of_todays_strength_is_not_outdated() -> None:
    assert not passwords.outdated(passwords.hashed("correct horse battery"))
    assert passwords.outdated("$argon2id$v=19$m=8192,t=1,p=1$c2FsdHNhbHRzYWx0$kAlq0aEHRDNOJbl9AxRVIfy3drgCjjhGvpyy0wtlbGg")
