"""What the program's own source must not hold, so that the defences cannot be gone around unseen."""

import ast
import re
from functools import cache
from pathlib import Path

import calgui

ROOT = Path(calgui.__file__).parent
#: what runs a text, unpickles, or hands something to a shell
_RUNS = frozenset({"eval", "exec", "compile", "__import__", "input", "breakpoint"})
_UNPICKLES = frozenset(
    {"pickle", "cPickle", "dill", "shelve", "joblib", "yaml", "asdf", "jsonpickle", "code", "ctypes"}
)
#: modules that may start processes or run others, each of Python's own
_STARTS = {"cli/stock.py", "core/rules/certify.py", "core/algorithms/warming.py", "core/children.py"}


#: a module without any of these words holds nothing that is looked for below, and need not be parsed
_WORDS = re.compile(
    r"(?<!\.)\b(eval|exec|compile|__import__|input|breakpoint)\b|\b(pickle|cPickle|dill|shelve|joblib|yaml|asdf|"
    r"jsonpickle|code|ctypes|subprocess|runpy|pty|urllib|http|requests|socketserver|marshal|webbrowser)\b|"
    r"entry_points|spec_from_file_location|allow_pickle|np\.(load|fromfile)|os\.\w|shell=|openUrl|setTextFormat|"
    r"setHtml|insertHtml|setMarkdown|setLabel|TextItem|Console|std(out|err)|click\.style"
)


@cache
def sources() -> tuple[tuple[str, ast.Module], ...]:
    """The modules that are worth a look, by their place below the package."""
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in sorted(ROOT.rglob("*.py"))}
    return tuple((name, ast.parse(text)) for name, text in texts.items() if _WORDS.search(text))


@cache
def calls(tree: ast.Module) -> tuple[tuple[str, ast.Call], ...]:
    """Calls by the last word of what is called, and with the word before it where there is one."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                found.append((node.func.id, node))
            elif isinstance(node.func, ast.Attribute):
                before = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
                found.append((f"{before}.{node.func.attr}", node))
    return tuple(found)


@cache
def imports(tree: ast.Module) -> frozenset[str]:
    """Top names of what a module imports, wherever it does."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return frozenset(found)


def test_nothing_is_evaluated_or_unpickled() -> None:
    found = [(name, called) for name, tree in sources() for called, _ in calls(tree) if called in _RUNS]
    found += [(name, word) for name, tree in sources() for word in imports(tree) if word in _UNPICKLES]
    assert found == []


def test_nothing_is_loaded_because_it_is_installed_or_lies_there() -> None:
    """No plug-ins: modules are named in the source, and arrays hold no objects."""
    found = []
    for name, tree in sources():
        for called, node in calls(tree):
            loads = called.rpartition(".")[2] in ("entry_points", "iter_entry_points", "spec_from_file_location")
            objects = any(word.arg == "allow_pickle" for word in node.keywords) or called in ("np.load", "np.fromfile")
            if loads or objects:
                found.append((name, called))
    assert found == []


def test_processes_are_pythons_own_and_see_no_shell() -> None:
    for name, tree in sources():
        if name not in _STARTS:
            assert not {"subprocess", "runpy", "pty"} & imports(tree), name
        for called, node in calls(tree):
            assert called not in ("os.system", "os.popen", "os.startfile", "os.execv", "os.spawnv"), name
            assert all(word.arg != "shell" for word in node.keywords), name
            if called in ("subprocess.Popen", "subprocess.run"):
                assert isinstance(node.args[0], ast.Name), name


def test_addresses_are_opened_by_the_help_which_asks_before() -> None:
    found = [
        name for name, tree in sources() for called, _ in calls(tree) if called.endswith(("openUrl", "webbrowser.open"))
    ]
    # the other opens the user's own file of thresholds, whose place nobody else can name
    assert found == ["views/help/reader.py", "views/rules/validate/thresholds.py"]
    thresholds = (ROOT / "views/rules/validate/thresholds.py").read_text()
    assert thresholds.count("openUrl") == thresholds.count("openUrl(QUrl.fromLocalFile(str(self.path)))") == 1
    assert all({"urllib", "http", "requests", "socketserver"}.isdisjoint(imports(tree)) for _, tree in sources())


def test_marshal_reads_only_what_this_process_wrote() -> None:
    assert [name for name, tree in sources() if "marshal" in imports(tree)] == ["core/frames/headersearch.py"]


def test_html_is_made_where_it_is_looked_after() -> None:
    """Labels are plain unless they say `rich`; plots take titles and labels for HTML, so these are escaped."""
    found = []
    for name, tree in sources():
        if not name.startswith("views/"):
            continue
        for called, node in calls(tree):
            word, arguments = called.rpartition(".")[2], [ast.unparse(argument) for argument in node.args]
            if word == "setTextFormat" and name != "views/widgets/rich.py":
                assert arguments == ["Qt.TextFormat.PlainText"], name
            if word in ("setHtml", "insertHtml", "setMarkdown") and called != "data.setHtml":
                found.append(name)
            if word == "setLabel" and len(node.args) > 1:
                assert _is_safe(node.args[1]), (name, arguments)
            if word == "TextItem":
                assert all(one.arg != "html" for one in node.keywords), name
    assert sorted(set(found)) == [
        "views/help/page_view.py",  # the program's own pages
        "views/rules/cache/details.py",
        "views/widgets/help_panel.py",
    ]


def _is_safe(node: ast.expr) -> bool:
    """Whether a text is said here, or escaped."""
    if isinstance(node, ast.IfExp):
        return _is_safe(node.body) and _is_safe(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return all(_is_safe(part.value) for part in node.values if isinstance(part, ast.FormattedValue))
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "escape"
    return isinstance(node, ast.Constant)


def test_the_terminal_is_written_to_through_its_guard() -> None:
    for name, tree in sources():
        if name in ("cli/terminal.py", "core/rules/certify.py"):
            continue
        for called, _node in calls(tree):
            assert called not in ("Console", "sys.stdout.write", "sys.stderr.write", "os.write"), name
            assert called != "click.style" or name == "cli/terminal.py", name
