"""The mean of paired differences with its 95 % interval by Student's t, as src/eval/interval.cpp has it, without a library."""
import math


def t_tail(t, degrees):
    """P(T > t) for t >= 0: a half less the density's integral from 0 (Simpson's rule)."""
    scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)

    def density(x):
        return scale * (1 + x * x / degrees) ** (-(degrees + 1) / 2)

    steps = 2 * max(200, math.ceil(50 * t))
    width = t / steps
    inner = sum((4 if i % 2 else 2) * density(i * width) for i in range(1, steps))
    return 0.5 - width / 3 * (density(0) + inner + density(t))


def t_quantile(degrees):
    """What T stays below with probability 0.975."""
    low, high = 0.0, 13.0  # the quantile is 12.7 for one degree of freedom, and falls
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if t_tail(middle, degrees) > 0.025 else (low, middle)
    return low


def mean_interval(values):
    """(mean, low, high); None for fewer than two values."""
    n = len(values)
    if n < 2:
        return None
    mean = sum(values) / n
    error = math.sqrt(sum((v - mean) ** 2 for v in values) / (n - 1) / n)
    half = t_quantile(n - 1) * error
    return mean, mean - half, mean + half
