from argparse import ArgumentParser
from contextlib import suppress

from django.core.management.base import BaseCommand, CommandError

from adapters.cli.demo_data import upstream_records
from adapters.cli.serving import stop_on_signals
from adapters.cli.simulator import UpstreamSimulator
from adapters.cli.switches import InvalidSwitch, Switches

SWITCHES = ("latency", "error_rate", "rate_limit", "outage")


class Command(BaseCommand):
    help = "Serves a demo upstream with most demo patients, which can be slow, failing, rate-limited or down."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=9000, help="0 chooses a free port")
        parser.add_argument("--latency", type=float, default=0, metavar="SECONDS", help="delay of each response")
        parser.add_argument(
            "--error-rate",
            type=float,
            default=0,
            metavar="SHARE",
            help="share of calls that fail with 500, from 0 to 1",
        )
        parser.add_argument("--rate-limit", type=int, metavar="N", help="calls per second; further ones get 429")
        parser.add_argument("--outage", action="store_true", help="close every connection without a response")

    def handle(self, *args: object, **options: object) -> None:
        stop_on_signals()
        with suppress(KeyboardInterrupt), self._listening(options) as simulator:
            self.stdout.write(f"The demo upstream listens on {simulator.url}, until Ctrl-C.")
            self.stdout.write(f"Cause an outage:  {outage_command(simulator.url)}")
            self.stdout.write(f"See its state:    curl {simulator.url}/control")
            self.stdout.flush()
            simulator.serve_forever()

    def _listening(self, options: dict[str, object]) -> UpstreamSimulator:
        port = options["port"]
        try:
            switches = Switches().changed({name: options[name] for name in SWITCHES})
            return UpstreamSimulator(int(str(port)), upstream_records(), switches)
        except InvalidSwitch as error:
            raise CommandError(str(error)) from None
        except (OSError, OverflowError) as error:
            raise CommandError(f"The demo upstream cannot listen on port {port}: {error}. Try --port.") from None


def outage_command(url: str) -> str:
    return f"curl -X PUT {url}/control -d '{{\"outage\": true}}'"
