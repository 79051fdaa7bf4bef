from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.messages import Values


def test_the_last_value_of_each_name_is_kept():
    values = Values()
    values.put("a", 1, 10)
    values.put("b", 2, 10)
    values.put("a", 3, 4)
    assert values.get("a") == 3
    assert values.get("c") is None
    assert list(values.items()) == [("b", 2), ("a", 3)]
    assert values.size == 14
    values.clear()
    assert (len(values), values.size, values.get("a")) == (0, 0, None)


def test_one_that_is_larger_than_all_may_be_is_not_kept():
    values = Values(max_bytes=10)
    values.put("a", 1, 5)
    values.put("b", 2, 11)
    assert len(values) == values.size == 0


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 9))))
def test_it_stays_within_its_bounds_and_keeps_the_newest(puts):
    values = Values(max_values=3, max_bytes=12)
    for key, size in puts:
        values.put(key, size, size)
        assert len(values) <= 3
        assert values.size == sum(size for _, size in values.items()) <= 12
        assert values.get(key) == size
