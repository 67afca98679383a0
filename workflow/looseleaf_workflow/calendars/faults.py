"""What is wrong with a calendar or a yearly notice, said at a pointer: the kinds turn it into problems with places."""

from __future__ import annotations

from dataclasses import dataclass

from looseleaf_metadata.documents import Document
from looseleaf_metadata.problems import Problem
from looseleaf_metadata.texts import Text


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault at a JSON pointer of a document; `key`: it is about the key that leads there."""

    pointer: str
    code: str
    message: Text
    suggestion: Text | None = None
    key: bool = False

    def of(self, document: Document) -> Problem:
        """The fault as a problem of the document that it was found in."""
        return document.problem(self.pointer, self.code, self.message, self.suggestion, key=self.key)
