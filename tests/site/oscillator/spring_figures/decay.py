"""How the motion dies down."""

import numpy as np
import spring
from matplotlib.figure import Figure


def place():
    """Draw the place of the mass over time."""
    figure = Figure()
    time = np.linspace(0, 2, 60)
    figure.subplots().plot(time, spring.position(time, 1.0, 5.0, 3.0), color="#1040a0")
    return figure
