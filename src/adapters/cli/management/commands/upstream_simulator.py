from argparse import ArgumentParser
from contextlib import suppress

from django.core.management.base import BaseCommand, CommandError

from adapters.cli.demo_data import upstream_records
from adapters.cli.serving import stop_on_signals
from adapters.cli.simulator import UpstreamSimulator
from adapters.cli.switches import Switches, SwitchRefused

SWITCHES = ("latency", "error_rate", "rate_limit", "outage")


class Command(BaseCommand):
    help = "Serves a demo upstream that knows most demo patients, and can be slow, failing, rate-limited or down."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=9000, help="0 takes a free one")
        parser.add_argument("--latency", type=float, default=0, metavar="SECONDS", help="how long each answer takes")
        parser.add_argument("--error-rate", type=float, default=0, metavar="SHARE", help="0 to 1: calls answered 500")
        parser.add_argument("--rate-limit", type=int, metavar="N", help="calls a second; more are answered 429")
        parser.add_argument("--outage", action="store_true", help="close every connection without an answer")

    def handle(self, *args: object, **options: object) -> None:
        stop_on_signals()
        with suppress(KeyboardInterrupt), self._listening(options) as simulator:
            self.stdout.write(f"The demo upstream listens on {simulator.url}, until Ctrl-C.")
            self.stdout.write(f"Switch it:  {how_to_switch(simulator.url)}")
            self.stdout.write(f"Watch it:   curl {simulator.url}/control")
            self.stdout.flush()
            simulator.serve_forever()

    def _listening(self, options: dict[str, object]) -> UpstreamSimulator:
        port = options["port"]
        try:
            switches = Switches().changed({name: options[name] for name in SWITCHES})
            return UpstreamSimulator(int(str(port)), upstream_records(), switches)
        except SwitchRefused as refused:
            raise CommandError(str(refused)) from None
        except (OSError, OverflowError) as error:
            raise CommandError(f"The demo upstream cannot listen on port {port}: {error}. Try --port.") from None


def how_to_switch(url: str) -> str:
    return f"curl -X PUT {url}/control -d '{{\"outage\": true}}'"
