"""The door to writing documents: canonical YAML of data, and edits of a text that keep its comments."""

from looseleaf_metadata.canonical import write_document, write_documents
from looseleaf_metadata.commands import CannotEdit, Command, Insert, Move, Remove, Rename, Set, apply_commands, command_from
from looseleaf_metadata.editing import edit_document

__all__ = [
    "CannotEdit",
    "Command",
    "Insert",
    "Move",
    "Remove",
    "Rename",
    "Set",
    "apply_commands",
    "command_from",
    "edit_document",
    "write_document",
    "write_documents",
]
