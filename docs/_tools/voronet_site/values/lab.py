"""The values of the laboratory: what Python in the browser is made of."""

from html import escape

from voronet_site.runtime import NAMED

carrier = f"<code>{escape(NAMED['carrier'])}</code>"


def table() -> str:
    """Write where each file comes from, and its licence, as an HTML table."""
    rows = []
    for file in NAMED["file"]:
        own = file["name"].endswith("none-any.whl")
        source = "<code>{}=={}</code>".format(*file["name"].split("-")[:2]) if own else carrier
        rows.append(f"<tr><td>{escape(file['what'])}</td><td>{source}</td><td>{escape(file['licence'])}</td></tr>")
    head = "<tr><th>what</th><th>out of the package</th><th>licence</th></tr>"
    return f"<table>{head}{''.join(dict.fromkeys(rows))}</table>"
