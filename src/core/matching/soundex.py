"""American Soundex, as the United States National Archives define it."""

_CODES = {
    letter: digit
    for digit, letters in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), start=1)
    for letter in letters
}


def soundex(folded: str) -> str:
    """A letter and three digits, or "" if the text has no letter."""
    letters = [c for c in folded if c.isalpha()]
    if not letters:
        return ""
    digits: list[int] = []
    last = _CODES.get(letters[0])
    for letter in letters[1:]:
        code = _CODES.get(letter)
        if code is not None and code != last:
            digits.append(code)
        if letter not in "hw":  # equal codes around h or w count once
            last = code
    return letters[0] + "".join(map(str, [*digits, 0, 0, 0][:3]))
