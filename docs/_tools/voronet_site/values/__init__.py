"""The values of the pages, a module for each; every page has these names."""

import numpy as np

import voronet
from voronet_site.so_far import count_lines

__all__ = ["count_lines", "np", "voronet"]
