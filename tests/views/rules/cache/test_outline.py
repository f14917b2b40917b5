"""The flattened tree: counts without doubles, search, and finding places."""

from hypothesis import given
from hypothesis import strategies as st

from calgui.core.rules.values import Finding, Node, Severity
from calgui.views.rules.cache.mapping_text import lines_of_rule
from calgui.views.rules.cache.outline import Outline

_LOST = Finding(Severity.ERROR, "missing", "a.fits", "The file is not there.", "Fetch it.")


def _tree() -> Node:
    def rule(key: str, line: int) -> Node:
        file = Node("file", "a.fits", file="a.fits", mapping="flat.rmap", line=line + 1, findings=(_LOST,))
        date = Node("date", "2015-06-01", mapping="flat.rmap", line=line + 1, children=(file,))
        return Node("rule", key, mapping="flat.rmap", line=line, children=(date,))

    flat = Node(
        "type", "FLAT", file="flat.rmap", mapping="i.imap", line=5, children=(rule("K, CLEAR", 10), rule("J", 13))
    )
    dark = Node("type", "DARK", file="dark.rmap", mapping="i.imap", line=4)
    iris = Node("instrument", "IRIS", file="i.imap", mapping="p.pmap", line=3, children=(dark, flat))
    context = Node("context", "p.pmap", file="p.pmap", children=(iris,))
    return Node("cache", "demo", children=(context, Node("unreached", "Not reached", children=())))


def test_one_defect_counts_once_however_many_rules_name_the_file() -> None:
    outline = Outline.of(_tree())
    flat = outline.find("flat.rmap")
    assert flat is not None
    assert outline.counts[flat] == [1, 0, 0]
    assert outline.counts[0] == [1, 0, 0]
    dark = outline.find("dark.rmap")
    assert dark is not None
    assert outline.counts[dark] == [0, 0, 0]


def test_words_may_be_spread_along_the_branch() -> None:
    outline = Outline.of(_tree())
    matches, visible = outline.search("flat clear")
    assert [outline.nodes[n].label for n in matches] == ["K, CLEAR"]
    shown = [outline.nodes[n].label for n in range(len(outline.nodes)) if visible[n]]
    assert shown == ["demo", "p.pmap", "IRIS", "FLAT", "K, CLEAR", "2015-06-01", "a.fits"]


def test_findings_are_searched_too_and_matches_run_from_top_to_bottom() -> None:
    outline = Outline.of(_tree())
    matches, _ = outline.search("NOT THERE")
    assert [outline.nodes[n].line for n in matches] == [11, 14]


def test_short_words_stand_alone() -> None:
    outline = Outline.of(_tree())
    assert [outline.nodes[n].label for n in outline.search("k")[0]] == ["K, CLEAR"], "not the k of dark"
    assert [outline.nodes[n].label for n in outline.search("dar")[0]] == ["DARK"]


def test_nothing_found_shows_nothing() -> None:
    matches, visible = Outline.of(_tree()).search("pinhole")
    assert matches == []
    assert not any(visible)


def test_a_line_leads_to_its_rule_and_a_name_to_its_mapping() -> None:
    outline = Outline.of(_tree())
    rule, inside, mapping = outline.find("flat.rmap", 13), outline.find("flat.rmap", 11), outline.find("flat.rmap")
    assert rule is not None
    assert outline.nodes[rule].label == "J"
    assert inside is not None
    assert outline.nodes[inside].line == 11
    assert mapping is not None
    assert outline.nodes[mapping].kind == "type"
    assert outline.find("nowhere.rmap") is None


_nodes = st.recursive(
    st.builds(Node, st.just("rule"), st.text("abc", max_size=6), findings=st.sampled_from([(), (_LOST,)])),
    lambda below: st.builds(
        Node, st.just("type"), st.text("abc", max_size=6), children=st.lists(below, max_size=4).map(tuple)
    ),
    max_leaves=25,
)


@given(_nodes, st.text("abc", min_size=3, max_size=3))
def test_the_outline_is_the_tree(root: Node, word: str) -> None:
    outline = Outline.of(root)

    def walk(node: Node, number: int) -> int:
        assert outline.nodes[number] is node
        children = outline.children[number]
        assert len(children) == len(node.children)
        assert all(outline.parent[child] == number for child in children)
        return 1 + sum(walk(child, place) for child, place in zip(node.children, children, strict=True))

    assert walk(root, 0) == len(outline.nodes)
    matches, visible = outline.search(word)
    assert set(matches) == {n for n, node in enumerate(outline.nodes) if word in node.label or word in _told(node)}
    for number in matches:
        assert visible[number]
        assert all(visible[above] for above in outline.above(number))


def _told(node: Node) -> str:
    return " ".join(f"{finding.code} {finding.message}" for finding in node.findings).casefold()


def test_the_lines_of_a_rule_end_where_its_brackets_close() -> None:
    rule = "    ('A', '(') : UseAfter({  # not ({\n        '2015' : 'a.fits',\n    }),\n"
    text = f"selector = Match({{\n{rule}    'B' : 'b',\n}})\n"
    assert lines_of_rule(text, 2) == (2, 4)
    assert lines_of_rule(text, 3) == (3, 3)
    assert lines_of_rule(text, 5) == (5, 5)
    assert lines_of_rule(text, 99) == (99, 99)
