"""How executed pages are executed: the configuration of nbconvert, and what it runs."""
