# SPDX-License-Identifier: Apache-2.0
"""How Sphinx makes a site of our Markdown files; scripts/docs runs it.

The files are those of the repository, as they are. What a site wants besides is added while they
are read: the contents at the left follow from the list "Read on" of README.md, which is the first
page, and pages of the C interface from the headers that Doxygen found.
"""

import os
import pathlib
import re

SOURCE = pathlib.Path(os.environ["BEAMLINE_SITE"])

project = "beamline"
extensions = ["myst_parser"]
include_patterns = ["index.md", "commands.md", "docs/*.md", "bench/*.md", "examples/*.md",
                    "schemas/*.md", "c/*.md"]
root_doc = "index"
myst_heading_anchors = 6
myst_enable_extensions = ["colon_fence"]
# Ours elide parts of what they show with "…".
suppress_warnings = ["myst.header", "misc.highlighting_failure"]

if (SOURCE / "xml").exists():
    extensions.append("breathe")
    breathe_projects = {"beamline": str(SOURCE / "xml")}
    breathe_default_project = "beamline"
    breathe_domain_by_extension = {"h": "c"}
    breathe_show_include = False

html_theme = "furo"
html_title = "beamline"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
# A browser does not let a page fetch others from file://.
html_show_search_summary = False
pygments_style = "tango"
pygments_dark_style = "monokai"

PAGE = re.compile(r"\]\(([^)]+)\.md\)")


def contents(caption, pages):
    listed = "\n".join(pages)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n"


def chapters(readme):
    """Contents for each heading below "Read on", of the pages that it lists."""
    listed = readme.partition("\n## Read on\n")[2].partition("\n## ")[0]
    for chapter in listed.split("\n### ")[1:]:
        caption, _, items = chapter.partition("\n")
        derived = ["commands"] if caption == "Reference" else []
        yield contents(caption, derived + PAGE.findall(items))


def add_contents(app, name, text):
    if name == "index":
        text[0] += "".join(chapters(text[0]))
    elif name == "docs/c":
        headers = sorted(page.stem for page in SOURCE.glob("c/*.md"))
        text[0] += contents("Headers", [f"/c/{header}" for header in headers])


def setup(app):
    app.connect("source-read", add_contents)
    return {"parallel_read_safe": True}
