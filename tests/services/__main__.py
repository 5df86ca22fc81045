"""Start every server and print where it is, until Ctrl-C: `make services`."""

from __future__ import annotations

import signal
import sys

from tests.services.databases import database_url
from tests.services.keeper import fresh_servers, starters


def main() -> None:
    """Run until SIGINT or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with fresh_servers() as servers:
            for name in starters():
                address = servers.address(name)
                print(f"{name}:")
                for key, value in address.items():
                    print(f"    {key:13} {value}")
                if name == "mariadb":
                    print(f"    {'url':13} {database_url(address, 'NAME')}")
            print(f"logs in {servers.folder}; Ctrl-C stops them", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        sys.exit(0)


main()
