"""The kinds of documents, one file each. Adding one: a file here and a line in KINDS (extensions: `Vocabulary.kinds`)."""

from __future__ import annotations

from collections.abc import Mapping

from looseleaf_metadata.kinds.app import AppKind
from looseleaf_metadata.kinds.base import Kind
from looseleaf_metadata.kinds.extend import ExtendKind
from looseleaf_metadata.kinds.form import FormKind
from looseleaf_metadata.kinds.import_mapping import ImportKind
from looseleaf_metadata.kinds.menu import MenuKind
from looseleaf_metadata.kinds.object import ObjectKind
from looseleaf_metadata.kinds.role import RoleKind
from looseleaf_metadata.kinds.scenario import ScenarioKind
from looseleaf_metadata.kinds.seed import SeedKind
from looseleaf_metadata.kinds.view import ViewKind
from looseleaf_metadata.vocabulary import Vocabulary

KINDS: tuple[Kind, ...] = (
    AppKind(),
    ObjectKind(),
    ExtendKind(),
    RoleKind(),
    FormKind(),
    ViewKind(),
    MenuKind(),
    ImportKind(),
    SeedKind(),
    ScenarioKind(),
)
"""Built in this order: a kind may refer to what stands before it."""


def kinds_of(vocabulary: Vocabulary) -> Mapping[str, Kind]:
    """All kinds by name, those of extensions last."""
    return {kind.name: kind for kind in (*KINDS, *vocabulary.kinds)}
