from argparse import ArgumentParser
from contextlib import nullcontext, suppress
from io import StringIO

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from adapters.cli.demo_data import DEMO_ACCOUNTS, DEMO_PASSWORD
from adapters.cli.management.commands.load_demo import ensure_not_production
from adapters.cli.management.commands.upstream_simulator import outage_command
from adapters.cli.serving import demo_upstream, ensure_port_free, server, stop_on_signals, wait_until_live
from adapters.cli.simulator import HOST


class Command(BaseCommand):
    help = "Serves the registry with demo data and a demo upstream until Ctrl-C. Refused in production."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: object, port: int, **options: object) -> None:
        ensure_not_production()
        ensure_port_free(port)
        stop_on_signals()
        configured: str = settings.EXTERNAL_API_BASE_URL
        with suppress(KeyboardInterrupt):
            self._migrate()
            call_command("load_demo", stdout=self.stdout)
            connections.close_all()
            with (
                nullcontext(configured) if configured else demo_upstream() as upstream,
                server(port, {"EXTERNAL_API_BASE_URL": upstream}) as process,
            ):
                wait_until_live(process, port)
                self._print_addresses(f"http://{HOST}:{port}", upstream, is_demo=not configured)
                raise CommandError(f"The server stopped unexpectedly, with exit code {process.wait()}.")
        self.stdout.write("Stopped.")

    def _migrate(self) -> None:
        report = StringIO()
        call_command("migrate", interactive=False, no_color=True, stdout=report)
        applied = report.getvalue().count("... OK")
        if applied:
            self.stdout.write(f"Database: {applied} migrations applied.")

    def _print_addresses(self, home: str, upstream: str, *, is_demo: bool) -> None:
        lines = {
            "The registry": f"{home}/",
            "Console": f"{home}/console/",
            "API docs": f"{home}/api/docs/",
            "Sign in as": ", ".join(DEMO_ACCOUNTS),
            "Password": DEMO_PASSWORD,
            "Upstream": upstream,
        }
        if is_demo:
            lines["Cause an outage"] = outage_command(upstream)
        self.stdout.write("\n" + "\n".join(f"{name:16} {value}" for name, value in lines.items()))
        self.stdout.write("\nStop with Ctrl-C.\n")
        self.stdout.flush()
