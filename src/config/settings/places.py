"""Where the registry's files are. A wheel has the OpenAPI file in it; in a checkout it is one of the documents."""

from pathlib import Path

_PACKAGED = Path(__file__).parents[1] / "openapi.json"
_CHECKOUT = Path(__file__).resolve().parents[3]
_IS_PACKAGED = _PACKAGED.exists()

SCHEMA_FILE = _PACKAGED if _IS_PACKAGED else _CHECKOUT / "docs" / "openapi.json"
DATA_DIR = (Path.cwd() if _IS_PACKAGED else _CHECKOUT) / "var"
