import pytest

#: Files whose tests repeat things thousands of times; coverage would triple their time.
HEAVY = {
    "test_benchmarks.py",
    "test_reload_flood.py",
    "test_reload_leaks.py",
    "test_reload_lines.py",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.name in HEAVY:
            item.add_marker(pytest.mark.heavy)
