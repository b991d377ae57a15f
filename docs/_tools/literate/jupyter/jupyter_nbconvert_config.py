"""nbconvert's own configuration file: mkdocs-jupyter loads it for every page."""

# ruff: noqa: F821

c.HTMLExporter.default_preprocessors = ["literate.jupyter.execute.PagePreprocessor"]
