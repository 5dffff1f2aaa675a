from config.settings.databases import database


def test_options_in_a_databases_url_are_kept_and_come_first() -> None:
    options = database("postgres://user@host/name?sslmode=require&connect_timeout=9")["OPTIONS"]
    assert isinstance(options, dict)
    assert (options["sslmode"], options["connect_timeout"], options["prepare_threshold"]) == ("require", 9, 5)
