"""Two of our codecs that talk to each other come to agree, and fall silent."""

from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.telnet import Negotiated, Offered, Telnet

OPTIONS = [1, 25, 201]
WISHES = ["enable_local", "disable_local", "enable_remote", "disable_remote"]

agreed = st.sets(st.sampled_from(OPTIONS))
wish = st.tuples(st.integers(0, 1), st.sampled_from(WISHES), st.sampled_from(OPTIONS))
delivery = st.tuples(st.integers(0, 1), st.just("deliver"), st.integers(1, 7))
decision = st.tuples(
    st.integers(0, 1), st.sampled_from(["agree", "refuse"]), st.sampled_from(OPTIONS)
)
happenings = st.lists(st.one_of(wish, delivery), max_size=40)


class Pair:
    """Two peers and the bytes under way between them."""

    def __init__(self, *agreements):
        names = ("local", "remote", "deferred_local", "deferred_remote")
        self.peers = tuple(
            Telnet(server=bool(who), **dict(zip(names, sides, strict=False)))
            for who, sides in enumerate(agreements)
        )
        self.under_way = [b"", b""]
        self.told = [{}, {}]

    def wish(self, who, method, option):
        self.tell(who, getattr(self.peers[who], method)(option))
        self.under_way[1 - who] += self.peers[who].outgoing()

    def decide(self, who, agree, option):
        for local in (True, False):
            self.tell(who, self.peers[who].decide(option, local=local, agree=agree))
        self.under_way[1 - who] += self.peers[who].outgoing()

    def tell(self, who, event):
        if isinstance(event, Negotiated):
            self.told[who][event.option, event.local] = event.enabled

    def deliver(self, who, size=None):
        data = self.under_way[who][:size]
        self.under_way[who] = self.under_way[who][len(data) :]
        for event in self.peers[who].receive(data):
            assert isinstance(event, Negotiated | Offered)
            self.tell(who, event)
        self.under_way[1 - who] += self.peers[who].outgoing()

    def play(self, happenings):
        for who, what, number in happenings:
            if what == "deliver":
                self.deliver(who, number)
            elif what in ("agree", "refuse"):
                self.decide(who, what == "agree", number)
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
    check_agreement(pair)


@given(
    st.tuples(agreed, agreed, agreed, agreed),
    st.tuples(agreed, agreed, agreed, agreed),
    st.lists(st.one_of(wish, delivery, decision), max_size=40),
    st.booleans(),
)
def test_peers_that_think_about_it_come_to_agree_too(a_sides, b_sides, happenings, agree):
    pair = Pair(a_sides, b_sides)
    pair.play(happenings)
    pair.settle()
    check_agreement(pair)
    for who in (0, 1):
        for option in OPTIONS:
            pair.decide(who, agree, option)
    pair.settle()
    check_agreement(pair)


def check_agreement(pair):
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
