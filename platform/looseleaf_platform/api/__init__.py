"""The HTTP API: records, metadata, OpenAPI and health. Translates between HTTP and the platform's functions; decides nothing."""

from __future__ import annotations

from looseleaf_platform.api.blueprint import make_api

__all__ = ["make_api"]
