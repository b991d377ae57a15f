"""The values of the pages, a module for each; every page has these two names."""

import numpy as np

import voronet

__all__ = ["np", "voronet"]
