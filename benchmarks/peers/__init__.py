"""The same reads, as a competent user of another framework would serve them. Each module has a WSGI `app`."""
