from bastproxy.plugins.client.notify.libs.rate import Rate


def test_so_many_are_allowed_in_a_period_and_the_rest_counted():
    now = [100.0]
    rate = Rate(2, 10, clock=lambda: now[0])
    assert [rate.allows("a") for _ in range(4)] == [True, True, False, False]
    assert rate.allows("b")
    now[0] += 9.9
    assert not rate.allows("a")
    assert (rate.refused("a"), rate.refused("b")) == (3, 0)
    now[0] += 0.1
    assert rate.allows("a")
    assert rate.forget("a") == 3
    assert rate.forget("a") == 0
    rate.limit = 3
    assert rate.allows("a")
