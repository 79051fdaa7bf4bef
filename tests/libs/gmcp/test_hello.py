from bastproxy.libs.gmcp.hello import MAX_BYTES, Hello

PROXY = b'Core.Hello {"client":"bastproxy"}'
A, B = b"Core.Hello {}", b"Core.Hello []"


def test_the_first_client_that_has_a_say_introduces_itself():
    hello = Hello(PROXY)
    hello.take("client-1", A)
    hello.take("client-2", B)
    assert hello.begin(["client-2", "client-1"]) == A
    assert hello.begin(["client-2"]) == B
    assert hello.for_plugins() is None
    assert hello.begin([]) is None
    assert hello.for_plugins() == PROXY
    assert hello.for_plugins() is None


def test_a_second_client_does_not_introduce_itself_while_the_first_is_here():
    hello = Hello(PROXY)
    assert hello.begin([]) is None
    assert hello.may_speak("client-1", ["client-1"])
    assert hello.may_speak("client-1", ["client-1", "client-2"])
    assert not hello.may_speak("client-2", ["client-1", "client-2"])
    assert hello.may_speak("client-2", ["client-2"])
    assert not hello.may_speak("client-1", ["client-2", "client-1"])


def test_a_client_introduces_itself_after_the_proxy():
    hello = Hello(PROXY)
    assert hello.for_plugins() == PROXY
    assert hello.may_speak("client-1", ["client-1"])


def test_what_is_gone_or_too_long_is_not_repeated():
    hello = Hello(PROXY)
    hello.take("client-1", A)
    hello.take("client-2", b"x" * (MAX_BYTES + 1))
    hello.forget("client-1")
    assert hello.begin(["client-1", "client-2"]) is None
