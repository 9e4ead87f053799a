def make_divisible(value: float, divisor: int = 8) -> int:
    """The nearest multiple of `divisor`, not below 90 % of `value` (MobileNet)."""
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded
