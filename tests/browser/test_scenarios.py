"""The scenarios that the dashboard is held to, each with the tests that run it in Chromium."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FIT = "test_pages_fit_their_width_and_axe_finds_nothing"
NO_BARRIER = "test_no_page_has_a_barrier_or_scrolls_sideways"
ISSUES, PROJECTS = "projects/test_issue_pages.py", "projects/test_project_pages.py"
MORE, LARGE = "projects/test_more_scenarios.py", "projects/test_large_project.py"
PEOPLE, SETTINGS = "test_people.py", "settings/test_settings_pages.py"

SCENARIOS = {
    "1 First run": [(PEOPLE, "test_the_first_run_makes_the_owner_and_cannot_be_repeated")],
    "2 New project, first error by the SDK": [
        (PROJECTS, "test_a_project_is_made_and_its_first_error_opens_by_itself"),
        ("test_newcomer.py", "test_from_serve_to_the_first_error_and_a_token_in_curl"),
    ],
    "3 Failing line, variables, folded frames": [
        (ISSUES, "test_the_failing_line_its_values_and_its_cause")
    ],
    "4 Chained exceptions; an event of a browser": [
        (ISSUES, "test_the_failing_line_its_values_and_its_cause"),
        (ISSUES, "test_an_event_of_a_browser"),
    ],
    "5 Raw, remembered; Copy Markdown": [
        (ISSUES, "test_raw_is_complete_remembered_and_copied"),
        (MORE, "test_the_choice_of_raw_holds_for_another_issue"),
    ],
    "6 Each filter is the API's": [(MORE, "test_each_filter_lists_what_the_api_lists")],
    "7 Filters combine, the pager keeps them": [
        (ISSUES, "test_filters_combine_survive_and_come_back"),
        (MORE, "test_each_filter_lists_what_the_api_lists"),
    ],
    "8 Two rows resolved, told and undone": [(ISSUES, "test_two_rows_are_resolved_and_undone")],
    "9 All matching over pages": [(ISSUES, "test_all_matching_over_pages_and_nothing_else")],
    "10 Regressed; ignored stays": [
        (ISSUES, "test_resolved_regresses_ignored_stays_and_the_api_is_told")
    ],
    "11 Resolved by the API": [
        (ISSUES, "test_resolved_regresses_ignored_stays_and_the_api_is_told")
    ],
    "12 First, Previous, Next, Latest": [(ISSUES, "test_events_are_walked_by_buttons_and_keys")],
    "13 Keyboard only": [
        (PEOPLE, "test_by_keyboard_alone"),
        (ISSUES, "test_by_keyboard_alone"),
        (SETTINGS, "test_by_keyboard_alone"),
    ],
    "14 A token's life; a member": [
        (SETTINGS, "test_a_token_is_shown_once_works_and_is_revoked"),
        (SETTINGS, "test_a_member_cannot_open_the_pages_of_admins"),
    ],
    "15 A release": [(PROJECTS, "test_a_release_shows_its_commits_deploys_sessions_and_marker")],
    "16 A hostile event": [(ISSUES, "test_a_hostile_event_is_text_everywhere")],
    "17 Empty, unknown, foreign, expired, bad": [
        (ISSUES, "test_what_is_not_there_says_so"),
        (MORE, "test_what_is_empty_foreign_or_expired_says_so"),
    ],
    "18 Themes and widths, without barriers": [
        (ISSUES, FIT), (PROJECTS, FIT), (PEOPLE, NO_BARRIER), (SETTINGS, NO_BARRIER)
    ],
    "19 JavaScript off": [
        (PEOPLE, "test_without_javascript"),
        (ISSUES, "test_without_scripts"),
        (SETTINGS, "test_without_javascript"),
    ],
    "20 100,000 events, 2,000 issues": [(LARGE, "test_its_pages_are_as_quick_and_short")],
    "21 Two people, one issue": [
        (ISSUES, "test_of_two_people_the_last_one_wins_and_both_are_told")
    ],
    "22 The session ends over a comment": [
        (MORE, "test_a_comment_survives_the_end_of_the_session"),
        (PEOPLE, "test_what_was_typed_survives_the_end_of_the_session"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_each_scenario_is_run_by_tests_of_these_names(scenario):
    for file, name in SCENARIOS[scenario]:
        assert re.search(rf"^def {name}\(", (HERE / file).read_text("utf-8"), re.MULTILINE), name


def test_there_are_twenty_two():
    assert [int(name.split()[0]) for name in SCENARIOS] == list(range(1, 23))
