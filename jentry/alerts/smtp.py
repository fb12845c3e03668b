"""Hand a mail to the server, and keep its answer."""

import smtplib
import socket
import ssl
from base64 import b64encode
from contextlib import suppress
from email.message import EmailMessage

from jentry.alerts import addresses
from jentry.alerts.deadline import Deadline, words
from jentry.alerts.outcome import Later, Outcome, Refused, Sent
from jentry.mail_server import MailServer

SECONDS = 20.0
PERMANENT = 500
CONTINUE, LOGGED_IN = 334, 235
LOGIN = "the user name or password was not taken"


class _Problem(Exception):
    """The server said no; whether to try again."""

    def __init__(self, code: int, text: str, *, is_final: bool = False) -> None:
        super().__init__(f"{code} {text}" if code else text)
        self.is_final = is_final


class _Session(smtplib.SMTP):
    """On a socket that is watched: smtplib's own knows no deadline for the whole."""

    def __init__(self, server: MailServer, deadline: Deadline, name: str) -> None:
        super().__init__(local_hostname=name)
        self._host = server.host  # for the certificate
        self.deadline = deadline
        self.server = server
        self.sock = addresses.connect(server.host, server.port, deadline, None)

    def secure(self) -> None:
        """From now on by TLS."""
        if self.sock is None:
            raise OSError("not connected")
        context = ssl.create_default_context()
        if not self.server.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        wrapped = context.wrap_socket(
            self.sock, server_hostname=self.server.host, do_handshake_on_connect=False
        )
        self.sock, self.file = wrapped, None
        self.deadline.watch(wrapped)
        wrapped.settimeout(self.deadline.left())
        wrapped.do_handshake()
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False


def send(mail: EmailMessage, sender: str, recipient: str, server: MailServer) -> Outcome:
    with Deadline(SECONDS) as deadline:
        session = None
        try:
            session = _Session(server, deadline, _name(sender))
            return Sent(_talk(session, mail, sender, recipient))
        except _Problem as problem:
            return Refused(str(problem)) if problem.is_final else Later(str(problem))
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return Later(deadline.words if deadline.is_over else _words(error, server))
        finally:
            if session is not None:
                session.close()


def _talk(session: _Session, mail: EmailMessage, sender: str, recipient: str) -> str:
    """The answer to the whole mail. Raises _Problem and what the connection raises."""
    server = session.server
    if server.tls == "start":
        session.secure()
    _require(session.getreply(), 220)
    _greet(session)
    if server.tls == "starttls":
        if not session.has_extn("starttls"):
            raise _Problem(
                0, "it offers no STARTTLS; smtps:// is for TLS from the start, ?tls=never for none"
            )
        _require(session.docmd("STARTTLS"), 220)
        session.secure()
        _greet(session)
    if server.user is not None:
        _log_in(session, server.user, server.password or "")
    options = [] if recipient.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
    if options and not session.has_extn("smtputf8"):
        raise _Problem(0, "it takes no addresses with such letters", is_final=True)
    _require(session.mail(sender, options), 250)
    _require(session.rcpt(recipient), 250, 251, is_about_mail=True)
    code, answer = session.data(mail.as_bytes())
    _require((code, answer), 250, is_about_mail=True)
    with suppress(OSError, smtplib.SMTPException):
        session.putcmd("QUIT")  # politely; its answer changes nothing
    return f"{code} {_text(answer)}"


def _greet(session: _Session) -> None:
    code, _ = session.ehlo()
    if not 200 <= code < 300:
        _require(session.helo(), 250)


def _log_in(session: _Session, user: str, password: str) -> None:
    """In UTF-8, where smtplib knows ASCII only. Raises SMTPAuthenticationError."""
    offered = session.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in offered:
        both = _base64(f"\0{user}\0{password}")
        reply = session.docmd("AUTH", f"PLAIN {both}")
    elif "LOGIN" in offered:
        reply = session.docmd("AUTH", f"LOGIN {_base64(user)}")
        if reply[0] == CONTINUE:
            reply = session.docmd(_base64(password))
    else:
        session.login(user, password)
        return
    if reply[0] != LOGGED_IN:
        raise smtplib.SMTPAuthenticationError(*reply)


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")


def _require(reply: tuple[int, bytes], *codes: int, is_about_mail: bool = False) -> None:
    code, answer = reply
    if code not in codes:
        raise _Problem(code, _text(answer), is_final=is_about_mail and code >= PERMANENT)


def _text(answer: bytes | str) -> str:
    return " ".join(
        (answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer).split()
    )


def _name(sender: str) -> str:
    """What this server calls itself: the host of the sender's address."""
    host = sender.rpartition("@")[2]
    return host if host.isascii() and host else "localhost"


def _words(error: Exception, server: MailServer) -> str:
    """The reason, and what mends it."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"{LOGIN}: {error.smtp_code} {_text(error.smtp_error)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not valid: {error.verify_message}; name the host as the "
            "certificate does, or add ?verify=no"
        )
    if isinstance(error, ssl.SSLError) and server.tls == "start":
        return f"it speaks no TLS at once on port {server.port}; smtp:// is for STARTTLS"
    if isinstance(error, socket.gaierror):
        return f"there is no host {server.host}"
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        hint = "; port 465 needs smtps://" if server.tls != "start" and server.port == 465 else ""
        return f"no answer in time{hint}"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "it ended the connection"
    return words(error)
