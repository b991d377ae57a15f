"""The spring's own tests: its equations, held by hand."""

import numpy as np
import pytest
import spring


@pytest.mark.equation("eq:frequency")
def test_a_spring_with_numbers_of_a_right_triangle():
    assert spring.frequency(5.0, 3.0) == 4.0


@pytest.mark.equation("eq:position", "eq:energy")
def test_a_spring_at_rest():
    assert spring.position(0.0, 2.0, 5.0, 3.0) == 2.0
    assert spring.energy(0.0, 2.0, 5.0, 0.0) == 50.0


@pytest.mark.equation("eq:loss")
def test_the_energy_falls():
    energy = spring.energy(np.linspace(0, 3, 50), 2.0, 5.0, 3.0)
    assert (np.diff(energy) <= 0).all()
