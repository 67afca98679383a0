"""Every sentence for people exists in Chinese, with the same values in it; no catalog keeps what nobody says any more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from looseleaf_metadata.texts import catalog
from looseleaf_ui_builder.cli import COMMANDS
from support.sentences import all_sentences
from support.shared_data import ROOT

CATALOGS = sorted(path for wing in ("metadata", "platform", "workflow", "ui_builder") for path in (ROOT / wing).glob("*/locale/zh/*.po"))
VALUE = re.compile(r"\{(\w+)[^}]*\}|%\((\w+)\)s")


def test_every_sentence_has_its_chinese() -> None:
    chinese = catalog("zh")
    silent = {sentence: place for sentence, place in all_sentences().items() if sentence not in chinese}
    assert not silent, "\n".join(f"{place}  {sentence!r}" for sentence, place in silent.items())


def test_every_command_is_explained_in_chinese() -> None:
    assert set(COMMANDS.values()) <= set(catalog("zh"))


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: f"{path.parts[-4]}-{path.stem}")
def test_a_translation_has_the_values_of_its_sentence_and_full_width_punctuation(path: Path) -> None:
    with path.open("rb") as file:
        messages = [message for message in read_po(file, locale="zh") if message.id]
    for message in messages:
        assert set(VALUE.findall(str(message.string))) == set(VALUE.findall(str(message.id))), message.id
        assert message.string, message.id
        bare = VALUE.sub("", str(message.string))
        assert not re.search(r"[一-鿿][,;?!]|[一-鿿]:(?!//)", bare), f"half-width punctuation in {message.string!r}"


def test_no_sentence_is_translated_in_two_ways() -> None:
    found: dict[str, tuple[str, str]] = {}
    for path in CATALOGS:
        with path.open("rb") as file:
            for message in read_po(file, locale="zh"):
                if message.id:
                    earlier = found.setdefault(str(message.id), (str(message.string), path.name))
                    assert earlier[0] == message.string, f"{message.id!r}: {earlier[1]} and {path.name}"
