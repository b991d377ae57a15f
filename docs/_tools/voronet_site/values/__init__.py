"""The worked examples of the derivation pages, one module for each page."""
