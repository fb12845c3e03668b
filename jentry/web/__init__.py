"""Pages for people, and the two addresses that monitoring asks.

One module, one folder of templates and one test file for each thing that a person does. A module
for people who are signed in makes its blueprint with `guard.pages`; it is then added to PARTS.
"""

from flask import Blueprint, Flask

from jentry.app import address
from jentry.web import (
    account,
    alert_channels,
    alert_deliveries,
    alert_rules,
    api_tokens,
    artifacts,
    assets,
    audit_log,
    channel_settings,
    client_keys,
    cookies,
    csrf,
    deletion,
    docs,
    feedback,
    fingerprint_rules,
    habits,
    headers,
    health,
    home,
    invitation,
    issue,
    issue_changes,
    issue_events,
    issue_files,
    issue_grouping,
    issue_list,
    issue_mute,
    members,
    metrics,
    monitor_settings,
    monitors,
    organization_settings,
    organizations,
    ownership,
    project_settings,
    project_setup,
    projects,
    regroups,
    releases,
    reset_password,
    search,
    second_factor,
    server,
    settings_sections,
    setup,
    shell,
    sign_in,
    sign_out,
    status,
    theme,
    times,
    tool_links,
    unsubscribe,
    usage,
    views,
    wording,
)

PUBLIC = (
    home, docs, health, metrics, setup, sign_in, reset_password, invitation, unsubscribe, assets,
)  # fmt: skip
PRIVATE = (
    account, alert_channels, alert_deliveries, alert_rules, api_tokens, artifacts, audit_log,
    channel_settings, client_keys, deletion, feedback, fingerprint_rules, habits, issue,
    issue_changes, issue_events,
    issue_files, issue_grouping, issue_list, issue_mute, members, monitor_settings, monitors,
    organization_settings, organizations, ownership, project_settings, project_setup, projects,
    regroups, releases, search, second_factor, server, sign_out, theme, tool_links, usage, views,
)  # fmt: skip


def init_app(app: Flask) -> None:
    app.url_map.converters["slug"] = tool_links.SlugConverter
    web = Blueprint("web", __name__, template_folder="templates")
    for part in (*PUBLIC, *PRIVATE):
        web.register_blueprint(part.bp)
    web.after_request(headers.secure)
    web.after_request(cookies.send)
    app.register_blueprint(web)
    app.context_processor(shell.context)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals |= {
        "asset": assets.address, "csrf_token": csrf.token, "status": status.status,
        "to": address.local, "settings_sections": settings_sections.sections,
    }  # fmt: skip
    app.jinja_env.finalize = wording.shown
    app.jinja_env.filters |= wording.FILTERS
    app.jinja_env.filters |= {
        "ago": times.ago, "day": times.day, "exact": times.exact, "initials": shell.initials,
    }  # fmt: skip
