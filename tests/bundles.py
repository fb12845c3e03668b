"""Artifact bundles and their chunks, as release tools make them."""

import gzip
import hashlib
import io
import json
import uuid
import zipfile

MIB = 1024 * 1024
HEAD = b"SYSB\x02\0\0\0"
DEBUG_ID = "284d2550-6431-51f2-86cb-e2e8a12a8a77"
SCRIPT = b"var a=1;\n//# sourceMappingURL=main.js.map\n"
MAP = json.dumps({"version": 3, "sources": ["a.ts"], "names": [], "mappings": "AAAA"}).encode()
ENTRY = {"type": "minified_source", "url": "~/main.js", "headers": {"debug-id": DEBUG_ID}}
MAP_ENTRY = {"type": "source_map", "url": "~/main.js.map", "headers": {"debug-id": DEBUG_ID}}


def bundle(files=None, manifest=None, head=HEAD, **more):
    """`files`: name -> (entry of the manifest or None, content)."""
    if files is None:
        files = {"files/_/_/main.js": (ENTRY, SCRIPT), "files/_/_/main.js.map": (MAP_ENTRY, MAP)}
    if manifest is None:
        named = {name: entry for name, (entry, _) in files.items() if entry is not None}
        manifest = json.dumps({"files": named} | more).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (_, content) in files.items():
            archive.writestr(name, content)
        if manifest != b"":
            archive.writestr("manifest.json", manifest)
    return head + out.getvalue()


def sha1(data):
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def chunks(data, size=MIB):
    return [data[start : start + size] for start in range(0, len(data), size)]


def form(*parts, packed=True, name=None):
    """What `open` of a test client takes to send chunks."""
    field = name or ("file_gzip" if packed else "file")
    body = b""
    for part in parts:
        sent = gzip.compress(part) if packed else part
        head = f'form-data; name="{field}"; filename="{sha1(part)}"'
        body += f"--dash\r\nContent-Disposition: {head}\r\n\r\n".encode() + sent + b"\r\n"
    return {"data": body + b"--dash--\r\n", "content_type": "multipart/form-data; boundary=dash"}


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def vlq(number):
    number = abs(number) << 1 | (number < 0)
    text = ""
    while True:
        digit, number = number & 31, number >> 5
        text += LETTERS[digit | (32 if number else 0)]
        if not number:
            return text


def source_map(places, sources, contents=None, names=(), **more):
    """`places`: column of the one line of a script -> (source, line, column), all from 0, and
    where a name stands its number.
    """
    segments, last = [], [0, 0, 0, 0, 0]
    for column, place in sorted(places.items()):
        new = (column, *place)
        segments.append("".join(vlq(a - b) for a, b in zip(new, last, strict=False)))
        last[: len(new)] = new
    found = {"version": 3, "sources": sources, "names": names, "mappings": ",".join(segments)}
    if contents is not None:
        found["sourcesContent"] = contents
    return json.dumps(found | more).encode()


CART = "\n".join(
    [
        "export class Cart {",
        "  total(items: Item[]) {",
        "    return items.map((item) => readAmount(item)).length;",
        "  }",
        "}",
        "function readAmount(item: Item) {",
        "  return item.price.amount;",
        "}",
    ]
)
# Two builds of it: the names that a minifier gave differ, and so does what stands before.
BUILDS = {
    "1": "function r(t){return t.price.amount}var C=class{total(t){return t.map(t=>r(t)).length}};",
    "2": ";function q(e){return e.price.amount}var D=class{total(e){return e.map(e=>q(e)).length}}",
}


def build(number):
    """A script, its map, and the places of the crash: the innermost last, from 1 as in events."""
    script = BUILDS[number]
    body = script.index(".price") - 1
    call = script.index("(t)).length" if number == "1" else "(e)).length") - 1
    method = script.index("total(")
    places = {
        script.index("function"): (0, 5, 0),
        script.index("function ") + len("function "): (0, 5, 9, 0),
        body: (0, 6, 9),
        script.index("}var"): (0, 7, 0),
        method: (0, 1, 2),
        call: (0, 2, 31),
        script.index(".length"): (0, 2, 48),
    }
    found = source_map(places, ["webpack://shop/./src/cart.ts?3f2a"], [CART], ["readAmount"])
    return script.encode(), found, [(1, call + 1), (1, body + 1)]


