"""What is stored beside events is rid of secrets too."""

from jentry.store.tables import TABLES


def test_settings_of_monitors_names_of_files_and_feedback(sdk, db):
    event_id = "5" * 32
    config = {"schedule": {"type": "crontab", "value": "0 * * * *"}, "api_token": "s3cr3t1"}
    check_in = {"monitor_slug": "nightly", "status": "ok", "monitor_config": config}
    feedback = {"event_id": event_id, "name": "Ann", "comments": "my password=s3cr3t3"}
    items = (
        ("event", {"event_id": event_id, "message": "m"}),
        ("check_in", check_in),
        ("attachment", b"x", {"filename": "dump?token=s3cr3t2"}),
        ("user_report", feedback),
    )
    assert sdk.envelope(*items, header={"event_id": event_id}).status == 200
    found = repr([[tuple(row) for row in db.execute(f"SELECT * FROM {name}")] for name in TABLES])
    assert found.count("[Filtered]") >= 3
    assert "0 * * * *" in found
    assert "s3cr3t" not in found
