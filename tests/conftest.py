"""What the tests share: a seeded generator, and how Hypothesis draws."""

import numpy as np
import pytest
from hypothesis import settings

# Draw the same examples at each run, so that a failure repeats; no example is timed.
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=50)
# Draw new and more examples: pytest --hypothesis-profile=search
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile("steady")


@pytest.fixture
def rng():
    """Give each test its own generator, always with the same seed."""
    return np.random.default_rng(2019)
