"""From a raw trace to the frames that are shown: folded, marked, joined by sentences."""

import pytest

from jentry.presentation.stack import Run, is_handled, stack, whole_message


def frame(file, *, app=True, **more):
    return {"filename": file, "function": "f", "lineno": 3, "in_app": app} | more


def exception(kind, *frames, **mechanism):
    raw = {"type": kind, "value": "it broke", "stacktrace": {"frames": list(frames)}}
    return raw | {"mechanism": mechanism} if mechanism else raw


def event(*exceptions, platform="python", **more):
    return {"platform": platform, "release": None, "exception": {"values": list(exceptions)}} | more


def shape(found):
    """Each part of the first trace: a file, with ! where it was raised and + when open, or what
    is folded.
    """
    return [
        f"{len(part.frames)} in {', '.join(part.packages)}"
        if isinstance(part, Run)
        else part.file + "!" * part.is_raised + "+" * part.is_open
        for part in found.traces[0].parts
    ]


LIB = frame("flask/app.py", app=False, module="flask.app")


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        pytest.param([frame("a.py"), frame("b.py")], ["b.py!+", "a.py+"], id="newest first"),
        pytest.param(
            [LIB, LIB, frame("a.py"), LIB, frame("b.py")],
            ["b.py!+", "1 in flask", "a.py+", "2 in flask"],
            id="runs of library frames are folded",
        ),
        pytest.param(
            [frame("a.py"), LIB, LIB],
            ["flask/app.py!", "1 in flask", "a.py+"],
            id="where it was raised is never folded away",
        ),
        pytest.param(
            [LIB, LIB], ["flask/app.py!+", "1 in flask"], id="nothing in app: that frame is open"
        ),
        pytest.param(
            [
                frame("a.js"),
                frame("/srv/node_modules/@scope/kit/x.js", app=False),
                frame("/srv/node_modules/express/lib/a.js", app=False),
                frame("b.js"),
            ],
            ["b.js!+", "2 in express, @scope/kit", "a.js+"],
            id="packages are named",
        ),
    ],
)
def test_frames_are_folded(frames, expected):
    assert shape(stack(event(exception("E", *frames)))) == expected


def test_all_frames_and_the_other_order():
    raw = event(exception("E", LIB, frame("a.py"), LIB, frame("b.py")))
    assert shape(stack(raw, all_open=True)) == ["b.py!+", "flask/app.py", "a.py+", "flask/app.py"]
    assert shape(stack(raw, reverse=True)) == ["1 in flask", "a.py+", "1 in flask", "b.py!+"]


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        ({"source": "__context__"}, "was raised while handling this exception"),
        ({"source": "__cause__"}, "was raised directly from this exception"),
        ({}, "was caused by this exception"),
    ],
)
def test_a_chain_is_told_from_the_outside(cause, sentence):
    found = stack(event(exception("Inner", frame("a.py"), **cause), exception("Outer")))
    assert [(trace.type, trace.joined) for trace in found.traces] == [
        ("Outer", ""),
        ("Inner", sentence),
    ]


def test_the_members_of_a_group_name_it():
    group = exception("ExceptionGroup", exception_id=0, is_exception_group=True)
    members = [exception(kind, exception_id=n, parent_id=0) for n, kind in ((2, "B"), (1, "A"))]
    found = stack(event(*members, group))
    assert [(trace.type, trace.joined) for trace in found.traces] == [
        ("ExceptionGroup", ""),
        ("A", "is a group that contains this exception"),
        ("B", "ExceptionGroup is a group that contains this exception"),
    ]


def test_of_many_exceptions_the_middle_ones_are_closed():
    found = stack(event(*(exception(f"E{n}") for n in range(5))))
    assert [trace.is_open for trace in found.traces] == [True, False, False, False, True]


