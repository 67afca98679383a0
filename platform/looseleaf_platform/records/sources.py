"""Where reads select from: sources, never tables. A source has the columns of an object's table under their names.

One function stands between every read and the storage. Today it knows the live records; an overlay of a draft's own rows over them,
or the records as of a past date, are other sources with the same columns, and no reader will notice.
"""

from __future__ import annotations

from sqlalchemy import FromClause

from looseleaf_platform.records.runtime import ObjectRuntime


def source(found: ObjectRuntime, *, again: bool = False) -> FromClause:
    """The records of an object, deleted ones too. `again`: a view of its own, for a statement that reads the object twice."""
    return found.table.alias() if again else found.table
