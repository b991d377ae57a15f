"""A damped spring: another subject, to show that the machinery serves any."""

import numpy as np

__all__ = ["energy", "frequency", "position", "velocity"]
cosine = np.cos


# --8<-- [start:frequency]
def frequency(natural, damping):
    """Return ω, the angular frequency of the damped spring."""
    return np.sqrt(natural**2 - damping**2)


# --8<-- [end:frequency]


def position(time, amplitude, natural, damping):
    """Return q(t)."""
    swing = cosine(frequency(natural, damping) * time)
    return amplitude * np.exp(-damping * time) * swing


def velocity(time, amplitude, natural, damping):
    """Return v(t), the derivative of q(t)."""
    omega = frequency(natural, damping)
    fall = damping * cosine(omega * time) + omega * np.sin(omega * time)
    return -amplitude * np.exp(-damping * time) * fall


def energy(time, amplitude, natural, damping):
    """Return E(t), kinetic and potential energy of a unit mass."""
    at = (time, amplitude, natural, damping)
    return velocity(*at) ** 2 / 2 + natural**2 * position(*at) ** 2 / 2
