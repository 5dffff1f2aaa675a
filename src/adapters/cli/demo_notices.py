"""The demo notices, in Markdown."""

from attrs import frozen

from core.access import Role


@frozen
class Notice:
    title: str
    role: Role
    content: str
    published: bool = True


NOTICES = (
    Notice(
        "Opening hours over the holidays",
        Role.EDITOR,
        """The registration desk is open on these days:

| day | hours |
| --- | --- |
| 24 December | 08:00 to 12:00 |
| 27 to 30 December | 08:00 to 16:00 |
| 31 December | 08:00 to 12:00 |

On all other days the **emergency desk** takes registrations. Call before you send patients there.
""",
    ),
    Notice(
        "How to register a newborn",
        Role.AUTHOR,
        """A newborn is registered on the day of birth, under the name the parents give.

1. Search for the mother first: *last name, date of birth*.
2. Register the child with the email of the mother, with `+` and the first name before the @.
3. Sync the record on the next day, when the national number is there.

> Is there no first name yet? Use *Baby*, and change it later: the history keeps both.
""",
    ),
    Notice(
        "What to do while the national registry is down",
        Role.AUTHOR,
        """## You can go on working

Every record stays as it was when it was last synced, and says how old that is. Register, search and change as always.

## What you will see

- *Stale*: the national registry did not answer, and this is the last good copy.
- *Conflict*: we and they changed the same field. Ours was kept; please compare the two.

Nothing is lost, and nothing has to be typed twice.
""",
    ),
    Notice(
        "Flu vaccination for staff",
        Role.AUTHOR,
        """Every Tuesday in November from 12:00 to 14:00, in room 2.14. No appointment is needed.
""",
    ),
    Notice(
        "New badge readers in spring",
        Role.EDITOR,
        """Dates follow as soon as the supplier confirms them.
""",
        published=False,
    ),
)
