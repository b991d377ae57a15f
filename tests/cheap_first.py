"""A plugin for mutation testing: what draws many examples comes last."""


def pytest_collection_modifyitems(items):
    """Let a mutant die by a single example where it can."""
    items.sort(key=lambda item: hasattr(item.function, "hypothesis"))
