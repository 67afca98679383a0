"""The stories of failpoints judge with plain asserts: what they say of a failure is worked out as in tests."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    "chaos.stories",
    "chaos.stories_of_events",
    "chaos.stories_of_metadata",
    "chaos.stories_of_people",
    "chaos.stories_of_work",
    "chaos.stories_of_workflow",
)
