import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def conformance():
    spec = importlib.util.spec_from_file_location("docs_conformance", DOCS / "conformance.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_statement_has_a_test_and_every_mark_a_statement(conformance):
    statements, marks = conformance.read_statements(), conformance.read_marks()
    assert conformance.problems(statements, marks) == []
    assert len(statements.keys()) > 100


def test_the_document_is_up_to_date(conformance):
    text = conformance.document(conformance.read_statements(), conformance.read_marks())
    assert (DOCS / "conformance.md").read_text(encoding="utf-8") == text, "run `make docs`"


def test_what_does_not_fit_is_named(conformance):
    statements = conformance.Statements({"Part": ["held", "not held"]}, [])
    marks = {("Part", "held"): ["test_a.py::test_b"], ("Part", "hold"): ["test_a.py::test_c"]}
    assert conformance.problems(statements, marks) == [
        "no test holds ('Part', 'not held')",
        "test_a.py::test_c: no such statement ('Part', 'hold')",
    ]
    with pytest.raises(conformance.ConformanceError):
        conformance.document(statements, marks)


def test_marks_are_read_without_running_anything(conformance, tmp_path):
    mark = '@pytest.mark.conforms("Part", "held")\n'
    (tmp_path / "test_a.py").write_text(
        f"{mark}def test_one(): pass\n{mark}async def test_two(): 1/0"
    )
    assert conformance.read_marks(tmp_path) == {
        ("Part", "held"): ["test_a.py::test_one", "test_a.py::test_two"]
    }
    (tmp_path / "test_b.py").write_text(
        "@pytest.mark.conforms(SECTION, 'held')\ndef test_one(): pass\n"
    )
    with pytest.raises(conformance.ConformanceError, match=r"test_b\.py, line 1"):
        conformance.read_marks(tmp_path)
