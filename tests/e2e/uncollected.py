"""The settings of production, with static files that `collectstatic` did not collect."""

from config.settings import production
from config.settings.production import *  # noqa: F403

globals()["STORAGES"] = production.STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
