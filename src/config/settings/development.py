import os

from config.settings.base import *
from config.settings.base import DEVELOPMENT_SECRET, env

DJANGO_ENV = "development"
SECRET_KEY = os.environ.get("SECRET_KEY", DEVELOPMENT_SECRET)
ALLOWED_HOSTS = env.str("ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")
LOG_READABLE = True
