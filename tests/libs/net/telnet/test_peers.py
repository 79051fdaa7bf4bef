"""Two of our codecs that talk to each other come to agree, and fall silent."""

from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.telnet import Negotiated, Telnet

OPTIONS = [1, 25, 201]
WISHES = ["enable_local", "disable_local", "enable_remote", "disable_remote"]

agreed = st.sets(st.sampled_from(OPTIONS))
wish = st.tuples(st.integers(0, 1), st.sampled_from(WISHES), st.sampled_from(OPTIONS))
delivery = st.tuples(st.integers(0, 1), st.just("deliver"), st.integers(1, 7))
happenings = st.lists(st.one_of(wish, delivery), max_size=40)


class Pair:
    """Two peers and the bytes under way between them."""

    def __init__(self, *agreements):
        (a_local, a_remote), (b_local, b_remote) = agreements
        self.peers = (
            Telnet(server=True, local=a_local, remote=a_remote),
            Telnet(server=False, local=b_local, remote=b_remote),
        )
        self.under_way = [b"", b""]
        self.told = [{}, {}]

    def wish(self, who, method, option):
        getattr(self.peers[who], method)(option)
        self.under_way[1 - who] += self.peers[who].outgoing()

    def deliver(self, who, size=None):
        data = self.under_way[who][:size]
        self.under_way[who] = self.under_way[who][len(data) :]
        for event in self.peers[who].receive(data):
            assert isinstance(event, Negotiated)
            self.told[who][event.option, event.local] = event.enabled
        self.under_way[1 - who] += self.peers[who].outgoing()

    def play(self, happenings):
        for who, what, number in happenings:
            if what == "deliver":
                self.deliver(who, number)
            else:
                self.wish(who, what, number)

    def settle(self):
        """Deliver everything; fail when they do not fall silent."""
        for _ in range(12):
            if not any(self.under_way):
                return
            self.deliver(0)
            self.deliver(1)
        raise AssertionError(f"still talking: {self.under_way}")


@given(agreed, agreed, agreed, agreed, happenings)
def test_peers_come_to_agree_and_fall_silent(a_local, a_remote, b_local, b_remote, happenings):
    pair = Pair((a_local, a_remote), (b_local, b_remote))
    pair.play(happenings)
    pair.settle()
    a, b = pair.peers
    for option in OPTIONS:
        assert a.is_local(option) == b.is_remote(option)
        assert a.is_remote(option) == b.is_local(option)
        for who, peer in enumerate(pair.peers):
            assert pair.told[who].get((option, True), False) == peer.is_local(option)
            assert pair.told[who].get((option, False), False) == peer.is_remote(option)


@given(happenings)
def test_the_last_wish_of_the_only_one_who_wishes_comes_true(happenings):
    happenings = [(who, what, n) for who, what, n in happenings if what == "deliver" or who == 0]
    pair = Pair(((), ()), (OPTIONS, OPTIONS))
    pair.play(happenings)
    pair.settle()
    last = {(what.split("_")[1], n): what for _, what, n in happenings if what != "deliver"}
    for (side, option), method in last.items():
        is_on = pair.peers[0].is_local if side == "local" else pair.peers[0].is_remote
        assert is_on(option) == method.startswith("enable")