URL = "https://shop.test/js/main.js"
IDS = {"1": str(uuid.UUID(int=1)), "2": str(uuid.UUID(int=2))}


def bundle_of(number, debug_id=True, **more):
    """`debug_id`: that of the build, another one, or False for none; so it is for `event`."""
    script, found, _ = build(number)
    headers = {"debug-id": _id(number, debug_id)} if debug_id else {}
    script_headers = headers | {"sourcemap": "main.js.map"}
    return bundle(
        {
            "main.js": (ENTRY | {"url": "~/js/main.js", "headers": script_headers}, script),
            "main.js.map": (MAP_ENTRY | {"url": "~/js/main.js.map", "headers": headers}, found),
        },
        **more,
    )


def event(number, url=URL, debug_id=True, **more):
    _, _, places = build(number)
    frames = [
        {"function": "t", "filename": url, "abs_path": url, "lineno": line, "colno": column}
        for line, column in places
    ]
    error = {"type": "TypeError", "value": "no price", "stacktrace": {"frames": frames}}
    image = {"type": "sourcemap", "code_file": url, "debug_id": _id(number, debug_id)}
    found = {"platform": "javascript", "exception": {"values": [error]}}
    return found | ({"debug_meta": {"images": [image]}} if debug_id else {}) | more


def _id(number, debug_id):
    return IDS[number] if debug_id is True else debug_id


def crash(payload):
    return payload["exception"]["values"][0]


MAPPING_UUID = "70c42ca6-6409-5b20-bdee-4337a81f9943"
# By ProGuard 6.2, of a program of four classes; the lines of `c.a` hold four inlined methods.
MAPPING = b"""shop.Cart -> a:
    java.lang.String[] items -> a
    6:8:void <init>(java.lang.String[]) -> <init>
shop.CartException -> b:
    5:6:void <init>(java.lang.String,java.lang.Throwable) -> <init>
shop.Checkout -> c:
    shop.Cart cart -> a
    6:8:void <init>(shop.Cart) -> <init>
    12:14:int total() -> a
    1019:1023:int sum(int):19:23 -> a
    1019:1023:int total():12 -> a
    2011:2011:int shop.Cart.price(int):11:11 -> a
    2011:2011:int sum(int):21 -> a
    2011:2011:int total():12 -> a
    2015:2015:int shop.Cart.priceOf(java.lang.String):15:15 -> a
    2015:2015:int shop.Cart.price(int):11 -> a
    2015:2015:int sum(int):21 -> a
    2015:2015:int total():12 -> a
    2019:2019:int shop.Cart.parsed(java.lang.String):19:19 -> a
    2019:2019:int shop.Cart.priceOf(java.lang.String):15 -> a
    2019:2019:int shop.Cart.price(int):11 -> a
    2019:2019:int sum(int):21 -> a
    2019:2019:int total():12 -> a
shop.Main -> shop.Main:
    3:3:void <init>() -> <init>
    6:10:void main(java.lang.String[]) -> main
"""


def mapping_event(**more):
    """What that program printed: `c.a(SourceFile:2019)`, as an SDK sends it."""

    def frame(module, function, line, file="SourceFile"):
        return {"module": module, "function": function, "lineno": line, "filename": file}

    main = frame("shop.Main", "main", 6)
    parse = frame("java.lang.Integer", "parseInt", 786, "Integer.java")
    cause = [main, frame("c", "a", 2019), parse]
    values = [
        {"type": "NumberFormatException", "module": "java.lang", "value": 'For input string: "x"',
         "stacktrace": {"frames": cause}},
        {"type": "b", "value": "no total",
         "stacktrace": {"frames": [main, frame("c", "a", 14)]}},
    ]  # fmt: skip
    images = [{"type": "proguard", "uuid": MAPPING_UUID}]
    return {
        "platform": "java", "exception": {"values": values}, "debug_meta": {"images": images},
    } | more  # fmt: skip
