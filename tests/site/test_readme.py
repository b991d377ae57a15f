"""What the README and the configuration of the site promise."""

import re
import tomllib

import yaml

from voronet_site import ROOT

README = (ROOT / "README.md").read_text()
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_there_are_two_commands_of_one_line_each():
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert len(commands) == 2
    for command, last in zip(commands, ("mkdocs serve", "pytest"), strict=True):
        first, *_, final = command.split(" && ")
        assert first == "python3 -m venv .venv"
        assert final == f".venv/bin/{last}"
        assert f"```sh\n{command}\n```" in README
    assert commands[0].split(" && ")[:-1] == commands[1].split(" && ")[:-1]


def test_the_example_of_the_readme_is_run():
    assert "README.md" in CONFIGURATION["tool"]["pytest"]["ini_options"]["testpaths"]
    lines = re.findall(r"^(?:>>>|\.\.\.) ", README, re.MULTILINE)
    assert 5 <= len(lines) <= 10, "the README promises ten lines"


def test_what_the_readme_points_to_is_there():
    for target in re.findall(r"\]\(([^)]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
    for folder in re.findall(r"`([\w./]+/)`", README):
        assert (ROOT / folder).is_dir(), folder


def test_the_site_is_strict_everywhere():
    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda _, suffix, __: suffix)
    Loader.add_multi_constructor("tag:yaml.org,2002:python", lambda _, suffix, __: suffix)
    site = yaml.load((ROOT / "mkdocs.yml").read_text(), Loader)
    assert site["strict"] is True
    assert set(site["validation"]["nav"].values()) == {"warn"}
    assert set(site["validation"]["links"].values()) == {"warn"}
    assert len(site["validation"]["nav"]) + len(site["validation"]["links"]) == 7
    jupyter = site["plugins"]["mkdocs-jupyter"]
    assert (jupyter["execute"], jupyter["allow_errors"]) == (True, False)
    assert site["markdown_extensions"]["pymdownx.snippets"]["check_paths"] is True
    assert site["theme"]["font"] is False


def test_ci_tries_the_wheel_on_every_python_that_is_promised():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "site.yml").read_text())
    tried = workflow["jobs"]["wheel"]["strategy"]["matrix"]["python"]
    promised = re.findall(r"Python :: (3\.\d+)", " ".join(CONFIGURATION["project"]["classifiers"]))
    assert tried == promised
    assert CONFIGURATION["project"]["requires-python"] == f">={promised[0]}"
