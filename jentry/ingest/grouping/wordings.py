"""What systems and runtimes call one and the same failure, each in words of its own.

A refused connection is `Connection refused` on Linux and `No connection could be made because …` on
Windows, which says it in the language of its user. README: Grouping.
"""

import re

# The name that a failure gets, and what Linux, macOS and Windows say of it; patterns, in any case.
FAILURES = {
    "connection refused": (
        "verbindungsaufbau abgelehnt",
        "connexion refusée",
        "conexión rehusada",
        "connection refused(?:: (?:connect|no further information))?",
        "no connection could be made because the target machine actively refused it",
        "es konnte keine verbindung hergestellt werden, da der zielcomputer die verbindung"
        " verweigerte",
        "aucune connexion n['’]a pu être établie car l['’]ordinateur cible l['’]a expressément"
        " refusée",
        "no se puede establecer una conexión ya que el equipo de destino denegó expresamente"
        " dicha conexión",
    ),
    "connection reset": (
        "connection reset(?: by peer)?",
        "an existing connection was forcibly closed by the remote host",
        "eine vorhandene verbindung wurde vom remotehost geschlossen",
        "une connexion existante a dû être fermée par l['’]hôte distant",
    ),
    "connection timed out": (
        "connection timed out",
        "(?<!the )(?<!wait )(?<!read )operation timed out",
        "connect timed out",
        "a connection attempt failed because the connected party did not properly respond after"
        " a period of time,? or established connection failed because connected host has failed"
        " to respond",
    ),
    # Of .NET, which came to tell why, and whose.
    "invalid certificate": (
        "the remote certificate is invalid(?: according to the validation procedure"
        "| because of errors in the certificate chain)(?:: [a-z, ]{1,100})?",
    ),
    "see inner exception": (r"see inner exception\.(?: \([\w.:-]{1,260}\))?",),
    # Of Node's fetch, which came to tell the address.
    "connect timeout error": (
        r"connect timeout error(?: \(attempted address(?:es)?: [^()\n]{1,300}\))?",
    ),
    "connection aborted": (
        "software caused connection abort",
        "an established connection was aborted by the software in your host machine",
    ),
    "no such host": (
        "name or service not known",
        "no address associated with hostname",
        "nodename nor servname provided, or not known",
        "no such host is known",
        "no such host",
    ),
    "network unreachable": (
        "network is unreachable",
        "a socket operation was attempted to an unreachable network",
    ),
    "host unreachable": (
        "no route to host",
        "a socket operation was attempted to an unreachable host",
    ),
    "address in use": (
        "address already in use",
        r"only one usage of each socket address \(protocol/network address/port\) is normally"
        " permitted",
    ),
    "no such file": (
        "no such file or directory",
        "datei oder verzeichnis nicht gefunden",
        "aucun fichier ou dossier de ce (?:type|nom)",
        "no existe el (?:fichero|archivo) o el directorio",
        "the system cannot find the (?:file|path) specified",
    ),
    "permission denied": (
        "permission denied",
        "access is denied",
        "keine berechtigung",
        "permission non accordée",
        "permiso denegado",
    ),
    "temporarily unavailable": (
        "resource temporarily unavailable",
        "die ressource ist zur zeit nicht verfügbar",
        "ressource temporairement non disponible",
        "recurso no disponible temporalmente",
    ),
    "disk full": ("no space left on device", "there is not enough space on the disk"),
    "broken pipe": ("broken pipe", "the pipe (?:has been ended|is being closed)"),
    # Of Windows; Linux has no words for it.
    "wait timed out": (
        "the wait operation timed out",
        "der wartevorgang wurde abgebrochen",
        "unknown error 258",
    ),
    # Calls of the system, as Go has them on Windows.
    "connect": ("connectex(?=:)",),
    "read": ("wsarecv(?=:)",),
    "write": ("wsasend(?=:)",),
    # Of Go, whatever the JSON had there.
    "cannot unmarshal into": (
        r"cannot unmarshal (?:string|number|bool|object|array)(?: [\w.+-]{1,40})? into",
    ),
    # Of SQL Server.
    "execution timed out": (
        "execution timeout expired.  the timeout period elapsed prior to completion of the"
        " operation or the server is not responding",
        "ausführungstimeout abgelaufen. der timeoutzeitraum wurde vor dem beenden des vorgangs"
        " überschritten,? oder der server antwortet nicht",
        "das ausführungstimeout ist abgelaufen.  der timeoutzeitraum wurde überschritten, bevor der"
        " vorgang beendet wurde, oder der server antwortet nicht",
        "délai d['’]attente d['’]exécution expiré.  le délai d['’]attente s['’]est écoulé avant la"
        " fin de l['’]opération ou le serveur ne répond pas",
        "el tiempo de espera de ejecución expiró.  el período de tiempo de espera transcurrió antes"
        " de la finalización de la operación o el servidor no responde",
    ),
    "deadlocked": (
        r"transaction \(process id \d{1,9}\) was deadlocked on [a-z| ]{1,80} resources with another"
        " process and has been chosen as the deadlock victim. rerun the transaction",
        r"die transaktion \(prozess-id \d{1,9}\) befand sich auf sperre ressourcen aufgrund eines"
        " anderen prozesses in einer deadlocksituation und wurde als deadlockopfer ausgewählt."
        " führen sie die transaktion erneut aus",
        r"la transaction \(id de processus \d{1,9}\) a été bloquée sur les ressources"
        r" [^.\n]{1,80}par un autre processus et a été choisie comme victime."
        " réexécutez la transaction",
        r"la transacción \(id. de proceso \d{1,9}\) quedó en interbloqueo en [^.\n]{1,80} con otro"
        " proceso y fue elegida como sujeto del interbloqueo. ejecute de nuevo la transacción",
    ),
    # Of Python's base64, by how many characters are missing.
    "incorrect padding": (
        "incorrect padding",
        r"invalid base64-encoded string: number of data characters \(\d{1,9}\) cannot be 1 more"
        " than a multiple of 4",
    ),
    # Of a task of .NET, by who noticed first.
    "canceled": ("a task was canceled", "the operation was canceled"),
    # Of a job of Laravel, by its version.
    "too many attempts": (
        "has been attempted too many times"
        "(?: or run too long. the job may have previously timed out)?",
    ),
    # Of AWS, which not every client asks again.
    "operation": (r"operation \(reached max retries: \d{1,9}\)",),
}
# One of these stands in each, in lower case: most messages have none, and are passed by at once.
HINTS = (
    *("timeout error", "certificate", "inner exc", "refused", "verweiger", "refusée", "conexión"),
    *(" reset", "forcibly", "remotehost", "distant", "timed out", "respond", "abort", "known"),
    *("no such", "no address", "unreachable", "no route", "already in", "socket address"),
    *("cannot find", "denied", "no space", "enough space", "broken pipe", "the pipe", "wsa"),
    *("wartevorgang", "error 258", "connectex", "timeout expired", "timeout abgelaufen"),
    *("ausführungstimeout", "exécution expiré", "de ejecución", "deadlock", "ressources"),
    *("interbloqueo", "padding", "base64"),
    *("was canceled", "too many", "max retries", "unmarshal"),
    *("abgelehnt", "rehusada", "nicht gefunden", "aucun fichier", "no existe el", "berechtigung"),
    *("non accordée", "permiso", "temporar", "temporair", "temporal", "ressource"),
)
NAMES = list(FAILURES)
SAID = re.compile(
    "|".join(rf"((?<!\w)(?:{'|'.join(said)})(?!\w)\.?)" for said in FAILURES.values()),
    re.IGNORECASE,
)


def common(message: str) -> str:
    """The message in the words that all share."""
    lower = message.lower()
    return SAID.sub(_name, message) if any(hint in lower for hint in HINTS) else message


def _name(found: re.Match[str]) -> str:
    return NAMES[(found.lastindex or 1) - 1]
