"""Names of functions, modules and files, cleaned of what one build or start made up."""

from typing import Any

import pytest

from jentry.ingest.grouping.in_app import is_app
from jentry.ingest.grouping.names import clean_file, clean_function, clean_module


@pytest.mark.parametrize(
    ("platform", "name", "expected"),
    [
        ("python", "total", "total"),
        ("python", "<lambda>", "<lambda>"),
        ("python", "<listcomp>", "<listcomp>"),
        ("python", "Cart.total.<locals>.inner", "Cart.total.inner"),
        ("python", "rule_4711", "rule_<int>"),
        ("javascript", "Cart.total", "total"),
        ("javascript", "async Cart.total", "total"),
        ("javascript", "new Cart", "Cart"),
        ("javascript", "Object.Kg [as total]", "total"),
        ("javascript", "total$1", "total"),
        ("javascript", "total/<", ""),
        ("node", "Timeout._onTimeout", ""),
        ("rust", "shop::total::{closure#1}", "shop::total"),
        ("php", "require_once", "{main}"),
        ("javascript", "HTMLButtonElement.<anonymous>", ""),
        ("node", "Object.?", ""),
        ("node", "<anonymous>", ""),
        ("java", "lambda$total$0", "total"),
        ("java", "lambda$new$3", "lambda"),
        ("java", "lambda$total$2$com-acme-Cart", "total"),
        ("java", "total", "total"),
        ("ruby", "block (2 levels) in total", "total"),
        ("ruby", "rescue in block in total", "total"),
        ("ruby", "Cart#total", "total"),
        ("ruby", "_app_views_show_html_erb___123456_7890", "_app_views_show_html_erb"),
        ("ruby", "<main>", "<main>"),
        ("php", "App\\Cart::total", "App\\Cart::total"),
        ("php", "{closure:App\\Cart::total():12}", "{closure}"),
        ("php", "App\\Cart::{closure}", "{closure}"),
        ("php", "class@anonymous\x00/app/Rules.php:12$0::passes", "passes"),
        ("php", "__TwigTemplate_3f2a91bc::doDisplay", "__TwigTemplate::doDisplay"),
        ("go", "(*Cart).Total.func1", "(*Cart).Total"),
        ("go", "Map[...]", "Map"),
        ("go", "Total-fm", "Total"),
        ("csharp", "<Total>b__0_1", "Total"),
        ("csharp", "<Main>g__Helper|0_1", "Helper"),
        ("csharp", "Total(Int32 id)", "Total"),
        ("csharp", "Get`1", "Get"),
        ("csharp", "async Task<(string Name, int Age)> Cart.SplitAsync(string s)", "SplitAsync"),
        ("csharp", "IEnumerable<Row> Cart.Rows()+MoveNext()", "Rows"),
        ("csharp", "async Task Program.<Main>$(string[] args)", "Main"),
        ("csharp", "<Main>$", "Main"),
        ("native", "png::decode<unsigned char>(png::Reader&, int) [clone .isra.0]", "png::decode"),
        ("native", "void png::decode(int)", "png::decode"),
        ("native", "<redacted>", ""),
        ("native", "_ZN3png6Reader6decodeEPKhi", "png::Reader::decode"),
        ("native", "_ZNK3png6Reader4sizeEv", "png::Reader::size"),
        ("native", "_ZN4shop5total17h3f2a91bc3f2a91bcE", "shop::total"),
        ("native", "_ZN3png6decodeIhEEvv", "_ZN3png6decodeIhEEvv"),
        ("native", "TArray<UFader *>::operator[](int)", "TArray::operator[]"),
        ("native", "a::run()::{lambda(int)#2}::operator()(int) const", "a::run::::operator()"),
        ("cocoa", "__24-[Cart total]_block_invoke_2", "-[Cart total]"),
        ("rust", "shop::cart::total::{{closure}}::h3f2a91bc3f2a91bc", "shop::cart::total"),
        ("other", "call_0x7fff12ab", "call_0x7fff12ab"),
        ("other", "at 0x7fff12ab", "at <hex>"),
        ("other", "?", ""),
    ],
)
def test_function(platform: str, name: str, expected: str) -> None:
    assert clean_function(platform, name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("/srv/app/Cart.py", "cart.py"),
        ("C:\\app\\Cart.cs", "cart.cs"),
        ("main.3f2a91bc.js", "main.js"),
        ("app-1.4.2.js", "app.js"),
        ("chunk_17.js", "chunk.js"),
        ("index-BxY3kQ9z.js", "index.js"),
        ("cart-products.js", "cart-products.js"),
        ("api-wxmpNjxy.js", "api.js"),
        ("api-htmlPage.js", "api-htmlpage.js"),
        ("api-wxmpnjky.js", "api.js"),
        ("thumbs-Q7XKD2AB", "thumbs"),
        (f"upload_controller-{'0a' * 32}.js", "upload_controller.js"),
        ("jobs-settle2x", "jobs-settle2x"),
        ("api-bandwidth.js", "api-bandwidth.js"),
        ("api-maxWidth.js", "api-maxwidth.js"),
        ("app.js?v=17#top", "app.js"),
        ("app.js:12:3", "app.js"),
        ("libshop.so.1.2", "libshop.so"),
        ("/views/3f2a91bc3f2a91bc3f2a91bc3f2a91bc3f2a91bc.php", "<hash>.php"),
        ("/tmp/tmpab12cd34.py", "<tmp>.py"),
        ("<string>", "<string>"),
        ("<template 17>", "<template <n>>"),
    ],
)
def test_file(name: str, expected: str) -> None:
    assert clean_file(name) == expected


