"""The settings of development, with a cheap password hash: a sign-in to the demo would take most of a second."""

from config.settings.development import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
