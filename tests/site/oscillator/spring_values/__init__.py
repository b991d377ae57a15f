"""The values of the pages on the spring."""

import spring

__all__ = ["spring"]