@pytest.mark.parametrize(
    ("platform", "module", "filename", "path", "expected"),
    [
        ("python", "shop.cart", "shop/cart.py", "/srv/shop/cart.py", "shop.cart"),
        ("python", "__cache_" + "0a" * 16, "x.py", "/tmp/x.py", "__cache_<hash>"),
        ("python", "__main__", "cart.py", "/srv/cart.py", "cart.py"),
        ("javascript", "", "/a.js", "https://shop.example.com/a.js", ""),
        ("javascript", "", "./src/Cart.ts", "webpack:///./src/Cart.ts", "cart.ts"),
        ("javascript", "js/cart", "js/cart", "app:///js/cart", "cart"),
        ("node", "routes.users", "users.js", "/srv/users.js", "routes.users"),
        (
            "java",
            "com.acme.Cart$$Lambda$14/0x0123",
            "Cart.java",
            "",
            "com.acme.Cart$$Lambda<auto>",
        ),
        ("java", "com.sun.proxy.$Proxy12", "", "", "$Proxy<auto>"),
        ("java", "com.acme.Cart$1", "", "", "com.acme.Cart"),
        ("java", "bill_1764012000123_884211", "", "", "bill_<auto>"),
        ("csharp", "Acme.Cart+<LoadAsync>d__12", "", "", "Acme.Cart.LoadAsync"),
        ("csharp", "Acme.Cart+<>c__DisplayClass4_0", "", "", "Acme.Cart"),
        ("csharp", "Acme.Cart<Acme.Row>", "", "", "Acme.Cart"),
        ("native", "/usr/lib/libshop.so.1", "", "", "shop"),
    ],
)
def test_place(platform: str, module: str, filename: str, path: str, expected: str) -> None:
    assert clean_module(platform, module, filename, path) == expected


@pytest.mark.parametrize(
    ("platform", "frame", "expected"),
    [
        ("python", {"filename": "shop/cart.py"}, True),
        ("python", {"abs_path": "/usr/lib/python3.11/json/decoder.py"}, False),
        ("python", {"abs_path": "/venv/site-packages/own/cart.py", "in_app": True}, True),
        ("python", {"abs_path": "/srv/cart.py", "in_app": False}, False),
        ("python", {"filename": "<frozen importlib._bootstrap>"}, False),
        ("node", {"filename": "node:internal/modules/cjs/loader"}, False),
        ("node", {"abs_path": "/srv/node_modules/express/lib/router.js"}, False),
        ("javascript", {"filename": "./node_modules/react/index.js", "in_app": True}, False),
        ("javascript", {"abs_path": "chrome-extension://abc/a.js", "in_app": True}, False),
        ("javascript", {"abs_path": "https://x.example/vendor.3f2a.js", "in_app": True}, False),
        ("javascript", {"abs_path": "https://x.example/main.js", "in_app": True}, True),
        ("java", {"module": "java.util.ArrayList"}, False),
        ("java", {"module": "org.springframework.web.Servlet"}, False),
        ("java", {"module": "clojure.lang.Numbers"}, False),
        ("java", {"module": "org.h2.message.DbException"}, False),
        ("java", {"module": "com.acme.Cart"}, True),
        ("java", {"module": "ringtone.Cart"}, True),
        ("csharp", {"module": "System.Collections.Generic.Dictionary"}, False),
        ("csharp", {"module": "SystemTest.Cart"}, True),
        ("php", {"abs_path": "/app/vendor/laravel/Router.php"}, False),
        ("ruby", {"abs_path": "/bundle/gems/rack-2.2/lib/rack.rb"}, False),
        ("go", {"module": "net/http", "in_app": True}, False),
        ("go", {"abs_path": "/go/pkg/mod/github.com/x/y.go", "in_app": True}, False),
        ("go", {"module": "main", "abs_path": "/go/src/app/main.go"}, True),
        ("rust", {"function": "core::option::unwrap_failed"}, False),
        ("native", {"package": "/usr/lib/x86_64-linux-gnu/libc.so.6"}, False),
        ("native", {"package": "C:\\Windows\\System32\\ntdll.dll"}, False),
        ("native", {"package": "/opt/viewer/bin/viewer"}, True),
        ("native", {"abs_path": "D:\\b\\Engine\\Source\\Runtime\\Core\\Array.h"}, False),
        ("native", {"abs_path": "D:\\b\\Source\\Game\\Engine.cpp"}, True),
    ],
)
def test_in_app(platform: str, frame: dict[str, Any], expected: bool) -> None:
    assert is_app(frame, platform) is expected
