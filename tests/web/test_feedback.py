"""What people wrote about a project, with an error and without."""

import factories


def test_it_is_shown_with_its_error_and_without(web, db, world):
    page = f"/projects/{world.project}/feedback"
    assert "Nobody has written yet." in web.get(page).text
    issue = factories.issue(db, world.project)
    factories.event(db, issue, event_id=b"e" * 16)
    factories.report(db, world.project, event_id=b"e" * 16, comments="With", name="Ada")
    factories.report(db, world.project, event_id=b"f" * 16, comments="Lost", email="a@b.test")
    factories.report(db, world.project, comments="Alone")
    factories.report(db, world.foreign_project, comments="Theirs")
    text = web.get(page).text
    assert [word in text for word in ("With", "Lost", "Alone", "Theirs")] == [True] * 3 + [False]
    assert text.index("Alone") < text.index("Lost") < text.index(">With<")
    assert f'href="/projects/{world.project}/issues/{issue}/events/{"65" * 16}"' in text
    assert "About the event <code>66666666</code>, which is not here" in text
    assert "Not about an error" in text


def test_what_strangers_wrote_is_text(web, db, world):
    hostile = "<script>alert(1)</script>\u202e\nsecond line"
    for url in ("javascript:alert(1)", "https://shop.test/<b>", "//evil.test"):
        factories.report(db, world.project, comments=hostile, name=hostile, email=hostile, url=url)
    text = web.get(f"/projects/{world.project}/feedback").text
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert "\\u202e" in text
    assert 'href="javascript' not in text
    assert 'href="//evil' not in text
    assert 'href="https://shop.test/&lt;b&gt;" rel="noreferrer nofollow"' in text


def test_it_has_pages(web, db, world):
    page = f"/projects/{world.project}/feedback"
    for number in range(30):
        factories.report(db, world.project, comments=f"no. {number:02}.")
    assert "no. 29." in web.get(page).text
    second = web.get(f"{page}?page=2").text
    assert ("no. 04." in second, "no. 29." in second, "26–30 of 30" in second) == (
        True,
        False,
        True,
    )
    assert "There is no such page." in web.get(f"{page}?page=9").text
    assert web.get(f"{page}?page=x").status_code == 200


def test_a_foreign_project_does_not_exist(web, world):
    assert web.get(f"/projects/{world.foreign_project}/feedback").status_code == 404
