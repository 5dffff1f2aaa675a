"""Exits with 0 if the server in this container is alive."""

import os
import sys
from http.client import HTTPConnection, HTTPException

host = os.environ["ALLOWED_HOSTS"].split(",")[0].lstrip(".")
connection = HTTPConnection("127.0.0.1", int(os.environ["GRANIAN_PORT"]), timeout=4)
try:
    connection.request("GET", "/health/live", headers={"Host": host})
    status = connection.getresponse().status
except (OSError, HTTPException) as error:
    sys.exit(f"The server does not respond: {error}")
if status != 200:
    sys.exit(f"The status is {status}.")
