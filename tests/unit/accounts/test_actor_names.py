"""What the actors of events are called."""

from bootstrap import Container
from tests.fakes import ADMIN


def test_a_script_may_act_under_any_name(registry: Container) -> None:
    names = registry.name_actors()(actor=ADMIN, names=["user:night shift", "system:lab-import", "nobody"])
    assert names == {"user:night shift": "night shift", "system:lab-import": "lab-import", "nobody": None}
