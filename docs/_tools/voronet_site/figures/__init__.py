"""The figures of the derivation pages, one module for each page.

Each function takes nothing, computes what it shows with voronet from a fixed seed, and
returns a matplotlib figure drawn in the light palette alone, so that a page can put its
own colours in their place.
"""
