"""What the symbols of the spring's notation table stand for."""

# ruff: noqa: ARG002 - the arguments are those that the check gives

import numpy as np
import spring


def draws():
    """Draw five springs."""
    return [Swing(np.random.default_rng(seed)) for seed in range(5)]


class Swing:
    """One spring, with random numbers."""

    def __init__(self, rng):
        self.rng = rng
        self.amplitude, self.damping = rng.uniform([1, 0.1], [2, 0.5])
        self.natural = rng.uniform(1, 2)
        self.frequency = spring.frequency(self.natural, self.damping)
        self.drawn = {}

    def __str__(self):
        return f"amplitude {self.amplitude:.2f}"

    def value(self, path, index):
        return getattr(self, path)

    def anything(self, name, shape):
        return self.drawn.setdefault(name, self.rng.normal(size=shape))

    def function(self, path):
        if path == "cosine":
            return spring.cosine
        numbers = (self.amplitude, self.natural, self.damping)
        return lambda time: getattr(spring, path)(time, *numbers)

    def model(self, path="", index=None, spot=0):
        return self  # the functions take complex numbers as they are