def test_source_lines_and_variables():
    raw = frame(
        "a.py",
        lineno=10,
        context_line="x = 1 # <b>",
        pre_context=["", "y"],
        post_context=["z"],
        vars={"password": "[Filtered]", "n": 3},
    )
    (shown,) = stack(event(exception("E", raw))).traces[0].parts
    assert [(line.number, line.is_hot) for line in shown.lines] == [
        (8, False), (9, False), (10, True), (11, False),
    ]  # fmt: skip
    assert "<b>" not in shown.lines[2].html
    assert '<span class="mi">1</span>' in shown.lines[2].html
    kinds = {name: [piece.kind for piece in held.pieces] for name, held in shown.variables}
    assert kinds == {"password": ["filtered"], "n": ["number"]}


LINK = "https://code.test/shop/blob/{release}/{path}#L{line}"


@pytest.mark.parametrize(
    ("link", "release", "raw", "expected"),
    [
        (LINK, "shop@1", frame("a/b c.py"), "https://code.test/shop/blob/shop%401/a/b%20c.py#L3"),
        (LINK, None, frame("a.py"), None),
        (LINK.replace("{release}", "main"), None, frame("./a.py"),
         "https://code.test/shop/blob/main/a.py#L3"),
        (LINK, "1", frame("https://cdn.test/a.js"), None),
        (LINK, "1", frame("a.py", app=False), None),
        (None, "1", frame("a.py"), None),
    ],
)  # fmt: skip
def test_a_frame_of_the_application_links_to_its_line(link, release, raw, expected):
    found = stack(event(exception("E", raw), release=release), link=link)
    assert next(found.traces[0].frames).link == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (frame("app.js", context_line="f();"), False),
        (frame("app.min.js"), True),
        (frame("app.js", colno=4242), True),
        (frame("app.js", context_line="x" * 400), True),
    ],
)
def test_bundled_scripts_are_recognised(raw, expected):
    assert stack(event(exception("E", raw), platform="javascript")).is_minified is expected


def test_threads_are_shown_unless_an_exception_has_their_stack():
    threads = [
        {"id": 1, "name": "main", "crashed": True, "stacktrace": {"frames": [frame("a.py")]}},
        {"id": 2, "name": "pool", "stacktrace": {"frames": [frame("b.py")]}},
        {"id": 3, "name": "idle"},
    ]
    with_exception = event(
        exception("E", frame("a.py")) | {"thread_id": 1}, threads={"values": threads}
    )
    assert [thread.name for thread in stack(with_exception).threads] == ["pool"]
    alone = stack({"platform": "python", "threads": {"values": threads}})
    assert [next(trace.frames).file for trace in alone.traces] == ["a.py"]
    assert [thread.name for thread in alone.threads] == ["pool"]


def test_nothing_to_show():
    found = stack({"platform": "other", "exception": None, "stacktrace": None, "threads": None})
    assert (found.traces, found.threads, found.has_frames) == ([], [], False)


@pytest.mark.parametrize(
    ("mechanisms", "expected"),
    [
        ([], None),
        ([{}], None),
        ([{"handled": False}], False),
        ([{"handled": False}, {"handled": True}], True),
    ],
)
def test_handled_is_what_the_outermost_exception_says(mechanisms, expected):
    assert is_handled(event(*(exception("E", **m) for m in mechanisms))) is expected


def test_the_whole_message_of_a_title_that_was_cut():
    raw = event(exception("E") | {"value": "first line\nsecond " + "x" * 300})
    assert whole_message(raw, "E", "first line") == "first line\nsecond " + "x" * 300
    assert whole_message(raw, "E", "firs...") == "first line\nsecond " + "x" * 300
    assert whole_message(raw, "Other", "first line") == "first line"
    assert whole_message(raw, "E", "another") == "another"
    assert whole_message(event(), "E", "cut") == "cut"
    caused = event(exception("Cause") | {"value": "no cart " + "x" * 300}, exception("Wrapper"))
    assert whole_message(caused, "Cause", "no cart xx...") == "no cart " + "x" * 300
