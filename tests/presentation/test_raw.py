"""The raw trace is complete, and in the format of the platform."""

import pytest

from jentry.presentation.raw import raw

FRAMES = [
    {"filename": "shop/web.py", "function": "view", "lineno": 10, "module": "shop.web"},
    {"filename": "shop/pay.py", "function": "pay", "lineno": 4, "colno": 7, "module": "shop.pay",
     "context_line": "    raise Broke(1)"},
]  # fmt: skip
CAUSE = {"type": "KeyError", "value": "'a'", "stacktrace": {"frames": FRAMES[:1]}}
OUTER = {"type": "Broke", "value": "it broke", "module": "shop", "stacktrace": {"frames": FRAMES}}

EXPECTED = {
    "python": """\
Traceback (most recent call last):
  File "shop/web.py", line 10, in view
KeyError: 'a'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "shop/web.py", line 10, in view
  File "shop/pay.py", line 4, in pay
    raise Broke(1)
shop.Broke: it broke""",
    "node": """\
Broke: it broke
    at pay (shop/pay.py:4:7)
    at view (shop/web.py:10)
Caused by: KeyError: 'a'
    at view (shop/web.py:10)""",
    "java": """\
shop.Broke: it broke
\tat shop.pay.pay(shop/pay.py:4)
\tat shop.web.view(shop/web.py:10)
Caused by: KeyError: 'a'
\tat shop.web.view(shop/web.py:10)""",
    "csharp": """\
shop.Broke: it broke
   at shop.pay.pay in shop/pay.py:line 4
   at shop.web.view in shop/web.py:line 10
 ---> KeyError: 'a'
   at shop.web.view in shop/web.py:line 10""",
    "ruby": """\
shop/pay.py:4:in 'pay': it broke (shop::Broke)
\tfrom shop/web.py:10:in 'view'
shop/web.py:10:in 'view': 'a' (KeyError)""",
    "go": """\
panic: Broke: it broke

goroutine 1 [running]:
shop.pay.pay(...)
\tshop/pay.py:4
shop.web.view(...)
\tshop/web.py:10

caused by: KeyError: 'a'

goroutine 1 [running]:
shop.web.view(...)
\tshop/web.py:10""",
    "php": """\
PHP Fatal error:  Uncaught Broke: it broke in shop/pay.py:4
Stack trace:
#0 shop/pay.py(4): pay()
#1 shop/web.py(10): view()
#2 {main}
Next KeyError: 'a' in shop/web.py:10
Stack trace:
#0 shop/web.py(10): view()
#1 {main}""",
    "rust": """\
Broke: it broke
stack backtrace:
   0: pay
             at shop/pay.py:4:7
   1: view
             at shop/web.py:10
KeyError: 'a'
stack backtrace:
   0: view
             at shop/web.py:10""",
    "perl": """\
Broke: it broke
    at pay (shop/pay.py:4:7)
    at view (shop/web.py:10)
Caused by: KeyError: 'a'
    at view (shop/web.py:10)""",
}


@pytest.mark.parametrize("platform", EXPECTED)
def test_the_format_is_that_of_the_platform(platform):
    assert (
        raw({"platform": platform, "exception": {"values": [CAUSE, OUTER]}}) == EXPECTED[platform]
    )


def test_machine_code_has_packages_and_addresses():
    frame = {"function": "main", "package": "/usr/bin/shop", "instruction_addr": "0x7f01"}
    text = raw({
        "platform": "native",
        "exception": {"values": [{"type": "SIGSEGV", "stacktrace": {"frames": [frame]}}]},
    })  # fmt: skip
    assert text == f"SIGSEGV\n0   {'shop':<32}0x7f01 main"


def test_an_exception_group_is_a_tree():
    def member(kind, number, **more):
        return {"type": kind, "mechanism": {"exception_id": number, **more}}

    text = raw({
        "platform": "python",
        "exception": {"values": [
            member("TypeError", 2, parent_id=0),
            member("ValueError", 1, parent_id=0),
            member("ExceptionGroup", 0, is_exception_group=True),
        ]},
    })  # fmt: skip
    assert text.splitlines() == [
        "  + ExceptionGroup",
        "  +-+---------------- 1 ----------------",
        "    | ValueError",
        "    +---------------- 2 ----------------",
        "    | TypeError",
        "    +------------------------------------",
    ]


def test_of_a_message_its_stack_and_threads():
    thread = {"id": 3, "name": "pool", "stacktrace": {"frames": FRAMES[:1]}}
    text = raw({
        "platform": "python", "stacktrace": {"frames": FRAMES}, "threads": {"values": [thread]},
    })  # fmt: skip
    assert text.splitlines() == [
        "Stack (most recent call last):",
        '  File "shop/web.py", line 10, in view',
        '  File "shop/pay.py", line 4, in pay',
        "    raise Broke(1)",
        "",
        'Thread 3 "pool":',
        "Stack (most recent call last):",
        '  File "shop/web.py", line 10, in view',
    ]
    assert raw({"platform": "python"}) == ""


def test_every_frame_is_there():
    frames = [{"filename": f"f{n}.py", "function": "g", "lineno": n} for n in range(250)]
    holder = {"type": "E", "stacktrace": {"frames": frames}}
    for platform in EXPECTED:
        text = raw({"platform": platform, "exception": {"values": [holder]}})
        assert all(f"f{n}.py" in text for n in range(250)), platform
