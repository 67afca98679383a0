"""The wing's part of the REST API: routes under /api/v1 and their OpenAPI description."""
