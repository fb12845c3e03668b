"""What monitoring asks: does the process serve, and can it write?"""

from jentry.store import connection


def test_health_is_ok_while_it_serves_and_ready_while_it_can_write(client, db):
    assert (client.get("/healthz").status_code, client.get("/healthz").text) == (200, "ok\n")
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (200, "ok\n")
    db.execute(
        """
        CREATE TRIGGER full BEFORE UPDATE ON instance
        BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END
        """
    )
    response = client.get("/readyz")
    assert (response.status_code, response.text) == (
        503,
        "cannot write: database or disk is full\n",
    )
    assert client.get("/healthz").status_code == 200


def test_not_ready_is_said_in_time_while_a_write_does_not_end(client, database, monkeypatch):
    monkeypatch.setattr("jentry.web.health.PATIENCE", 0.05)
    with connection.write_lock(database):
        response = client.get("/readyz")
        assert client.get("/healthz").status_code == 200
    assert response.status_code == 503
    assert response.text == "cannot write: another write takes too long\n"
    assert client.get("/readyz").status_code == 200
