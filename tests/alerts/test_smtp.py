"""Mail handed in by TLS and STARTTLS, with a login; and what is said when that fails."""

import shutil
import ssl
import subprocess
from email.message import EmailMessage

import pytest
from aiosmtpd.smtp import AuthResult
from receivers import mail_server

from jentry.alerts import smtp
from jentry.alerts.outcome import Later, Sent
from jentry.mail_server import MailServer

PASSWORD = "p@ss:w/örd"
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Of this machine's address, by itself."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl here")
    folder = tmp_path_factory.mktemp("tls")
    files = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    name = ["-subj", "/CN=jentry.test", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", *kind, *files, *name]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def authenticate(server, session, envelope, mechanism, data):
    is_right = (data.login, data.password) == (b"ops@jentry.test", PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)


@pytest.fixture(params=["start", "starttls"])
def served(request, certificate):
    """The mailbox, and how TLS begins."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    login = {"authenticator": authenticate, "auth_required": True}
    if request.param == "start":
        how = {"ssl_context": context, "auth_require_tls": False}
    else:
        how = {"tls_context": context, "require_starttls": True}
    with mail_server(**login, **how) as box:
        yield box, request.param


def hand_in(box, tls, *, verify=True, user="ops@jentry.test", password=PASSWORD):
    mail = EmailMessage()
    mail["Subject"] = "Hello"
    mail.set_content("Text\n")
    server = MailServer("127.0.0.1", box.port, tls, verify, user, password)
    return smtp.send(mail, "jentry@jentry.test", "ada@jentry.test", server)


def test_mail_goes_by_tls_with_a_login(served, certificate, monkeypatch):
    box, tls = served
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    assert hand_in(box, tls) == Sent("250 2.0.0 queued")
    assert box.subjects == ["Hello"]


def test_what_is_wrong_is_said(served, certificate, monkeypatch):
    box, tls = served
    unknown = hand_in(box, tls)
    assert isinstance(unknown, Later)
    assert "its certificate is not valid: self-signed certificate" in unknown.error
    assert isinstance(hand_in(box, tls, verify=False), Sent)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    for found in (hand_in(box, tls, password="wrong"), hand_in(box, tls, user="eve")):
        assert isinstance(found, Later)
        assert found.error.startswith("the user name or password was not taken: 535")
        assert "wrong" not in found.error
    assert len(box.mails) == 1
