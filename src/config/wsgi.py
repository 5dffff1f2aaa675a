from django.core.wsgi import get_wsgi_application

from adapters.telemetry.metrics import SERVERS
from config.registry import choose_settings

choose_settings()
application = get_wsgi_application()
SERVERS.set(1)
