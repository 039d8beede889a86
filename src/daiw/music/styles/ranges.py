"""The one way in which a style refuses a value: by name, with the range and what was given."""


def check_range(owner: object, low: float, high: float, *names: str) -> None:
    """Raise ValueError where a field of `owner` lies outside low..high or is not a number; None, a field left out, passes."""
    for name in names:
        value = getattr(owner, name)
        if value is not None and not low <= value <= high:
            raise ValueError(f"{name} must lie in {low:g}..{high:g}, got {value:g}")
