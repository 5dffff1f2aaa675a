#!/usr/bin/env python
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "src"))

from django.core.management import execute_from_command_line

from config.registry import choose_settings

if __name__ == "__main__":
    choose_settings()
    execute_from_command_line(sys.argv)
