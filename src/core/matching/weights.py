"""The weights of agreements, in bits: log2 of how much more often the agreement occurs in two records of one person.

Each level holds the share of pairs that show it: of records of one person, of two people by chance, and of two people
of one household. The shares are fixed, so that a score means the same in every registry. Increase `WEIGHTS_VERSION`
with every change: stored scores of another version are not comparable.
"""

from enum import StrEnum
from math import log2

from attrs import frozen

WEIGHTS_VERSION = 1
HOUSEHOLD_MATES = 2.5


class Field(StrEnum):
    FIRST_NAME = "first_name"
    MIDDLE_NAME = "middle_name"
    LAST_NAME = "last_name"
    DATE_OF_BIRTH = "date_of_birth"
    SEX = "sex"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    IDENTIFIER = "identifier"
    HOUSEHOLD = "household"


class Agreement(StrEnum):
    SAME = "same"
    SIMILAR = "similar"
    NICKNAME = "nickname"
    PARTIAL = "partial"
    OTHER_NAME = "other_name"
    SWAPPED = "swapped"
    SOUNDS_ALIKE = "sounds_alike"
    INITIAL = "initial"
    YEAR_AND_MONTH = "year_and_month"
    YEAR = "year"
    SAME_AREA = "same_area"
    DIFFERENT = "different"
    MISSING = "missing"
    SHARED = "shared"
    NOT_SHARED = "not_shared"


@frozen
class Level:
    """Shares from 0 to 1."""

    same_person: float
    by_chance: float
    in_household: float

    @property
    def weight(self) -> float:
        return log2(self.same_person / self.by_chance)

    @property
    def household_weight(self) -> float:
        return log2(self.in_household / self.by_chance)


LEVELS: dict[Field, dict[Agreement, Level]] = {
    Field.FIRST_NAME: {
        Agreement.SAME: Level(0.75, 0.006, 0.002),
        Agreement.SIMILAR: Level(0.09, 0.006, 0.012),
        Agreement.NICKNAME: Level(0.04, 0.003, 0.003),
        Agreement.PARTIAL: Level(0.02, 0.002, 0.004),
        Agreement.OTHER_NAME: Level(0.02, 0.004, 0.006),
        Agreement.SWAPPED: Level(0.02, 0.0008, 0.0008),
        Agreement.INITIAL: Level(0.02, 0.01, 0.01),
        Agreement.SOUNDS_ALIKE: Level(0.015, 0.015, 0.015),
        Agreement.DIFFERENT: Level(0.025, 0.953, 0.947),
    },
    Field.MIDDLE_NAME: {
        Agreement.SAME: Level(0.75, 0.02, 0.04),
        Agreement.SIMILAR: Level(0.05, 0.01, 0.01),
        Agreement.INITIAL: Level(0.12, 0.06, 0.06),
        Agreement.DIFFERENT: Level(0.08, 0.91, 0.89),
    },
    Field.LAST_NAME: {
        Agreement.SAME: Level(0.76, 0.003, 0.72),
        Agreement.SIMILAR: Level(0.09, 0.004, 0.08),
        Agreement.PARTIAL: Level(0.03, 0.001, 0.03),
        Agreement.OTHER_NAME: Level(0.03, 0.002, 0.03),
        Agreement.SWAPPED: Level(0.02, 0.0008, 0.0008),
        Agreement.INITIAL: Level(0.01, 0.01, 0.01),
        Agreement.SOUNDS_ALIKE: Level(0.015, 0.015, 0.015),
        Agreement.DIFFERENT: Level(0.045, 0.964, 0.114),
    },
    Field.DATE_OF_BIRTH: {
        Agreement.SAME: Level(0.88, 0.00005, 0.01),
        Agreement.SWAPPED: Level(0.01, 0.00005, 0.00015),
        Agreement.SIMILAR: Level(0.05, 0.002, 0.0025),
        Agreement.YEAR_AND_MONTH: Level(0.9, 0.0015, 0.01),
        Agreement.YEAR: Level(0.9, 0.02, 0.04),
        Agreement.PARTIAL: Level(0.03, 0.004, 0.004),
        Agreement.DIFFERENT: Level(0.02, 0.99, 0.99),
    },
    Field.SEX: {
        Agreement.SAME: Level(0.98, 0.5, 0.5),
        Agreement.DIFFERENT: Level(0.02, 0.5, 0.5),
    },
    Field.PHONE: {
        Agreement.SAME: Level(0.65, 0.0001, 0.5),
        Agreement.SIMILAR: Level(0.04, 0.001, 0.01),
        Agreement.DIFFERENT: Level(0.31, 0.999, 0.49),
    },
    Field.EMAIL: {
        Agreement.SAME: Level(0.65, 0.00005, 0.2),
        Agreement.SIMILAR: Level(0.04, 0.0005, 0.001),
        Agreement.DIFFERENT: Level(0.31, 0.999, 0.8),
    },
    Field.ADDRESS: {
        Agreement.SAME: Level(0.6, 0.0002, 0.85),
        Agreement.SIMILAR: Level(0.2, 0.001, 0.05),
        Agreement.SAME_AREA: Level(0.08, 0.02, 0.03),
        Agreement.DIFFERENT: Level(0.12, 0.98, 0.07),
    },
    Field.IDENTIFIER: {
        Agreement.SAME: Level(0.85, 0.000002, 0.005),
        Agreement.SIMILAR: Level(0.08, 0.0005, 0.03),
        Agreement.DIFFERENT: Level(0.07, 0.999, 0.965),
    },
}
_WEIGHTS = {(field, agreement): level.weight for field, levels in LEVELS.items() for agreement, level in levels.items()}
_HOUSEHOLD_WEIGHTS = {
    (field, agreement): level.household_weight
    for field, levels in LEVELS.items()
    for agreement, level in levels.items()
}


def weight_of(field: Field, agreement: Agreement) -> float:
    """In bits; 0 if there is nothing to compare."""
    return _WEIGHTS.get((field, agreement), 0.0)


def household_weight_of(field: Field, agreement: Agreement) -> float:
    """In bits: how much more often the agreement occurs in two people of one household than by chance."""
    return _HOUSEHOLD_WEIGHTS.get((field, agreement), 0.0)
