"""A mail server that is not ours: aiosmtpd, which writes down what it is given.

    python3 smtp_server.py [--security none|starttls|tls] [--cert FILE --key FILE]
                           [--user NAME --password SECRET] [--refuse CODE]

Prints `{"port": N}` when it listens on 127.0.0.1, on a port that the system picks, and then a line of JSON a letter, before it
tells the sender that it took it. With --refuse every recipient is answered with that code, and with the address in the words, as
servers do. Ends when its standard input does, so that it never outlives the test that started it.
"""

import argparse
import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


def say(what: dict) -> None:
    """Writes a line."""
    print(json.dumps(what), flush=True)


class Handler:
    """Takes every letter, or none."""

    def __init__(self, refuse: str) -> None:
        self.refuse = refuse

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        """Answers a recipient."""
        if self.refuse:
            return f"{self.refuse} <{address}>: not here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        """Writes a letter down."""
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        say(
            {
                "hello": session.host_name,
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "tls": server.transport.get_extra_info("ssl_object") is not None,
                "user": session.auth_data,
                "headers": [[name.lower(), str(value)] for name, value in letter.items()],
                "text": letter.get_content(),
                "raw": envelope.content.decode("latin-1"),
            }
        )
        return "250 OK"


async def serve(given: argparse.Namespace) -> None:
    """Serves until standard input ends."""
    context = None
    if given.security != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(given.cert, given.key)
    starttls = given.security == "starttls"

    def known(server, session, envelope, mechanism, data):
        user, password = data.login.decode(), data.password.decode()
        good = (user, password) == (given.user, given.password)
        return AuthResult(success=good, auth_data=user, handled=good)

    def session() -> SMTP:
        login = {"auth_required": True, "authenticator": known} if given.user else {}
        return SMTP(
            Handler(given.refuse),
            hostname="mail.test",
            tls_context=context if starttls else None,
            require_starttls=starttls,
            auth_require_tls=False,
            **login,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", 0, ssl=None if starttls else context)
    say({"port": server.sockets[0].getsockname()[1]})
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Reads the arguments and serves."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--security", choices=["none", "starttls", "tls"], default="none")
    arguments.add_argument("--cert")
    arguments.add_argument("--key")
    arguments.add_argument("--user")
    arguments.add_argument("--password", default="")
    arguments.add_argument("--refuse", default="")
    asyncio.run(serve(arguments.parse_args()))


main()
