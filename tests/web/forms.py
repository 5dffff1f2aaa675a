"""Forms as a browser sends them."""

import re
from html import unescape

_LISTS = ("identifiers", "addresses", "other_phones", "other_names", "contacts")
_VALUE = re.compile(r'\bvalue="([^"]*)"')


def record_form(**given: str) -> dict[str, str]:
    """The fields of a record without rows, but for what is given."""
    totals = {f"{name}-TOTAL_FORMS": "1" for name in _LISTS} | {f"{name}-INITIAL_FORMS": "0" for name in _LISTS}
    return totals | given


def filled_in(page: str, form_id: str = "record") -> dict[str, str]:
    """What the browser would send if nobody changed anything on the page."""
    [form] = re.findall(rf'<form id="{form_id}".*?</form>', page, re.DOTALL)
    sent: dict[str, str] = {}
    for tag in re.finditer(r"<input\b[^>]*>", form):
        name, value = re.search(r'\bname="([^"]+)"', tag[0]), _VALUE.search(tag[0])
        if name and (not re.search('type="(?:checkbox|radio)"', tag[0]) or " checked" in tag[0]):
            sent[name[1]] = unescape(value[1]) if value else "on" if "checkbox" in tag[0] else ""
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or _VALUE.search(options)
        sent[name] = chosen[1] if chosen else ""
    for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        sent[name] = unescape(text)
    return sent
