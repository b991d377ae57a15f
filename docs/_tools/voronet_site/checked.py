"""What the check of this site's equations found, as the build has it."""

from dataclasses import asdict
from functools import cache

from literate.build_cache import cached
from literate.equations import Report, Site
from literate.equations.jobs import load_report

SITE = Site(samples="voronet_site.samples", package="voronet", values="voronet_site.values")


@cache
def report() -> Report:
    """Return what the build found; outside a build, check the whole site."""
    return load_report(cached("literate.equations.jobs:check_all", asdict(SITE)))
