"""Texts of the core and of other adapters, which know no languages: they are translated where a page shows them.

`_(…)` only marks them, for `make messages`. A `{name}` stands for any text.
"""

import re
from functools import cache

from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

MESSAGES = (
    _("You may not do this: it needs the permission {permission}."),
    _("You may not do this: the account has permissions that you lack, such as {permission}."),
    _("You may not do this: only the author and editors can change a post."),
    _("You may not do this: only the author of a comment and editors can remove it."),
    _("You may not do this."),
    _("The request was refused."),
    _("There is no such record."),
    _("This contradicts another record."),
    _("The resource no longer exists."),
    _("The record has changed since it was read. Read it again, then repeat the change."),
    _("Sign in first."),
    _("The registry cannot answer right now. Try again later."),
    _("It is unknown whether the change was stored. Check before repeating it."),
    _("Too many calls. Try again later."),
    _("Too many requests. Wait, then try again."),
    _("This request was done before. Its answer is no longer stored."),
    _("This Idempotency-Key was sent with another request or other permissions. Send a new key with a new request."),
    _("Another system sent a response that the registry cannot accept."),
    _("Some values are invalid."),
    _("The request cannot be read."),
    _("There is nothing at this address."),
    _("This address does not take this method."),
    _("The body is too large."),
    _("Something went wrong in the registry. Quote the request id when you report it."),
    # values
    _("This field is required."),
    _("Unknown field."),
    _("Must be a string."),
    _("Must be at most {number} characters."),
    _("Must not be blank."),
    _("Contains a control or invisible character."),
    _("Contains an invalid character: half of a surrogate pair."),
    _("Contains more than {number} combining marks in a row."),
    _("Must be a valid email address, such as name@example.org."),
    _("Must be one of: {names}."),
    _("Must be true or false."),
    _("Must be a list."),
    _("Must have at most {number} items."),
    _("Must be an object."),
    _("Must be a date in the form YYYY-MM-DD."),
    _("Must be a date in the form YYYY-MM-DD, YYYY-MM or YYYY."),
    _("Must be true, false, or a date in the form YYYY-MM-DD, YYYY-MM or YYYY."),
    _("Must not be in the future."),
    _("Must not be more than {number} years ago."),
    _("Must not be before the date of birth."),
    _("Must not contain an extension."),
    _("Must not contain spaces or be just dots."),
    _("Must not contain spaces or a vertical bar."),
    _("Must not contain an identifier twice."),
    _("Must be a valid {system}."),
    _("Must have first_name or last_name."),
    _("Must have at least one part besides use."),
    _("Must be a country code of two letters (ISO 3166), such as DE."),
    _("Must be a language tag (BCP 47), such as en or pt-BR."),
    # patients
    _("There is no patient with this id."),
    _("Another patient already has this email."),
    _("Another patient already has this external id."),
    _("Another patient already has one of these identifiers."),
    _("The patient is archived. Make the record inactive first. An archived record can only be erased."),
    _("The record was merged into another patient's. Use that one."),
    _("A patient's status cannot move from {before} to {after}."),
    _(
        "The last patient of the previous page was changed or erased, so its position in this order is lost. "
        "Start again from the first page, without a cursor."
    ),
    _(
        "This cursor is no longer valid: the registry was restored from a backup. Read every patient again, then "
        "follow the changes from the beginning, without a cursor."
    ),
    # matching
    _(
        "The registry already has a record of this person. If it is another person, register again with an "
        "override_reason."
    ),
    _("There is no pair of possible duplicates with this id."),
    _("This pair is decided already. To decide again, put it off first: decide later."),
    _("The two records are merged. Undo the merge first."),
    _("These records, or records merged into them, were decided to be of different persons."),
    _("There is no merge with this id."),
    _("This merge is undone already."),
    _("The surviving record was merged into another one since. Undo that merge first."),
    _("Must be chosen: together they have more than {number} items."),
    _("Must be another patient."),
    # jobs
    _("There is no job with this id."),
    _("The registry does not keep this file any more. Send it again."),
    _("The job has already ended."),
    _("The job has not ended yet. Cancel it first, or wait until it has ended."),
    _("The job is not held, so there is nothing to confirm."),
    _("Such a job is already under way."),
    _("Failed records wait to be retried."),
    _("The account that started the job is disabled or may no longer manage jobs."),
    _("No progress: {number} workers in a row started a part of the job and did not finish it."),
    _("{number} of {count} patients would change; at most {limit} may."),
    _("{number} of {count} patients would get the same {field}; at most {limit} may."),
    _("Must be one of: {names}. Archived patients are not synced."),
    # files
    _("The file is empty."),
    _("Must not be an archive or a spreadsheet other than .xlsx and .ods."),
    _("Must begin with the names of its columns, such as first_name and email."),
    _("The header must be at most 64 KiB."),
    _("Must be one row."),
    _("No row was corrected."),
    _("The column names must not contain a NUL character."),
    _("A column for first_name or last_name is required."),
    _("Unknown column. Map it with columns, or use ignore_unknown."),
    _("The file has no such column."),
    _("Another column already holds the {name}."),
    _("Another member already holds the {name}."),
    _("Must name at most {number} columns."),
    _("Must be one of: {names}; or null to ignore the column."),
    _("Must not be set for a spreadsheet."),
    _("Must be UTF-8, or its encoding must be specified."),
    _(
        "The file is not UTF-8. Specify its encoding, one of: {names}. With utf-8, only the rows that are not UTF-8 "
        "are rejected."
    ),
    _("Must have D or DD, M or MM, and YYYY, such as DD/MM/YYYY."),
    _("Must be a date as {format}. For another format, specify date_format."),
    _("Must be a date as {format} or {other}."),
    _("Must be at most 64 KiB."),
    _("Must be a JSON list."),
    _("Must be one JSON object per line, without duplicate members."),
    _("A quoted cell is not closed within {number} lines, or has text after its closing quote."),
    _("A quoted cell is not closed: it continues into the following rows."),
    _("A value is outside the named columns. The row has {number} cells."),
    _("Contains a carriage return without a line feed."),
    _("A spreadsheet has shortened this number. Format its column as text."),
    _("Each identifier must be system|value, one per line."),
    _("The row caused an internal error."),
    _("Another patient or an earlier row is certainly the same person."),
    _("An earlier row of this file has {value}."),
    # accounts
    _("There is no account with this id."),
    _("There is no user with this id."),
    _("There is no session with this id."),
    _("This user is disabled. Enable the user first."),
    _("Another user already signs in with this email."),
    _("This is the last active admin. Make another user an admin first."),
    _("The email or the password is wrong."),
    _("The code is wrong, was used or has expired. Ask an admin for a new one."),
    _("Must be {least} to {most} characters."),
    _("Too easy to guess. Use several words that are unrelated to you."),
    _("Attackers know this password from a data breach. Choose another one."),
    _("Must differ from your current password."),
    _("Must be your current password."),
    _("Another user set your password. Change it first."),
    _("The token is invalid or has expired. Sign in again."),
    _("There is no service account with this id."),
    _("Another service account already has this name. Names are never reused, because the audit trail refers to them."),
    _("This service account has no key with this id."),
    _("This service account already has two active keys. Revoke one first."),
    _("The role {role} does not have this permission."),
    _("Must be an address or a network, such as 192.0.2.0/24 or 2001:db8::/48."),
    _("Must end with the zeros of a network, such as 192.0.2.0/24."),
    _("Must not be an IPv4 network in IPv6 form, or have a zone."),
    _("Must be 3 to 50 lower-case letters, digits or inner hyphens, such as lab-import."),
    _("Must be within the next {number} days."),
    # posts
    _("There is no post with this id."),
    _("There is no comment with this id on this post."),
    _("Another post has this title or a title with the same address. Choose another title."),
    _("The post is already published."),
    _("The post is a draft. Publish it first."),
    _("Must contain at least one letter or digit."),
    _("The address {address} is reserved. Choose another title."),
    # upstream
    _("No upstream system with this name is configured."),
    _("Another override for this upstream system was added at the same time. Review it, then try again."),
    _("No external data found for patient"),
    _("The patient's external id changed during the sync. Sync again."),
    _("The upstream record is about somebody else: its id or its identifiers differ. Nothing was changed."),
    _("The upstream record has none of the fields to sync. Nothing was changed."),
    _("The upstream record is invalid: {reasons}. Nothing was changed."),
    _("No upstream system is configured, so there is nothing to sync with."),
    _("The upstream system did not answer in time."),
    _("The upstream system cannot be reached, or closed the connection early."),
    _("The upstream system has failed too often recently. Calls to it are paused. Try again later."),
    _("An administrator has isolated the upstream system."),
    _("The registry cannot check whether calls to the upstream system are allowed. Try again later."),
    _("Too many calls to the upstream system are in progress. Try again later."),
    _("The upstream system rejects the registry's credentials. An administrator must correct them."),
    _("A secure connection to the upstream system cannot be established."),
    _("A secure connection to the token server of the upstream system cannot be established."),
    _("The upstream system asks for fewer calls. Try again later."),
    _("The upstream system reports an internal error. Try again later."),
    _("The upstream system sent a response with an unexpected status."),
    _("The upstream system sent a response that is too large."),
    _("The upstream system sent a response with an invalid content encoding."),
    _("The upstream system did not respond with valid JSON."),
    _("The upstream system did not respond with a JSON object."),
)
CODES = (
    # of patients
    _("Active"), _("Inactive"), _("Archived"), _("Merged"),
    _("Female"), _("Male"), _("Other"), _("Unknown"),
    _("Home"), _("Mobile"), _("Work"), _("Temporary"), _("Old"),
    _("Maiden"), _("Former"), _("Nickname"), _("Alias"),
    _("Certain"), _("Possible"), _("Unlikely"), _("Fresh"), _("Stale"), _("Never"),
    # of what was done
    _("Registered"), _("Updated"), _("Synced"), _("Erased"), _("Merge undone"), _("Change undone"), _("Values erased"),
    _("Patient viewed"), _("Recent viewed"), _("History viewed"), _("Patients searched"), _("Patients matched"),
    _("Duplicates viewed"),
    _("Held changes viewed"), _("Changes followed"), _("Subject access"), _("Export started"), _("Export ended"),
    _("Rejects viewed"), _("Rejects downloaded"), _("Answer repeated"), _("Page viewed"), _("Refused"),
    _("Audit viewed"), _("Audit verified"), _("Backed up"), _("Signed in"), _("Sign in failed"), _("Signed out"),
    _("Password reset"), _("Reset refused"), _("Token reused"), _("Token refused"),
    # of jobs
    _("Queued"), _("Running"), _("Paused"), _("Held"), _("Completed"), _("Cancelled"), _("Failed"),
    _("Unchanged"), _("Not found"), _("Skipped"), _("Unavailable"), _("Restored"), _("Removed"),
    _("No external data"), _("Empty external data"), _("Invalid external data"), _("Wrong external data"),
    _("External id changed"), _("External id taken"), _("Email taken"), _("Identifier taken"), _("Patient not found"),
    _("Patient archived"), _("Patient merged"), _("Patients differ"), _("Status move refused"), _("Invalid answer"),
    # of problems
    _("Bad request"), _("Forbidden"), _("Method not allowed"), _("Too large"), _("Internal error"),
    _("Too many requests"), _("Conflict"), _("Gone"), _("Invalid"), _("Version mismatch"),
    # of accounts
    _("Reader"), _("Clerk"), _("Author"), _("Editor"), _("Admin"),
)  # fmt: skip


def translated(text: object) -> str:
    """A message of the core in the reader's language, or the text as it is."""
    message = str(text)
    if message in MESSAGES:
        return gettext(message)
    for template, pattern in _patterns():
        if found := pattern.fullmatch(message):
            return gettext(template).format_map(found.groupdict())
    return message


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """The most specific ones first."""
    templates = sorted((one for one in MESSAGES if "{" in one), key=len, reverse=True)
    return [(one, re.compile(_PLACE.sub(r"(?P<\1>.+)", re.escape(one)), re.DOTALL)) for one in templates]


_PLACE = re.compile(r"\\{(\w+)\\}")


def in_words(code: object) -> str:
    """`year_and_month` as `Year and month`, in the reader's language."""
    words = str(code).replace("_", " ").replace("-", " ").capitalize()
    return gettext(words) if words else ""


lazy_words = lazy(in_words, str)
