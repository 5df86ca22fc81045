"""A token taken apart: what it says of itself, strictly read and believed only once a key fits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import field, frozen
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode

from scaicontrol_core.kernel.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaicontrol_adapters.scaikey.keys import Key

#: Signatures only a private key can make; never ``none``, never a shared secret.
ALGORITHMS = ("RS256", "ES256")
#: What the header's ``typ`` may say (RFC 7519, RFC 9068); tokens for other uses name others (RFC 8725).
_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
_MAX_LENGTH = 16 * 1024
_MAX_KID = 500


def _registry() -> jws.JWSRegistry:
    # A header may say more than the standard names (RFC 7515, 4.3), certificates for example.
    made = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    made.max_header_length = _MAX_LENGTH
    return made


_REGISTRY = _registry()


@frozen
class UnverifiedToken:
    """A token whose form is right.

    ``jku``, ``jwk``, ``x5u`` and ``x5c`` of its header are not read: whose key counts is not the
    token's to say.
    """

    kid: str | None
    algorithm: str
    claims: Mapping[str, Any]
    _parsed: jws.CompactSignature = field(repr=False)

    @property
    def issuer(self) -> Any:
        """Who it says to be from."""
        return self.claims.get("iss")

    def is_signed_with(self, key: Key) -> bool:
        """Tell whether the key fits the signature; that key and algorithm go together is for whoever found the key."""
        try:
            return jws.validate_compact(self._parsed, key, registry=_REGISTRY)
        except (JoseError, ValueError, TypeError):
            return False


def read_unverified(token: str) -> UnverifiedToken:
    """Take a token apart; raises ``Unauthenticated`` (``token_invalid``) for what is none that we would ever take."""
    if len(token) > _MAX_LENGTH:
        raise invalid("it is too long")
    try:
        parsed = jws.extract_compact(token.encode(), registry=_REGISTRY)
        header = _strict(urlsafe_b64decode(parsed.segments["header"]))
        claims = _strict(parsed.payload)
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        raise invalid("it is no JSON Web Token") from None
    if header.get("alg") not in ALGORITHMS:
        raise invalid(f"it is not signed with {' or '.join(ALGORITHMS)}")
    kid = header.get("kid")
    if kid is not None and not (isinstance(kid, str) and len(kid) <= _MAX_KID):
        raise invalid("its key id is none")
    if str(header.get("typ", "JWT")).lower() not in _TYPES:
        raise invalid("it is no access token")
    if "crit" in header or "b64" in header:
        raise invalid("its header asks for what is not done here")
    return UnverifiedToken(kid, header["alg"], claims, parsed)


def invalid(reason: str) -> Unauthenticated:
    """Return the refusal of a token. The reason repeats nothing of it."""
    return Unauthenticated(f"The token cannot be used: {reason}.", code="token_invalid")


def _strict(document: bytes) -> dict[str, Any]:
    """Read a JSON object in which no name stands twice: two readers would each believe another one."""
    read = json.loads(document, object_pairs_hook=_once)
    if not isinstance(read, dict):
        raise TypeError("this is no object")
    return read


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name stands twice")
    return names
