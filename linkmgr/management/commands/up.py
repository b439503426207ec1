"""`linkmgr up`: everything, from nothing to a served API and admin, and with --demo a loaded estate."""

import os
import subprocess
from argparse import ArgumentParser
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from linkmgr import web
from linkmgr.accounts.first_run import INTEGRATION, Credentials, first_run, temporary_token
from linkmgr.demo.load import LoadError, load
from linkmgr.endings import EndingSignals
from linkmgr.notifications.child import Deliverer

DEMO_TOKEN_LIFE = timedelta(hours=1)
WATCH_SECONDS = 1


class Command(BaseCommand):
    help = (
        "Find or start PostgreSQL, migrate, serve the API and the admin, and deliver notifications; with --demo load "
        "an estate over HTTP."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load a demonstration estate through the HTTP API")
        parser.add_argument("--exit", action="store_true", help="with --demo: end after the demonstration")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
        parser.add_argument(
            "--no-deliver",
            action="store_true",
            help="leave notifications to `linkmgr deliver_notifications` as a service of its own",
        )
        parser.add_argument("--data-dir", metavar="DIR", help="where PostgreSQL's files and the secret key are kept")

    def handle(self, *args: Any, demo: bool, host: str, port: int, **options: Any) -> None:
        if options["exit"] and not demo:
            raise CommandError("--exit goes with --demo")
        console = Console(file=self.stdout, highlight=False, soft_wrap=True)  # type: ignore[arg-type]
        try:
            web.refuse_taken(host, port)
            self.check(databases=["default"])
            call_command("migrate", verbosity=0, interactive=False)
            made = first_run()
            self._show(console, made)
            with ExitStack() as stack:
                log = self._log(stack) if demo else None  # a progress bar and a log do not share a screen
                deliverer = stack.enter_context(Deliverer(log))
                server = self._serve(stack, host, port, log)
                if demo:
                    self._demonstrate(console, host, port, made)
                console.print(f"Admin  [bold]{_address(host, port)}/admin/[/]\nAPI    {_address(host, port)}/api/docs")
                if not options["exit"]:
                    self._stay(console, server, None if options["no_deliver"] else deliverer)
        except (web.WebError, LoadError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stderr.write("Stopped.")

    def _show(self, console: Console, made: Credentials | None) -> None:
        if made:
            console.print(f"Account   {made.account}\nPassword  {made.password}\nAPI token {made.token}")
            console.print("(made now and shown this once: only hashes are kept)\n")

    def _log(self, stack: ExitStack) -> IO[bytes]:
        path = Path(os.environ["LINKMGR_DATA_DIR"]) / "server.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        return stack.enter_context(path.open("ab"))

    def _serve(self, stack: ExitStack, host: str, port: int, log: IO[bytes] | None) -> subprocess.Popen[bytes]:
        server = web.start(host, port, log)
        stack.callback(web.stop, server)
        return server

    def _demonstrate(self, console: Console, host: str, port: int, made: Credentials | None) -> None:
        with temporary_token("demonstration", DEMO_TOKEN_LIFE) as token:
            loaded = load(web.local_address(host), port, token, console)
        if loaded.change_sets:
            console.print(f"Stored in {loaded.change_sets} change sets; each faulty item was answered as such.")
        else:
            console.print("Everything was stored already: updated, and nothing changed.")
        console.print("\nTry it:")
        if not made:
            console.print(f"export LINKMGR_TOKEN=$(linkmgr token create --account {INTEGRATION})")
        token = made.token if made else "$LINKMGR_TOKEN"
        address = f"{_address(host, port)}/api/v1/apartment/items/link?limit=10"
        console.print(f'curl -H "Authorization: Bearer {token}" "{address}"\n')

    def _stay(self, console: Console, server: subprocess.Popen[bytes], deliverer: Deliverer | None) -> None:
        """A deliverer that ends by itself is started again; a web server that does ends everything."""
        if not deliverer:
            console.print("Notifications are left to `linkmgr deliver_notifications`.")
        console.print("Ctrl-C stops it.")
        with EndingSignals() as signals:
            while server.poll() is None:
                if deliverer:
                    deliverer.keep_running()
                if signals.came(WATCH_SECONDS):
                    raise KeyboardInterrupt
        raise CommandError(f"the web server ended by itself ({server.returncode})")


def _address(host: str, port: int) -> str:
    name = web.local_address(host)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"
