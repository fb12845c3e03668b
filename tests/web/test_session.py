"""Who is signed in, what pages ask of them, and what leaves with them."""


def test_a_page_for_people_leads_to_signing_in_and_back(browser, world):
    response = browser.get("/account?x=1")
    assert (response.status_code, response.headers["Location"]) == (
        303,
        "/login?next=/account?x%3D1",
    )


def test_the_bar_shows_the_person_and_the_projects(web, world):
    page = web.get("/account").text
    assert "Shop" in page
    assert "Foreign" not in page
    assert "Sign out" in page
