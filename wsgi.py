"""The WSGI entry: `gunicorn wsgi:app`. The workspace comes from LOOSELEAF_DATABASE_URL."""

from looseleaf_ui_builder.compose import app_from_environment

app = app_from_environment()
