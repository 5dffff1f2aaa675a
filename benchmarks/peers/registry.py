"""The registry itself."""

from config.wsgi import application as app

__all__ = ["app"]
