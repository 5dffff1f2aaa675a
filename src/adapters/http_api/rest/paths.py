API_PATHS = ("/api/", "/fhir/")
"""Where there are no pages, but for the documentation of the API."""
