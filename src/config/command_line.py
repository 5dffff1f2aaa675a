"""The command `patient-registry`: Django's management commands. Its help lists those that operate a registry."""

import sys

from config.registry import choose_settings
from core import __version__

try:
    from django.core.management import ManagementUtility, get_commands, load_command_class
except ModuleNotFoundError as error:
    raise SystemExit("This command needs Django. Install patient-registry with its extra: [server]") from error

OF_DJANGO = {"check", "collectstatic", "migrate", "showmigrations"}


class Commands(ManagementUtility):
    def main_help_text(self, commands_only: bool = False) -> str:
        if commands_only or self.settings_exception:
            return super().main_help_text(commands_only)
        lines = [f"Type '{self.prog_name} help COMMAND' for the options of a command.", ""]
        for name, app in sorted(get_commands().items()):
            if app == "adapters.cli" or name in OF_DJANGO:
                first_sentence = load_command_class(app, name).help.split(". ")[0].removesuffix(".")
                lines.append(f"{name:26} {first_sentence}")
        return "\n".join(lines)


def main() -> None:
    choose_settings()
    if sys.argv[1:] in (["version"], ["--version"]):
        sys.stdout.write(f"{__version__}\n")
    else:
        Commands(sys.argv).execute()
