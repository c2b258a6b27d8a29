"""When a schedule starts its runs: Unix cron's five fields, as Vertex AI takes them."""

import re
import zoneinfo

_FIELDS = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 7)}
_NAMES = {
    "month": ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    "weekday": ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
}
_EXAMPLES = "write five fields, as in '0 3 * * 1' or 'TZ=Asia/Tokyo 0 3 * * 1'"


def check_cron(text: str) -> str | None:
    """What is wrong with a cron expression; None if nothing is.

    Args:
        text: Minute, hour, day, month, weekday; ``TZ=ZONE`` or ``CRON_TZ=ZONE`` before them if it is not UTC.

    Example:
        >>> check_cron("TZ=Asia/Tokyo 0 3 * * mon-fri")
        >>> check_cron("0 25 * * 1")
        "hour: '25' is not within 0 to 23"
    """
    zone, fields = re.fullmatch(r"(?:(?:CRON_)?TZ=(\S+)\s+)?(.*)", text.strip(), re.DOTALL).groups()  # type: ignore[union-attr]  # all of it is optional
    if zone and zone not in zoneinfo.available_timezones():
        return f"{zone!r} is no time zone, such as Asia/Tokyo"
    values = fields.split()
    if len(values) != len(_FIELDS):
        return _EXAMPLES
    return next(filter(None, map(_check_field, _FIELDS, values)), None)


def _check_field(name: str, value: str) -> str | None:
    low, high = _FIELDS[name]
    names = _NAMES.get(name, ())
    for part in value.split(","):
        span, _, step = part.partition("/")
        bounds = [] if span == "*" else span.lower().split("-")
        numbers = [str(names.index(one) + low) if one in names else one for one in bounds]
        if len(numbers) > 2 or not all(map(str.isdecimal, [*numbers, step or "1"])):
            return f"{name}: {part!r} is neither *, a number, FROM-TO nor one of these with /STEP"
        if not all(low <= int(number) <= high for number in numbers) or int(step or 1) < 1:
            return f"{name}: {part!r} is not within {low} to {high}"
        if [int(number) for number in numbers] != sorted(map(int, numbers)):
            return f"{name}: {part!r} ends before it begins"
    return None
